# SPDX-License-Identifier: Apache-2.0
# cmake -DBUILD=... -DLIBRARIES="directory..." -DCLANG_TIDY=... -P check_lint.cmake runs the checks of .clang-tidy on
# the grouped sources of libraries, which lie in BUILD/<directory>/Unity.
set(sources)
foreach(library ${LIBRARIES})
  file(GLOB found ${BUILD}/${library}/Unity/*.cxx)
  if(NOT found)
    message(FATAL_ERROR "${BUILD}/${library}: expected grouped sources")
  endif()
  list(APPEND sources ${found})
endforeach()
execute_process(COMMAND ${CLANG_TIDY} --quiet -p ${BUILD} --extra-arg=-Wno-unknown-warning-option ${sources}
                RESULT_VARIABLE found)
if(found)
  message(FATAL_ERROR "expected nothing that clang-tidy finds")
endif()
