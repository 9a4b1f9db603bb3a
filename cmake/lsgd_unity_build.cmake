# SPDX-License-Identifier: Apache-2.0
# lsgd_unity_build(TARGET... [FILES n]): compiles the sources of a library or of tests in groups of n, else ten. Most of what a
# source costs is the headers, 2 to 5 s, and their templates; a group takes them once. What lsgd_quick_build compiles takes
# less memory, so that its groups may be larger. Names in unnamed namespaces must differ within
# a target, or the source be left out with SKIP_UNITY_BUILD_INCLUSION. -DCMAKE_UNITY_BUILD=OFF compiles each alone.
function(lsgd_unity_build)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "FILES" "")
  if(NOT arg_FILES)
    set(arg_FILES 10)
  endif()
  if(DEFINED CMAKE_UNITY_BUILD AND NOT CMAKE_UNITY_BUILD)
    return()
  endif()
  set_target_properties(${arg_UNPARSED_ARGUMENTS} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${arg_FILES})
endfunction()
