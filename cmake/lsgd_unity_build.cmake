# SPDX-License-Identifier: Apache-2.0
# lsgd_unity_build(TARGET... [FILES n]): compiles the sources of a library or of tests in groups of ten, or in groups of the
# same size, at most n. Most of what a source costs is the headers, 2 to 5 s, and their templates, which a group takes once.
# A group of 50 takes 1.1 to 1.9 GB of memory, so as many are compiled at a time as memory allows, with 2 GB each. Names in
# unnamed namespaces must differ within a target, or the source be left out with SKIP_UNITY_BUILD_INCLUSION.
# -DCMAKE_UNITY_BUILD=OFF compiles each alone: slower at first, and faster whenever one source changes.
cmake_host_system_information(RESULT LSGD_MEMORY QUERY TOTAL_PHYSICAL_MEMORY)
math(EXPR LSGD_GROUPS_AT_ONCE "(${LSGD_MEMORY} + 1024) / 2048")
if(LSGD_GROUPS_AT_ONCE LESS 1)
  set(LSGD_GROUPS_AT_ONCE 1)
endif()
set_property(GLOBAL APPEND PROPERTY JOB_POOLS lsgd_groups=${LSGD_GROUPS_AT_ONCE})

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
      set_target_properties(${target} PROPERTIES JOB_POOL_COMPILE lsgd_groups)
    endif()
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${size})
  endforeach()
endfunction()
