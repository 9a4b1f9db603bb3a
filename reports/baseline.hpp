// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace lsgd {

/// The targets that others are compared with. Points into the results it was made from.
class Baselines {
 public:
  explicit Baselines(const nlohmann::json& results);

  /// The target of the classic SGD, which trains as everyone did before L-SGD: it keeps every
  /// gradient and applies them at the end. That on the same platform in the same variant; null
  /// where there is none or `target` is one.
  const nlohmann::json* classic_sgd(const nlohmann::json& target) const;

  /// The float32 target that a target of another profile is compared with: on the same platform in
  /// the same variant, by preference the port whose name differs in the profile only. Null where
  /// there is none or `target` itself has profile float32.
  const nlohmann::json* float32(const nlohmann::json& target) const;

 private:
  /// Targets of one platform in one variant.
  struct BuiltAlike {
    const nlohmann::json* classic_sgd = nullptr;
    const nlohmann::json* first_float32 = nullptr;
    std::map<std::string_view, const nlohmann::json*> float32_ports;
  };

  /// Null where no baseline is built like the target.
  const BuiltAlike* built_like(const nlohmann::json& target) const;

  std::map<std::pair<std::string_view, std::string_view>, BuiltAlike> built_;
};

}  // namespace lsgd
