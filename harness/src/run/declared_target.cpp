// SPDX-License-Identifier: Apache-2.0
#include "run/declared_target.hpp"

#include <array>
#include <boost/process/args.hpp>
#include <boost/process/io.hpp>
#include <boost/process/search_path.hpp>
#include <boost/process/system.hpp>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

#include <lsgd/arithmetic/read_arithmetic.hpp>
#include <lsgd/protocol.h>

#include "description/project_files.hpp"
#include "device/c_declaration.hpp"
#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "files/sha256.hpp"

namespace lsgd {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 4> port_sources{"declared_c99.c", "declared_function.c",
                                                       "declared_number.c", "declared_wide.c"};

/// A C file that defines the build identity: the first bytes of a SHA-256 over what the program is
/// made from.
std::string identity_source(const std::string& header, const fs::path& port) {
  std::string ingredients = sha256_of(header);
  for (const std::string_view source : port_sources) ingredients += sha256_of_file(port / source);
  const std::string identity = sha256_of(ingredients);
  std::string text =
      "#include \"build_identity.h\"\n"
      "const uint8_t lsgd_build_identity[LSGD_BUILD_IDENTITY_BYTES] = {";
  for (std::size_t i = 0; i < LSGD_BUILD_IDENTITY_BYTES; ++i)
    text += fmt::format("0x{}, ", identity.substr(2 * i, 2));
  return text + "};\n";
}

/// A port that computes in one arithmetic and states another, or the same.
struct DeclaredPort {
  std::string name;
  const Arithmetic& computed;
  const Arithmetic& stated;
  std::string tables;  ///< further lines of its target file
};

std::string target_text(const DeclaredPort& port) {
  return fmt::format(
      "format = \"lsgd-target/1\"\n"
      "name = \"{0}-host-gcc_O2\"\n"
      "port = \"{0}\"\n"
      "platform = \"host\"\n"
      "variant = \"gcc_O2\"\n"
      "profile = \"arithmetic.toml\"\n"
      "command = [\"./{0}\"]\n"
      "requests_ahead = true\n"
      "{1}"
      "[toolchain]\n"
      "compiler = \"gcc\"\n"
      "flags = \"-O2\"\n",
      port.name, port.tables);
}

/// Runs gcc; throws InputError unless it succeeds.
void compile(const std::vector<std::string>& arguments, const fs::path& log) {
  const auto compiler = boost::process::search_path("gcc");
  if (compiler.empty()) throw InputError("gcc", 0, "a C compiler, which was not found");
  const int status = boost::process::system(
      compiler, boost::process::args(arguments),
      boost::process::std_in<boost::process::null,
                             (boost::process::std_out & boost::process::std_err)>
          log.string());
  if (status != 0)
    throw InputError(log.string(), 0,
                     fmt::format("the port to compile; gcc ended with status {}", status));
}

Target build(const DeclaredPort& declared, const fs::path& directory) {
  fs::create_directories(directory);
  const fs::path port = data_directory() / "targets/ports/declared_c99";
  const fs::path objects = built_in_targets_directory();
  const std::string header = c_declaration(declared.computed, declared.stated);
  write_file(directory / "declared_arithmetic.h", header);
  write_file(directory / "build_identity.c", identity_source(header, port));
  write_file(directory / "arithmetic.toml", declaration_text(declared.stated));

  std::vector<std::string> arguments{"-std=c99", "-O2", "-ffp-contract=off"};
  for (const fs::path& include :
       {directory, port, data_directory() / "targets/include", data_directory() / "targets/agent"})
    arguments.push_back("-I" + include.string());
  for (const std::string_view source : port_sources) arguments.push_back(port / source);
  arguments.push_back(directory / "build_identity.c");
  for (const char* object : {"agent-host-gcc_O2.o", "platform-host-gcc_O2.o"})
    arguments.push_back(objects / object);
  arguments.push_back("@" + (objects / "platform-host.link").string());
  arguments.insert(arguments.end(), {"-o", directory / declared.name});
  compile(arguments, directory / "build.log");

  const fs::path file = directory / (declared.name + "-host-gcc_O2.toml");
  write_file(file, target_text(declared));
  return read_target_file(file);
}

std::string port_name(const Profile& profile) { return "declared_c99_" + profile.name(); }

Target build_modified(const Profile& profile, const ChangedArithmetic& change,
                      const fs::path& directory, std::string_view kind, std::string_view more) {
  return build({fmt::format("{}.{}", port_name(profile), change.name), change.arithmetic,
                profile.declaration(),
                fmt::format("kind = \"{0}\"\n[{0}]\ndescription = \"{1}\"\n{2}", kind,
                            change.description, more)},
               directory / change.name);
}

}  // namespace

Target build_declared_target(const Profile& profile, const fs::path& directory) {
  const Arithmetic& arithmetic = profile.declaration();
  if (const auto reason = not_exported(arithmetic)) throw InputError(profile.name(), 0, *reason);
  return build({port_name(profile), arithmetic, arithmetic, ""}, directory);
}

Target build_declared_mutant(const Profile& profile, const ChangedArithmetic& change,
                             const fs::path& directory) {
  return build_modified(profile, change, directory, "mutant", "level = 1\n");
}

Target build_declared_variant(const Profile& profile, const ChangedArithmetic& other,
                              const fs::path& directory) {
  return build_modified(profile, other, directory, "legal_variant", "");
}

std::optional<std::string> no_declared_mutant(const ChangedArithmetic& change) {
  return not_exported(change.arithmetic);
}

}  // namespace lsgd
