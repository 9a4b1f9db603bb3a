# SPDX-License-Identifier: Apache-2.0
#   find_package(lsgd_agent REQUIRED)                        # of an installed suite, or
#   find_package(lsgd_agent REQUIRED PATHS ${CMAKE_SOURCE_DIR}/lsgd_agent)
#   target_link_libraries(my_device PRIVATE lsgd_agent)
# The agent is compiled with the project, by its compiler and flags.
if(NOT TARGET lsgd_agent)
  add_subdirectory(${CMAKE_CURRENT_LIST_DIR} ${CMAKE_BINARY_DIR}/lsgd_agent)
endif()
