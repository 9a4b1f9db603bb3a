# SPDX-License-Identifier: Apache-2.0
# All dependencies are Debian packages; the `conform` script lists and installs them.
find_package(Boost 1.74 REQUIRED COMPONENTS filesystem)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Protobuf REQUIRED)
find_package(ONNX REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(pugixml REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
include(GoogleTest)

# ONNX 1.17 exports its targets in a namespace of its own, 1.12 does not.
if(NOT TARGET ONNX::onnx_proto)
  add_library(ONNX::onnx_proto ALIAS onnx_proto)
endif()

# Libraries without a CMake package. `headers` are found so that a missing one is named at configure
# time; system include directories need no include path. An OPTIONAL one is no target where it is missing.
function(lsgd_find_library target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "OPTIONAL" "HEADER" "LIBRARIES")
  set(required REQUIRED)
  if(arg_OPTIONAL)
    set(required)
  endif()
  find_path(${target}_INCLUDE_DIR ${arg_HEADER} ${required})
  if(NOT ${target}_INCLUDE_DIR)
    return()
  endif()
  add_library(${target} INTERFACE)
  foreach(library ${arg_LIBRARIES})
    find_library(${target}_${library} ${library} REQUIRED)
    target_link_libraries(${target} INTERFACE ${${target}_${library}})
  endforeach()
endfunction()

lsgd_find_library(lsgd_mpfr HEADER mpfr.h LIBRARIES mpfr gmp)
lsgd_find_library(lsgd_mpfi OPTIONAL HEADER mpfi.h LIBRARIES mpfi mpfr gmp)
lsgd_find_library(lsgd_yaml OPTIONAL HEADER yaml-cpp/yaml.h LIBRARIES yaml-cpp)
lsgd_find_library(lsgd_elf HEADER libelf.h LIBRARIES elf)
lsgd_find_library(lsgd_dwarf OPTIONAL HEADER elfutils/libdw.h LIBRARIES dw)
# Debian's libzip-config.cmake asks for tools of other packages.
lsgd_find_library(lsgd_zip HEADER zip.h LIBRARIES zip)
lsgd_find_library(lsgd_csv HEADER csv.h LIBRARIES csv)
lsgd_find_library(lsgd_fccp HEADER libfccp/csv.h)
lsgd_find_library(lsgd_hdf5 HEADER hdf5/serial/hdf5.h LIBRARIES hdf5_serial)
lsgd_find_library(lsgd_mustache HEADER kainjow/mustache.hpp)
lsgd_find_library(lsgd_valijson HEADER valijson/validator.hpp)

# What only tests and benchmarks need. Without it the program, its ports and its boards are built all the same.
find_package(GTest QUIET)
find_package(benchmark QUIET)
set(LSGD_TESTS ON)
foreach(needed "GTest::gmock=libgtest-dev, libgmock-dev" benchmark::benchmark=libbenchmark-dev lsgd_mpfi=libmpfi-dev
        lsgd_yaml=libyaml-cpp-dev)
  string(REGEX MATCH "^(.*)=(.*)$" needed "${needed}")
  if(NOT TARGET ${CMAKE_MATCH_1})
    message(STATUS "Tests: left out, missing packages: ${CMAKE_MATCH_2}")
    set(LSGD_TESTS OFF)
  endif()
endforeach()
