# SPDX-License-Identifier: Apache-2.0
# lsgd_quick_build(TARGET...): a release compiles them with little optimization, which takes two thirds of the
# time. For what parses, prints and compares; what computes is optimized.
function(lsgd_quick_build)
  foreach(target ${ARGN})
    target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  endforeach()
endfunction()
