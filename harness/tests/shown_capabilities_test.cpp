// SPDX-License-Identifier: Apache-2.0
#include "run/shown_capabilities.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/network_text.hpp"

namespace lsgd {
namespace {

using nlohmann::json;

/// A case of a suite, about a network or an operation of level 0.
ConformanceCase expected_case(const char* id, const char* activations = nullptr,
                              const char* loss = "mse") {
  ConformanceCase expected;
  expected.id = id;
  if (activations != nullptr) expected.network = network_from_text("3-2", activations, loss);
  expected.run = [](AgentSession&, const ArithmeticModel&) { return CaseResult(); };
  return expected;
}

json found_case(const char* id, const char* verdict, const char* reason = nullptr) {
  return {{"id", id},
          {"verdict", verdict},
          {"failure", nullptr},
          {"reason", reason == nullptr ? json(nullptr) : json(reason)}};
}

json with_resources(json found, const json& cycles, const json& stack) {
  found["resources"] = {{"step", {{"cycles_median", cycles}, {"instructions_median", nullptr}}},
                        {"stack_bytes", stack}};
  return found;
}

const std::vector<ConformanceCase> suite{
    expected_case("level0/float_add"),
    expected_case("level0/float_tanh"),
    expected_case("level1/relu", "relu"),
    expected_case("level1/bce", "sigmoid", "bce"),
    expected_case("level1/softmax", "softmax", "cross_entropy"),
    expected_case("level4/tiny", "relu")};

constexpr const char* unsupported = "the port lacks the loss or an activation of this network";

const json found_cases{
    found_case("level0/float_add", "pass"),
    found_case("level0/float_tanh", "skipped", "the port does not offer float_tanh"),
    found_case("level1/relu", "pass"), found_case("level1/softmax", "skipped", unsupported),
    with_resources(found_case("level4/tiny", "pass"), nullptr, 96)};

json found_of(const json& stated) {
  return json(found_capabilities(stated, found_cases, suite, profile_named("float32")));
}

TEST(ShownCapabilities, AreTestedRefusedOrUntestedByTheCases) {
  const json found = found_of(nullptr);
  EXPECT_EQ(found.at("kernels"), (json{{"float_add", "tested"}, {"float_tanh", "refused"}}));
  EXPECT_EQ(found.at("counters"),
            (json{{"cycles", "refused"}, {"instructions", "refused"}, {"stack", "tested"}}));
  EXPECT_EQ(found.at("losses"),
            (json{{"mse", "tested"}, {"bce", "untested"}, {"cross_entropy", "refused"}}));
  EXPECT_EQ(found.at("activations").at("relu"), "tested");
  EXPECT_EQ(found.at("activations").at("softmax"), "refused");
  EXPECT_EQ(found.at("activations").at("sigmoid"), "untested");
}

TEST(ShownCapabilities, WhatIsStatedIsNamedThoughTheSuiteHasNoCaseOfIt) {
  const json stated{{"activations", {"relu"}},
                    {"losses", {"mse"}},
                    {"kernels", {"float_add", "float_divide"}},
                    {"counters", {"stack"}}};
  EXPECT_EQ(found_of(stated).at("kernels").at("float_divide"), "untested");
}

std::optional<std::string> contradiction_of(const Capabilities& stated, std::size_t c) {
  for (const ConformanceCase& expected : suite)
    if (found_cases.at(c).at("id") == expected.id)
      return capability_contradiction(
          stated, shown_capabilities(found_cases.at(c), expected, profile_named("float32")));
  return "no such case";
}

TEST(ShownCapabilities, ContradictWhatIsStatedInBothDirections) {
  const Capabilities right{{"relu", "sigmoid"}, {"mse", "bce"}, {"float_add"}, {"stack"}};
  for (std::size_t c = 0; c < found_cases.size(); ++c)
    EXPECT_EQ(contradiction_of(right, c), std::nullopt);

  Capabilities wrong = right;
  wrong.kernels = {"float_tanh"};
  EXPECT_EQ(contradiction_of(wrong, 0),
            "the device does what its target file does not state: kernel float_add is not in "
            "[capabilities]");
  EXPECT_EQ(contradiction_of(wrong, 1),
            "the device lacks what its target file states: kernel float_tanh");
  wrong = right;
  wrong.activations = {"softmax"};
  wrong.losses = {"cross_entropy"};
  EXPECT_THAT(*contradiction_of(wrong, 2), testing::HasSubstr("activation relu is not in"));
  EXPECT_THAT(*contradiction_of(wrong, 3),
              testing::HasSubstr("activation softmax with loss cross_entropy, which it refused"));
  wrong = right;
  wrong.counters = {"cycles", "stack"};
  EXPECT_EQ(contradiction_of(wrong, 4),
            "the device lacks what its target file states: counter cycles");
  wrong.counters = {};
  EXPECT_THAT(*contradiction_of(wrong, 4), testing::HasSubstr("counter stack is not in"));
}

TEST(ShownCapabilities, OfARefusalThatFailedAreNotCalledTested) {
  json failed = found_case("level1/bce", "fail");
  failed["failure"] = {{"message", "the device lacks what its target file states: loss bce"}};
  json kernel = found_case("level0/float_add", "fail");
  kernel["failure"] = {{"message", "the device lacks what its target file states: kernel x"}};
  const json found =
      json(found_capabilities(nullptr, {failed, kernel}, suite, profile_named("float32")));
  EXPECT_EQ(found.at("losses").at("bce"), "refused");
  EXPECT_EQ(found.at("kernels").at("float_add"), "refused");
}

}  // namespace
}  // namespace lsgd
