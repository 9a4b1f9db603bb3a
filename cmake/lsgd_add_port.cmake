# SPDX-License-Identifier: Apache-2.0
#
# Ports, platforms and their variants, and the images made of them. A target is one image: port x
# variant of a platform. Compilers are called directly, so that one configure builds for every processor.
#
#   lsgd_add_port(NAME name PROFILE float32|int8_hybrid|int8_integer|int32_fixed SOURCES file...
#                 [INCLUDES directory...] [ARITHMETIC key=value...] [LEGAL_VARIANT description]
#                 [VARIANTS platform-variant...] [DEFINITIONS name=value...] [DECLARED] [PACE brief]
#                 [SHARED_SOURCES file...]
#                 [ACTIVATIONS name... LOSSES name... [KERNELS name...]])
#   lsgd_add_platform(NAME name SOURCES file... [FLAGS flag...] [AGENT_FLAGS flag...]
#                     [LINK_FLAGS flag...] [LINKER_SCRIPT file] [RUNNER program] [COMMAND word...]
#                     [PACE fast|moderate|slow] [COUNTERS name...] [DEBUGGER])
#   lsgd_add_variant(PLATFORM name NAME name COMPILER program FLAGS flag... [ARITHMETIC key=value...]
#                    [PORTS port...] [FOOTPRINTS] [LEGAL_VARIANT])
#   lsgd_add_budget(PORT name VARIANT platform-variant NETWORK name COMPILER name-and-version
#                   LIMITS key=value...)
#   lsgd_build_images()         after all of them: every port on every variant; target port-NAME: on the host alone,
#                               lsgd_host_targets: all of them on the host
#
# ARITHMETIC declares the arithmetic model, in the words of the target description: the port's, then
# overridden key by key by the variant's. COMMAND runs the image; @IMAGE@ stands for it, and is the default.
# ACTIVATIONS, LOSSES, KERNELS (none where left out) and the platform's COUNTERS become [capabilities]; a port that names no
# losses states nothing of itself.
# DEBUGGER: the command serves GDB's protocol on its standard streams, and the image has platforms/mailbox/mailbox.c.
# SHARED_SOURCES are the same in several ports, see nothing that is a port's own, and are compiled once for each variant.
# A port of pace brief is only looked at, and is not measured for networks.
# DECLARED compiles the sources with declared_arithmetic.h, written from the profile's declaration.
# What is marked LEGAL_VARIANT is run by the self-test only. Ports are built for VARIANTS, by default all, legal
# variants by default for the first of all.
# A variant with PORTS is built with these alone. LIMITS are the keys of [[budget]] in the target description; they hold
# for the compiler they were measured with, and another version of it gets no budget. A platform whose RUNNER is not installed is left out. Sources
# are relative to the caller's directory.

define_property(GLOBAL PROPERTY LSGD_PORTS BRIEF_DOCS "Names of all ports")
define_property(GLOBAL PROPERTY LSGD_VARIANTS BRIEF_DOCS "platform-variant of all variants")
define_property(GLOBAL PROPERTY LSGD_DESCRIPTIONS BRIEF_DOCS "Target files of all images")
define_property(GLOBAL PROPERTY LSGD_PRODUCTS BRIEF_DOCS "Files that lsgd_targets builds")
define_property(GLOBAL PROPERTY LSGD_LEGAL_VARIANTS
                BRIEF_DOCS "Files of what is marked LEGAL_VARIANT, which only the self-test runs")

set(LSGD_TARGETS_DIRECTORY ${PROJECT_BINARY_DIR}/targets)
set(LSGD_TARGETS_SOURCE_DIRECTORY ${PROJECT_SOURCE_DIR}/targets)

# Contraction is a variant's decision: without this flag gcc would fuse wherever the processor can.
set(LSGD_DEVICE_FLAGS -std=c99 -ffp-contract=off -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
    -I${LSGD_TARGETS_SOURCE_DIRECTORY}/include -I${LSGD_TARGETS_SOURCE_DIRECTORY}/agent
    # After the compiler's own directories: for compilers without a C library.
    -idirafter ${LSGD_TARGETS_SOURCE_DIRECTORY}/platforms/bare_metal)

# Networks whose exact memory a port is measured for: name, and the capacities that just hold it.
set(LSGD_FOOTPRINT_NETWORKS car cogdist fashion_mnist)
set(LSGD_CAPACITY_car LAYERS=3 INPUTS=6 WIDTH=32 ACTIVATIONS=52 PARAMETERS=820)
set(LSGD_CAPACITY_cogdist LAYERS=3 INPUTS=6 WIDTH=40 ACTIVATIONS=73 PARAMETERS=1625)
set(LSGD_CAPACITY_fashion_mnist LAYERS=2 INPUTS=784 WIDTH=16 ACTIVATIONS=26 PARAMETERS=12730)

function(lsgd_absolute_paths result)
  set(paths)
  foreach(path ${ARGN})
    get_filename_component(path ${path} ABSOLUTE BASE_DIR ${CMAKE_CURRENT_SOURCE_DIR})
    list(APPEND paths ${path})
  endforeach()
  set(${result} ${paths} PARENT_SCOPE)
endfunction()

# Stores each KEY's value as the global property LSGD_<entity>_<KEY>.
function(lsgd_remember entity)
  foreach(key ${ARGN})
    set_property(GLOBAL PROPERTY LSGD_${entity}_${key} "${arg_${key}}")
  endforeach()
endfunction()

# Sets KEY in the caller to what was remembered.
macro(lsgd_recall entity)
  foreach(key ${ARGN})
    get_property(${key} GLOBAL PROPERTY LSGD_${entity}_${key})
  endforeach()
endmacro()

function(lsgd_add_port)
  cmake_parse_arguments(PARSE_ARGV 0 arg "DECLARED" "NAME;PROFILE;LEGAL_VARIANT;PACE"
                        "SOURCES;SHARED_SOURCES;INCLUDES;ARITHMETIC;VARIANTS;DEFINITIONS;ACTIVATIONS;LOSSES;KERNELS")
  lsgd_absolute_paths(arg_SOURCES ${arg_SOURCES})
  lsgd_absolute_paths(arg_SHARED_SOURCES ${arg_SHARED_SOURCES})
  lsgd_absolute_paths(arg_INCLUDES ${CMAKE_CURRENT_SOURCE_DIR} ${arg_INCLUDES})
  if(arg_DECLARED)
    set(arg_GENERATED_HEADERS ${LSGD_TARGETS_DIRECTORY}/declared/${arg_NAME}/declared_arithmetic.h)
    list(APPEND arg_INCLUDES ${LSGD_TARGETS_DIRECTORY}/declared/${arg_NAME})
  endif()
  set(arg_KIND port)
  if(arg_LEGAL_VARIANT)
    set(arg_KIND legal_variant)
    set(arg_DESCRIPTION ${arg_LEGAL_VARIANT})
  endif()
  lsgd_remember(${arg_NAME} KIND PROFILE SOURCES SHARED_SOURCES INCLUDES ARITHMETIC DESCRIPTION VARIANTS DEFINITIONS
                GENERATED_HEADERS ACTIVATIONS LOSSES KERNELS PACE)
  set_property(GLOBAL APPEND PROPERTY LSGD_PORTS ${arg_NAME})
endfunction()

function(lsgd_add_platform)
  cmake_parse_arguments(PARSE_ARGV 0 arg "DEBUGGER" "NAME;LINKER_SCRIPT;RUNNER;PACE"
                        "SOURCES;FLAGS;AGENT_FLAGS;LINK_FLAGS;COMMAND;COUNTERS")
  lsgd_absolute_paths(arg_SOURCES ${arg_SOURCES})
  if(arg_LINKER_SCRIPT)
    lsgd_absolute_paths(arg_LINKER_SCRIPT ${arg_LINKER_SCRIPT})
    list(PREPEND arg_LINK_FLAGS -T ${arg_LINKER_SCRIPT})
  endif()
  if(NOT arg_COMMAND)
    set(arg_COMMAND @IMAGE@)
  endif()
  if(NOT arg_PACE)
    set(arg_PACE fast)
  endif()
  lsgd_remember(${arg_NAME} SOURCES FLAGS AGENT_FLAGS LINK_FLAGS LINKER_SCRIPT RUNNER COMMAND PACE DEBUGGER
                COUNTERS)
endfunction()

function(lsgd_add_variant)
  cmake_parse_arguments(PARSE_ARGV 0 arg "FOOTPRINTS;LEGAL_VARIANT" "PLATFORM;NAME;COMPILER"
                        "FLAGS;ARITHMETIC;PORTS")
  lsgd_recall(${arg_PLATFORM} FLAGS LINK_FLAGS RUNNER)
  if(RUNNER)
    find_program(LSGD_RUNNER_${RUNNER} ${RUNNER})
    if(NOT LSGD_RUNNER_${RUNNER})
      message(STATUS "Targets: no ${RUNNER}, so none for ${arg_PLATFORM}-${arg_NAME}")
      return()
    endif()
  endif()
  find_program(LSGD_COMPILER_${arg_COMPILER} ${arg_COMPILER})
  set(compiler ${LSGD_COMPILER_${arg_COMPILER}})
  if(NOT compiler)
    message(STATUS "Targets: no ${arg_COMPILER}, so none for ${arg_PLATFORM}-${arg_NAME}")
    return()
  endif()
  # A compiler may be there without the libraries of an ABI (-m32).
  set(probe ${CMAKE_CURRENT_BINARY_DIR}/probe-${arg_PLATFORM}-${arg_NAME})
  file(WRITE ${probe}.c "int main(void) { return 0; }\n")
  execute_process(COMMAND ${compiler} ${FLAGS} ${arg_FLAGS} ${LINK_FLAGS} ${probe}.c -o ${probe}
                  RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  if(failed)
    message(STATUS "Targets: ${arg_COMPILER} ${arg_FLAGS} does not link, so none for "
                   "${arg_PLATFORM}-${arg_NAME}")
    return()
  endif()
  execute_process(COMMAND ${compiler} --version OUTPUT_VARIABLE version)
  string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" version "${version}")
  set(arg_COMPILER_PATH ${compiler})
  set(arg_COMPILER_NAME "${arg_COMPILER} ${version}")
  set(variant ${arg_PLATFORM}-${arg_NAME})
  lsgd_remember(${variant} PLATFORM NAME COMPILER_PATH COMPILER_NAME FLAGS ARITHMETIC FOOTPRINTS
                LEGAL_VARIANT PORTS)
  set_property(GLOBAL APPEND PROPERTY LSGD_VARIANTS ${variant})
endfunction()

function(lsgd_add_budget)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "PORT;VARIANT;NETWORK;COMPILER" "LIMITS")
  lsgd_recall(${arg_VARIANT} COMPILER_NAME)
  if(NOT COMPILER_NAME MATCHES "^${arg_COMPILER}")
    return()
  endif()
  list(TRANSFORM arg_LIMITS REPLACE "=" " = ")
  list(JOIN arg_LIMITS "\n" limits)
  set_property(GLOBAL APPEND_STRING PROPERTY LSGD_${arg_PORT}-${arg_VARIANT}_BUDGETS
               "\n[[budget]]\nnetwork = \"${arg_NETWORK}\"\n${limits}\n")
endfunction()

# Writes declared_arithmetic.h, the declaration of an arithmetic (a name, or a TOML file) as C.
function(lsgd_export_declaration header declaration)
  add_custom_command(
    OUTPUT ${header}
    COMMAND lsgd-conform profile export-c ${declaration} --out ${header}
    DEPENDS lsgd-conform
    COMMENT "Writing ${declaration} as C" VERBATIM)
endfunction()

# Compiles one C file into the file `object`, after the caller's GENERATED_HEADERS. Ninja reads the list of headers as the
# compiler writes it, where the object has the name that Ninja gives it and relative names begin where Ninja runs. CMake
# would start itself once more for each object to translate the list.
if(CMAKE_GENERATOR STREQUAL "Ninja")
  cmake_policy(SET CMP0116 OLD)
endif()
function(lsgd_compile source object compiler)
  get_filename_component(object_name ${object} NAME)
  set(name_of_ninja)
  set(directory_of_ninja)
  if(CMAKE_GENERATOR STREQUAL "Ninja")
    file(RELATIVE_PATH relative ${CMAKE_BINARY_DIR} ${object})
    set(name_of_ninja -MT ${relative})
    set(directory_of_ninja WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
  endif()
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${CMAKE_C_COMPILER_LAUNCHER} ${compiler} ${ARGN} -MD -MF ${object}.d ${name_of_ninja} -c ${source} -o ${object}
    DEPENDS ${source} ${GENERATED_HEADERS}
    DEPFILE ${object}.d
    ${directory_of_ninja}
    COMMENT "Compiling target object ${object_name}" VERBATIM COMMAND_EXPAND_LISTS)
endfunction()

# Compiles a C file once for a variant, after no generated header, and names the object.
function(lsgd_compile_shared result source variant compiler flags)
  get_filename_component(stem ${source} NAME_WE)
  get_filename_component(directory ${source} DIRECTORY)
  set(object ${LSGD_TARGETS_DIRECTORY}/parts/shared-${variant}-${stem}.o)
  set(${result} ${object} PARENT_SCOPE)
  get_property(known GLOBAL PROPERTY LSGD_SHARED_OBJECTS)
  if(object IN_LIST known)
    return()
  endif()
  set_property(GLOBAL APPEND PROPERTY LSGD_SHARED_OBJECTS ${object})
  set(GENERATED_HEADERS)
  file(MAKE_DIRECTORY ${LSGD_TARGETS_DIRECTORY}/parts)
  lsgd_compile(${source} ${object} ${compiler} ${flags} -I${directory})
endfunction()

# Compiles several C files and joins them, and further objects, into one relocatable object, whose ELF sections are
# theirs. Only flags of the processor (-m...) matter for that; a C library's linker script would be in the way.
function(lsgd_compile_joined output compiler sources flags)
  set(processor_flags ${flags})
  list(FILTER processor_flags INCLUDE REGEX "^-m")
  get_filename_component(directory ${output} DIRECTORY)
  get_filename_component(prefix ${output} NAME_WLE)
  file(MAKE_DIRECTORY ${directory}/parts)
  set(objects ${ARGN})
  foreach(source ${sources})
    get_filename_component(stem ${source} NAME_WE)
    set(object ${directory}/parts/${prefix}-${stem}.o)
    lsgd_compile(${source} ${object} ${compiler} ${flags})
    list(APPEND objects ${object})
  endforeach()
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${compiler} ${processor_flags} -r -nostdlib ${objects} -o ${output}
    DEPENDS ${objects}
    COMMENT "Joining target object ${prefix}.o" VERBATIM)
endfunction()

# Joins an object with what it calls of the compiler's library: soft floating point, divisions. What C libraries have
# stays undefined.
function(lsgd_join_with_compiler_library output compiler object flags)
  set(processor_flags ${flags})
  list(FILTER processor_flags INCLUDE REGEX "^-m")
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${compiler} ${processor_flags} -r -nostdlib ${object} -lgcc -o ${output}
    DEPENDS ${object}
    COMMENT "Joining ${object} with the compiler's library" VERBATIM)
endfunction()

# The [arithmetic] table: the port's declaration overridden key by key.
function(lsgd_arithmetic_table result)
  set(keys)
  foreach(entry ${ARGN})
    string(REGEX MATCH "^([a-z_]+)=(.*)$" entry "${entry}")
    list(APPEND keys ${CMAKE_MATCH_1})
    set(value_${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
  endforeach()
  list(REMOVE_DUPLICATES keys)
  set(table)
  foreach(key ${keys})
    set(value "${value_${key}}")
    if(NOT value MATCHES "^(true|false|[0-9].*)$")
      set(value "\"${value}\"")
    endif()
    string(APPEND table "${key} = ${value}\n")
  endforeach()
  set(${result} "${table}" PARENT_SCOPE)
endfunction()

# The agent and the platform's start-up code, once for each variant.
function(lsgd_build_agent variant)
  lsgd_recall(${variant} PLATFORM COMPILER_PATH FLAGS)
  set(variant_flags ${FLAGS})
  lsgd_recall(${PLATFORM} SOURCES FLAGS AGENT_FLAGS)
  set(flags ${LSGD_DEVICE_FLAGS} ${FLAGS} ${variant_flags} ${AGENT_FLAGS})
  set(agent ${LSGD_TARGETS_SOURCE_DIRECTORY}/agent)
  lsgd_compile_joined(${LSGD_TARGETS_DIRECTORY}/agent-${variant}.o ${COMPILER_PATH}
                      "${agent}/agent.c;${agent}/frame.c;${agent}/stack.c" "${flags}")
  lsgd_compile_joined(${LSGD_TARGETS_DIRECTORY}/platform-${variant}.o ${COMPILER_PATH}
                      "${agent}/sample.c;${SOURCES}" "${flags}")
endfunction()

# One image with the objects it is measured by, and its description.
function(lsgd_build_image port variant)
  lsgd_recall(${variant} PLATFORM NAME COMPILER_PATH COMPILER_NAME FLAGS ARITHMETIC FOOTPRINTS
              LEGAL_VARIANT)
  set(variant_name ${NAME})
  set(variant_flags ${FLAGS})
  set(variant_arithmetic ${ARITHMETIC})
  lsgd_recall(${PLATFORM} SOURCES FLAGS LINK_FLAGS LINKER_SCRIPT COMMAND PACE DEBUGGER COUNTERS)
  set(platform_sources ${SOURCES} ${LINKER_SCRIPT})
  set(compile_flags ${LSGD_DEVICE_FLAGS} ${FLAGS} ${variant_flags})
  set(link_flags ${FLAGS} ${variant_flags})
  set(pace_of_platform ${PACE})
  lsgd_recall(${port} KIND PROFILE SOURCES SHARED_SOURCES INCLUDES ARITHMETIC DESCRIPTION DEFINITIONS GENERATED_HEADERS
              ACTIVATIONS LOSSES KERNELS PACE)
  if(NOT PACE)
    set(PACE ${pace_of_platform})
  endif()
  if(KIND STREQUAL "port" AND LEGAL_VARIANT)
    set(KIND legal_variant)
    set(DESCRIPTION "Compiled by ${COMPILER_NAME} ${variant_flags}")
    list(JOIN DESCRIPTION " " DESCRIPTION)
  endif()
  set(shared_objects)
  foreach(source ${SHARED_SOURCES})
    lsgd_compile_shared(object ${source} ${variant} ${COMPILER_PATH} "${compile_flags}")
    list(APPEND shared_objects ${object})
  endforeach()
  foreach(directory ${INCLUDES})
    list(APPEND compile_flags -I${directory})
  endforeach()
  foreach(definition ${DEFINITIONS})
    list(APPEND compile_flags -D${definition})
  endforeach()

  set(name ${port}-${variant})
  set(directory ${LSGD_TARGETS_DIRECTORY})
  set(agent_object agent-${variant}.o)
  set(port_object port-${name}.o)
  lsgd_compile_joined(${directory}/${port_object} ${COMPILER_PATH} "${SOURCES}" "${compile_flags}" ${shared_objects})

  # What the image is made of; flags without the directories of this machine.
  list(JOIN variant_flags " " flags_text)
  file(GLOB agent_sources CONFIGURE_DEPENDS ${LSGD_TARGETS_SOURCE_DIRECTORY}/agent/*.[ch]
       ${LSGD_TARGETS_SOURCE_DIRECTORY}/include/lsgd/*.h)
  set(headers ${GENERATED_HEADERS})
  set(written_includes ${INCLUDES})
  list(FILTER written_includes EXCLUDE REGEX "^${LSGD_TARGETS_DIRECTORY}/")
  foreach(include ${written_includes})
    file(GLOB found CONFIGURE_DEPENDS ${include}/*.h)
    list(APPEND headers ${found})
  endforeach()
  set(ingredients ${SOURCES} ${SHARED_SOURCES} ${headers} ${agent_sources} ${platform_sources})
  set(identity ${directory}/parts/identity-${name})
  add_custom_command(
    OUTPUT ${identity}.c
    COMMAND ${CMAKE_COMMAND} "-DOUTPUT=${identity}.c" "-DINGREDIENTS=${ingredients}"
            "-DFLAGS=${COMPILER_NAME} ${FLAGS} ${flags_text}"
            -P ${PROJECT_SOURCE_DIR}/cmake/lsgd_build_identity.cmake
    DEPENDS ${ingredients} ${PROJECT_SOURCE_DIR}/cmake/lsgd_build_identity.cmake
    COMMENT "Hashing the sources of target ${name}" VERBATIM)
  set(objects ${directory}/${port_object} ${directory}/${agent_object} ${directory}/platform-${variant}.o
      ${identity}.o)
  lsgd_compile(${identity}.c ${identity}.o ${COMPILER_PATH} ${compile_flags})
  add_custom_command(
    OUTPUT ${directory}/${name}
    COMMAND ${COMPILER_PATH} ${link_flags} ${objects} ${LINK_FLAGS} -o ${directory}/${name}
    DEPENDS ${objects} ${LINKER_SCRIPT}
    COMMENT "Linking target ${name}" VERBATIM)
  set(built ${directory}/${name})

  set(footprints)
  if(FOOTPRINTS AND KIND STREQUAL "port" AND NOT PACE STREQUAL "brief")
    foreach(network ${LSGD_FOOTPRINT_NETWORKS})
      set(object footprint-${name}-${network}.o)
      set(capacities)
      foreach(capacity ${LSGD_CAPACITY_${network}})
        list(APPEND capacities -DLSGD_CAPACITY_${capacity})
      endforeach()
      lsgd_compile_joined(${directory}/${object} ${COMPILER_PATH} "${SOURCES}"
                          "${compile_flags};${capacities}" ${shared_objects})
      set(linked footprint-${name}-${network}-linked.o)
      lsgd_join_with_compiler_library(${directory}/${linked} ${COMPILER_PATH} ${directory}/${object}
                                      "${compile_flags}")
      list(APPEND built ${directory}/${object} ${directory}/${linked})
      string(APPEND footprints "\n[[footprint]]\nnetwork = \"${network}\"\nobject = \"${object}\"\n"
             "linked = \"${linked}\"\n")
    endforeach()
  endif()

  lsgd_arithmetic_table(arithmetic ${ARITHMETIC} ${variant_arithmetic})
  lsgd_recall(${name} BUDGETS)
  list(TRANSFORM COMMAND REPLACE "@IMAGE@" "./${name}")
  list(JOIN COMMAND "\", \"" command)
  set(command "command = [\"${command}\"]")
  set(debugger)
  if(DEBUGGER)
    string(REPLACE "command =" "server =" server "${command}")
    set(command)
    set(debugger "[debugger]\nelf = \"./${name}\"\n${server}\n\n")
  endif()
  set(modification)
  if(NOT KIND STREQUAL "port")
    set(modification "[${KIND}]\ndescription = \"${DESCRIPTION}\"\n\n")
  endif()
  set(capabilities)
  if(KIND STREQUAL "port" AND LOSSES)
    set(capabilities "\n[capabilities]\n")
    foreach(kind ACTIVATIONS LOSSES KERNELS COUNTERS)
      string(TOLOWER ${kind} key)
      list(TRANSFORM ${kind} REPLACE "^.+$" "\"\\0\"")
      list(JOIN ${kind} ", " names)
      string(APPEND capabilities "${key} = [${names}]\n")
    endforeach()
  endif()
  file(CONFIGURE OUTPUT ${directory}/${name}.toml @ONLY CONTENT [[
format = "lsgd-target/1"
name = "@name@"
port = "@port@"
platform = "@PLATFORM@"
variant = "@variant_name@"
profile = "@PROFILE@"
@command@
kind = "@KIND@"
pace = "@PACE@"
requests_ahead = true

@debugger@@modification@[arithmetic]
@arithmetic@@capabilities@
[toolchain]
compiler = "@COMPILER_NAME@"
flags = "@flags_text@"

[elf]
port_object = "@port_object@"
agent_object = "@agent_object@"
@footprints@@BUDGETS@]])
  set_property(GLOBAL APPEND PROPERTY LSGD_DESCRIPTIONS ${directory}/${name}.toml)
  if(KIND STREQUAL "port")
    set_property(GLOBAL APPEND PROPERTY LSGD_PRODUCTS ${built})
    set_property(GLOBAL APPEND PROPERTY LSGD_${port}_PLATFORMS ${PLATFORM})
    if(PLATFORM STREQUAL "host")
      set_property(GLOBAL APPEND PROPERTY LSGD_${port}_HOST_PRODUCTS ${built})
      set_property(GLOBAL APPEND PROPERTY LSGD_HOST_PRODUCTS ${built})
    endif()
  else()
    set_property(GLOBAL APPEND PROPERTY LSGD_LEGAL_VARIANTS ${built})
  endif()
endfunction()

# Every port for every variant; legal variants test the suite and not compilers, so for one.
function(lsgd_build_images)
  get_property(ports GLOBAL PROPERTY LSGD_PORTS)
  get_property(variants GLOBAL PROPERTY LSGD_VARIANTS)
  list(GET variants 0 first_variant)
  foreach(port ${ports})
    lsgd_recall(${port} PROFILE GENERATED_HEADERS)
    if(GENERATED_HEADERS)
      file(MAKE_DIRECTORY ${LSGD_TARGETS_DIRECTORY}/declared/${port})
      lsgd_export_declaration(${GENERATED_HEADERS} ${PROFILE})
    endif()
  endforeach()
  set(GENERATED_HEADERS)
  foreach(variant ${variants})
    lsgd_build_agent(${variant})
    lsgd_recall(${variant} PORTS)
    foreach(port ${ports})
      lsgd_recall(${port} KIND VARIANTS)
      if(NOT VARIANTS)
        set(VARIANTS ${first_variant})
        if(KIND STREQUAL "port")
          set(VARIANTS ${variants})
        endif()
      endif()
      if(PORTS AND NOT port IN_LIST PORTS)
        continue()
      endif()
      if(variant IN_LIST VARIANTS)
        lsgd_build_image(${port} ${variant})
      endif()
    endforeach()
  endforeach()
  # Descriptions of targets that no longer exist would be run with their old images.
  file(GLOB descriptions ${LSGD_TARGETS_DIRECTORY}/*.toml)
  get_property(current GLOBAL PROPERTY LSGD_DESCRIPTIONS)
  list(REMOVE_ITEM descriptions ${current})
  if(descriptions)
    file(REMOVE ${descriptions})
  endif()
  get_property(products GLOBAL PROPERTY LSGD_PRODUCTS)
  add_custom_target(lsgd_targets ALL DEPENDS ${products})
  get_property(products GLOBAL PROPERTY LSGD_HOST_PRODUCTS)
  add_custom_target(lsgd_host_targets DEPENDS ${products})
  # For ./conform, which builds single ports: each that runs on this machine, with its other platforms.
  set(lines)
  foreach(port ${ports})
    lsgd_recall(${port} HOST_PRODUCTS PLATFORMS)
    if(HOST_PRODUCTS)
      add_custom_target(port-${port} DEPENDS ${HOST_PRODUCTS})
      list(REMOVE_DUPLICATES PLATFORMS)
      list(REMOVE_ITEM PLATFORMS host)
      list(JOIN PLATFORMS " " platforms)
      string(APPEND lines "${port} ${platforms}\n")
    endif()
  endforeach()
  file(CONFIGURE OUTPUT ${LSGD_TARGETS_DIRECTORY}/ports.txt @ONLY CONTENT "@lines@")
  get_property(products GLOBAL PROPERTY LSGD_LEGAL_VARIANTS)
  add_custom_target(lsgd_legal_variants DEPENDS ${products})
endfunction()
