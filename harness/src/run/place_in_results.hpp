// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "files/json_file.hpp"
#include "result/packed_results.hpp"

namespace lsgd {

/// Says of whole results, or of a part of them, where it contradicts itself.
class PlaceInResults {
 public:
  PlaceInResults(const JsonDocument& document, std::string pointer)
      : document_(document), pointer_(std::move(pointer)) {}

  PlaceInResults operator/(std::string_view key) const {
    return {document_, fmt::format("{}/{}", pointer_, key)};
  }
  PlaceInResults operator/(std::size_t index) const { return *this / std::to_string(index); }

  [[noreturn]] void fail(const std::string& expected) const {
    throw document_.error(place_in_file(document_, pointer_), expected);
  }

  /// Requires `found` to be what the rest of the results gives.
  template <class Value>
  void require(const nlohmann::json& owner, const char* key, const Value& computed) const {
    const nlohmann::json &found = owner.at(key), required = computed;
    // What is no number is null in a file.
    if (found == required || found.dump() == required.dump()) return;
    (*this / key)
        .fail(fmt::format("{} to be {}, as the cases say, found {}", key, required.dump(),
                          found.dump()));
  }

 private:
  const JsonDocument& document_;
  std::string pointer_;
};

}  // namespace lsgd
