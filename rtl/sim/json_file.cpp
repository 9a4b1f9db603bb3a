// SPDX-License-Identifier: Apache-2.0
#include "json_file.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace lsgd::rtl {

void write_json_file(const std::string& path, const nlohmann::ordered_json& json) {
  const std::string temporary = path + ".tmp";
  std::ofstream file(temporary, std::ios::binary);
  // Names are a program's own, whatever bytes they have.
  file << json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
  file.close();
  if (!file) throw std::runtime_error(path + ": expected a writable file");
  std::filesystem::rename(temporary, path);
}

}  // namespace lsgd::rtl
