// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

#include <lsgd/arithmetic/bounded_step.hpp>
#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>
#include <lsgd/numbers/real.hpp>

#include "cases/golden_set.hpp"
#include "steps/declared_tensors.hpp"

namespace lsgd {
namespace {

/// The step of a golden case, computed from the declaration alone: the numbers and their codes
/// under the names of tensors.csv.
struct DeclaredCase {
  std::map<std::string, std::vector<BinaryNumber>> numbers;
  std::map<std::string, std::vector<std::optional<std::uint64_t>>> codes;

  void add(const std::string& name, const std::vector<BinaryNumber>& values,
           const std::optional<NumberCodec>& codec) {
    numbers[name] = values;
    if (!codec) return;
    for (const BinaryNumber& value : values) codes[name].push_back(codec->code_of(value));
  }

  void add(const std::string& name, const DeclaredTensor& tensor, const NumberFormat& format) {
    numbers[name] = tensor.numbers;
    codes[name] = codes_of(format, tensor, tensor.numbers.size());
    codes[name + ".fraction_bits"] = {static_cast<std::uint64_t>(tensor.scales[0].fraction_bits)};
  }

  void add_activations(const std::string& prefix, const DeclaredStep& step,
                       const DeclaredState& state, const StepNumbers<BinaryNumber>& trace) {
    for (std::size_t l = 0; l < trace.layers.size(); ++l) {
      const std::string number = std::to_string(l + 1);
      add(prefix + "z" + number, trace.layers[l].z, step.codec(Point::pre_activation, l, state));
      add(prefix + "a" + number, trace.layers[l].a, step.codec(Point::activation, l, state));
    }
  }
};

DeclaredCase computed_case(const Arithmetic& arithmetic, const GoldenCase& golden) {
  DeclaredStep step(arithmetic, golden.network);
  DeclaredState state = declared_state(arithmetic, golden.network, golden.parameters);
  StepNumbers<BinaryNumber> trace;
  step.train(state, golden.sample, golden.learning_rate, trace);
  DeclaredCase result;
  result.add_activations("", step, state, trace);
  for (std::size_t l = 0; l < trace.layers.size(); ++l) {
    const std::string number = std::to_string(l + 1);
    result.add("delta" + number, trace.layers[l].delta, step.codec(Point::delta, l, state));
    result.add("W" + number, state.layers[l].weights, *arithmetic.format(Point::weight));
    result.add("b" + number, state.layers[l].biases, *arithmetic.format(Point::bias));
  }
  result.codes["random_state"] = {state.random_state};
  step.forward(state, golden.sample.inputs, trace);
  result.add_activations("next.", step, state, trace);
  return result;
}

GoldenSet golden_set_named(const std::string& name) {
  return read_golden_set(std::filesystem::path(LSGD_GOLDEN_DIRECTORY) / ("level1_" + name));
}

bool accepts(const ExpectedElement& element, std::uint64_t code) {
  return element.bits == code || std::ranges::find(element.also, code) != element.also.end();
}

/// Whether every order overflows, so that an infinity is required.
bool must_be_infinite(const ExpectedElement& element) { return element.value.ends_with("inf"); }

/// Whether a simulated number is within the recorded bound of the recorded 40 digits.
bool within_bound(const ExpectedElement& element, const BinaryNumber& number) {
  if (must_be_infinite(element) && element.bound == 0)
    return number.kind == BinaryNumber::Kind::infinite &&
           number.is_negative == element.value.starts_with('-');
  if (!std::isfinite(*element.bound)) return true;
  RealOf<1000> value;
  number.to_mpfr(mpfr_of(value));
  const RealOf<1000> exact(element.exact);
  // The digits are cut after the fortieth.
  return abs(value - exact) <= *element.bound + abs(exact) * 1e-39;
}

struct Comparison {
  std::size_t bits = 0;    ///< elements whose code is the recorded one, or one of an acceptance set
  std::size_t bounds = 0;  ///< elements within their bound
};

Comparison compare_with_golden(const std::string& name) {
  const Arithmetic arithmetic = read_arithmetic(name);
  const GoldenSet set = golden_set_named(name);
  Comparison counts;
  for (const GoldenCase& golden : set.cases) {
    const DeclaredCase computed = computed_case(arithmetic, golden);
    for (const ExpectedTensor& tensor : golden.expected)
      for (std::size_t i = 0; i < tensor.elements.size(); ++i) {
        const ExpectedElement& element = tensor.elements[i];
        const std::string where = golden.name + ' ' + tensor.name + '[' + std::to_string(i) + ']';
        if (element.bound) {
          ++counts.bounds;
          EXPECT_TRUE(within_bound(element, computed.numbers.at(tensor.name).at(i)))
              << where << ": " << computed.numbers.at(tensor.name).at(i).to_double() << " for "
              << element.exact << " +- " << *element.bound;
        } else {
          ++counts.bits;
          const auto code = computed.codes.at(tensor.name).at(i);
          EXPECT_TRUE(code && accepts(element, *code))
              << where << ": " << code.value_or(0) << " for " << element.bits;
        }
      }
  }
  return counts;
}

TEST(DeclaredGolden, Int8IntegerIsReproducedInEveryBitFromItsDeclaration) {
  const Comparison counts = compare_with_golden("int8_integer");
  EXPECT_EQ(counts.bounds, 0U);
  EXPECT_GT(counts.bits, 14'000U);
}

TEST(DeclaredGolden, Int8HybridHasEveryBitOfTheForwardPassAndIsAcceptedBehindIt) {
  const Comparison counts = compare_with_golden("int8_hybrid");
  EXPECT_GT(counts.bits, 10'000U);
  EXPECT_GT(counts.bounds, 100U);
}

TEST(DeclaredGolden, Float32IsWithinEveryBound) {
  EXPECT_GT(compare_with_golden("float32").bounds, 10'000U);
}

TEST(DeclaredGolden, Int32FixedIsWithinEveryBound) {
  EXPECT_GT(compare_with_golden("int32_fixed").bounds, 10'000U);
}

/// Bounds of a golden set derived from its declaration, over the recorded ones.
struct BoundRatios {
  std::vector<double> finite;  ///< ascending
  std::size_t infinite = 0;    ///< not judged by both
  std::size_t zero = 0;        ///< exact by both

  void add(const ExpectedTensor& recorded, const std::vector<BoundedNumber>& derived,
           const std::string& where) {
    ASSERT_EQ(recorded.elements.size(), derived.size()) << where;
    for (std::size_t i = 0; i < derived.size(); ++i) {
      if (!recorded.elements[i].bound) continue;
      const double bound = *recorded.elements[i].bound;
      if (must_be_infinite(recorded.elements[i])) {
        // The reference knows where every order overflows; here such a number is not judged.
        EXPECT_TRUE(std::isinf(derived[i].bound)) << where << '[' << i << ']';
        ++infinite;
        continue;
      }
      const RealOf<1000> exact(recorded.elements[i].exact);
      const RealOf<1000> difference = RealOf<1000>(derived[i].exact) - exact;
      EXPECT_LE(magnitude_above(difference),
                1e-39 * magnitude_above(exact) + std::ldexp(std::min(bound, 1.0), -200))
          << where << '[' << i << ']';
      if (std::isinf(bound)) {
        // The recorded rule counts a and t of a - t as if their signs were opposite.
        ++infinite;
      } else if (bound == 0 || derived[i].bound == 0) {
        EXPECT_EQ(bound, derived[i].bound) << where << '[' << i << ']';
        ++zero;
      } else {
        finite.push_back(derived[i].bound / bound);
      }
    }
  }
};

BoundRatios bound_ratios(const std::string& name) {
  const GoldenSet set = golden_set_named(name);
  Arithmetic arithmetic = read_arithmetic(name);
  // The set declares its functions' errors as targets do (SPEC 5.1).
  for (const Activation function : {Activation::sigmoid, Activation::tanh}) {
    auto& definition = arithmetic.activations.at(static_cast<std::size_t>(function));
    definition.ulps = set.manifest.arithmetic.activation_ulps;
    definition.absolute_error += set.manifest.arithmetic.activation_absolute_error;
  }
  BoundRatios ratios;
  for (const GoldenCase& golden : set.cases) {
    const DeclaredState state = declared_state(arithmetic, golden.network, golden.parameters);
    BoundedStep step(arithmetic, golden.network);
    StepNumbers<BoundedNumber> numbers;
    std::vector<BoundedLayer> after;
    step.train(state, golden.sample, golden.learning_rate, numbers, after);
    for (const ExpectedTensor& tensor : golden.expected) {
      if (tensor.name.starts_with("next.")) continue;
      const std::size_t l =
          std::stoul(tensor.name.substr(tensor.name.find_first_of("123456789"))) - 1;
      const LayerNumbers<BoundedNumber>& layer = numbers.layers.at(l);
      const std::string where = golden.name + ' ' + tensor.name;
      switch (tensor.name.front()) {
        case 'z':
          ratios.add(tensor, layer.z, where);
          break;
        case 'a':
          ratios.add(tensor, layer.a, where);
          break;
        case 'd':
          ratios.add(tensor, layer.delta, where);
          break;
        case 'W':
          ratios.add(tensor, after.at(l).weights, where);
          break;
        default:
          ratios.add(tensor, after.at(l).biases, where);
      }
    }
  }
  std::ranges::sort(ratios.finite);
  std::printf("%s: %zu bounds, ratio %.6g to %.6g, median %.6g; %zu zero, %zu infinite\n",
              name.c_str(), ratios.finite.size(), ratios.finite.front(), ratios.finite.back(),
              ratios.finite[ratios.finite.size() / 2], ratios.zero, ratios.infinite);
  return ratios;
}

/// The same theorems give the same bounds; where the one rule is coarser or finer it is rare.
void expect_recorded_bounds(const std::string& name) {
  const BoundRatios ratios = bound_ratios(name);
  ASSERT_GT(ratios.finite.size(), 10'000U);
  EXPECT_NEAR(ratios.finite[ratios.finite.size() / 2], 1, 0x1p-20);
}

TEST(DeclaredGolden, Float32HasTheRecordedBounds) { expect_recorded_bounds("float32"); }

TEST(DeclaredGolden, Int32FixedHasTheRecordedBounds) { expect_recorded_bounds("int32_fixed"); }

}  // namespace
}  // namespace lsgd
