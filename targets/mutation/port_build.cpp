// SPDX-License-Identifier: Apache-2.0
#include "port_build.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <sstream>

#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "files/sha256.hpp"
#include "run_program.hpp"

namespace lsgd {

void PortCommands::add_options(CLI::App& app) {
  app.add_option("--target", target, "Target file of the port's own image")->required();
  app.add_option("--source", sources, "Source of the port")->required();
  app.add_option("--compile", compile, "Word of the compiler's command")->required();
  app.add_option("--link", link, "Word of the linker's command")->required();
  app.add_option("--out", out, "Directory of images and target files")->required();
}

PortBuild::PortBuild(const PortCommands& commands)
    : commands_(commands),
      out_(commands.out),
      target_(toml::parse_file(commands.target)),
      sources_(commands.sources.begin(), commands.sources.end()) {
  std::filesystem::remove_all(out_);
  const std::filesystem::path directory = work_directory("original");
  for (const std::filesystem::path& source : sources_) {
    std::filesystem::copy_file(source, directory / source.filename(),
                               std::filesystem::copy_options::overwrite_existing);
    const std::filesystem::path object = original_object(source);
    if (!compile(directory, source.filename(), object))
      throw InputError(source.string(), 0, "a source that compiles");
    original_digests_[source.filename()] = sha256_of_file(object);
  }
}

PortBuild::~PortBuild() {
  std::error_code ignored;
  std::filesystem::remove_all(out_ / "objects", ignored);
}

std::filesystem::path PortBuild::source(const std::string& name) const {
  const auto found = std::ranges::find_if(
      sources_, [&](const std::filesystem::path& source) { return source.filename() == name; });
  return found == sources_.end() ? std::filesystem::path{} : *found;
}

const std::string& PortBuild::original_digest(const std::string& name) const {
  return original_digests_.at(name);
}

std::filesystem::path PortBuild::original_object(const std::filesystem::path& source) const {
  return out_ / "objects" / (source.stem().string() + ".o");
}

std::filesystem::path PortBuild::work_directory(const std::string& name) const {
  std::filesystem::path directory = out_ / "objects" / name;
  std::filesystem::create_directories(directory);
  return directory;
}

bool PortBuild::compile(const std::filesystem::path& directory, const std::string& source,
                        const std::filesystem::path& object,
                        const std::vector<std::string>& further_words) const {
  std::vector<std::string> command = commands_.compile;
  command.insert(command.end(), further_words.begin(), further_words.end());
  command.insert(command.end(), {"-w", "-c", source, "-o", object.string()});
  return run_program(command, directory) == 0;
}

toml::array PortBuild::command_of(const std::string& image) const {
  const std::string original = "./" + target_["name"].value_or(std::string());
  toml::array command;
  for (const toml::node& node : *target_["command"].as_array()) {
    std::string word = node.value_or(std::string());
    if (const auto at = word.find(original); at != std::string::npos)
      word.replace(at, original.size(), "./" + image);
    command.push_back(word);
  }
  return command;
}

void PortBuild::link(const std::string& name, const std::string& source,
                     const std::filesystem::path& object, const toml::table& changes) const {
  const std::string image = fmt::format("{}-{}-{}", name, target_["platform"].value_or(""),
                                        target_["variant"].value_or(""));
  std::vector<std::string> command{commands_.link.front(), object.string()};
  for (const std::filesystem::path& other : sources_)
    if (other.filename() != source) command.push_back(original_object(other).string());
  command.insert(command.end(), std::next(commands_.link.begin()), commands_.link.end());
  command.insert(command.end(), {"-o", (out_ / image).string()});
  if (run_program(command, out_) != 0)
    throw InputError(image, 0, "a changed " + source + " that can be linked");
  toml::table target = target_;
  for (const char* of_the_port : {"elf", "footprint", "budget", "capabilities", "legal_variant"})
    target.erase(of_the_port);
  target.insert_or_assign("name", image);
  target.insert_or_assign("command", command_of(image));
  for (const auto& [key, value] : changes) target.insert_or_assign(key, value);
  write_toml(out_ / (image + ".toml"), target);
}

void write_toml(const std::filesystem::path& file, const toml::table& table) {
  std::ostringstream text;
  text << table << '\n';
  write_file(file, text.str());
}

}  // namespace lsgd
