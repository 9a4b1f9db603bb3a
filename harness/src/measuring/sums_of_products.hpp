// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "measuring/order_evidence.hpp"

namespace lsgd {

/// Ways to add products to a sum, the declarable ones first.
/// @param has_bias  whether the sum starts with something
std::vector<EvaluationWay> ways_of_sums(bool has_bias);

/// What each of them gives for bias + weights x, in their order.
/// @param weights, x  of one length
std::vector<float> sums_of_products(float bias, std::span<const float> weights,
                                    std::span<const float> x, bool has_bias);

}  // namespace lsgd
