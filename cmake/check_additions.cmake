# SPDX-License-Identifier: Apache-2.0
# cmake -DROOT=... -DCOPY=... -DPROGRAM=lsgd-conform -DC_COMPILER=... -DCXX_COMPILER=... -P check_additions.cmake
# adds one of what CONTRIBUTING says that it touches its own files alone to a copy of the tree, and builds what the
# addition touches: an arithmetic, a port, its mutant, a platform, a data set, an importer, a transport, an activation
# function, a suite and a report section.
file(REMOVE_RECURSE ${COPY}/tree)
foreach(part CMakeLists.txt cmake reference vectors rtl targets reports harness)
  file(COPY ${ROOT}/${part} DESTINATION ${COPY}/tree)
endforeach()

# An arithmetic is a TOML file.
file(READ ${ROOT}/reference/tests/arithmetics/q6_10_wrapping.toml text)
string(REPLACE "name = \"q6_10_wrapping\"" "name = \"added_arithmetic\"" text "${text}")
file(WRITE ${COPY}/tree/reference/arithmetics/added_arithmetic.toml "${text}")

# A port is a folder, in the tree or outside.
function(add_port name directory)
  file(COPY ${ROOT}/targets/ports/sgd_classic/ DESTINATION ${directory})
  file(READ ${ROOT}/targets/ports/sgd_classic/CMakeLists.txt text)
  string(REPLACE "NAME sgd_classic" "NAME ${name}" text "${text}")
  string(REPLACE "../" "${COPY}/tree/targets/ports/" text "${text}")
  file(WRITE ${directory}/CMakeLists.txt "${text}")
endfunction()
file(REMOVE_RECURSE ${COPY}/outside)
add_port(added_port ${COPY}/tree/targets/ports/added_port)
add_port(outside_port ${COPY}/outside/outside_port)

# A mutant is a table in a TOML file.
file(READ ${ROOT}/targets/ports/mutants/sgd_classic.toml text)
string(REPLACE "port = \"sgd_classic\"" "port = \"added_port\"" text "${text}")
file(WRITE ${COPY}/tree/targets/ports/mutants/added_port.toml "${text}")

# A platform is a folder.
file(COPY ${ROOT}/targets/platforms/host/platform.c ${ROOT}/targets/platforms/host/platform.link
     DESTINATION ${COPY}/tree/targets/platforms/added_platform)
file(READ ${ROOT}/targets/platforms/host/CMakeLists.txt text)
string(FIND "${text}" "lsgd_add_variant(" variants)
string(SUBSTRING "${text}" 0 ${variants} text)
string(REPLACE "NAME host" "NAME added_platform" text "${text}")
file(WRITE ${COPY}/tree/targets/platforms/added_platform/CMakeLists.txt
     "${text}lsgd_add_variant(PLATFORM added_platform NAME gcc_O1 COMPILER gcc FLAGS -O1 PORTS added_port)\n")

# A data set is a folder whose source defines NAME_data_set.
file(WRITE ${COPY}/tree/vectors/datasets/added_set/added_set.cpp
     "#include \"data/built_in_data_set.hpp\"\n"
     "namespace lsgd {\n"
     "DataSet added_set_data_set(DataSetPart, std::size_t) { return {1, 2, {0.5f}, {1}}; }\n"
     "}\n")

# An importer is a file that defines add_NAME_importer.
file(WRITE ${COPY}/tree/harness/src/commands/importers/added.cpp
     "#include <CLI/CLI.hpp>\n"
     "namespace lsgd {\n"
     "void add_added_importer(CLI::App& import) { import.add_subcommand(\"added\", \"Added\"); }\n"
     "}\n")

# A transport is a file that defines KEY_transport.
file(WRITE ${COPY}/tree/harness/src/device/transports/added.cpp
     "#include \"description/target_file.hpp\"\n"
     "#include \"device/byte_stream.hpp\"\n"
     "namespace lsgd {\n"
     "Transport added_transport() {\n"
     "  return {\"added\", [](TomlTable& target) { return target.texts(\"added\"); },\n"
     "          [](const Target&) { return std::unique_ptr<ByteStream>(); }, false};\n"
     "}\n}\n")

# An activation function is a definition, a number and a name in the schemas. The youngest one of a neuron, leaky_relu, shows the
# places: its name stands nowhere else.
function(add_beside file old new)
  file(READ ${COPY}/tree/${file} text)
  string(REPLACE "${old}" "${new}" added "${text}")
  if(added STREQUAL text)
    message(FATAL_ERROR "${file}: expected to have: ${old}")
  endif()
  file(WRITE ${COPY}/tree/${file} "${added}")
endfunction()
set(network reference/include/lsgd/network)
add_beside(${network}/network.hpp "softmax }" "softmax, added_function }")
add_beside(${network}/network.hpp "Activation::softmax}" "Activation::softmax, Activation::added_function}")
add_beside(${network}/activation.hpp "struct SigmoidFunction {"
           "struct AddedFunction : LeakyReluFunction {
  static constexpr std::string_view name = \"added_function\";
  static constexpr std::string_view onnx_name = \"AddedFunction\";
};

struct SigmoidFunction {")
add_beside(${network}/activation.hpp "    case Activation::leaky_relu:"
           "    case Activation::added_function:
      return visit(AddedFunction());
    case Activation::leaky_relu:")
set(port targets/include/lsgd/port.h)
add_beside(${port} "LSGD_ACTIVATION_SOFTMAX = 5" "LSGD_ACTIVATION_SOFTMAX = 5,\n  LSGD_ACTIVATION_ADDED_FUNCTION = 6")
add_beside(${port} "define LSGD_ACTIVATIONS 6" "define LSGD_ACTIVATIONS 7")
set(places ${network}/activation.hpp ${network}/network.hpp ${port} vectors/src/cases/edge_cases.cpp vectors/src/cases/golden_flags.toml
    targets/mutation/causes.toml targets/mutation/catching_cases.toml)
file(GLOB_RECURSE sources RELATIVE ${ROOT}
     ${ROOT}/reference/include/* ${ROOT}/reference/src/* ${ROOT}/vectors/src/* ${ROOT}/vectors/files/*
     ${ROOT}/harness/src/* ${ROOT}/reports/* ${ROOT}/targets/include/* ${ROOT}/targets/agent/* ${ROOT}/targets/mutation/*)
list(FILTER sources EXCLUDE REGEX "^reports/out/")
foreach(source IN LISTS sources)
  file(STRINGS ${ROOT}/${source} named REGEX "[Ll][Ee][Aa][Kk][Yy]_?[Rr][Ee][Ll][Uu]")
  list(FIND places ${source} place)
  if(named AND place EQUAL -1)
    message(FATAL_ERROR "expected one definition of leaky_relu: ${source} names it")
  endif()
endforeach()

# A suite is a TOML file.
file(READ ${ROOT}/harness/suites/smoke.toml text)
string(REPLACE "name = \"smoke\"" "name = \"added_suite\"" text "${text}")
file(WRITE ${COPY}/tree/harness/suites/added_suite.toml "${text}")

# A report section is a folder whose source defines NAME_section.
file(WRITE ${COPY}/tree/reports/sections/99_added/added.mustache "<p>{{text}}</p>\n")
file(WRITE ${COPY}/tree/reports/sections/99_added/added.cpp
     "#include \"section.hpp\"\n#include <optional>\n"
     "namespace lsgd {\n"
     "std::optional<Section> added_section(const nlohmann::json&) {\n"
     "  return Section{\"Added\", {{\"text\", \"added\"}}};\n"
     "}\n}\n")

function(require)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    message(FATAL_ERROR "expected to succeed: ${ARGN}\n${output}")
  endif()
endfunction()

require(${CMAKE_COMMAND} -G Ninja -S ${COPY}/tree -B ${COPY}/build -DCMAKE_UNITY_BUILD=OFF
        -DLSGD_PORT_DIRECTORIES=${COPY}/outside/outside_port
        -DCMAKE_DISABLE_FIND_PACKAGE_verilator=ON -DCMAKE_C_COMPILER=${C_COMPILER} -DCMAKE_CXX_COMPILER=${CXX_COMPILER})
# By the build's own command, and nothing but that: other targets are no part of it.
function(compile object)
  execute_process(COMMAND ninja -C ${COPY}/build -t commands -s ${object}
                  OUTPUT_VARIABLE command COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX REPLACE "^ninja: Entering directory [^\n]*\n" "" command "${command}")
  # A file, since a list of arguments loses backslashes.
  file(WRITE ${COPY}/build/compile.sh "${command}")
  require(${CMAKE_COMMAND} -E chdir ${COPY}/build sh compile.sh)
endfunction()
compile(targets/parts/port-added_port-host-gcc_O2-sgd_classic.o)
compile(targets/parts/port-outside_port-host-gcc_O2-sgd_classic.o)
compile(targets/parts/port-added_port-added_platform-gcc_O1-sgd_classic.o)
compile(vectors/CMakeFiles/lsgd_vectors.dir/datasets/added_set/added_set.cpp.o)
compile(vectors/CMakeFiles/lsgd_vectors.dir/built_in_data_set_names.cpp.o)
compile(harness/CMakeFiles/lsgd-conform.dir/src/commands/importers/added.cpp.o)
compile(harness/CMakeFiles/lsgd-conform.dir/import_command.cpp.o)
compile(harness/CMakeFiles/lsgd_devices.dir/src/device/transports/added.cpp.o)
compile(harness/CMakeFiles/lsgd_devices.dir/transport_list.cpp.o)
# Where each activation function is visited, and where their number counts.
compile(reference/CMakeFiles/lsgd_arithmetic.dir/src/arithmetic/quick_plan.cpp.o)
compile(reference/CMakeFiles/lsgd_arithmetic.dir/src/arithmetic/bounded_step.cpp.o)
compile(harness/CMakeFiles/lsgd_devices.dir/src/device/agent_session.cpp.o)
compile(reports/CMakeFiles/lsgd_reports.dir/sections/99_added/added.cpp.o)
compile(reports/CMakeFiles/lsgd_reports.dir/section_list.cpp.o)

# What finds them knows them. Building the mutants needs a program of the project: the build knows them.
require(grep -q "added_arithmetic" -r ${COPY}/build/reference/embedded)
require(grep -q "added_set_data_set" ${COPY}/build/vectors/built_in_data_set_names.cpp)
require(grep -q "add_added_importer" ${COPY}/build/harness/import_command.cpp)
require(grep -q "added_transport" ${COPY}/build/harness/transport_list.cpp)
require(${CMAKE_COMMAND} -E env LSGD_DATA=${COPY}/tree ${PROGRAM} list cases --suite added_suite)
require(grep -q "added_section" ${COPY}/build/reports/section_list.cpp)
require(grep -q "added_port-host-gcc_O2.built" ${COPY}/build/build.ninja)
require(grep -q "^added_port .*added_platform" ${COPY}/build/targets/ports.txt)
