# SPDX-License-Identifier: Apache-2.0
# cmake -DVERILATOR=... -DNAME=... -DLISTS="list.f..." -DTOP=... -DPREFIX=... -DDIRECTORY=... -DARGUMENTS="..." -P verilate_core.cmake
# runs Verilator at build time, so that a design that it does not accept costs nothing but itself. Writes
# DIRECTORY/PREFIX__all.cpp, which includes what was generated, and what it depends on to PREFIX.d beside it.
set(all ${DIRECTORY}/${PREFIX}__all.cpp)
file(REMOVE_RECURSE ${DIRECTORY})
file(MAKE_DIRECTORY ${DIRECTORY})
set(lists)
foreach(list ${LISTS})
  list(APPEND lists -F ${list})
endforeach()
execute_process(
  COMMAND ${VERILATOR} --cc --top-module ${TOP} --prefix ${PREFIX} --Mdir ${DIRECTORY}
          -Wall -O3 --x-assign fast --x-initial fast ${ARGUMENTS} ${lists}
  RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT status EQUAL 0)
  message(NOTICE "${NAME}: expected what Verilator accepts\n${output}")
  message(FATAL_ERROR "${NAME} is left out")
endif()

# As one file, which Verilator's own makefile does too: it is faster to run.
file(GLOB generated ${DIRECTORY}/${PREFIX}*.cpp)
list(SORT generated)
set(text)
foreach(file ${generated})
  string(APPEND text "#include \"${file}\"\n")
endforeach()
file(WRITE ${all} "${text}")
file(READ ${DIRECTORY}/${PREFIX}__ver.d dependencies)
string(REGEX REPLACE "^[^:]*:" "${all}:" dependencies "${dependencies}")
file(WRITE ${DIRECTORY}/${PREFIX}.d "${dependencies}")
