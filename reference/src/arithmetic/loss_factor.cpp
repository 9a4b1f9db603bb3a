// SPDX-License-Identifier: Apache-2.0
#include "arithmetic/loss_factor.hpp"

#include <lsgd/network/loss.hpp>

#include "arithmetic/tensor_scale.hpp"

namespace lsgd {

LossFactor loss_factor(LossScale scale, const Network& network) {
  const bool is_sum = scale == LossScale::sum || scale == LossScale::mean;
  const bool is_mean = scale == LossScale::half_mean || scale == LossScale::mean;
  return with_loss(network.loss, [&](auto loss) -> LossFactor {
    return {is_sum ? loss.factor_of_sum : 1,
            is_mean && loss.has_mean ? network.outputs() : std::uint32_t{1}};
  });
}

BinaryNumber rounded_loss_factor(LossScale scale, const Network& network) {
  const auto [numerator, denominator] = loss_factor(scale, network);
  return rounded_quotient(BinaryNumber::of(numerator), BinaryNumber::of(denominator), 24,
                          RoundingDirection::nearest_even);
}

}  // namespace lsgd
