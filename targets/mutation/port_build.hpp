// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <toml++/toml.h>
#include <vector>

namespace lsgd {

/// How a port's own image is made, as the build says it on the command line.
struct PortCommands {
  std::string target;                ///< target file of the image
  std::vector<std::string> sources;  ///< of the port
  std::vector<std::string> compile;  ///< words of the compiler's command, without -c and files
  std::vector<std::string> link;     ///< words of the linker's command, without -o and the port
  std::string out;                   ///< directory of the changed copies' images and target files

  void add_options(CLI::App& app);
};

/// Makes copies of a port with one changed source each. Throws InputError where a program fails
/// that has to succeed.
class PortBuild {
 public:
  /// Empties the directory of the copies and compiles the port's own sources.
  explicit PortBuild(const PortCommands& commands);
  /// Removes the objects.
  ~PortBuild();
  PortBuild(const PortBuild&) = delete;
  PortBuild& operator=(const PortBuild&) = delete;

  /// The port's target file.
  const toml::table& target() const { return target_; }
  /// A source of the port by its file name; an empty path where it has none of that name.
  std::filesystem::path source(const std::string& name) const;
  /// SHA-256 of the object of a source, by its file name.
  const std::string& original_digest(const std::string& name) const;

  /// A directory for the changed sources and objects of one thread.
  std::filesystem::path work_directory(const std::string& name) const;
  /// Compiles a source of that name in `directory`; false where the compiler refuses it. Objects
  /// from different directories differ in nothing but code.
  bool compile(const std::filesystem::path& directory, const std::string& source,
               const std::filesystem::path& object,
               const std::vector<std::string>& further_words = {}) const;
  /// Links `object` in place of that of `source` into the image of target NAME-PLATFORM-VARIANT and
  /// writes its target file: the port's with `changes` for the tables and values of their names.
  void link(const std::string& name, const std::string& source, const std::filesystem::path& object,
            const toml::table& changes) const;

 private:
  /// What starts an image in place of the port's own.
  toml::array command_of(const std::string& image) const;
  std::filesystem::path original_object(const std::filesystem::path& source) const;

  const PortCommands& commands_;
  std::filesystem::path out_;
  toml::table target_;
  std::vector<std::filesystem::path> sources_;
  std::map<std::string, std::string> original_digests_;
};

/// Writes a TOML file.
void write_toml(const std::filesystem::path& file, const toml::table& table);

}  // namespace lsgd
