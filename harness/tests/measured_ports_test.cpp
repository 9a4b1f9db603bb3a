// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "description/built_in_targets.hpp"
#include "device/device.hpp"
#include "measuring/measured_arithmetic.hpp"
#include "run_in_temporary_directory.hpp"

namespace lsgd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

MeasuredArithmetic measure(const Target& target) {
  Device device(target, connect_to(target));
  return measure_arithmetic(target, device.session(), 1, [](std::string_view) {});
}

/// The cases of levels 0 to 2 that a target fails as it is declared.
std::vector<std::string> failed_cases(Target target) {
  RunRequest request = short_run_of(std::move(target));
  request.is_explained = false;
  std::vector<std::string> failed;
  const nlohmann::ordered_json results = run_in_temporary_directory(std::move(request));
  for (const auto& finished : results.at("targets").at(0).at("cases"))
    if (finished.at("verdict") == "fail") failed.push_back(finished.at("id"));
  return failed;
}

bool is_measured(const Target& target) {
  const std::vector<std::string> profiles = measured_profiles();
  return target.platform == "host" && std::ranges::count(profiles, target.profile->name()) == 1;
}

/// Modified ports of plain float32_c99 by what is changed.
Target float32_variant(const std::string& name) {
  return select_targets({"float32_c99." + name + "-host-gcc_O2"}).front();
}

TEST(MeasuredPorts, PassWithWhatIsMeasuredAndDeclareNothingWrong) {
  const std::set<std::string> variants{"gcc_O2", "gcc_O3_march_native"};
  std::size_t ports = 0;
  for (Target& target : built_in_targets()) {
    if (target.kind != TargetKind::port || !is_measured(target) ||
        !variants.contains(target.variant))
      continue;
    // One port with fused operations is enough here; `measure --legal` takes all builds of all.
    if (target.port != "float32_c99" && target.variant != "gcc_O2") continue;
    ++ports;
    const MeasuredArithmetic measured = measure(target);
    EXPECT_THAT(measured.illegal, IsEmpty()) << target.name;
    const DeclarationDifference difference =
        compare_declarations(target.arithmetic, measured.model);
    EXPECT_THAT(difference.other, IsEmpty()) << target.name;
    EXPECT_THAT(difference.wider, IsEmpty()) << target.name;
    target.arithmetic = measured.model;
    EXPECT_THAT(failed_cases(target), IsEmpty()) << target.name;
  }
  EXPECT_GT(ports, 6u);
}

TEST(MeasuredPorts, OfOtherOrdersAreWhatTheyDeclare) {
  for (const char* const name :
       {"descending_dot_product", "bias_last", "double_accumulator", "learning_rate_not_hoisted",
        "positive_terms_first", "hidden_delta_positive_first", "hidden_delta_in_double",
        "pairwise_sums", "fused_forward_pass", "hidden_delta_descending", "products_flushed",
        "operands_flushed", "updates_flushed", "deltas_flushed"}) {
    Target target = float32_variant(name);
    const MeasuredArithmetic measured = measure(target);
    const DeclarationDifference difference =
        compare_declarations(target.arithmetic, measured.model);
    EXPECT_THAT(difference.other, IsEmpty()) << name;
    EXPECT_THAT(difference.wider, IsEmpty()) << name;
    target.arithmetic = measured.model;
    EXPECT_THAT(failed_cases(target), IsEmpty()) << name;
  }
}

TEST(MeasuredPorts, ShowWhatTheyKeepWiderAndTheirSignificandBits) {
  EXPECT_EQ(measure(select_targets({"float32_wider-host-gcc_O2"}).front()).model.kept_wider,
            KeptWider::everything);
  EXPECT_EQ(
      measure(select_targets({"float32_wider_activations-host-gcc_O2"}).front()).model.kept_wider,
      KeptWider::activations);
  EXPECT_EQ(measure(float32_variant("weights_of_20_bits")).model.significand_bits, 20);
  EXPECT_EQ(measure(float32_variant("more_than_16_bits")).model.significand_bits, 24);
}

TEST(MeasuredPorts, ThatAreWrongFailWithWhateverIsMeasured) {
  for (const char* const name :
       {"bias_not_updated", "weights_transposed", "relu_derivative_one_at_zero"}) {
    Target target = float32_variant(name);
    target.arithmetic = measure(target).model;
    EXPECT_THAT(failed_cases(target), testing::Not(IsEmpty())) << name;
  }
}

TEST(MeasuredPorts, OfOneNetworkSayWhatItDoesNotShow) {
  const Target target = float32_variant("car_alone");
  EXPECT_THAT(compare_declarations(target.arithmetic, measure(target).model).wider,
              ElementsAre("bias_position"));
}

}  // namespace
}  // namespace lsgd
