// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>

namespace lsgd {

/// Feeds bytes to one parser. Rejecting them is fine, anything but InputError is a defect, and what
/// is accepted must keep its meaning when it is written and read again.
using FuzzTarget = void (*)(std::string_view bytes);

void fuzz_json(std::string_view bytes);
void fuzz_model(std::string_view bytes);
void fuzz_parameters(std::string_view bytes);
void fuzz_data(std::string_view bytes);

/// Name of each target's folder in fuzz/corpus, and the target.
inline constexpr std::pair<std::string_view, FuzzTarget> fuzz_targets[] = {
    {"json", fuzz_json},
    {"model", fuzz_model},
    {"parameters", fuzz_parameters},
    {"data", fuzz_data},
};

}  // namespace lsgd
