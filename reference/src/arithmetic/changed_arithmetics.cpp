// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <functional>
#include <set>
#include <utility>

#include <lsgd/arithmetic/changed_arithmetics.hpp>
#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "files/input_error.hpp"

namespace lsgd {
namespace {

constexpr std::array directions{RoundingDirection::nearest_even, RoundingDirection::nearest_away,
                                RoundingDirection::nearest_up,   RoundingDirection::nearest_down,
                                RoundingDirection::nearest_zero, RoundingDirection::zero,
                                RoundingDirection::up,           RoundingDirection::down};

constexpr std::array overflows{Overflow::saturate, Overflow::infinity, Overflow::infinity_or_nan,
                               Overflow::wrap};

constexpr std::array mappings{RandomMapping::truncate, RandomMapping::midpoint,
                              RandomMapping::nearest};

bool has_fixed_direction(const Rounding& rounding) {
  return std::ranges::find(directions, rounding.direction) != directions.end();
}

/// Tensors whose codes cross the interface: their format is agreed, so a port has it right.
bool crosses_interface(Point point) {
  return point == Point::weight || point == Point::bias || point == Point::activation;
}

/// Parameters are rounded before a port gets them.
bool is_of_a_port(Point point) {
  return point != Point::initial_weight && point != Point::initial_bias;
}

/// Collects the changes that make a valid declaration of another meaning.
class Changes {
 public:
  explicit Changes(const Arithmetic& original)
      : original_(original), digests_{digest_of(original)} {}

  void add(std::string name, std::string description,
           const std::function<void(Arithmetic&)>& change) {
    Arithmetic changed = original_;
    change(changed);
    if (!is_valid(changed) || !digests_.insert(digest_of(changed)).second) return;
    changes_.push_back({std::move(name), std::move(description), std::move(changed)});
  }

  std::vector<ChangedArithmetic> take() && { return std::move(changes_); }

 private:
  static bool is_valid(const Arithmetic& arithmetic) {
    try {
      return digest_of(parse_arithmetic(declaration_text(arithmetic), "a change")) ==
             digest_of(arithmetic);
    } catch (const InputError&) {
      return false;
    }
  }

  const Arithmetic& original_;
  std::set<std::string> digests_;
  std::vector<ChangedArithmetic> changes_;
};

/// Changes of the k-th rounding at a point.
void change_rounding(const Arithmetic& original, Point point, std::size_t k, Changes& changes) {
  const Rounding& rounding = original.at(point).at(k);
  const std::string where = original.at(point).size() == 1
                                ? std::string(name_of(point))
                                : fmt::format("{}_{}", name_of(point), k + 1);
  const std::string at = fmt::format("at.{}", where);
  const auto with = [point, k](auto&& change) {
    return [point, k, change](Arithmetic& arithmetic) {
      change(arithmetic.points.at(static_cast<std::size_t>(point)).at(k));
    };
  };
  if (has_fixed_direction(rounding))
    for (const RoundingDirection direction : directions)
      if (direction != rounding.direction)
        changes.add(fmt::format("{}_{}", where, name_of(direction)),
                    fmt::format("{} rounds {}, not {}", at, name_of(direction),
                                name_of(rounding.direction)),
                    with([direction](Rounding& changed) { changed.direction = direction; }));
  if (rounding.overflow != Overflow::outside_domain)
    for (const Overflow overflow : overflows)
      if (overflow != rounding.overflow)
        changes.add(fmt::format("{}_overflow_{}", where, name_of(overflow)),
                    fmt::format("{} has overflow {}, not {}", at, name_of(overflow),
                                name_of(rounding.overflow)),
                    with([overflow](Rounding& changed) { changed.overflow = overflow; }));
  if (rounding.requantization != Requantization::exact)
    for (const Requantization other :
         {Requantization::exact, Requantization::double_rounding, Requantization::single_rounding,
          Requantization::float_rounding})
      if (other != rounding.requantization)
        changes.add(fmt::format("{}_requantization_{}", where, name_of(other)),
                    fmt::format("{} requantizes {}, not {}", at, name_of(other),
                                name_of(rounding.requantization)),
                    with([other](Rounding& changed) { changed.requantization = other; }));
  if (rounding.direction == RoundingDirection::stochastic) {
    for (const RandomMapping mapping : mappings)
      if (mapping != rounding.mapping)
        changes.add(fmt::format("{}_{}", where, name_of(mapping)),
                    fmt::format("{} maps random bits {}, not {}", at, name_of(mapping),
                                name_of(rounding.mapping)),
                    with([mapping](Rounding& changed) { changed.mapping = mapping; }));
    if (rounding.random_bits > 1)
      changes.add(where + "_one_random_bit_less", at + " draws one random bit less",
                  with([](Rounding& changed) { --changed.random_bits; }));
    changes.add(where + "_not_stochastic", at + " rounds to nearest, not at random",
                with([](Rounding& changed) {
                  changed.direction = RoundingDirection::nearest_even;
                  changed.random_bits = 0;
                }));
  }
  if (rounding.format.kind == FormatKind::floating &&
      rounding.format.subnormals == Subnormals::gradual && !crosses_interface(point))
    changes.add(where + "_flushed", at + " flushes subnormal results", with([](Rounding& changed) {
                  changed.format.subnormals = Subnormals::flush_results;
                }));
  if (!crosses_interface(point) || k + 1 < original.at(point).size())
    changes.add(where + "_left_out", at + " does not round", [point, k](Arithmetic& arithmetic) {
      auto& roundings = arithmetic.points.at(static_cast<std::size_t>(point));
      roundings.erase(roundings.begin() + static_cast<std::ptrdiff_t>(k));
    });
}

void change_order(const Arithmetic& original, Changes& changes) {
  const EvaluationOrder& order = original.order;
  const auto sum = [&](SumOrder changed, int width, const char* name) {
    if (order.sum != SumOrder::any && (order.sum != changed || order.width != width))
      changes.add(fmt::format("sum_{}", name), fmt::format("sums are {}", name),
                  [=](Arithmetic& arithmetic) {
                    arithmetic.order.sum = changed;
                    arithmetic.order.width = width;
                  });
  };
  sum(SumOrder::ascending, 0, "ascending");
  sum(SumOrder::descending, 0, "descending");
  sum(SumOrder::tree, 2, "tree_2");
  sum(SumOrder::lanes, 4, "lanes_4");
  for (const BiasPosition bias : {BiasPosition::first, BiasPosition::last})
    if (order.bias != BiasPosition::any)
      changes.add(fmt::format("bias_{}", name_of(bias)),
                  fmt::format("the bias is added {}", name_of(bias)),
                  [=](Arithmetic& arithmetic) { arithmetic.order.bias = bias; });
  for (const FusedMultiplyAdd fused : {FusedMultiplyAdd::yes, FusedMultiplyAdd::no})
    if (order.fused != FusedMultiplyAdd::any)
      changes.add(fused == FusedMultiplyAdd::yes ? "fused" : "not_fused",
                  fused == FusedMultiplyAdd::yes ? "products and sums are fused"
                                                 : "products are rounded before they are added",
                  [=](Arithmetic& arithmetic) { arithmetic.order.fused = fused; });
  for (const SumSaturation saturate :
       {SumSaturation::each, SumSaturation::lane, SumSaturation::end})
    changes.add(fmt::format("saturate_{}", name_of(saturate)),
                fmt::format("sums are limited at {}", name_of(saturate)),
                [=](Arithmetic& arithmetic) { arithmetic.order.saturate = saturate; });
  for (const UpdateProduct update :
       {UpdateProduct::learning_rate_times_delta, UpdateProduct::delta_times_activation})
    if (order.update != UpdateProduct::any)
      changes.add(fmt::format("update_{}", name_of(update)),
                  fmt::format("the update starts with {}", name_of(update)),
                  [=](Arithmetic& arithmetic) { arithmetic.order.update = update; });
}

void change_draws(const Arithmetic& original, Changes& changes) {
  if (original.random.generator == RandomGenerator::none ||
      original.random.generator == RandomGenerator::device)
    return;
  for (const DrawOrder order : {DrawOrder::neuron_input_bias, DrawOrder::neuron_bias_input})
    changes.add(order == DrawOrder::neuron_input_bias ? "draws_bias_last" : "draws_bias_first",
                fmt::format("random numbers are drawn in the order {}", name_of(order)),
                [=](Arithmetic& arithmetic) { arithmetic.random.order = order; });
  changes.add(
      "draws_for_zero",
      original.random.skip_zero ? "a neuron whose delta is 0 draws"
                                : "a neuron whose delta is 0 draws nothing",
      [](Arithmetic& arithmetic) { arithmetic.random.skip_zero = !arithmetic.random.skip_zero; });
}

void change_training(const Arithmetic& original, Changes& changes) {
  for (const FirstLayerInput input : {FirstLayerInput::rounded, FirstLayerInput::given})
    changes.add(fmt::format("first_layer_input_{}", name_of(input)),
                fmt::format("the first layer's update sees the {} input", name_of(input)),
                [=](Arithmetic& arithmetic) { arithmetic.training.first_layer_input = input; });
  changes.add("first_layer_not_trained", "only layers after the first are trained",
              [](Arithmetic& arithmetic) { arithmetic.training.trained_layers = {2}; });
  for (const LossScale scale :
       {LossScale::half_sum, LossScale::sum, LossScale::half_mean, LossScale::mean})
    if (original.training.loss_scale != LossScale::half_sum)
      changes.add(fmt::format("loss_scale_{}", name_of(scale)),
                  fmt::format("the loss is a {}", name_of(scale)), [=](Arithmetic& arithmetic) {
                    arithmetic.training.loss_scale = scale;
                    if (scale == LossScale::half_sum)
                      arithmetic.points.at(static_cast<std::size_t>(Point::scaled_error)).clear();
                  });
  if (original.training.gradient_scale != GradientScale::none)
    changes.add("gradients_not_scaled", "gradients are not scaled", [](Arithmetic& arithmetic) {
      arithmetic.training.gradient_scale = GradientScale::none;
    });
  if (original.training.clamp_mask)
    changes.add("no_clamp_mask", "deltas of neurons that saturated are kept",
                [](Arithmetic& arithmetic) { arithmetic.training.clamp_mask = false; });
  if (original.training.algorithm == TrainingAlgorithm::target_projection)
    changes.add("another_projection", "targets are projected by other matrices",
                [](Arithmetic& arithmetic) { ++arithmetic.training.projection_seed; });
  if (!original.training.trained_layers.empty())
    changes.add("every_layer_trained", "every layer is trained",
                [](Arithmetic& arithmetic) { arithmetic.training.trained_layers.clear(); });
}

/// A pass whose sums are kept in a register of its own.
struct Accumulator {
  std::string_view pass;
  std::array<Point, 3> points;  ///< where numbers have its format: product, bias, sum
  Point sum;
  Point finished;  ///< what becomes of the finished sum
};

constexpr std::array accumulators{
    Accumulator{"forward",
                {Point::forward_product, Point::bias_aligned, Point::forward_sum},
                Point::forward_sum,
                Point::pre_activation},
    Accumulator{"backward",
                {Point::backward_product, Point::backward_sum, Point::backward_sum},
                Point::backward_sum,
                Point::hidden_error}};

/// Registers that processors have.
constexpr std::array register_bits{8, 16, 24, 32};
/// No drawn step fills wider ones, where a change has no effect that is ever found.
constexpr int widest_changed = 24;

/// Another register for a pass: another width of its sums, of its products alone ("late
/// widening"), of both; another overflow of everything in it.
void change_accumulator(const Arithmetic& original, const Accumulator& accumulator,
                        Changes& changes) {
  const NumberFormat* const format = original.format(accumulator.sum);
  if (format == nullptr || format->kind != FormatKind::fixed || format->bits > widest_changed)
    return;
  const auto change_points = [&](auto first, auto last, const auto& change) {
    const std::vector<Point> points(first, last);
    const NumberFormat own = *format;
    return [points, own, change](Arithmetic& arithmetic) {
      for (const Point point : points)
        for (Rounding& rounding : arithmetic.points.at(static_cast<std::size_t>(point)))
          if (rounding.format == own) change(rounding);
    };
  };
  const auto add = [&](const std::string& name, const std::string& description, auto first,
                       auto last, const auto& change) {
    changes.add(fmt::format("{}_{}", accumulator.pass, name),
                fmt::format("the {} {}", accumulator.pass, description),
                change_points(first, last, change));
  };
  const auto all = accumulator.points;
  for (const int bits : register_bits) {
    const auto set_bits = [bits](Rounding& rounding) { rounding.format.bits = bits; };
    add(fmt::format("sums_in_{}_bits", bits), fmt::format("sums have {} bits", bits), all.end() - 1,
        all.end(), set_bits);
    add(fmt::format("products_in_{}_bits", bits), fmt::format("products have {} bits", bits),
        all.begin(), all.begin() + 1, set_bits);
    add(fmt::format("accumulator_in_{}_bits", bits), fmt::format("accumulator has {} bits", bits),
        all.begin(), all.end(), set_bits);
  }
  for (const Overflow overflow : {Overflow::saturate, Overflow::wrap})
    add(fmt::format("accumulator_overflow_{}", name_of(overflow)),
        fmt::format("accumulator has overflow {}", name_of(overflow)), all.begin(), all.end(),
        [overflow](Rounding& rounding) { rounding.overflow = overflow; });
}

bool knows_every_bit(const Arithmetic& arithmetic) {
  return std::ranges::all_of(
      std::array{Point::pre_activation, Point::activation, Point::delta, Point::weight,
                 Point::bias},
      [&](Point tensor) { return unknown_because(arithmetic, tensor).empty(); });
}

/// Every order of sums, where the bits are known without one.
void change_to_equal_orders(const Arithmetic& original, Changes& changes) {
  Arithmetic free = original;
  free.order.sum = SumOrder::any;
  free.order.width = 0;
  free.order.bias = BiasPosition::any;
  if (!knows_every_bit(free)) return;
  for (const auto& [sum, width] : {std::pair{SumOrder::ascending, 0},
                                   {SumOrder::descending, 0},
                                   {SumOrder::tree, 2},
                                   {SumOrder::lanes, 4}})
    for (const BiasPosition bias : {BiasPosition::first, BiasPosition::last})
      changes.add(fmt::format("sums_{}_bias_{}", name_of(sum), name_of(bias)),
                  fmt::format("sums are {} with the bias {}", name_of(sum), name_of(bias)),
                  [sum = sum, width = width, bias](Arithmetic& arithmetic) {
                    arithmetic.order.sum = sum;
                    arithmetic.order.width = width;
                    arithmetic.order.bias = bias;
                  });
}

/// Sums modulo 2^32 are the same modulo fewer bits.
void change_to_equal_register(const Arithmetic& original, const Accumulator& accumulator,
                              Changes& changes) {
  constexpr int wide = 32;
  const NumberFormat* const own = original.format(accumulator.sum);
  const auto wraps = [&](Point point) {
    return std::ranges::all_of(original.at(point), [&](const Rounding& rounding) {
      return rounding.format == *own && rounding.overflow == Overflow::wrap;
    });
  };
  if (own == nullptr || own->kind != FormatKind::fixed || own->bits >= wide ||
      own->fraction_bits.source != FractionBitsSource::number ||
      !std::ranges::all_of(accumulator.points, wraps))
    return;
  changes.add(fmt::format("{}_sums_cut_to_{}_bits_at_the_end", accumulator.pass, own->bits),
              fmt::format("{} sums have 32 bits, and {} at the end", accumulator.pass, own->bits),
              [&](Arithmetic& arithmetic) {
                Rounding cut = original.at(accumulator.sum).back();
                cut.direction = RoundingDirection::none;
                auto& finished =
                    arithmetic.points.at(static_cast<std::size_t>(accumulator.finished));
                finished.insert(finished.begin(), cut);
                for (const Point point : accumulator.points)
                  for (Rounding& rounding : arithmetic.points.at(static_cast<std::size_t>(point)))
                    rounding.format.bits = wide;
              });
}

}  // namespace

std::vector<ChangedArithmetic> equal_arithmetics(const Arithmetic& arithmetic) {
  Changes changes(arithmetic);
  change_to_equal_orders(arithmetic, changes);
  for (const Accumulator& accumulator : accumulators)
    change_to_equal_register(arithmetic, accumulator, changes);
  return std::move(changes).take();
}

std::vector<ChangedArithmetic> changed_arithmetics(const Arithmetic& arithmetic) {
  Changes changes(arithmetic);
  for (std::size_t point = 0; point < point_count; ++point)
    if (is_of_a_port(static_cast<Point>(point)))
      for (std::size_t k = 0; k < arithmetic.points.at(point).size(); ++k)
        change_rounding(arithmetic, static_cast<Point>(point), k, changes);
  change_order(arithmetic, changes);
  change_draws(arithmetic, changes);
  change_training(arithmetic, changes);
  for (const Accumulator& accumulator : accumulators)
    change_accumulator(arithmetic, accumulator, changes);
  return std::move(changes).take();
}

}  // namespace lsgd
