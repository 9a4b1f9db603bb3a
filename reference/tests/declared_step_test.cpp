// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/random_stream.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>
#include <lsgd/step/ordered_step.hpp>

#include "declaration_interpreter.hpp"
#include "declared_arithmetics.hpp"
#include "files/text_file.hpp"
#include "random_network.hpp"

namespace lsgd {
namespace {

using Q = DeclarationInterpreter::Q;

Q rational_of(const BinaryNumber& x) {
  if (x.is_zero()) return 0;
  const auto places = static_cast<unsigned>(std::abs(x.exponent));
  const DeclarationInterpreter::Z significand(x.significand().str());
  const DeclarationInterpreter::Z power = DeclarationInterpreter::Z(1) << places;
  return x.exponent < 0 ? Q(significand, power) : Q(significand * power);
}

void expect_same(const std::vector<BinaryNumber>& numbers, const std::string& tensor,
                 std::size_t layer, const DeclarationInterpreter& interpreter) {
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::string key = DeclarationInterpreter::at(tensor, layer, i);
    EXPECT_EQ(rational_of(numbers[i]), interpreter.numbers.at(key)) << key;
  }
}

/// A generator as its authors write it down; lcg32/1 where nobody knows it, as DeclaredStep says.
std::uint32_t next_word(RandomGenerator generator, std::uint32_t& state) {
  if (generator == RandomGenerator::lcg32 || generator == RandomGenerator::device)
    return state = state * 1664525u + 1013904223u;
  if (generator == RandomGenerator::philox) {
    const std::array<std::uint32_t, 4> block = philox4x32_10({state / 4, 0, 0, 0}, {0, 0});
    return block.at(state++ % 4);
  }
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

void set_scales(const std::string& tensor, const std::vector<TensorScale>& scales,
                DeclarationInterpreter& interpreter) {
  for (const TensorScale& scale : scales) {
    interpreter.scales[tensor].push_back(rational_of(scale.scale));
    interpreter.zero_points[tensor].emplace_back(scale.zero_point);
  }
}

/// Scales and zero points other than those that a training starts from; codes stay.
void draw_scales(const Arithmetic& arithmetic, const Network& network, Draw& draw,
                 DeclaredState& state) {
  const auto change = [&](Point tensor, TensorScale& scale) {
    if (!keeps_scale(arithmetic, tensor)) return;
    const double factor = 1 + 0.5 * draw.signed_unit();
    scale.scale = BinaryNumber::of_double(static_cast<float>(scale.scale.to_double() * factor));
    if (arithmetic.format(tensor)->zero_point)
      scale.zero_point = std::int64_t{draw.below(256)} - 128;
  };
  change(Point::input, state.input_scale);
  for (DeclaredLayer& layer : state.layers) change(Point::activation, layer.activation_scale);
  const NumberFormat& format = *arithmetic.format(Point::bias);
  if (format.scale != ScaleSharing::operands) return;
  for (std::size_t l = 0; l < state.layers.size(); ++l) {
    DeclaredTensor& biases = state.layers[l].biases;
    std::vector<std::uint64_t> codes;
    for (const auto& code : codes_of(format, biases, 1)) codes.push_back(code.value());
    biases = tensor_of_codes(format, codes, bias_scales(arithmetic, network, l, state), 1);
  }
}

/// Three steps from the same state, by both. False where the interpreter leaves the range.
bool steps_alike(const Arithmetic& arithmetic, const TrainingCase& start, Draw& draw) {
  const Network& network = start.network;
  DeclaredStep step(arithmetic, network);
  DeclaredState state = initial_state(arithmetic, network, start.parameters, 12345);
  if (draw.coin()) draw_scales(arithmetic, network, draw, state);
  DeclarationInterpreter interpreter(arithmetic, network);
  interpreter.random_state = 12345;
  interpreter.next_word = [&](std::uint32_t& random_state) {
    return next_word(arithmetic.random.generator, random_state);
  };
  interpreter.next_projection_word = [&](std::uint32_t& projection_state) {
    return next_word(arithmetic.training.projection_generator, projection_state);
  };
  set_scales("x", {state.input_scale}, interpreter);
  for (std::size_t l = 1; l <= network.layers.size(); ++l) {
    const DeclaredLayer& layer = state.layers[l - 1];
    set_scales("a" + std::to_string(l), {layer.activation_scale}, interpreter);
    set_scales("W" + std::to_string(l), layer.weights.scales, interpreter);
    const std::size_t columns = network.layers[l - 1].inputs;
    for (std::size_t k = 0; k < layer.weights.numbers.size(); ++k)
      interpreter.numbers[DeclarationInterpreter::at("W", l, k / columns, k % columns)] =
          rational_of(layer.weights.numbers[k]);
    for (std::size_t j = 0; j < layer.biases.numbers.size(); ++j)
      interpreter.numbers[DeclarationInterpreter::at("b", l, j)] =
          rational_of(layer.biases.numbers[j]);
    interpreter.fraction_bits["W" + std::to_string(l)] = layer.weights.scales[0].fraction_bits;
    interpreter.fraction_bits["b" + std::to_string(l)] = layer.biases.scales[0].fraction_bits;
  }
  StepNumbers<BinaryNumber> trace;
  for (int repetition = 0; repetition < 3; ++repetition) {
    try {
      interpreter.step(start.sample.inputs, start.sample.target, start.learning_rate);
    } catch (const DeclarationInterpreter::OutOfRange&) {
      return false;
    }
    step.train(state, start.sample, start.learning_rate, trace);
    expect_same(trace.input, "a", 0, interpreter);
    for (std::size_t l = 1; l <= network.layers.size(); ++l) {
      expect_same(trace.layers[l - 1].z, "z", l, interpreter);
      expect_same(trace.layers[l - 1].a, "a", l, interpreter);
      expect_same(trace.layers[l - 1].stored, "s", l, interpreter);
      expect_same(trace.layers[l - 1].delta, "delta", l, interpreter);
      expect_same(state.layers[l - 1].biases.numbers, "b", l, interpreter);
      const std::vector<BinaryNumber>& weights = state.layers[l - 1].weights.numbers;
      const std::size_t columns = network.layers[l - 1].inputs;
      for (std::size_t k = 0; k < weights.size(); ++k)
        EXPECT_EQ(rational_of(weights[k]), interpreter.numbers.at(DeclarationInterpreter::at(
                                               "W", l, k / columns, k % columns)));
      EXPECT_EQ(state.layers[l - 1].weights.scales[0].fraction_bits,
                interpreter.fraction_bits.at("W" + std::to_string(l)));
    }
    EXPECT_EQ(state.random_state, interpreter.random_state);
  }
  return true;
}

/// Random networks; at least three quarters of them stay in the range of the declaration.
void expect_alike(const Arithmetic& arithmetic, std::uint64_t seed, int cases = 15) {
  Draw draw(seed);
  const std::vector<Activation> functions = functions_of(arithmetic);
  int compared = 0;
  for (int i = 0; i < cases && !::testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE(arithmetic.name + " case " + std::to_string(i));
    if (steps_alike(arithmetic, random_case(draw, functions), draw)) ++compared;
  }
  EXPECT_GE(4 * compared, 3 * cases);
}

TEST(DeclaredStep, ComputesFixedPointThatWrapsAsASecondInterpreterDoes) {
  expect_alike(q6_10(), 1);
}

TEST(DeclaredStep, ComputesFloatsWithNarrowWeightsInEveryOrder) {
  const std::string rest = "fused = false\nupdate = \"learning_rate_times_delta\"";
  expect_alike(bfloat16_weights(plain_order), 2);
  expect_alike(bfloat16_weights(order("descending", "bias = \"last\"\n" + rest)), 3);
  expect_alike(bfloat16_weights(order("lanes:4", "bias = \"first\"\n" + rest)), 4);
  expect_alike(bfloat16_weights(order("tree:3", "bias = \"last\"\n" + rest)), 5);
  expect_alike(bfloat16_weights(order("tree:2", "bias = \"first\"\n" + rest)), 6);
  expect_alike(bfloat16_weights(order("ascending",
                                      "bias = \"first\"\nfused = true\n"
                                      "update = \"delta_times_activation\""),
                                "delta_times_activation"),
               7);
}

TEST(DeclaredStep, ComputesEightBitFloatsWithEveryMappingOfRandomBits) {
  for (const std::string mapping : {"truncate", "midpoint", "nearest"})
    expect_alike(eight_bit_floats(mapping), 8);
}

TEST(DeclaredStep, DrawsFromEveryKnownGenerator) {
  for (const std::string generator : {"xorshift32/1", "philox4x32-10/1"})
    expect_alike(eight_bit_floats("truncate", generator), 18);
}

TEST(DeclaredStep, KeepsEveryBitOfLayersThatAreNotTrained) {
  expect_alike(eight_bit_floats("truncate", "lcg32/1", "[training]\ntrained_layers = [1]\n"), 19);
  expect_alike(eight_bit_floats("truncate", "lcg32/1", "[training]\ntrained_layers = [2]\n"), 20);
}

TEST(DeclaredStep, ShiftsOnceForEachSumWhereProductsAreExact) {
  expect_alike(q16_16(plain_order), 9);
  expect_alike(q16_16(order("any",
                            "bias = \"any\"\nfused = false\n"
                            "update = \"delta_times_activation\""),
                      "delta_times_activation"),
               10);
}

TEST(DeclaredStep, SaturatesSumsAfterEachTermLaneOrAtTheEnd) {
  const std::string rest =
      "bias = \"first\"\nfused = false\nupdate = \"learning_rate_times_delta\"\nsaturate = ";
  expect_alike(saturating_accumulators(order("ascending", rest + "\"each\"")), 11);
  expect_alike(saturating_accumulators(order("lanes:2", rest + "\"lane\"")), 12);
  expect_alike(saturating_accumulators(order("tree:2", rest + "\"lane\"")), 13);
  expect_alike(saturating_accumulators(order("ascending", rest + "\"end\"")), 14);
}

/// int8_affine.toml with lines exchanged.
Arithmetic int8_affine(const std::vector<std::pair<std::string, std::string>>& exchanged) {
  std::string text = read_text(
      (std::filesystem::path(LSGD_ARITHMETICS_DIRECTORY) / "int8_affine.toml").string(), 1 << 16);
  for (const auto& [line, other] : exchanged) {
    const std::size_t place = text.find(line);
    if (place == std::string::npos) throw std::invalid_argument(line);
    text.replace(place, line.size(), other);
  }
  return parse_arithmetic(text, "int8_affine.toml");
}

const std::pair<std::string, std::string> every_layer{"trained_layers = [3]", ""};
const std::pair<std::string, std::string> plain_gradients{
    "gradient_scale = \"inverse_square_of_scale\"", ""};

TEST(DeclaredStep, ComputesAffineNumbersWithEveryRequantization) {
  for (const std::string requantization : {"exact", "double", "single", "float"})
    for (const std::string sharing : {"row", "tensor"})
      expect_alike(int8_affine({every_layer,
                                plain_gradients,
                                {"requantization = \"double\"",
                                 "requantization = \"" + requantization + "\""},
                                {"scale = \"row\"", "scale = \"" + sharing + "\""}}),
                   21);
}

TEST(DeclaredStep, ScalesGradientsByTheInverseSquareOfScales) {
  // Changes are some thousand times as large: biases and sums saturate.
  expect_alike(
      int8_affine({every_layer, {"overflow = \"outside_domain\"", "overflow = \"saturate\""}}), 22);
}

TEST(DeclaredStep, MasksDeltasOfNeuronsThatSaturate) {
  expect_alike(int8_affine({every_layer, plain_gradients}), 23);
  expect_alike(int8_affine({every_layer, plain_gradients, {"clamp_mask = true", ""}}), 26);
}

TEST(DeclaredStep, ComputesAffineDeltas) {
  expect_alike(int8_affine({every_layer,
                            plain_gradients,
                            {"[at.delta]\nformat = \"binary32\"",
                             "[at.delta]\nformat = \"activation\"\nrounding = \"nearest_away\""},
                            {"[scale.weight]",
                             "[scale.delta]\nrule = \"fixed\"\nrange = [-2, 2]\n\n"
                             "[scale.weight]"}}),
               24);
}

TEST(DeclaredStep, ScalesErrorsByTheFactorOfTheLoss) {
  for (const std::string scale : {"sum", "half_mean", "mean"}) {
    const std::string training = "[training]\nloss_scale = \"" + scale + "\"\n";
    expect_alike(eight_bit_floats("truncate", "lcg32/1", training), 27);
    expect_alike(eight_bit_floats("truncate", "lcg32/1",
                                  training + "[at.scaled_error]\nformat = \"e5m2\"\n"
                                             "rounding = \"zero\"\n"),
                 28);
  }
}

TEST(DeclaredStep, ProjectsTargetsInPlaceOfErrors) {
  for (const std::string generator : {"lcg32/1", "philox4x32-10/1"})
    expect_alike(eight_bit_floats("truncate", "lcg32/1",
                                  "[training]\nalgorithm = \"target_projection\"\n"
                                  "projection_generator = \"" +
                                      generator + "\"\nprojection_seed = 7\n"),
                 25);
}

/// Beside the four profiles, which have a reference of their own.
TEST(DeclaredStep, ComputesEveryShippedArithmeticAsASecondInterpreterDoes) {
  constexpr std::array profiles{"float32", "int32_fixed", "int8_hybrid", "int8_integer"};
  std::uint64_t seed = 100;
  for (const std::string& name : built_in_arithmetics())
    if (std::ranges::find(profiles, name) == profiles.end())
      expect_alike(read_arithmetic(name), ++seed, 6);
  EXPECT_GE(seed, 130u);
}

TEST(DeclaredStep, ComputesTheBuiltInIntegerProfileAsASecondInterpreterDoes) {
  expect_alike(read_arithmetic("int8_integer"), 15, 100);
}

TEST(DeclaredStep, ComputesInt8HybridInOneOfItsOrdersAsASecondInterpreterDoes) {
  expect_alike(read_arithmetic("int8_hybrid"), 16);
}

TEST(DeclaredStep, ComputesFloat32InADeclaredOrderAsTheProcessorDoes) {
  const Arithmetic arithmetic = read_arithmetic("float32");
  const ArithmeticModel model{.fused_multiply_add = FusedMultiplyAdd::no,
                              .summation_order = SummationOrder::ascending,
                              .bias_position = BiasPosition::first,
                              .update_product = UpdateProduct::learning_rate_times_delta};
  Draw draw(17);
  for (int i = 0; i < 200; ++i) {
    const TrainingCase start = random_case(draw, all_activations);
    Parameters<float> parameters = start.parameters;
    DeclaredStep step(arithmetic, start.network);
    DeclaredState state = initial_state(arithmetic, start.network, parameters, 0);
    StepNumbers<BinaryNumber> trace;
    step.train(state, start.sample, start.learning_rate, trace);
    // Both take the activations of the declared step, whose functions are correctly rounded.
    std::vector<std::vector<float>> activations;
    OrderedTrace ordered;
    for (const auto& layer : trace.layers) {
      activations.emplace_back();
      for (const BinaryNumber& a : layer.a)
        activations.back().push_back(static_cast<float>(a.to_double()));
    }
    ordered_backward_from_activations(start.network, parameters, activations, start.sample,
                                      start.learning_rate, model, ordered);
    for (std::size_t l = 0; l < parameters.size(); ++l) {
      for (std::size_t k = 0; k < parameters[l].weights.size(); ++k)
        EXPECT_EQ(state.layers[l].weights.numbers[k].to_double(), parameters[l].weights[k]);
      for (std::size_t j = 0; j < parameters[l].biases.size(); ++j) {
        EXPECT_EQ(state.layers[l].biases.numbers[j].to_double(), parameters[l].biases[j]);
        EXPECT_EQ(trace.layers[l].delta[j].to_double(), ordered.layers[l].delta[j]);
      }
    }
  }
}

}  // namespace
}  // namespace lsgd
