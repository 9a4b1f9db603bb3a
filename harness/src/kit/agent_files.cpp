// SPDX-License-Identifier: Apache-2.0
#include "kit/agent_files.hpp"

#include <fmt/format.h>
#include <string>

#include "description/version.hpp"
#include "kit/python_arithmetics.hpp"

namespace lsgd {
namespace {

/// The text of a source without what only its place in the project needs: licence, guard, includes
/// of the project's own.
std::string without_own_includes(std::string_view path) {
  std::string kept;
  bool was_empty = true;
  const std::string text = kit_text(path);
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    const std::string_view line = std::string_view(text).substr(start, end - start);
    start = end == std::string::npos ? text.size() : end + 1;
    if (line.starts_with("#include \"") || line == "#include <string.h>" ||
        line.starts_with("#pragma once") ||
        line.find("SPDX-License-Identifier") != std::string_view::npos)
      continue;
    if (line.empty() && was_empty) continue;
    was_empty = line.empty();
    kept += line;
    kept += '\n';
  }
  return kept;
}

std::string opening(std::string_view what) {
  return fmt::format(
      "/* SPDX-License-Identifier: Apache-2.0 */\n/* {} Written by lsgd-conform {}. */\n", what,
      tool_version);
}

constexpr std::string_view begin_c = "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
constexpr std::string_view end_c = "\n#ifdef __cplusplus\n}\n#endif\n";

std::string agent_header() {
  std::string text = opening("Port, platform and agent: all that code of yours includes.") +
                     "#ifndef LSGD_H\n#define LSGD_H\n\n";
  for (const char* header : {"port.h", "arithmetics.h", "platform.h", "protocol.h"})
    text += without_own_includes(fmt::format("targets/include/lsgd/{}", header)) + "\n";
  text += begin_c;
  for (const char* header : {"agent.h", "build_identity.h"})
    text += without_own_includes(fmt::format("targets/agent/{}", header));
  text += end_c;
  return text + "\n#endif\n";
}

/// Of <string.h>, which compilers without a C library lack.
constexpr std::string_view memory_functions =
    "void* memcpy(void* to, const void* from, size_t count);\n"
    "void* memmove(void* to, const void* from, size_t count);\n"
    "void* memset(void* to, int byte, size_t count);\n";

/// C++ makes no pointer to bytes of one to void.
constexpr std::string_view frame_address_in_cpp =
    "\n#ifdef __cplusplus\n"
    "#define __builtin_frame_address(level) ((uint8_t*)__builtin_frame_address(level))\n"
    "#endif\n";

std::string agent_source(std::string_view header) {
  std::string text =
      opening("The device's side of the protocol. On x86 compile it with -mno-red-zone.") +
      fmt::format("#include \"{}\"\n", header) + "\n" + std::string(begin_c) +
      std::string(memory_functions) + std::string(end_c) + std::string(frame_address_in_cpp);
  for (const char* source :
       {"frame.h", "sample.h", "stack.h", "frame.c", "sample.c", "stack.c", "agent.c"})
    text += "\n" + without_own_includes(fmt::format("targets/agent/{}", source));
  return text;
}

/// A platform's source that includes the header that has all of the project's own.
std::string with_exported_header(std::string source) {
  const std::string own = "#include \"lsgd/platform.h\"\n";
  const std::size_t at = source.find(own);
  if (at == std::string::npos) throw std::logic_error("a platform includes lsgd/platform.h");
  return source.replace(at, own.size(), "#include \"lsgd.h\"\n");
}

KitFile layout_file(std::string_view layout, const std::string& path) {
  return {path, filled_in(kit_text(fmt::format("targets/kit/agent/{}/{}", layout, path)),
                          {{"VERSION", std::string(tool_version)}})};
}

}  // namespace

std::vector<KitFile> agent_files(AgentLayout layout) {
  const auto agent_in = [](const std::string& header, const std::string& source) {
    return std::vector<KitFile>{{header + "lsgd.h", agent_header()},
                                {source + "lsgd_agent.c", agent_source("lsgd.h")}};
  };
  std::vector<KitFile> files;
  switch (layout) {
    case AgentLayout::plain:
      return agent_in("", "");
    case AgentLayout::cmake:
      files = agent_in("", "");
      for (const char* path : {"CMakeLists.txt", "lsgd_agentConfig.cmake"})
        files.push_back(layout_file("cmake", path));
      return files;
    case AgentLayout::arduino:
      files = agent_in("src/", "src/");
      for (const char* path : {"library.properties", "examples/conformance/conformance.ino"})
        files.push_back(layout_file("arduino", path));
      return files;
    case AgentLayout::platformio:
      files = agent_in("include/", "src/");
      files.push_back(layout_file("platformio", "library.json"));
      return files;
    case AgentLayout::zephyr:
      files = agent_in("include/", "src/");
      for (const char* path :
           {"zephyr/module.yml", "zephyr/CMakeLists.txt", "zephyr/Kconfig", "src/lsgd_uart.c"})
        files.push_back(layout_file("zephyr", path));
      return files;
    case AgentLayout::esp_idf:
      files = agent_in("include/", "");
      for (const char* path : {"CMakeLists.txt", "idf_component.yml", "lsgd_uart.c"})
        files.push_back(layout_file("esp-idf", path));
      return files;
  }
  throw std::invalid_argument("a layout");
}

std::vector<KitFile> host_platform_files() {
  std::string text = with_exported_header(kit_text("targets/platforms/host/platform.c"));
  for (const std::string line : {"#include \"agent.h\"\n", "#include \"lsgd/protocol.h\"\n"})
    if (const std::size_t found = text.find(line); found != std::string::npos)
      text.erase(found, line.size());
  return {{"platform.c", text},
          {"platform.link", kit_text("targets/platforms/host/platform.link")}};
}

std::vector<KitFile> mailbox_files() {
  const std::string folder = "targets/platforms/mailbox/";
  return {{"mailbox.h", kit_text(folder + "mailbox.h")},
          {"mailbox.c", with_exported_header(kit_text(folder + "mailbox.c"))}};
}

std::vector<KitFile> adapter_files() {
  return {{"lsgd_adapter.h", kit_text("targets/kit/adapter/lsgd_adapter.h")},
          {"lsgd_adapter.c", kit_text("targets/kit/adapter/lsgd_adapter.c")}};
}

std::vector<KitFile> python_files() {
  return {{"lsgd_device.py", with_arithmetics(kit_text("targets/kit/python/lsgd_device.py"))}};
}

}  // namespace lsgd
