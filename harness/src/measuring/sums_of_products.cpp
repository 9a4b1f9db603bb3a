// SPDX-License-Identifier: Apache-2.0
#include "measuring/sums_of_products.hpp"

#include <array>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <fmt/format.h>
#include <string_view>

static_assert(FLT_EVAL_METHOD == 0, "float expressions must be evaluated in binary32");

namespace lsgd {
namespace {

/// How the products are taken in; the first ones are declared by summation_order.
enum class Intake : std::uint8_t {
  ascending,
  descending,
  positive_first,
  negative_first,
  two_accumulators,
  blocks_of_4,  ///< ascending, products of whole blocks not fused, as compilers make vectors of
                ///< them
  blocks_of_8,
  blocks_of_16,
  double_sum,    ///< exact products in a sum of binary64, rounded at the end
  double_terms,  ///< exact products, each sum rounded to binary32
};

constexpr std::array declarable_intakes{Intake::ascending, Intake::descending,
                                        Intake::positive_first, Intake::negative_first,
                                        Intake::two_accumulators};
constexpr std::array mixing_intakes{Intake::blocks_of_4, Intake::blocks_of_8, Intake::blocks_of_16};
constexpr std::array other_intakes{Intake::double_sum, Intake::double_terms};

SummationOrder order_of(Intake intake) {
  switch (intake) {
    case Intake::ascending:
    case Intake::blocks_of_4:
    case Intake::blocks_of_8:
    case Intake::blocks_of_16:
      return SummationOrder::ascending;
    case Intake::descending:
      return SummationOrder::descending;
    case Intake::positive_first:
    case Intake::negative_first:
    case Intake::two_accumulators:
      return SummationOrder::by_sign;
    case Intake::double_sum:
    case Intake::double_terms:
      break;
  }
  return SummationOrder::any;
}

std::string_view words_of(Intake intake) {
  switch (intake) {
    case Intake::ascending:
      return "ascending";
    case Intake::descending:
      return "descending";
    case Intake::positive_first:
      return "positive terms first";
    case Intake::negative_first:
      return "negative terms first";
    case Intake::two_accumulators:
      return "in a sum for each sign";
    case Intake::blocks_of_4:
      return "ascending, fused but for whole blocks of 4";
    case Intake::blocks_of_8:
      return "ascending, fused but for whole blocks of 8";
    case Intake::blocks_of_16:
      return "ascending, fused but for whole blocks of 16";
    case Intake::double_sum:
      return "in double, rounded at the end";
    case Intake::double_terms:
      return "products in double, each sum rounded";
  }
  return {};
}

float add_product(bool is_fused, float sum, float weight, float x) {
  return is_fused ? std::fma(weight, x, sum) : sum + weight * x;
}

float sum_in_double(float bias, std::span<const float> weights, std::span<const float> x,
                    bool bias_first) {
  double sum = bias_first ? static_cast<double>(bias) : 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    sum += static_cast<double>(weights[i]) * static_cast<double>(x[i]);
  const auto rounded = static_cast<float>(sum);
  return bias_first ? rounded : rounded + bias;
}

float sum_of_exact_products(float start, std::span<const float> weights, std::span<const float> x) {
  float sum = start;
  for (std::size_t i = 0; i < x.size(); ++i)
    sum = static_cast<float>(static_cast<double>(sum) +
                             static_cast<double>(weights[i]) * static_cast<double>(x[i]));
  return sum;
}

float sum_in_blocks(std::size_t size, float start, std::span<const float> weights,
                    std::span<const float> x) {
  float sum = start;
  const std::size_t whole = x.size() / size * size;
  for (std::size_t i = 0; i < x.size(); ++i) sum = add_product(i >= whole, sum, weights[i], x[i]);
  return sum;
}

float sum_by(Intake intake, bool is_fused, float start, std::span<const float> weights,
             std::span<const float> x) {
  const std::size_t count = x.size();
  float sum = start;
  switch (intake) {
    case Intake::ascending:
      for (std::size_t i = 0; i < count; ++i) sum = add_product(is_fused, sum, weights[i], x[i]);
      return sum;
    case Intake::descending:
      for (std::size_t i = count; i-- > 0;) sum = add_product(is_fused, sum, weights[i], x[i]);
      return sum;
    case Intake::positive_first:
    case Intake::negative_first:
      for (const bool is_first : {true, false})
        for (std::size_t i = 0; i < count; ++i)
          if ((weights[i] * x[i] < 0) != ((intake == Intake::positive_first) == is_first))
            sum = add_product(is_fused, sum, weights[i], x[i]);
      return sum;
    case Intake::two_accumulators: {
      float negative = 0;
      for (std::size_t i = 0; i < count; ++i) {
        float& own = weights[i] * x[i] < 0 ? negative : sum;
        own = add_product(is_fused, own, weights[i], x[i]);
      }
      return sum + negative;
    }
    case Intake::blocks_of_4:
      return sum_in_blocks(4, start, weights, x);
    case Intake::blocks_of_8:
      return sum_in_blocks(8, start, weights, x);
    case Intake::blocks_of_16:
      return sum_in_blocks(16, start, weights, x);
    case Intake::double_terms:
      return sum_of_exact_products(start, weights, x);
    case Intake::double_sum:
      break;
  }
  return sum_in_double(start, weights, x, true);
}

}  // namespace

std::vector<EvaluationWay> ways_of_sums(bool has_bias) {
  std::vector<EvaluationWay> ways;
  const auto add = [&](Intake intake, FusedMultiplyAdd fused) -> void {
    for (const bool bias_first : {true, false}) {
      if (!has_bias && !bias_first) continue;
      EvaluationWay& way = ways.emplace_back();
      way.order.fused_multiply_add = fused;
      way.order.summation_order = order_of(intake);
      if (has_bias) way.order.bias_position = bias_first ? BiasPosition::first : BiasPosition::last;
      way.words =
          fmt::format("{}{}{}", words_of(intake), fused == FusedMultiplyAdd::yes ? ", fused" : "",
                      !has_bias    ? ""
                      : bias_first ? ", the bias first"
                                   : ", the bias last");
    }
  };
  for (const Intake intake : declarable_intakes)
    for (const bool is_fused : {false, true})
      add(intake, is_fused ? FusedMultiplyAdd::yes : FusedMultiplyAdd::no);
  const std::size_t mixing = ways.size();
  for (const Intake intake : mixing_intakes) add(intake, FusedMultiplyAdd::any);
  const std::size_t others = ways.size();
  for (const Intake intake : other_intakes) add(intake, FusedMultiplyAdd::any);
  for (std::size_t way = mixing; way < others; ++way) ways[way].mixes_fused = true;
  for (std::size_t way = others; way < ways.size(); ++way) ways[way].is_declarable = false;
  return ways;
}

std::vector<float> sums_of_products(float bias, std::span<const float> weights,
                                    std::span<const float> x, bool has_bias) {
  std::vector<float> sums;
  const auto add = [&](Intake intake, bool is_fused) {
    for (const bool bias_first : {true, false}) {
      if (!has_bias && !bias_first) continue;
      const float sum = sum_by(intake, is_fused, bias_first ? bias : 0.0f, weights, x);
      sums.push_back(bias_first ? sum : sum + bias);
    }
  };
  for (const Intake intake : declarable_intakes)
    for (const bool is_fused : {false, true}) add(intake, is_fused);
  for (const Intake intake : mixing_intakes) add(intake, false);
  for (const Intake intake : other_intakes) add(intake, false);
  return sums;
}

}  // namespace lsgd
