// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

/// How a tensor of a declared arithmetic is judged, for a device that declares nothing more
/// (SPEC 5.1). It follows from the declaration and is never declared.
enum class VerdictKind : std::uint8_t {
  bits,            ///< one pattern is right
  bound,           ///< within a bound of the exact value
  acceptance_set,  ///< one of the patterns that a value within its bound can round to (SPEC 4.8)
  neighbours,      ///< both neighbours of the exact value, and statistics of the draw
};

template <>
struct EnumeratorNames<VerdictKind> {
  static constexpr std::array<std::string_view, 4> names{"bits", "bound", "acceptance set",
                                                         "two neighbours and statistics"};
};

struct TensorJudgement {
  Point tensor = Point::activation;  ///< pre_activation, activation, delta, weight or bias
  VerdictKind kind = VerdictKind::bits;
  std::string why;  ///< a phrase
};

/// The verdicts on everything a device can show. Where activations are judged by a bound, deltas
/// and parameters are judged from the activations it shows (SPEC 6.1).
std::vector<TensorJudgement> judgements_of(const Arithmetic& arithmetic);

/// What is not judged and why, a phrase each.
std::vector<std::string> not_judged(const Arithmetic& arithmetic);

/// The points whose numbers are tensors: a scale or fraction bits can be kept with them.
bool is_tensor(Point point);

/// The tensor whose scale or fraction bits the numbers of a point have, where their format says
/// "tensor": the point itself, or weight or bias for what is added to them.
std::optional<Point> tensor_of(Point point);

/// Whether a tensor that is stored, weight, bias, input or activation, keeps a scale (and a zero
/// point) of its own: a part of the state that a device is given and shows.
bool keeps_scale(const Arithmetic& arithmetic, Point tensor);

/// Why the numbers of a tensor are not known to the last bit from what precedes them; empty where
/// they are. Deltas and parameters follow from the activations that are shown. Throws
/// std::invalid_argument for a tensor that no TensorJudgement has.
std::string unknown_because(const Arithmetic& arithmetic, Point tensor);

/// Whether random bits that the declaration does not name decide the numbers of a point.
bool draws_unknown_bits(const Arithmetic& arithmetic, Point point);

/// Whether a sum's range is enforced before its last term is added.
bool saturates_between_terms(const Arithmetic& arithmetic, Point sum);

/// The range of a format's finite numbers, for a scale of 1 and so many fraction bits where these
/// are no constant.
struct NumberRange {
  double lowest = 0;
  double highest = 0;
};
NumberRange range_of(const NumberFormat& format, int fraction_bits);

/// Bytes that a code of a format takes in memory and in the protocol: 1, 2, 4 or 8.
std::uint32_t bytes_of(const NumberFormat& format);

/// Bytes a port cannot do without, for a network.
struct TrainingStateBytes {
  std::uint64_t weights = 0;
  std::uint64_t biases = 0;
  std::uint64_t tensor_state = 0;  ///< fraction bits 1, scales 1, 4 or 5, zero points 4 each
  std::uint64_t random_state = 0;
  std::uint64_t activations =
      0;                     ///< of every layer, as the backward pass sees them, and the inputs
  std::uint64_t deltas = 0;  ///< two of the widest layer (SPEC 2.8)

  std::uint64_t total() const {
    return weights + biases + tensor_state + random_state + activations + deltas;
  }
};
TrainingStateBytes training_state_bytes(const Arithmetic& arithmetic, const Network& network);

}  // namespace lsgd
