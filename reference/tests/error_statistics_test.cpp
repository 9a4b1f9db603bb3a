// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <gtest/gtest.h>
#include <ostream>
#include <string>
#include <vector>

#include "statistics_workload.hpp"

namespace lsgd {
namespace {

using Rounding = DeviceRounding;
using Site = Rounding DeviceArithmetic::*;

struct NamedArithmetic {
  std::string name;
  DeviceArithmetic arithmetic;
};

/// Names the tests; the bytes GoogleTest would print hold an address.
void PrintTo(const NamedArithmetic& device, std::ostream* out) { *out << device.name; }

struct NamedWorkload {
  std::string name;
  StatisticsWorkload (*make)(std::uint64_t seed);
};

const std::vector<NamedWorkload>& workloads() {
  static const std::vector<NamedWorkload> all = {
      {"car", car_like_workload},
      {"relu", relu_workload},
      {"sigmoid", sigmoid_workload},
      {"image", image_like_workload},
      {"car_gradient",
       [](std::uint64_t seed) { return gradient_workload(car_like_workload(seed)); }},
      {"relu_gradient", [](std::uint64_t seed) { return gradient_workload(relu_workload(seed)); }},
      {"sigmoid_gradient",
       [](std::uint64_t seed) { return gradient_workload(sigmoid_workload(seed)); }},
      {"image_gradient",
       [](std::uint64_t seed) { return gradient_workload(image_like_workload(seed)); }},
  };
  return all;
}

StatisticsWorkload workload_named(const std::string& name, std::uint64_t seed) {
  return std::find_if(workloads().begin(), workloads().end(),
                      [&](const NamedWorkload& workload) { return workload.name == name; })
      ->make(seed);
}

const std::vector<std::pair<std::string, Site>>& sites() {
  static const std::vector<std::pair<std::string, Site>> all = {
      {"forward_product", &DeviceArithmetic::forward_product},
      {"forward_sum", &DeviceArithmetic::forward_sum},
      {"bias_sum", &DeviceArithmetic::bias_sum},
      {"activation_argument", &DeviceArithmetic::activation_argument},
      {"derivative_difference", &DeviceArithmetic::derivative_difference},
      {"derivative_product", &DeviceArithmetic::derivative_product},
      {"output_delta", &DeviceArithmetic::output_delta},
      {"delta_product", &DeviceArithmetic::delta_product},
      {"delta_sum", &DeviceArithmetic::delta_sum},
      {"delta_derivative", &DeviceArithmetic::delta_derivative},
      {"rate_product", &DeviceArithmetic::rate_product},
      {"update_product", &DeviceArithmetic::update_product},
      {"update_sum", &DeviceArithmetic::update_sum},
  };
  return all;
}

DeviceArithmetic wide_at(const std::vector<Site>& wide) {
  DeviceArithmetic arithmetic;
  for (const Site site : wide) arithmetic.*site = Rounding::binary64;
  return arithmetic;
}

/// Compilers, libraries and programming styles that SPEC 5 admits.
std::vector<NamedArithmetic> legal_variants() {
  DeviceArithmetic descending;
  descending.sum = DeviceSum::descending;
  descending.bias_first = false;
  descending.update = DeviceUpdate::delta_activation;
  DeviceArithmetic pairwise;
  pairwise.sum = DeviceSum::pairwise;
  pairwise.update = DeviceUpdate::rate_activation;
  DeviceArithmetic four_blocks;
  four_blocks.sum = DeviceSum::four_blocks;
  four_blocks.other_derivative_form = true;
  DeviceArithmetic eight_blocks;
  eight_blocks.sum = DeviceSum::eight_blocks;
  eight_blocks.libm_activation = true;
  DeviceArithmetic quotient = descending;
  quotient.quotient_output_delta = true;
  quotient.other_derivative_form = true;
  DeviceArithmetic distributed;
  distributed.distributed_derivative = true;
  DeviceArithmetic kahan;
  kahan.sum = DeviceSum::kahan;
  using Device = DeviceArithmetic;
  return {
      {"plain", {}},
      {"descending", descending},
      {"pairwise", pairwise},
      {"four_blocks", four_blocks},
      {"eight_blocks", eight_blocks},
      {"quotient", quotient},
      {"distributed", distributed},
      {"kahan", kahan},
      {"fused",
       wide_at({&Device::forward_product, &Device::delta_product, &Device::update_product})},
      {"wide_accumulator", wide_at({&Device::forward_product, &Device::delta_product,
                                    &Device::forward_sum, &Device::bias_sum, &Device::delta_sum})},
      {"wide_derivative", wide_at({&Device::derivative_difference, &Device::derivative_product})},
      {"wide_everywhere",
       wide_at({&Device::forward_product, &Device::delta_product, &Device::forward_sum,
                &Device::bias_sum, &Device::delta_sum, &Device::derivative_difference,
                &Device::derivative_product, &Device::delta_derivative, &Device::output_delta,
                &Device::rate_product, &Device::update_product})},
  };
}

std::string describe(const std::vector<StatisticVerdict>& verdicts) {
  std::string text;
  for (const StatisticVerdict& verdict : verdicts)
    if (!verdict.passed)
      text += verdict.tensor + " " + verdict.statistic + " " + std::to_string(verdict.value) +
              " not in [" + std::to_string(verdict.low) + ", " + std::to_string(verdict.high) +
              "]\n";
  return text;
}

class LegalVariant : public testing::TestWithParam<NamedArithmetic> {};

INSTANTIATE_TEST_SUITE_P(Spec633, LegalVariant, testing::ValuesIn(legal_variants()),
                         [](const auto& variant) { return variant.param.name; });

TEST_P(LegalVariant, IsNeverRefused) {
  for (const NamedWorkload& workload : workloads())
    EXPECT_EQ(describe(run_chunk(workload.make(5), GetParam().arithmetic, 6)), "") << workload.name;
}

TEST_P(LegalVariant, IsNeverRefusedAfterTwoSteps) {
  StatisticsWorkload workload = relu_workload(5);
  workload.steps = 2;
  for (std::uint64_t seed = 0; seed < 50; ++seed)
    EXPECT_EQ(describe(run_chunk(workload, GetParam().arithmetic, seed)), "") << seed;
}

DeviceArithmetic split_by_sign(DeviceSum sum) {
  DeviceArithmetic device;
  device.sum = sum;
  return device;
}

ArithmeticModel declared_by_sign() {
  ArithmeticModel model;
  model.summation_order = SummationOrder::by_sign;
  return model;
}

TEST(SumsBySign, AreAcceptedWhereTheyAreDeclared) {
  for (const DeviceSum sum : {DeviceSum::positive_first, DeviceSum::either_sign})
    for (const NamedWorkload& workload : workloads())
      EXPECT_EQ(describe(run_chunk(workload.make(5), split_by_sign(sum), 6, declared_by_sign())),
                "")
          << workload.name;
}

TEST(SumsBySign, MustNotBeTruncatedAllTheSame) {
  for (const DeviceSum sum : {DeviceSum::positive_first, DeviceSum::either_sign})
    for (const Site site : {&DeviceArithmetic::forward_sum, &DeviceArithmetic::delta_sum}) {
      DeviceArithmetic device = split_by_sign(sum);
      device.*site = Rounding::toward_zero;
      EXPECT_GT(count_failed(run_chunk(relu_workload(5), device, 6, declared_by_sign())), 0U);
    }
}

struct Defect {
  std::string site;
  Rounding rounding;
  std::string workload;
};

/// Defects found in every chunk of the measurement below, and a workload that shows them.
const std::vector<Defect>& certain_defects() {
  static const std::vector<Defect> all = {
      {"forward_sum", Rounding::toward_zero, "car"},
      {"forward_sum", Rounding::toward_zero, "image"},
      {"update_sum", Rounding::toward_zero, "car"},
      {"update_sum", Rounding::toward_zero, "image"},
      {"forward_product", Rounding::toward_zero, "relu_gradient"},
      {"delta_sum", Rounding::toward_zero, "car"},
      {"delta_sum", Rounding::toward_zero, "car_gradient"},
      {"delta_product", Rounding::toward_zero, "car_gradient"},
      {"delta_derivative", Rounding::toward_zero, "car_gradient"},
      {"update_product", Rounding::toward_zero, "car_gradient"},
      {"forward_sum", Rounding::half_up, "relu"},
      {"update_sum", Rounding::half_up, "car_gradient"},
      {"update_sum", Rounding::half_away, "car_gradient"},
      {"forward_sum", Rounding::eight_bits, "car"},
      {"delta_sum", Rounding::eight_bits, "car"},
      {"forward_sum", Rounding::sixteen_bits, "car"},
      {"delta_sum", Rounding::sixteen_bits, "car"},
      {"update_sum", Rounding::sixteen_bits, "car"},
      {"forward_sum", Rounding::noisy_nearest, "relu"},
      {"update_sum", Rounding::noisy_nearest, "car"},
  };
  return all;
}

class CertainDefect : public testing::TestWithParam<Defect> {};

INSTANTIATE_TEST_SUITE_P(Spec635, CertainDefect, testing::ValuesIn(certain_defects()),
                         [](const auto& defect) {
                           return defect.param.site + "_" + defect.param.workload + "_" +
                                  std::to_string(defect.index);
                         });

TEST_P(CertainDefect, IsAlwaysDetected) {
  const auto site = std::find_if(sites().begin(), sites().end(), [](const auto& candidate) {
    return candidate.first == GetParam().site;
  });
  DeviceArithmetic arithmetic;
  arithmetic.*(site->second) = GetParam().rounding;
  const StatisticsWorkload workload = workload_named(GetParam().workload, 7);
  for (std::uint64_t seed = 1; seed <= 3; ++seed)
    EXPECT_NE(describe(run_chunk(workload, arithmetic, seed)), "") << seed;
}

/// Weights and inputs whose products are subnormal.
StatisticsWorkload subnormal_workload() {
  StatisticsWorkload workload;
  workload.network = {{{4, 4, Activation::identity}}, Loss::mse};
  workload.steps = 20;
  workload.draw_sample = [](std::mt19937_64& engine) {
    Sample sample{{}, std::vector<float>(4, 0)};
    for (int i = 0; i < 4; ++i) sample.inputs.push_back(uniform(engine, 0.01f, 0.1f));
    return sample;
  };
  pretrain(workload, 0, 1);
  for (float& weight : workload.parameters[0].weights) weight = std::ldexp(weight, -124);
  for (float& bias : workload.parameters[0].biases) bias = std::ldexp(bias, -130);
  return workload;
}

TEST(FlushToZero, IsDetectedWhereSubnormalNumbersOccur) {
  DeviceArithmetic flushing;
  for (const auto& [name, site] : sites()) flushing.*site = Rounding::flush_to_zero;
  const StatisticsWorkload workload = subnormal_workload();
  EXPECT_NE(describe(run_chunk(workload, flushing, 1)), "");
  EXPECT_EQ(describe(run_chunk(workload, DeviceArithmetic{}, 1)), "");
}

TEST(FlushToZero, IsAcceptedWhereDeclared) {
  DeviceArithmetic flushing;
  for (const auto& [name, site] : sites()) flushing.*site = Rounding::flush_to_zero;
  ArithmeticModel model;
  model.flush_to_zero = true;
  EXPECT_EQ(describe(run_chunk(subnormal_workload(), flushing, 1, model)), "");
  EXPECT_EQ(describe(run_chunk(subnormal_workload(), DeviceArithmetic{}, 1, model)), "");
}

TEST(ShorterSignificand, IsAcceptedWhereDeclared) {
  DeviceArithmetic short_device;
  for (const auto& [name, site] : sites()) short_device.*site = Rounding::sixteen_bits;
  ArithmeticModel model;
  model.significand_bits = 16;
  for (const char* name : {"car", "relu", "image"})
    EXPECT_EQ(describe(run_chunk(workload_named(name, 5), short_device, 1, model)), "") << name;
}

TEST(ShorterSignificand, IsTheLeastThatADeviceKeeps) {
  for (const int bits : {23, 20, 16, 11, 8}) {
    ArithmeticModel model;
    model.significand_bits = bits;
    for (const char* name : {"car", "relu", "image"})
      EXPECT_EQ(describe(run_chunk(workload_named(name, 5), DeviceArithmetic{}, 1, model)), "")
          << name << " with " << bits << " bits declared";
  }
}

TEST(ErrorStatistics, AreAFunctionOfTheSeed) {
  const StatisticsWorkload workload = image_like_workload(1);
  const std::vector<StatisticVerdict> once = run_chunk(workload, {}, 3);
  const std::vector<StatisticVerdict> again = run_chunk(workload, {}, 3);
  ASSERT_EQ(once.size(), again.size());
  for (std::size_t i = 0; i < once.size(); ++i) {
    EXPECT_EQ(once[i].value, again[i].value);
    EXPECT_EQ(once[i].low, again[i].low);
    EXPECT_EQ(once[i].high, again[i].high);
  }
}

TEST(ErrorStatistics, RefuseWhatIsNotANumber) {
  const StatisticsWorkload workload = subnormal_workload();
  std::mt19937_64 engine(1);
  const Sample sample = workload.draw_sample(engine);
  Parameters<float> after = workload.parameters;
  std::vector<std::vector<float>> activations;
  SimulatedDevice({}, 1).step(workload.network, after, sample, 1, activations);
  after[0].weights[0] = std::nanf("");
  ErrorStatistics statistics(workload.network, {}, 1);
  statistics.observe(workload.parameters, sample, 1, activations, after);
  for (const StatisticVerdict& verdict : statistics.verdicts())
    EXPECT_EQ(verdict.passed, verdict.tensor != "W1") << verdict.tensor << verdict.statistic;
}

TEST(ErrorStatistics, NameEveryTensorOnce) {
  const StatisticsWorkload workload = subnormal_workload();
  std::vector<std::string> names;
  for (const StatisticVerdict& verdict : ErrorStatistics(workload.network, {}, 1).verdicts())
    names.push_back(verdict.tensor + " " + verdict.statistic);
  EXPECT_EQ(names, (std::vector<std::string>{"a1 bias", "a1 directed_bias", "a1 root_mean_square",
                                             "W1 bias", "W1 directed_bias", "W1 update_bias",
                                             "W1 root_mean_square", "b1 bias", "b1 directed_bias",
                                             "b1 update_bias", "b1 root_mean_square"}));
}

double refused_fraction(const NamedWorkload& workload, const DeviceArithmetic& arithmetic,
                        std::uint64_t runs) {
  std::uint64_t refused = 0;
  for (std::uint64_t run = 0; run < runs; ++run)
    refused += count_failed(run_chunk(workload.make(1000 + run), arithmetic, run)) > 0 ? 1 : 0;
  return static_cast<double>(refused) / static_cast<double>(runs);
}

void print_row(const std::string& name, const DeviceArithmetic& arithmetic, std::uint64_t runs) {
  std::printf("%-32s", name.c_str());
  for (const NamedWorkload& workload : workloads())
    std::printf(" %17.3f", refused_fraction(workload, arithmetic, runs));
  std::printf("\n");
}

// The tables of SPEC 6.3.5; minutes to hours, so only on demand:
// simulation_tests --gtest_also_run_disabled_tests --gtest_filter='*Measurement*'
TEST(Measurement, DISABLED_FractionOfChunksRefused) {
  std::printf("%-32s", "");
  for (const NamedWorkload& workload : workloads()) std::printf(" %17s", workload.name.c_str());
  std::printf("\n");
  for (const NamedArithmetic& variant : legal_variants())
    print_row("legal " + variant.name, variant.arithmetic, 40);
  const std::vector<std::pair<std::string, Rounding>> defects = {
      {"toward_zero", Rounding::toward_zero},   {"half_up", Rounding::half_up},
      {"half_away", Rounding::half_away},       {"eight_bits", Rounding::eight_bits},
      {"sixteen_bits", Rounding::sixteen_bits}, {"noisy_nearest", Rounding::noisy_nearest}};
  for (const auto& [defect, rounding] : defects)
    for (const auto& [name, site] : sites()) {
      DeviceArithmetic arithmetic;
      arithmetic.*site = rounding;
      print_row(defect + " " + name, arithmetic, 10);
    }
}

}  // namespace
}  // namespace lsgd
