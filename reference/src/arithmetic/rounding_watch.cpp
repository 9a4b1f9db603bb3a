// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <lsgd/arithmetic/rounding_watch.hpp>

#include "arithmetic/declared_operations.hpp"
#include "arithmetic/declared_shape.hpp"
#include "arithmetic/exact_engine.hpp"

namespace lsgd {
namespace {

bool any_rounding(const Arithmetic& arithmetic, const auto& holds) {
  return std::ranges::any_of(arithmetic.points, [&](const std::vector<Rounding>& roundings) {
    return std::ranges::any_of(roundings, holds);
  });
}

/// Whether what follows a number depends on the exponent that it is written with.
bool depends_on_grids(const Rounding& rounding) {
  const bool draws_all_bits =
      rounding.direction == RoundingDirection::stochastic && rounding.random_bits == 0;
  return draws_all_bits || rounding.format.fraction_bits.source == FractionBitsSource::operands;
}

bool flushes_operands(const Rounding& rounding) {
  return rounding.format.subnormals == Subnormals::flush_operands ||
         rounding.format.subnormals == Subnormals::flush_both;
}

bool is_requantized(const Rounding& rounding) {
  return rounding.requantization != Requantization::exact;
}

/// Whether only the result of a rounding tells one format from another: it has more bits, or
/// flushes results.
bool differ_in_results_alone(const NumberFormat& x, NumberFormat y) {
  y.bits = x.bits;
  y.subnormals = x.subnormals;
  return x == y;
}

/// The position of a rounding without which `original` is `changed`; nothing where it is not that.
std::optional<std::size_t> left_out(const std::vector<Rounding>& original,
                                    const std::vector<Rounding>& changed) {
  if (original.size() != changed.size() + 1) return std::nullopt;
  const auto k =
      static_cast<std::size_t>(std::ranges::mismatch(original, changed).in1 - original.begin());
  const auto rest = original.begin() + static_cast<std::ptrdiff_t>(k) + 1;
  const auto changed_rest = changed.begin() + static_cast<std::ptrdiff_t>(k);
  if (!std::equal(rest, original.end(), changed_rest, changed.end())) return std::nullopt;
  return k;
}

/// Whether a rounding may be missing without anything but its results missing: others look at the
/// format in which numbers of these points end.
bool is_looked_at_alone(const Arithmetic& arithmetic, Point point) {
  const bool has_table =
      std::ranges::any_of(arithmetic.activations, [](const ActivationDefinition& definition) {
        return definition.rule == ActivationRule::table;
      });
  return arithmetic.scale(point) == nullptr && !any_rounding(arithmetic, flushes_operands) &&
         !(point == Point::pre_activation && has_table) &&
         !(point == Point::forward_sum && any_rounding(arithmetic, is_requantized));
}

}  // namespace

RoundingWatch::RoundingWatch(const Arithmetic& original,
                             const std::vector<ChangedArithmetic>& changes)
    : has_grids_(any_rounding(original, depends_on_grids)) {
  for (std::size_t p = 0; p < point_count; ++p) watched_[p].resize(original.points[p].size());
  for (std::size_t i = 0; i < changes.size(); ++i)
    is_watched_.push_back(watch(original, changes[i].arithmetic, i));
  may_differ_ = is_watched_;
  may_differ_.flip();
}

void RoundingWatch::begin(std::span<const std::size_t> indices) {
  may_differ_.assign(may_differ_.size(), true);
  for (const std::size_t i : indices) may_differ_.at(i) = !is_watched_[i];
}

/// False where a change does more than is looked at.
bool RoundingWatch::watch(const Arithmetic& original, const Arithmetic& changed,
                          std::size_t index) {
  if (changed.order != original.order || changed.activations != original.activations ||
      changed.scales != original.scales || changed.random != original.random ||
      changed.training != original.training)
    return false;
  for (std::size_t p = 0; p < point_count; ++p)
    if (!watch_point(original, changed, static_cast<Point>(p), index)) return false;
  return true;
}

bool RoundingWatch::watch_point(const Arithmetic& original, const Arithmetic& changed, Point point,
                                std::size_t index) {
  const std::vector<Rounding>& before = original.at(point);
  const std::vector<Rounding>& after = changed.at(point);
  if (const std::optional<std::size_t> k = left_out(before, after)) {
    if (before[*k].direction == RoundingDirection::stochastic ||
        !is_looked_at_alone(original, point))
      return false;
    of(point, *k).push_back({index, std::nullopt, false, true, std::nullopt});
    return true;
  }
  if (before.size() != after.size()) return false;
  for (std::size_t k = 0; k < before.size(); ++k) {
    if (before[k] == after[k]) continue;
    const bool draws = before[k].direction == RoundingDirection::stochastic ||
                       after[k].direction == RoundingDirection::stochastic;
    const bool has_other_format = !(before[k].format == after[k].format);
    if (draws || flushes_operands(before[k]) != flushes_operands(after[k])) return false;
    if (has_other_format && (!differ_in_results_alone(before[k].format, after[k].format) ||
                             !is_looked_at_alone(original, point)))
      return false;
    const bool keeps_exact_results = !has_other_format &&
                                     before[k].requantization == after[k].requantization &&
                                     before[k].direction != RoundingDirection::none;
    of(point, k).push_back({index, after[k], has_other_format, keeps_exact_results, std::nullopt});
  }
  return true;
}

void RoundingWatch::give_up(Point point) {
  for (const std::vector<ChangedRounding>& changes : watched_.at(static_cast<std::size_t>(point)))
    for (const ChangedRounding& changed : changes) differs(changed);
}

bool RoundingWatch::are_same(const BinaryNumber& x, const BinaryNumber& y) const {
  if (x.kind != y.kind || x.is_negative != y.is_negative) return false;
  if (x.exponent == y.exponent && x.magnitude == y.magnitude) return true;
  return !has_grids_ && same_number(x, y);
}

void train_watched(const Arithmetic& arithmetic, const Network& network, const Sample& sample,
                   float learning_rate, RoundingWatch& watch, DeclaredState& state,
                   StepNumbers<BinaryNumber>& out) {
  DeclaredShape shape = declared_shape(arithmetic, network);
  DeclaredOperations<ExactEngine> numbers(shape, state, learning_rate, &watch);
  forward_pass(network, sample.inputs, numbers, out);
  backward_pass(network, sample.target, numbers, out);
  numbers.finish();
}

}  // namespace lsgd
