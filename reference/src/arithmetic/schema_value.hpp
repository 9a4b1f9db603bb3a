// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include <lsgd/arithmetic/arithmetic.hpp>

namespace lsgd {

/// The enumerator at `key` of a table whose names the schema has checked; `otherwise` where it is
/// absent.
template <Named Enumeration>
Enumeration enumerator(const nlohmann::json& table, std::string_view key, Enumeration otherwise) {
  if (!table.contains(key)) return otherwise;
  return from_name<Enumeration>(table.at(std::string(key)).get<std::string>()).value();
}

}  // namespace lsgd
