# SPDX-License-Identifier: Apache-2.0
# lsgd_unity_build(TARGET... [FILES n]): compiles the sources of a library or of tests in groups of ten, or, of libraries, in
# groups of the same size, at most n. Most of what a source costs is the headers, 2 to 5 s, and their templates; a group takes
# them once. A group of 25 takes 0.8 to 1.4 GB of memory. Names in unnamed namespaces must differ within a target, or the
# source be left out with SKIP_UNITY_BUILD_INCLUSION. -DCMAKE_UNITY_BUILD=OFF compiles each alone.
function(lsgd_unity_build)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "FILES" "")
  if(DEFINED CMAKE_UNITY_BUILD AND NOT CMAKE_UNITY_BUILD)
    return()
  endif()
  foreach(target ${arg_UNPARSED_ARGUMENTS})
    set(size 10)
    if(arg_FILES)
      get_target_property(sources ${target} SOURCES)
      list(LENGTH sources count)
      math(EXPR groups "(${count} + ${arg_FILES} - 1) / ${arg_FILES}")
      math(EXPR size "(${count} + ${groups} - 1) / ${groups}")
    endif()
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${size})
  endforeach()
endfunction()
