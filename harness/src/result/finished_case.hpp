// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

#include "result/support.hpp"

namespace lsgd {

/// A finished case: its part of results.json and what else the run keeps of it.
struct FinishedCase {
  nlohmann::ordered_json json;
  std::uint32_t stack_bytes = 0;
  std::uint32_t heap_bytes = 0;
  Support support = {};  ///< what the device's answers told during the case
  double seconds = 0;    ///< of the clock on the wall, until its verdict
};

}  // namespace lsgd
