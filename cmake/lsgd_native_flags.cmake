# SPDX-License-Identifier: Apache-2.0
# lsgd_native_flags(OUTPUT COMPILER): -march=native, with a definition that says what it means here. A build that was kept, or a
# compiler cache, then compiles again on another processor, in place of images that die there.
function(lsgd_native_flags output compiler)
  execute_process(COMMAND ${compiler} -march=native -dM -E -x c /dev/null OUTPUT_VARIABLE macros
    RESULT_VARIABLE status ERROR_QUIET)
  if(status)
    set(macros "no -march=native")
  endif()
  string(SHA256 processor "${macros}")
  string(SUBSTRING ${processor} 0 8 processor)
  set(${output} -march=native -DLSGD_PROCESSOR=0x${processor} PARENT_SCOPE)
endfunction()
