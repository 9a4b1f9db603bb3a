// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <random>
#include <tuple>
#include <utility>

#include <lsgd/arithmetic/legal_arithmetics.hpp>
#include <lsgd/numbers/draw_below.hpp>

namespace lsgd {
namespace {

constexpr std::array<std::pair<SumOrder, int>, 10> sum_orders{{{SumOrder::ascending, 0},
                                                               {SumOrder::descending, 0},
                                                               {SumOrder::tree, 2},
                                                               {SumOrder::tree, 4},
                                                               {SumOrder::tree, 8},
                                                               {SumOrder::lanes, 2},
                                                               {SumOrder::lanes, 3},
                                                               {SumOrder::lanes, 4},
                                                               {SumOrder::lanes, 8},
                                                               {SumOrder::lanes, 16}}};

constexpr std::array legal_directions{RoundingDirection::nearest_even, RoundingDirection::zero,
                                      RoundingDirection::down, RoundingDirection::up};

template <class Choices>
auto drawn(const Choices& choices, std::mt19937_64& engine) {
  return choices.at(draw_below(engine, choices.size()));
}

void decide_order(EvaluationOrder& order, std::mt19937_64& engine) {
  if (order.sum == SumOrder::any) std::tie(order.sum, order.width) = drawn(sum_orders, engine);
  if (order.bias == BiasPosition::any)
    order.bias = drawn(std::array{BiasPosition::first, BiasPosition::last}, engine);
  if (order.update == UpdateProduct::any)
    order.update = drawn(
        std::array{UpdateProduct::learning_rate_times_delta, UpdateProduct::delta_times_activation},
        engine);
  if (order.fused == FusedMultiplyAdd::any) order.fused = FusedMultiplyAdd::no;
  order.derivative = DerivativeForm::from_activation;
  order.intermediates = Intermediates::declared;
}

}  // namespace

std::vector<LegalArithmetic> legal_arithmetics(const Arithmetic& arithmetic, std::size_t count,
                                               std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<LegalArithmetic> devices;
  for (std::size_t member = 0; member < count; ++member) {
    LegalArithmetic& device = devices.emplace_back(LegalArithmetic{arithmetic, {}});
    decide_order(device.arithmetic.order, engine);
    for (std::vector<Rounding>& roundings : device.arithmetic.points)
      for (Rounding& rounding : roundings)
        if (rounding.direction == RoundingDirection::any)
          rounding.direction = drawn(legal_directions, engine);
    device.function_errors.share = static_cast<double>(draw_below(engine, 1000)) / 1000;
    device.function_errors.seed = engine();
    if (arithmetic.random.generator == RandomGenerator::device) {
      device.arithmetic.random.generator = RandomGenerator::lcg32;
      device.random_state = static_cast<std::uint32_t>(engine());
    }
  }
  return devices;
}

}  // namespace lsgd
