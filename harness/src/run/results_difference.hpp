// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lsgd {

/// What a changed figure is of.
enum class Quantity : std::uint8_t { none, verdict, error, cycles, instructions, memory };

/// One thing that changed.
struct ResultChange {
  std::string place;  ///< suite, a target, or a target and a case
  std::string what;   ///< verdict, build identity, worst |error| / bound, or a figure
  std::string before, after;
  std::string relative;  ///< of figures, such as +1.25 %; else empty
  bool is_worse = false;
  std::string target = {};  ///< that it is about; empty where none
  Quantity quantity = Quantity::none;
  std::optional<double> was = {}, is = {};  ///< of figures, where they are known
};

/// What changed from one results.json to another.
struct ResultsDifference {
  std::vector<ResultChange> changes;
  std::string text;  ///< one line per change, or that there is none
  bool verdict_got_worse = false;
  bool is_of_same_seed = true;  ///< else errors of drawn cases tell nothing
};

/// Compares targets and cases by name: verdicts, worst errors, build identities, resources. A
/// target or case that is missing afterwards counts as worse; one that is new, as its verdict says.
ResultsDifference compare_results(const nlohmann::json& before, const nlohmann::json& after);

/// By how much figures of a quantity may grow.
struct AllowedGrowth {
  double limit = 0;
  bool is_percent = false;  ///< of the earlier figure
};

/// Which changes are too much, such as `verdict,cycles=1%,memory=0`.
class DifferenceGate {
 public:
  /// Of quantities that are not named nothing is too much. Throws InputError, which names
  /// `--fail-on`.
  static DifferenceGate parse(std::string_view text);

  bool refuses(const ResultChange& change) const;

  /// Whether the change is of a figure that stays within the limit for its quantity.
  bool is_noise(const ResultChange& change) const;

 private:
  bool has_verdict_ = false;
  std::map<Quantity, AllowedGrowth> limits_;
};

/// In few lines: verdicts first, and of the figures of each target and quantity the one that got
/// worse most, where any changed by more than its limit.
std::string summary_of(const ResultsDifference& difference, const DifferenceGate& gate);

}  // namespace lsgd
