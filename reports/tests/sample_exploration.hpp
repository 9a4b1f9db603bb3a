// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

namespace lsgd {

/// An exploration with an arithmetic of each outcome, cycles on two cores, and a hostile name.
nlohmann::json sample_exploration();

}  // namespace lsgd
