// SPDX-License-Identifier: Apache-2.0
#include "device/stated_arithmetic.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdexcept>
#include <string>
#include <string_view>

#include <lsgd/arithmetics.h>

#include "device/device_error.hpp"

namespace lsgd {
namespace {

struct BuiltInArithmetic {
  Profile profile;
  lsgd_arithmetic arithmetic;
};

constexpr std::array built_in_arithmetics{
    BuiltInArithmetic{Profile::float32, LSGD_ARITHMETIC_FLOAT32},
    BuiltInArithmetic{Profile::int8_hybrid, LSGD_ARITHMETIC_INT8_HYBRID},
    BuiltInArithmetic{Profile::int8_integer, LSGD_ARITHMETIC_INT8_INTEGER},
    BuiltInArithmetic{Profile::int32_fixed, LSGD_ARITHMETIC_INT32_FIXED}};

constexpr std::array<std::string_view, LSGD_TENSORS> tensor_names{"weights",
                                                                  "biases",
                                                                  "activations",
                                                                  "fraction bits of weights",
                                                                  "fraction bits of biases",
                                                                  "input",
                                                                  "target",
                                                                  "random state",
                                                                  "scales of weights",
                                                                  "zero points of weights",
                                                                  "scales of activations",
                                                                  "zero points of activations",
                                                                  "scale of inputs",
                                                                  "zero point of inputs"};

bool same_digest(const lsgd_arithmetic& a, const lsgd_arithmetic& b) {
  return std::ranges::equal(a.digest, b.digest);
}

/// `int8_hybrid`, or what its digest is.
std::string name_of(const lsgd_arithmetic& arithmetic) {
  for (const BuiltInArithmetic& known : built_in_arithmetics)
    if (same_digest(known.arithmetic, arithmetic)) return std::string(lsgd::name_of(known.profile));
  return fmt::format("an arithmetic that this program does not know (digest {:02x})",
                     fmt::join(arithmetic.digest, ""));
}

}  // namespace

const lsgd_arithmetic& arithmetic_of(Profile profile) {
  const auto* found = std::ranges::find(built_in_arithmetics, profile, &BuiltInArithmetic::profile);
  if (found == built_in_arithmetics.end()) throw std::invalid_argument("unknown profile");
  return found->arithmetic;
}

void require_arithmetic(const lsgd_arithmetic& stated, Profile declared) {
  const lsgd_arithmetic& expected = arithmetic_of(declared);
  if (!same_digest(stated, expected))
    throw DeviceError(fmt::format("the device computes in {}, the target file says {}",
                                  name_of(stated), lsgd::name_of(declared)));
  for (std::size_t tensor = 0; tensor < LSGD_TENSORS; ++tensor) {
    const lsgd_codes& is = stated.tensors[tensor];
    const lsgd_codes& should_be = expected.tensors[tensor];
    if (is.bytes != should_be.bytes || is.extent != should_be.extent)
      throw DeviceError(fmt::format(
          "the device states codes of {} bytes and extent {} for its {}, and {} has {} and {}",
          is.bytes, is.extent, tensor_names[tensor], lsgd::name_of(declared), should_be.bytes,
          should_be.extent));
  }
}

}  // namespace lsgd
