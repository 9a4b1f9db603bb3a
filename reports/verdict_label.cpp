// SPDX-License-Identifier: Apache-2.0
#include "verdict_label.hpp"

#include <array>
#include <fmt/format.h>
#include <stdexcept>

namespace lsgd {

VerdictLabel verdict_label(std::string_view verdict) {
  static const std::array<VerdictLabel, 7> labels{{{"pass", "✓", "pass"},
                                                   {"fail", "✗", "fail"},
                                                   {"device_failure", "!", "device failure"},
                                                   {"incomplete", "◐", "incomplete"},
                                                   {"skipped", "–", "skipped"},
                                                   {"refused", "⊘", "refused"},
                                                   {"waived", "△", "pass with waivers"}}};
  for (const VerdictLabel& label : labels)
    if (label.key == verdict) return label;
  throw std::invalid_argument(fmt::format("not a verdict: {}", verdict));
}

std::string level_name(int level) {
  static const std::array<const char*, 5> names{"arithmetic", "kernels", "step", "convergence",
                                                "resources"};
  return names.at(static_cast<std::size_t>(level));
}

std::string level_title(int level) {
  return fmt::format("level {} ({})", level, level_name(level));
}

}  // namespace lsgd
