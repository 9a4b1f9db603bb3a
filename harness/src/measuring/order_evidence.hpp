// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <lsgd/numbers/arithmetic_model.hpp>

namespace lsgd {

/// A way to evaluate one thing, such as a sum of products.
struct EvaluationWay {
  /// Its fused_multiply_add, summation_order, bias_position and update_product; `any` where the
  /// results do not depend on them.
  ArithmeticModel order;
  std::string words;          ///< "fused, ascending, the bias first"
  bool is_declarable = true;  ///< else no `[arithmetic]` says it, such as a sum in double
  bool mixes_fused = false;   ///< fuses some products and not others
};

/// What it means that no declarable way gives the results of one kind.
enum class WithoutFit : std::uint8_t {
  every_key_open,        ///< of the keys that the ways depend on
  fused_open,            ///< and no other: the place of a product may decide
  fused_told_by_others,  ///< sums in an unknown order: shorter ones tell whether they are fused
  no_declared_order,     ///< nothing of `[arithmetic]` says it, so the device has no declared order
};

/// What one kind of results of a device, such as its sums of two products, says of the ways to
/// evaluate them: the one that the device has gives every result to the bit.
class OrderEvidence {
 public:
  OrderEvidence(std::string what, std::vector<EvaluationWay> ways,
                WithoutFit without_fit = WithoutFit::every_key_open)
      : what_(std::move(what)),
        ways_(std::move(ways)),
        agreeing_(ways_.size()),
        without_fit_(without_fit) {}

  /// @param predicted  what each of the ways gives
  void observe(std::span<const float> predicted, float got);

  const std::string& what() const { return what_; }
  const std::vector<EvaluationWay>& ways() const { return ways_; }
  WithoutFit without_fit() const { return without_fit_; }
  std::size_t results() const { return results_; }
  /// Results for which not all declarable ways are the same, or which none of them gives.
  std::size_t telling() const { return telling_; }
  bool fits(std::size_t way) const { return agreeing_[way] == results_; }
  /// Whether some declarable way gives every result.
  bool has_declarable_fit() const;
  /// Whether a declared order gives every result.
  bool allows(const ArithmeticModel& order) const;
  /// What fits, in words: the declarable ways, else the others, else how far the best one comes.
  std::string fit_in_words() const;

 private:
  std::string what_;
  std::vector<EvaluationWay> ways_;
  std::vector<std::size_t> agreeing_;
  WithoutFit without_fit_;
  std::size_t results_ = 0;
  std::size_t telling_ = 0;
};

/// A key of `[arithmetic]` and what was found.
struct Finding {
  std::string key;    ///< empty: nothing that is declared
  std::string value;  ///< as TOML, or in words where there is no key
  std::string evidence;
};

/// Replaces the four keys of the evaluation order by what all the evidence allows, `any` where it
/// allows none or does not tell, and adds how sure each is.
void conclude_order(std::span<const OrderEvidence> evidence, ArithmeticModel& model,
                    std::vector<Finding>& findings);

/// The orders that whole training steps tell apart: of sums from either end, fused or not, with
/// either product of an update; the bias comes first.
std::vector<ArithmeticModel> orders_of_whole_steps();

/// The values as target files spell them, with their quotes.
std::string_view text_of(FusedMultiplyAdd value);
std::string_view text_of(SummationOrder value);
std::string_view text_of(BiasPosition value);
std::string_view text_of(UpdateProduct value);
std::string_view text_of(KeptWider value);

}  // namespace lsgd
