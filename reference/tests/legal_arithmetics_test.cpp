// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <lsgd/arithmetic/bounded_step.hpp>
#include <lsgd/arithmetic/declared_run.hpp>
#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/legal_arithmetics.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "declared_arithmetics.hpp"
#include "files/input_error.hpp"
#include "random_network.hpp"

namespace lsgd {
namespace {

/// A declaration with its orders left to the port, where that is a declaration, too.
std::optional<Arithmetic> freed(const std::string& name) {
  Arithmetic arithmetic = read_arithmetic(name);
  const UpdateProduct declared = std::exchange(arithmetic.order.update, UpdateProduct::any);
  if (BoundedStep::unsupported(arithmetic)) arithmetic.order.update = declared;
  arithmetic.order.sum = SumOrder::any;
  arithmetic.order.width = 0;
  arithmetic.order.bias = BiasPosition::any;
  try {
    return parse_arithmetic(declaration_text(arithmetic), name);
  } catch (const InputError&) {
    return std::nullopt;
  }
}

/// Whether new parameters are what BoundedStep bounds: where scales follow from them, these are
/// still to be chosen.
bool has_given_scales(const Arithmetic& arithmetic) {
  return std::ranges::all_of(arithmetic.scales, [](const ScaleDefinition& scale) {
    return scale.rule == ScaleRule::given || scale.rule == ScaleRule::fixed;
  });
}

/// Every shipped declaration that has bounds once it leaves open what it may. Reading all takes a
/// sixth of a second, which no other test of this program waits for.
const std::vector<Arithmetic>& freed_arithmetics() {
  static const std::vector<Arithmetic> found = [] {
    std::vector<Arithmetic> arithmetics;
    for (const std::string& name : built_in_arithmetics())
      if (const std::optional<Arithmetic> arithmetic = freed(name);
          arithmetic && has_given_scales(*arithmetic) && !BoundedStep::unsupported(*arithmetic) &&
          !DeclaredStep::unsupported(*arithmetic))
        arithmetics.push_back(*arithmetic);
    return arithmetics;
  }();
  return found;
}

TEST(FreedArithmetics, AreMoreThanTheTwoProfilesOfFreeOrder) {
  EXPECT_GE(freed_arithmetics().size(), 20u);
}

/// int32_fixed saturates r delta, which a device that multiplies delta and a first never has.
TEST(FreedArithmetics, HaveNoBoundsWhereTheOrderOfAnUpdateDecidesWhatSaturates) {
  Arithmetic arithmetic = read_arithmetic("int32_fixed");
  ASSERT_EQ(BoundedStep::unsupported(arithmetic), std::nullopt);
  arithmetic.order.update = UpdateProduct::any;
  EXPECT_EQ(BoundedStep::unsupported(arithmetic),
            "at.learning_rate_times_delta: what leaves its range depends on order.update, which is "
            "\"any\"");
}

TEST(LegalArithmetics, LeaveNothingOpenButFunctions) {
  for (const Arithmetic& arithmetic : freed_arithmetics()) {
    SCOPED_TRACE(arithmetic.name);
    for (LegalArithmetic& device : legal_arithmetics(arithmetic, 20, 1)) {
      for (ActivationDefinition& definition : device.arithmetic.activations)
        definition.rule = ActivationRule::correctly_rounded;
      for (const Point tensor : {Point::activation, Point::weight, Point::bias})
        EXPECT_EQ(unknown_because(device.arithmetic, tensor), "") << name_of(tensor);
    }
  }
}

/// The theorems of SPEC 5 and 13 are derived apart from these devices.
TEST(LegalArithmetics, StayWithinTheBoundsOfTheirDeclaration) {
  for (const Arithmetic& arithmetic : freed_arithmetics()) {
    SCOPED_TRACE(arithmetic.name);
    Draw draw(1);
    std::size_t unequal = 0;
    for (int i = 0; i < 20; ++i) {
      SCOPED_TRACE(i);
      const TrainingCase start = random_case(draw, functions_of(arithmetic));
      const DeclaredState before = initial_state(arithmetic, start.network, start.parameters, 1);
      BoundedStep bounded(arithmetic, start.network);
      StepNumbers<BoundedNumber> bounds;
      std::vector<BoundedLayer> after;
      bounded.train(before, start.sample, start.learning_rate, bounds, after);
      for (const LegalArithmetic& device : legal_arithmetics(arithmetic, 8, draw.generator()())) {
        DeclaredRun run(device.arithmetic, start.network, before, device.function_errors);
        run.train(start.sample, start.learning_rate);
        for (std::size_t l = 0; l < after.size(); ++l)
          for (std::size_t k = 0; k < after[l].weights.size(); ++k) {
            const BoundedNumber& required = after[l].weights[k];
            const BinaryNumber& shown = run.state().layers[l].weights.numbers[k];
            if (!shown.is_finite()) {
              EXPECT_TRUE(std::isinf(required.bound)) << "layer " << l << " weight " << k;
              continue;
            }
            Exact device_number;
            shown.to_mpfr(mpfr_of(device_number));
            const Exact error = abs(device_number - required.exact);
            EXPECT_LE(error, required.bound) << "layer " << l << " weight " << k;
            unequal += error > 0 && std::isfinite(required.bound) ? 1 : 0;
          }
      }
    }
    EXPECT_GT(unequal, 100u) << "bounds of rounded numbers";
  }
}

TEST(LegalArithmetics, ComputeEqualNumbersWithEitherKindOfNumber) {
  for (const Arithmetic& arithmetic : freed_arithmetics()) {
    SCOPED_TRACE(arithmetic.name);
    Draw draw(2);
    for (int i = 0; i < 10; ++i) {
      SCOPED_TRACE(i);
      const TrainingCase start = random_case(draw, functions_of(arithmetic));
      for (const LegalArithmetic& device : legal_arithmetics(arithmetic, 4, draw.generator()())) {
        DeclaredState exact = initial_state(arithmetic, start.network, start.parameters, 1);
        DeclaredState quick = exact;
        StepNumbers<BinaryNumber> numbers;
        DeclaredStep(device.arithmetic, start.network, StepNumberKind::exact,
                     device.function_errors)
            .train(exact, start.sample, start.learning_rate, numbers);
        DeclaredStep(device.arithmetic, start.network, StepNumberKind::doubles_where_they_fit,
                     device.function_errors)
            .train(quick, start.sample, start.learning_rate, numbers);
        for (std::size_t l = 0; l < exact.layers.size(); ++l)
          for (std::size_t k = 0; k < exact.layers[l].weights.numbers.size(); ++k)
            EXPECT_TRUE(same_number(exact.layers[l].weights.numbers[k],
                                    quick.layers[l].weights.numbers[k]));
      }
    }
  }
}

TEST(LegalArithmetics, ErrInFunctionsAndDifferFromEachOther) {
  for (const Arithmetic& arithmetic : freed_arithmetics()) {
    SCOPED_TRACE(arithmetic.name);
    const Network network{{{1, 1, Activation::tanh}}, Loss::mse};
    std::set<double> outputs;
    for (const LegalArithmetic& device : legal_arithmetics(arithmetic, 20, 3)) {
      DeclaredRun run(device.arithmetic, network,
                      initial_state(arithmetic, network, {{{0.75f}, {0.1f}}}, 1),
                      device.function_errors);
      outputs.insert(run.outputs(std::vector{0.6f}).front());
    }
    const bool are_within = arithmetic.activation(Activation::tanh).rule == ActivationRule::within;
    EXPECT_GE(outputs.size(), are_within ? 3u : 1u);
    for (const double output : outputs)
      EXPECT_NEAR(output, std::tanh(0.55), are_within ? 5e-7 : 0.2);
  }
}

TEST(LegalArithmetics, AreTheSameForEqualSeeds) {
  for (const Arithmetic& arithmetic : freed_arithmetics()) {
    SCOPED_TRACE(arithmetic.name);
    const auto first = legal_arithmetics(arithmetic, 5, 4);
    const auto second = legal_arithmetics(arithmetic, 5, 4);
    for (std::size_t member = 0; member < first.size(); ++member) {
      EXPECT_EQ(first[member].arithmetic, second[member].arithmetic);
      EXPECT_EQ(first[member].function_errors.seed, second[member].function_errors.seed);
    }
  }
}

}  // namespace
}  // namespace lsgd
