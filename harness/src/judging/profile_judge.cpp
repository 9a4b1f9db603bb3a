// SPDX-License-Identifier: Apache-2.0
#include "judging/profile_judge.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <stdexcept>
#include <string_view>

#include <lsgd/numbers/binary32.hpp>

#include "judging/float32_judge.hpp"
#include "judging/int32_fixed_judge.hpp"
#include "judging/int8_hybrid_judge.hpp"
#include "judging/int8_integer_judge.hpp"

namespace lsgd {
namespace {

constexpr std::uint32_t most_fraction_bits = 7;

struct NamedJudge {
  std::string_view profile;
  const ProfileJudge& (*judge)();
};

constexpr std::array judges{
    NamedJudge{"float32", float32_judge}, NamedJudge{"int8_hybrid", int8_hybrid_judge},
    NamedJudge{"int8_integer", int8_integer_judge}, NamedJudge{"int32_fixed", int32_fixed_judge}};

bool is_usable(const Tensor& tensor) {
  if (tensor.format.meaning == ElementFormat::Meaning::binary32)
    return std::ranges::all_of(tensor.codes,
                               [](std::uint32_t code) { return std::isfinite(from_bits(code)); });
  const bool is_fraction_bits = tensor.kind == TensorKind::fraction_bits_of_weights ||
                                tensor.kind == TensorKind::fraction_bits_of_biases;
  return !is_fraction_bits || tensor.codes.front() <= most_fraction_bits;
}

}  // namespace

const ProfileJudge& judge_of(const Profile& profile) {
  const auto found = std::ranges::find(judges, profile.name(), &NamedJudge::profile);
  if (found == judges.end())
    throw std::invalid_argument(fmt::format("profile {} has no judge", profile.name()));
  return found->judge();
}

bool are_usable(const TensorSet& parameters) { return std::ranges::all_of(parameters, is_usable); }

}  // namespace lsgd
