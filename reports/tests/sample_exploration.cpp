// SPDX-License-Identifier: Apache-2.0
#include "sample_exploration.hpp"

#include <string>

namespace lsgd {
namespace {

using Json = nlohmann::json;

Json interval(double mean, double half_width) {
  return {{"mean", mean}, {"low", mean - half_width}, {"high", mean + half_width}};
}

Json arithmetic(const std::string& name, const std::string& outcome, double accuracy, int bytes) {
  return {{"name", name},
          {"description", "what " + name + " computes with"},
          {"digest", std::string(64, 'a')},
          {"state_bytes", bytes},
          {"outcome", outcome},
          {"why", ""},
          {"accuracy", interval(accuracy, 0.02)},
          {"difference", interval(accuracy - 0.94, 0.01)},
          {"is_close", accuracy >= 0.93},
          {"is_cheapest", false},
          {"seeds", Json::array()},
          {"loss", {1.2, 0.9, 0.4}},
          {"test_accuracy", {0.7, 0.8, accuracy}},
          {"cycles", Json::array()}};
}

Json cycles(const std::string& core, const std::string& port, int count, bool is_fewest) {
  return {{"core", core}, {"port", port}, {"cycles", count}, {"is_fewest", is_fewest}};
}

}  // namespace

nlohmann::json sample_exploration() {
  Json float32 = arithmetic("float32", "learns", 0.94, 3768);
  float32["cycles"] = {cycles("rtl_one", "float32_fast", 79843, true),
                       cycles("rtl_two", "float32_fast", 207927, true)};
  Json cheapest = arithmetic("q8_8", "learns", 0.935, 1884);
  cheapest["is_cheapest"] = true;
  Json integers = arithmetic("int8_integer", "unreliable", 0.80, 1065);
  integers["cycles"] = {cycles("rtl_one", "int8_integer_c99", 14355, false)};
  const Json stuck = arithmetic("<script>alert(1)</script>", "does_not_learn", 0.70, 1884);
  Json refused = arithmetic("int8_hybrid", "not_trained", 0, 1100);
  refused["why"] = "expected a network without softmax";
  refused["accuracy"] = refused["difference"] = nullptr;
  refused["loss"] = refused["test_accuracy"] = Json::array();
  return {{"format", "lsgd-exploration/1"},
          {"tool", {{"name", "lsgd-conform"}, {"version", "1.2.3"}}},
          {"task",
           {{"data", "car"},
            {"training_samples", 1209},
            {"test_samples", 519},
            {"majority_share", 0.7},
            {"sizes", "6-32-16-4"},
            {"activations", "tanh-tanh-sigmoid"},
            {"loss", "bce"},
            {"epochs", 3},
            {"learning_rate", 0.03},
            {"rate_schedule", "constant"},
            {"first_seed", 1},
            {"seeds", 5}}},
          {"benchmark", {{"network", "car"}, {"compiler", "some-gcc 1.0 -O2"}}},
          {"arithmetics", {float32, cheapest, integers, stuck, refused}}};
}

}  // namespace lsgd
