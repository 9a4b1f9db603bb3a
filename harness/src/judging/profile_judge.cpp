// SPDX-License-Identifier: Apache-2.0
#include "judging/profile_judge.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <mutex>
#include <string_view>

#include <lsgd/arithmetic/number_codec.hpp>
#include <lsgd/numbers/binary32.hpp>

#include "judging/convergence_result.hpp"
#include "judging/declared_judge.hpp"
#include "judging/float32_judge.hpp"
#include "judging/int32_fixed_judge.hpp"
#include "judging/int8_hybrid_judge.hpp"
#include "judging/int8_integer_judge.hpp"

namespace lsgd {
namespace {

constexpr std::uint32_t most_int8_fraction_bits = 7;

struct NamedJudge {
  std::string_view profile;
  const ProfileJudge& (*judge)();
};

constexpr std::array judges_by_profile{
    NamedJudge{"float32", float32_judge}, NamedJudge{"int8_hybrid", int8_hybrid_judge},
    NamedJudge{"int8_integer", int8_integer_judge}, NamedJudge{"int32_fixed", int32_fixed_judge}};

/// Judges of declared profiles, each made when it is first asked for.
class DeclaredJudges {
 public:
  const ProfileJudge& of(const Profile& profile) {
    const std::scoped_lock lock(mutex_);
    std::unique_ptr<const ProfileJudge>& judge = judges_[&profile];
    if (!judge) judge = declared_judge(profile);
    return *judge;
  }

 private:
  std::mutex mutex_;
  std::map<const Profile*, std::unique_ptr<const ProfileJudge>> judges_;
};

bool are_codes(const Tensor& tensor) {
  const NumberCodec codec(*tensor.format.number);
  return std::ranges::all_of(tensor.codes,
                             [&](std::uint64_t code) { return codec.has_code(code); });
}

bool are_declared_fraction_bits(const Tensor& tensor) {
  const FractionBits& range = tensor.format.number->fraction_bits;
  const int count = static_cast<std::int8_t>(tensor.codes.front());
  return count >= range.minimum && count <= range.maximum;
}

bool is_scale(TensorKind kind) {
  return kind == TensorKind::scales_of_weights || kind == TensorKind::scales_of_activations ||
         kind == TensorKind::scale_of_input;
}

bool is_usable(const Tensor& tensor) {
  if (is_scale(tensor.kind))
    return std::ranges::all_of(tensor.codes, [](std::uint64_t code) {
      return std::isfinite(binary32_of(code)) && binary32_of(code) > 0;
    });
  if (tensor.format.meaning == ElementFormat::Meaning::declared) return are_codes(tensor);
  if (tensor.format.number != nullptr) return are_declared_fraction_bits(tensor);
  if (tensor.format.meaning == ElementFormat::Meaning::binary32)
    return std::ranges::all_of(tensor.codes,
                               [](std::uint64_t code) { return std::isfinite(binary32_of(code)); });
  const bool is_fraction_bits = tensor.kind == TensorKind::fraction_bits_of_weights ||
                                tensor.kind == TensorKind::fraction_bits_of_biases;
  return !is_fraction_bits || tensor.codes.front() <= most_int8_fraction_bits;
}

}  // namespace

const ProfileJudge& judge_of(const Profile& profile) {
  const auto found = std::ranges::find(judges_by_profile, profile.name(), &NamedJudge::profile);
  if (found != judges_by_profile.end()) return found->judge();
  static DeclaredJudges declared;
  return declared.of(profile);
}

std::optional<std::string> ProfileJudge::trajectory_unjudged(const ArithmeticModel& model) const {
  if (trajectory_is_judged(model.activation_absolute_error)) return std::nullopt;
  return fmt::format(
      "with activation_absolute_error = {} a target trains another function: its trajectory is "
      "shown, not judged",
      model.activation_absolute_error);
}

bool are_usable(const TensorSet& parameters) { return std::ranges::all_of(parameters, is_usable); }

}  // namespace lsgd
