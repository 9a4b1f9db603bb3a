// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reports/render_history.hpp"

namespace lsgd {

/// The history as one HTML file without a script.
std::string history_report(const std::vector<PastRun>& runs);

}  // namespace lsgd
