# SPDX-License-Identifier: Apache-2.0
# cmake -DROOT=... -DCLANG_FORMAT=... -P check_style.cmake fails, naming files and lines, where C or C++ of ROOT is
# not as `clang-format` with .clang-format writes it, a literal has the suffix F, braces stand around one
# statement (but around the macros of GoogleTest, which are several, where an `else` could be theirs), or both arguments of
# ldexp are drawn from the same numbers: which is drawn first differs between compilers and processors.
file(GLOB_RECURSE files RELATIVE ${ROOT}
  ${ROOT}/harness/*.[ch] ${ROOT}/harness/*.[ch]pp ${ROOT}/rtl/*.[ch] ${ROOT}/rtl/*.[ch]pp
  ${ROOT}/reference/*.[ch]pp ${ROOT}/reports/*.[ch]pp
  ${ROOT}/targets/*.[ch] ${ROOT}/targets/*.[ch]pp ${ROOT}/vectors/*.[ch] ${ROOT}/vectors/*.[ch]pp)
# Bytes that parsers are tested with, and tests of the core that mix C with assembly.
list(FILTER files EXCLUDE REGEX "^(harness/fuzz/corpus|vectors/tests/fixtures|rtl/tests/directed|rtl/bench)/")

execute_process(COMMAND ${CLANG_FORMAT} --dry-run --Werror ${files}
                WORKING_DIRECTORY ${ROOT} RESULT_VARIABLE unformatted)
if(unformatted)
  message(SEND_ERROR "expected files as clang-format writes them: clang-format -i FILE")
endif()

set(decimal "[0-9][0-9']*\\.[0-9']*(e[-+]?[0-9]+)?|[0-9]+e[-+]?[0-9]+")
set(hexadecimal "0x[0-9a-f.']+p[-+]?[0-9]+")
execute_process(COMMAND grep -nP "(?<![\\w.])(?i:${decimal}|${hexadecimal})F\\b" ${files}
                WORKING_DIRECTORY ${ROOT} OUTPUT_VARIABLE found)
if(found)
  message(SEND_ERROR "expected the suffix f:\n${found}")
endif()

string(CONCAT braces "(?s)\\n( *)(if|for|while) \\([^\\n]*\\) \\{\\n\\1  "
                     "(?![^\\n]*\\b(EXPECT|ASSERT)_)[^\\n]*;\\n\\1\\}\\n")
execute_process(COMMAND grep -Pzo "${braces}" ${files}
                WORKING_DIRECTORY ${ROOT} OUTPUT_VARIABLE found)
if(found)
  message(SEND_ERROR "expected no braces around one statement:\n${found}")
endif()

list(FILTER files EXCLUDE REGEX "/tests/")
execute_process(COMMAND grep -Pzo "ldexp\\([^;{}]*\\bnumbers\\b[^;{}]*,[^;{}]*\\bnumbers\\.[^;{}]*" ${files}
                WORKING_DIRECTORY ${ROOT} OUTPUT_VARIABLE found)
if(found)
  message(SEND_ERROR "expected the exponent to be drawn in a statement of its own:\n${found}")
endif()
