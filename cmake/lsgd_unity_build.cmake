# SPDX-License-Identifier: Apache-2.0
# lsgd_unity_build(TARGET...): compiles the sources of a library or of tests in groups. Most of what a source costs is the
# templates of its headers; a group instantiates them once. Names in unnamed namespaces must differ within
# a target, or the source be left out with SKIP_UNITY_BUILD_INCLUSION. -DCMAKE_UNITY_BUILD=OFF compiles each alone.
function(lsgd_unity_build)
  if(DEFINED CMAKE_UNITY_BUILD AND NOT CMAKE_UNITY_BUILD)
    return()
  endif()
  set_target_properties(${ARGN} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 10)
endfunction()
