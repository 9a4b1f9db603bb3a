// SPDX-License-Identifier: Apache-2.0
#include "measuring/order_evidence.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <optional>
#include <set>
#include <type_traits>

#include <lsgd/step/ordered_step.hpp>

namespace lsgd {
namespace {

template <class Value>
bool is_compatible(Value x, Value y) {
  return x == y || x == Value::any || y == Value::any;
}

bool is_compatible(const ArithmeticModel& x, const ArithmeticModel& y) {
  return is_compatible(x.fused_multiply_add, y.fused_multiply_add) &&
         is_compatible(x.summation_order, y.summation_order) &&
         is_compatible(x.bias_position, y.bias_position) &&
         is_compatible(x.update_product, y.update_product);
}

std::vector<ArithmeticModel> declarable_orders() {
  std::vector<ArithmeticModel> orders;
  for (const FusedMultiplyAdd fused : {FusedMultiplyAdd::no, FusedMultiplyAdd::yes})
    for (const SummationOrder sum :
         {SummationOrder::ascending, SummationOrder::descending, SummationOrder::by_sign})
      for (const BiasPosition bias : {BiasPosition::first, BiasPosition::last})
        for (const UpdateProduct update :
             {UpdateProduct::learning_rate_times_delta, UpdateProduct::delta_times_activation}) {
          ArithmeticModel& order = orders.emplace_back();
          order.fused_multiply_add = fused;
          order.summation_order = sum;
          order.bias_position = bias;
          order.update_product = update;
        }
  return orders;
}

/// The values of one key that what fits has; empty where it says nothing of the key.
template <class Value>
std::set<Value> values_that_fit(const OrderEvidence& evidence, Value ArithmeticModel::*key) {
  std::set<Value> values;
  for (std::size_t way = 0; way < evidence.ways().size(); ++way) {
    const EvaluationWay& candidate = evidence.ways()[way];
    if (!candidate.is_declarable || !evidence.fits(way)) continue;
    if (candidate.order.*key == Value::any) return {};
    values.insert(candidate.order.*key);
  }
  return values;
}

template <class Value>
bool depends_on(const OrderEvidence& evidence, Value ArithmeticModel::*key) {
  return std::ranges::any_of(evidence.ways(), [&](const EvaluationWay& way) {
    return way.is_declarable && way.order.*key != Value::any;
  });
}

/// Whether evidence without a fit says nothing of a key.
template <class Value>
bool is_silent(const OrderEvidence& evidence) {
  if (evidence.has_declarable_fit()) return false;
  switch (evidence.without_fit()) {
    case WithoutFit::fused_open:
      return !std::is_same_v<Value, FusedMultiplyAdd>;
    case WithoutFit::fused_told_by_others:
      return std::is_same_v<Value, FusedMultiplyAdd>;
    case WithoutFit::every_key_open:
    case WithoutFit::no_declared_order:
      break;
  }
  return false;
}

/// Whether only ways fit that fuse some products.
bool only_mixes_fused(const OrderEvidence& evidence) {
  bool mixes = false;
  for (std::size_t way = 0; way < evidence.ways().size(); ++way) {
    if (!evidence.ways()[way].is_declarable || !evidence.fits(way)) continue;
    if (!evidence.ways()[way].mixes_fused) return false;
    mixes = true;
  }
  return mixes;
}

/// What all evidence for one key leaves; nothing where some of it fits no value.
template <class Value>
std::optional<std::set<Value>> common_values(std::span<const OrderEvidence> evidence,
                                             Value ArithmeticModel::*key) {
  std::set<Value> common;
  bool is_first = true;
  for (const OrderEvidence& each : evidence) {
    if (each.telling() == 0 || !depends_on(each, key)) continue;
    if (is_silent<Value>(each)) continue;
    if (!each.has_declarable_fit()) return std::nullopt;
    if (std::is_same_v<Value, FusedMultiplyAdd> && only_mixes_fused(each)) return std::nullopt;
    const std::set<Value> values = values_that_fit(each, key);
    if (values.empty()) continue;
    if (is_first) {
      common = values;
      is_first = false;
      continue;
    }
    std::erase_if(common, [&](Value value) { return !values.contains(value); });
    if (common.empty()) return std::nullopt;
  }
  return common;
}

/// Sums that look at the signs of their terms are declared even where others do not.
bool adds_by_sign(std::span<const OrderEvidence> evidence) {
  return std::ranges::any_of(evidence, [](const OrderEvidence& each) {
    return values_that_fit(each, &ArithmeticModel::summation_order) ==
           std::set{SummationOrder::by_sign};
  });
}

/// Kinds of results by what fits them.
class KindsByFit {
 public:
  void add(const std::string& fit, const std::string& kind) {
    const auto found = std::ranges::find(fits_, fit, &std::pair<std::string, Kinds>::first);
    if (found == fits_.end())
      fits_.emplace_back(fit, Kinds{kind});
    else
      found->second.push_back(kind);
  }
  bool is_empty() const { return fits_.empty(); }
  /// Each with its first kind and how many more there are.
  std::string text() const {
    std::vector<std::string> texts;
    for (const auto& [fit, kinds] : fits_)
      texts.push_back(fmt::format(
          "{}: {}{}", fit, kinds.front(),
          kinds.size() == 1 ? "" : fmt::format(" and {} more kinds", kinds.size() - 1)));
    return fmt::format("{}", fmt::join(texts, "; "));
  }

 private:
  using Kinds = std::vector<std::string>;
  std::vector<std::pair<std::string, Kinds>> fits_;
};

template <class Value>
Finding finding_of(std::string key, std::span<const OrderEvidence> evidence, Value chosen,
                   Value ArithmeticModel::*member) {
  std::size_t telling = 0, kinds = 0;
  KindsByFit others;
  for (const OrderEvidence& each : evidence) {
    if (!depends_on(each, member) || each.telling() == 0 || is_silent<Value>(each)) continue;
    telling += each.telling();
    ++kinds;
    const std::set<Value> values = values_that_fit(each, member);
    const bool says_nothing =
        values.empty() && each.has_declarable_fit() && !only_mixes_fused(each);
    if (says_nothing || (chosen != Value::any && values.contains(chosen))) continue;
    std::vector<std::string_view> texts;
    for (const Value value : values) texts.push_back(text_of(value));
    others.add(texts.empty() ? each.fit_in_words() : fmt::format("{}", fmt::join(texts, " or ")),
               each.what());
  }
  Finding finding{std::move(key), std::string(text_of(chosen)), {}};
  if (telling == 0)
    finding.evidence = "not seen: no result tells";
  else if (chosen == Value::any)
    finding.evidence =
        others.is_empty() ? fmt::format("{} results leave more than one", telling) : others.text();
  else
    finding.evidence = fmt::format("{} results of {} kinds tell, all agree{}{}", telling, kinds,
                                   others.is_empty() ? "" : ", but for ", others.text());
  return finding;
}

}  // namespace

void OrderEvidence::observe(std::span<const float> predicted, float got) {
  ++results_;
  std::optional<float> first;
  bool differs = false, is_given = false;
  for (std::size_t way = 0; way < ways_.size(); ++way) {
    const bool agrees = same_value(predicted[way], got);
    agreeing_[way] += std::size_t{agrees};
    if (!ways_[way].is_declarable) continue;
    is_given |= agrees;
    if (!first) first = predicted[way];
    differs |= !same_value(*first, predicted[way]);
  }
  telling_ += std::size_t{differs || !is_given};
}

bool OrderEvidence::has_declarable_fit() const {
  for (std::size_t way = 0; way < ways_.size(); ++way)
    if (ways_[way].is_declarable && fits(way)) return true;
  return false;
}

bool OrderEvidence::allows(const ArithmeticModel& order) const {
  for (std::size_t way = 0; way < ways_.size(); ++way)
    if (ways_[way].is_declarable && !ways_[way].mixes_fused && fits(way) &&
        is_compatible(ways_[way].order, order))
      return true;
  return false;
}

std::string OrderEvidence::fit_in_words() const {
  for (const bool is_declarable : {true, false})
    for (std::size_t way = 0; way < ways_.size(); ++way)
      if (ways_[way].is_declarable == is_declarable && fits(way)) return ways_[way].words;
  const auto best = std::ranges::max_element(agreeing_);
  return fmt::format("as nothing known; {} of {} as {}", *best, results_,
                     ways_[static_cast<std::size_t>(best - agreeing_.begin())].words);
}

void conclude_order(std::span<const OrderEvidence> evidence, ArithmeticModel& model,
                    std::vector<Finding>& findings) {
  model.fused_multiply_add = FusedMultiplyAdd::any;
  model.summation_order = SummationOrder::any;
  model.bias_position = BiasPosition::any;
  model.update_product = UpdateProduct::any;
  const auto choose = [&]<class Value>(Value ArithmeticModel::*key) {
    const auto common = common_values(evidence, key);
    if (common && common->size() == 1) model.*key = *common->begin();
  };
  choose(&ArithmeticModel::fused_multiply_add);
  choose(&ArithmeticModel::summation_order);
  choose(&ArithmeticModel::bias_position);
  choose(&ArithmeticModel::update_product);
  if (adds_by_sign(evidence)) model.summation_order = SummationOrder::by_sign;

  const auto has_no_order = [](const OrderEvidence& each) {
    return each.without_fit() == WithoutFit::no_declared_order && each.telling() > 0 &&
           !each.has_declarable_fit();
  };
  const auto is_whole = [&] {
    return std::ranges::any_of(declarable_orders(), [&](const ArithmeticModel& order) {
      return is_compatible(order, model) &&
             std::ranges::all_of(evidence,
                                 [&](const OrderEvidence& each) { return each.allows(order); });
    });
  };
  if (model.order_is_declared() && (std::ranges::any_of(evidence, has_no_order) || !is_whole())) {
    model.fused_multiply_add = FusedMultiplyAdd::any;
    model.summation_order = SummationOrder::any;
    model.bias_position = BiasPosition::any;
    model.update_product = UpdateProduct::any;
  }

  findings.push_back(finding_of("fused_multiply_add", evidence, model.fused_multiply_add,
                                &ArithmeticModel::fused_multiply_add));
  findings.push_back(finding_of("summation_order", evidence, model.summation_order,
                                &ArithmeticModel::summation_order));
  findings.push_back(
      finding_of("bias_position", evidence, model.bias_position, &ArithmeticModel::bias_position));
  findings.push_back(finding_of("update_product", evidence, model.update_product,
                                &ArithmeticModel::update_product));
  for (const OrderEvidence& each : evidence) {
    const bool says = each.telling() > 0 || each.without_fit() == WithoutFit::no_declared_order;
    findings.push_back(
        {{},
         fmt::format("{}: {}", each.what(),
                     each.results() == 0 ? "not seen, the device took no network that shows them"
                     : says              ? each.fit_in_words()
                                         : "not told apart by any result"),
         fmt::format("{} results, {} of them tell", each.results(), each.telling())});
  }
}

std::string_view text_of(FusedMultiplyAdd value) {
  constexpr std::array texts{"\"no\"", "\"yes\"", "\"any\""};
  return texts.at(static_cast<std::size_t>(value));
}

std::string_view text_of(SummationOrder value) {
  constexpr std::array texts{"\"any\"", "\"ascending\"", "\"descending\"", "\"by_sign\""};
  return texts.at(static_cast<std::size_t>(value));
}

std::string_view text_of(BiasPosition value) {
  constexpr std::array texts{"\"any\"", "\"first\"", "\"last\""};
  return texts.at(static_cast<std::size_t>(value));
}

std::string_view text_of(UpdateProduct value) {
  constexpr std::array texts{"\"any\"", "\"learning_rate_times_delta\"",
                             "\"delta_times_activation\""};
  return texts.at(static_cast<std::size_t>(value));
}

std::string_view text_of(KeptWider value) {
  constexpr std::array texts{"\"nothing\"", "\"activations\"", "\"everything\""};
  return texts.at(static_cast<std::size_t>(value));
}

std::vector<ArithmeticModel> orders_of_whole_steps() {
  std::vector<ArithmeticModel> orders;
  for (const FusedMultiplyAdd fused : {FusedMultiplyAdd::no, FusedMultiplyAdd::yes})
    for (const SummationOrder sum : {SummationOrder::ascending, SummationOrder::descending})
      for (const UpdateProduct update :
           {UpdateProduct::learning_rate_times_delta, UpdateProduct::delta_times_activation}) {
        ArithmeticModel& order = orders.emplace_back();
        order.fused_multiply_add = fused;
        order.summation_order = sum;
        order.bias_position = BiasPosition::first;
        order.update_product = update;
      }
  return orders;
}

}  // namespace lsgd
