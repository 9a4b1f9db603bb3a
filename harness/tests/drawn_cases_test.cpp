// SPDX-License-Identifier: Apache-2.0
#include "levels/drawn_cases.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "description/suite_file.hpp"
#include "files/number_text.hpp"
#include "levels/case_list.hpp"
#include "levels/drawn_arguments.hpp"
#include "levels/drawn_codes.hpp"
#include "mock_device.hpp"

namespace lsgd {
namespace {

using namespace std::chrono_literals;

const ArithmeticModel mock_arithmetic{.fused_multiply_add = FusedMultiplyAdd::no,
                                      .activation_ulps = 0.5,
                                      .summation_order = SummationOrder::ascending,
                                      .bias_position = BiasPosition::first,
                                      .update_product = UpdateProduct::learning_rate_times_delta};

TEST(DrawnCases, ARightDevicePassesAllOfThem) {
  MockState state;
  AgentSession session(std::make_unique<MockDevice>(state), 60s, 1);
  for (const ConformanceCase& drawn : drawn_cases(profile_named("float32"), Pace::fast, 1)) {
    const CaseResult result = drawn.run(session, mock_arithmetic);
    EXPECT_EQ(result.verdict, Verdict::pass)
        << drawn.id << ": " << (result.failure ? result.failure->message : "");
  }
  EXPECT_GT(state.steps, 130'000);
}

TEST(DrawnCases, ADeviceThatFailsAfterManyStepsIsCaughtByTheLongRuns) {
  const auto drawn = drawn_cases(profile_named("float32"), Pace::fast, 1);
  for (const char* id : {"level1/more_steps_than_16_bits_count", "level1/same_steps_again"}) {
    MockState state{.fault = Fault::not_a_number, .healthy_steps = 65'536};
    AgentSession session(std::make_unique<MockDevice>(state), 60s, 1);
    const auto long_run = std::ranges::find(drawn, id, &ConformanceCase::id);
    ASSERT_NE(long_run, drawn.end()) << id;
    EXPECT_EQ(long_run->run(session, mock_arithmetic).verdict, Verdict::fail) << id;
  }
}

TEST(DrawnCases, StepsInPiecesGiveTheBitsOfStepsAtOnce) {
  const auto verdict = [](Pace pace, Fault fault, int healthy_steps, int& steps) {
    MockState state{.fault = fault, .healthy_steps = healthy_steps};
    AgentSession session(std::make_unique<MockDevice>(state), 60s, 1);
    const auto drawn = drawn_cases(profile_named("float32"), pace, 1);
    const auto pieces = std::ranges::find(drawn, "level1/steps_in_pieces", &ConformanceCase::id);
    const CaseResult result = pieces->run(session, mock_arithmetic);
    steps = state.steps;
    return result.verdict;
  };
  int steps = 0;
  EXPECT_EQ(verdict(Pace::fast, Fault::none, 0, steps), Verdict::pass);
  EXPECT_GT(steps, 2 * 65'536) << "more than 16 bits count, both ways";
  EXPECT_EQ(verdict(Pace::fast, Fault::wrong_element, steps / 2 + 40'000, steps), Verdict::fail);
  EXPECT_EQ(verdict(Pace::slow, Fault::none, 0, steps), Verdict::pass);
  EXPECT_GT(steps, 2 * 256);
  EXPECT_EQ(verdict(Pace::slow, Fault::wrong_element, steps / 2 + 200, steps), Verdict::fail);
}

TEST(DrawnCases, LookAtLargeLayersAfterSeveralStepsOnly) {
  for (const auto& [pace, count] :
       {std::pair(Pace::fast, 21), {Pace::moderate, 6}, {Pace::slow, 6}}) {
    const auto drawn = drawn_cases(profile_named("float32"), pace, 1);
    const auto pieces =
        std::ranges::find(drawn, "level1/steps_of_large_layers_in_pieces", &ConformanceCase::id);
    ASSERT_NE(pieces, drawn.end());
    for (const auto& [fault, expected] :
         {std::pair(Fault::none, Verdict::pass), {Fault::wrong_element, Verdict::fail}}) {
      MockState state{.fault = fault, .healthy_steps = count - 1};
      AgentSession session(std::make_unique<MockDevice>(state), 60s, 1);
      EXPECT_EQ(pieces->run(session, mock_arithmetic).verdict, expected);
      EXPECT_EQ(state.steps, 2 * count);
    }
  }
}

/// Sigmoid of a device that loses its 4,000th forward pass: it gives what it gave before.
float sigmoid_that_is_lost_once(Activation, float z) {
  static int calls = 0;
  static float last = 0;
  if (++calls != 4'000) last = correctly_rounded_activation(Activation::sigmoid, z);
  return last;
}

TEST(DrawnCases, EveryCallShowsThatOneForwardPassIsLost) {
  const auto drawn = drawn_cases(profile_named("float32"), Pace::fast, 1);
  const auto calls = std::ranges::find(drawn, "level1/every_call", &ConformanceCase::id);
  ASSERT_NE(calls, drawn.end());
  for (const bool is_lost : {false, true}) {
    MockState state{.function = is_lost ? sigmoid_that_is_lost_once : nullptr};
    AgentSession session(std::make_unique<MockDevice>(state), 60s, 1);
    const CaseResult result = calls->run(session, mock_arithmetic);
    EXPECT_EQ(result.verdict, is_lost ? Verdict::fail : Verdict::pass);
    if (is_lost) {
      EXPECT_EQ(result.failure->step, 3'999u);
    }
  }
}

TEST(DrawnCases, EndWhereARightStepLeavesInfiniteParameters) {
  // Two steps of this network at these rates make its parameters infinite.
  const auto drawn = drawn_cases(profile_named("float32"), Pace::fast, 5385117548662135632u);
  const auto found = std::ranges::find(drawn, "level1/drawn_network_3", &ConformanceCase::id);
  const auto verdict = [&](Fault fault) {
    MockState state{.fault = fault};
    AgentSession session(std::make_unique<MockDevice>(state), 60s, 1);
    const CaseResult result = found->run(session, mock_arithmetic);
    EXPECT_LT(state.steps, 3);
    return result.verdict;
  };
  EXPECT_EQ(verdict(Fault::none), Verdict::pass);
  EXPECT_EQ(verdict(Fault::not_a_number), Verdict::fail) << "of a step that cannot overflow";
}

TEST(DrawnCases, OfAWorkloadAreStepsOnItsNetworkThatARightDevicePassesFromAnySeed) {
  const auto loaded = load_workload(read_built_in_suite("standard").workloads.front());
  for (const std::uint64_t seed : {1, 2, 3}) {
    MockState state;
    AgentSession session(std::make_unique<MockDevice>(state), 60s, 1);
    const ConformanceCase drawn = drawn_steps_case(*loaded, profile_named("float32"), seed);
    EXPECT_EQ(drawn.id, "level2/car/drawn");
    EXPECT_EQ(drawn.run(session, mock_arithmetic).verdict, Verdict::pass);
    EXPECT_EQ(state.steps, 24u);
  }
}

/// Sizes of the first layer, from the names of the cases.
struct DrawnSizes {
  std::set<std::uint64_t> inputs, neurons;
};

DrawnSizes sizes_of(Pace pace) {
  DrawnSizes sizes;
  for (const ConformanceCase& drawn : drawn_cases(profile_named("float32"), pace, 1)) {
    const std::string prefix = "level1/sizes_";
    if (!drawn.id.starts_with(prefix) || !drawn.run) continue;
    const std::string shape = drawn.id.substr(prefix.size());
    const std::size_t second = shape.find('_') + 1;
    sizes.inputs.insert(*integer_from_text(shape.substr(0, second - 1), 10'000));
    sizes.neurons.insert(
        *integer_from_text(shape.substr(second, shape.find('_', second) - second), 10'000));
  }
  return sizes;
}

std::set<std::uint64_t> remainders_above_16(const std::set<std::uint64_t>& sizes) {
  std::set<std::uint64_t> remainders;
  for (const std::uint64_t size : sizes)
    if (size > 16) remainders.insert(size % 32);
  return remainders;
}

TEST(DrawnCases, HaveEveryRemainderOf32AsALengthAndAsANumberOfNeurons) {
  const DrawnSizes sizes = sizes_of(Pace::fast);
  EXPECT_EQ(remainders_above_16(sizes.inputs).size(), 32u);
  EXPECT_EQ(remainders_above_16(sizes.neurons).size(), 32u);
  for (const std::uint64_t size :
       std::to_array<std::uint64_t>({31, 33, 63, 65, 127, 128, 129, 255, 256, 257})) {
    EXPECT_TRUE(sizes.inputs.contains(size)) << size;
    EXPECT_TRUE(sizes.neurons.contains(size)) << size;
  }
}

/// Lengths of a pace's networks, from those that a device is asked to take.
struct Lengths {
  std::set<std::uint32_t> inputs, hidden, outputs;
};

Lengths lengths_of(Pace pace, std::uint64_t seed) {
  MockState state;
  AgentSession session(std::make_unique<MockDevice>(state), 60s, 1);
  Lengths lengths;
  for (const ConformanceCase& drawn : drawn_cases(profile_named("float32"), pace, seed)) {
    if (drawn.id.find("lengths") == std::string::npos || !drawn.run) continue;
    EXPECT_EQ(drawn.run(session, mock_arithmetic).verdict, Verdict::pass) << drawn.id;
    for (const NetworkAnswer& answer : session.take_network_answers()) {
      const std::vector<Layer>& layers = answer.network.layers;
      lengths.inputs.insert(layers[0].inputs);
      for (std::size_t l = 1; l + 1 < layers.size(); l += 2)
        lengths.hidden.insert(layers[l].outputs);
      lengths.outputs.insert(layers.back().outputs);
    }
  }
  return lengths;
}

/// Those from 17 on that are not there.
std::set<std::uint32_t> missing(const std::set<std::uint32_t>& lengths, std::uint32_t last = 320) {
  std::set<std::uint32_t> found;
  for (std::uint32_t length = 17; length <= last; ++length)
    if (!lengths.contains(length)) found.insert(length);
  return found;
}

std::set<std::uint32_t> remainders_of_16_above_128(const std::set<std::uint32_t>& lengths) {
  std::set<std::uint32_t> remainders;
  for (const std::uint32_t length : lengths)
    if (length > 128 && length <= 320) remainders.insert(length % 16);
  return remainders;
}

TEST(DrawnCases, HaveEveryLengthUpTo320InEachPlaceAndEveryOtherRowUpTo784) {
  const Lengths lengths = lengths_of(Pace::fast, 1);
  EXPECT_EQ(missing(lengths.inputs), std::set<std::uint32_t>());
  const std::set<std::uint32_t> longer = missing(lengths.inputs, 784);
  for (std::uint32_t inputs = 321; inputs < 784; ++inputs)
    EXPECT_FALSE(longer.contains(inputs) && longer.contains(inputs + 1)) << inputs;
  EXPECT_EQ(missing(lengths.hidden), std::set<std::uint32_t>());
  EXPECT_EQ(missing(lengths.outputs), std::set<std::uint32_t>());
}

TEST(DrawnCases, OfSlowTargetsHaveEveryHiddenLengthAndHalfOfTheOthersUpTo128) {
  const Lengths lengths = lengths_of(Pace::slow, 1);
  const auto missing_up_to_128 = [](const std::set<std::uint32_t>& place) {
    std::set<std::uint32_t> found = missing(place);
    found.erase(found.upper_bound(128), found.end());
    return found.size();
  };
  EXPECT_EQ(missing_up_to_128(lengths.hidden), 0u);
  EXPECT_EQ(missing_up_to_128(lengths.inputs), 56u);
  EXPECT_EQ(missing_up_to_128(lengths.outputs), 56u);
}

TEST(DrawnCases, OfSlowTargetsHaveWholeBlocksAndOneLengthOfEveryRemainderAbove128) {
  const Lengths one = lengths_of(Pace::slow, 1), other = lengths_of(Pace::slow, 2);
  for (const auto& [place, of_other_seed] :
       {std::pair{&one.inputs, &other.inputs}, std::pair{&one.hidden, &other.hidden},
        std::pair{&one.outputs, &other.outputs}}) {
    EXPECT_EQ(remainders_of_16_above_128(*place).size(), 16u);
    EXPECT_NE(*place, *of_other_seed);
    for (std::uint32_t length = 144; length <= 320; length += 16)
      EXPECT_TRUE(place->contains(length)) << length;
  }
}

TEST(DrawnCases, SlowTargetsRunWideOnesToo) {
  const DrawnSizes sizes = sizes_of(Pace::slow);
  EXPECT_GT(remainders_above_16(sizes.inputs).size(), 8u);
  EXPECT_GT(*sizes.inputs.rbegin(), 32u);
  for (const ConformanceCase& drawn : drawn_cases(profile_named("int8_integer"), Pace::slow, 1))
    if (!drawn.run) {
      EXPECT_EQ(drawn.judge({}).verdict, Verdict::skipped) << drawn.id;
    }
}

TEST(DrawnCases, HaveTheSameSizesFromEverySeed) {
  const auto ids = [](std::uint64_t seed) {
    std::set<std::string> found;
    for (const ConformanceCase& drawn : drawn_cases(profile_named("int32_fixed"), Pace::fast, seed))
      found.insert(drawn.id);
    return found;
  };
  EXPECT_EQ(ids(1), ids(2));
}

TEST(DrawnCases, HaveAnArgumentInEveryIntervalOfATableAndOthersFromAnotherSeed) {
  for (const char* profile : {"float32", "int32_fixed"}) {
    std::set<float> drawn[2];
    for (const std::uint64_t seed : {0, 1})
      for (const DrawnWorkload& workload : drawn_arguments(profile_named(profile), seed)) {
        if (workload.loaded.workload.name.find("intervals_of_tanh") == std::string::npos) continue;
        for (const ScriptedStep& step : workload.loaded.script) {
          const LayerParameters<float>& layer = step.start->front();
          const Numbers& z = layer.weights[0] != 0 ? layer.weights : layer.biases;
          drawn[seed].insert(z.begin(), z.end());
        }
      }
    for (int i = -16 * 64; i < 16 * 64; ++i) {
      const float low = static_cast<float>(i) / 64;
      const auto argument = drawn[0].lower_bound(low);
      ASSERT_NE(argument, drawn[0].end()) << low;
      EXPECT_LE(*argument, low + 0x1p-6f) << profile;
    }
    for (const float z : drawn[1]) EXPECT_FALSE(drawn[0].contains(z)) << z;
  }
}

/// Codes of the weights that steps of a pace start from, each with its fraction bits.
std::set<std::pair<std::uint64_t, std::uint64_t>> codes_of_weights(Pace pace) {
  const Profile& profile = profile_named("int8_hybrid");
  std::set<std::pair<std::uint64_t, std::uint64_t>> found;
  for (const DrawnWorkload& drawn : drawn_codes(profile, 1)) {
    if (pace != Pace::fast && !drawn.shortened.empty()) continue;
    for (const ScriptedStep& step : drawn.loaded.script) {
      const TensorSet start =
          profile.nearest_parameters(drawn.loaded.model.network, *step.start, first_random_state);
      const auto of_last_layer = [&](TensorKind kind) {
        return std::ranges::find_if(start, [&](const Tensor& tensor) {
          return tensor.kind == kind && tensor.layer == drawn.loaded.model.network.layers.size();
        });
      };
      const std::uint64_t fraction_bits =
          of_last_layer(TensorKind::fraction_bits_of_weights)->codes.front();
      for (const std::uint64_t code : of_last_layer(TensorKind::weights)->codes)
        found.emplace(fraction_bits, code);
    }
  }
  return found;
}

TEST(DrawnCodes, AreAllCodesOfAWeightWithEachCountOfFractionBits) {
  EXPECT_EQ(codes_of_weights(Pace::fast).size(), 8u * 256u);
}

TEST(DrawnCodes, HaveTheLowestOneInEachPlaceOfAWordOfEight) {
  const Profile& profile = profile_named("int8_hybrid");
  std::map<std::string, std::set<std::size_t>> places;
  for (const DrawnWorkload& drawn : drawn_codes(profile, 1))
    for (const ScriptedStep& step : drawn.loaded.script)
      for (const Tensor& tensor :
           profile.nearest_parameters(drawn.loaded.model.network, *step.start, first_random_state))
        if (std::ranges::count(tensor.codes, 0x80u) == 1)
          places[tensor.name].insert(
              static_cast<std::size_t>(std::ranges::find(tensor.codes, 0x80u) -
                                       tensor.codes.begin()) %
              8);
  EXPECT_EQ(places["W2"].size(), 8u);
  EXPECT_EQ(places["b1"].size(), 8u);
}

TEST(DrawnCodes, AreAllCodesOfAWeightWithOneCountOfThemForSlowTargets) {
  EXPECT_GE(codes_of_weights(Pace::slow).size(), 256u);
  EXPECT_LT(codes_of_weights(Pace::slow).size(), 2u * 256u);
}

TEST(Smoke, HasTheCasesOfSingleRoundings) {
  const CaseList list = list_cases(read_built_in_suite("smoke"));
  const auto& cases = list.cases.at({"float32", Pace::slow});
  for (const char* id :
       {"level1/products_alone", "level1/sums_of_two", "level1/roundings_of_the_rate",
        "level1/roundings_of_the_update", "level1/roundings_of_hidden_deltas",
        "level1/roundings_of_the_forward_pass", "level1/roundings_of_the_difference",
        "level1/roundings_of_tanh_derivatives", "level1/roundings_of_sigmoid_derivatives"})
    EXPECT_EQ(std::ranges::count(cases, id, &ConformanceCase::id), 1) << id;
}

}  // namespace
}  // namespace lsgd
