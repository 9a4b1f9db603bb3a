// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "explanation/deviating_device.hpp"
#include "explanation/shown_steps.hpp"

namespace lsgd {

/// A part of a training step, in the order in which they are computed.
enum class Stage : std::uint8_t { sums, functions, output_delta, hidden_delta, update };
inline constexpr std::array all_stages{Stage::sums, Stage::functions, Stage::output_delta,
                                       Stage::hidden_delta, Stage::update};

/// "hidden_delta", as files spell it; in words "the hidden delta"; and its clause of SPEC.
std::string_view name_of(Stage stage);
std::string_view words_of(Stage stage);
std::string_view clause_of(Stage stage);

/// The part that failing cases get wrong first.
struct WrongStage {
  Stage stage = Stage::sums;
  std::size_t cases = 0;  ///< in which it is this one
};

/// Counts the parts in which steps are wrong first, one step of each failing case.
class WrongStages {
 public:
  /// @param agreement  of a right device with the step; one in which nothing is wrong tells nothing
  void add(const ShownStep& step, const StepAgreement& agreement);

  /// The most frequent one; nothing where no step was wrong. A sum that is wrong shows in every
  /// function behind it: a function is wrong where no other one is, and sigmoid and tanh, which
  /// ports make of one exponential, where no exact one is.
  std::optional<WrongStage> most() const;

 private:
  std::array<std::size_t, all_stages.size()> cases_{};
  std::array<bool, all_activations.size()> is_function_wrong_{};
};

}  // namespace lsgd
