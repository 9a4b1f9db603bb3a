// SPDX-License-Identifier: Apache-2.0
#include "kit/python_arithmetics.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>
#include <vector>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "device/stated_arithmetic.hpp"
#include "steps/profile.hpp"

namespace lsgd {
namespace {

constexpr std::string_view empty_table = "ACTIVATION_FUNCTIONS = 0\nARITHMETICS = {}";

std::string entry(const std::string& name) {
  const lsgd_arithmetic arithmetic = stated_arithmetic(read_arithmetic(name));
  std::string text = fmt::format("    \"{}\": (\n        \"", name);
  for (const std::uint8_t byte : arithmetic.digest) text += fmt::format("{:02x}", byte);
  text += "\",\n        (";
  for (const lsgd_codes& codes : arithmetic.tensors)
    text += fmt::format("({}, {}), ", codes.bytes, codes.extent);
  text.erase(text.size() - 2);
  return text + ")),\n";
}

}  // namespace

std::string with_arithmetics(std::string python) {
  std::vector<std::string> names;
  for (const Profile* const profile : built_in_profiles()) names.push_back(profile->name());
  std::ranges::sort(names);
  std::string table =
      fmt::format("ACTIVATION_FUNCTIONS = {}\nARITHMETICS = {{\n", LSGD_ACTIVATIONS);
  for (const std::string& name : names) table += entry(name);
  table += "}";
  const std::size_t at = python.find(empty_table);
  if (at == std::string::npos) throw std::logic_error("lsgd_device.py has an empty table");
  return python.replace(at, empty_table.size(), table);
}

}  // namespace lsgd
