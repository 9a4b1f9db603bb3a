// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/numbers/arithmetic_model.hpp>

#include "steps/expected_step.hpp"
#include "steps/tensor_formats.hpp"
#include "steps/tensor_set.hpp"

namespace lsgd {

/// Random state from which steps start where nothing else is said (SPEC 11.9).
inline constexpr std::uint32_t first_random_state = 1;

/// What a network should be, where it has a function that the arithmetic leaves out (SPEC 2.2);
/// else nothing.
std::optional<std::string> lacks_function(const Arithmetic& arithmetic, const Network& network);

/// An arithmetic that ports claim (SPEC 3, 4, 11, 13): how its tensors are stored, and what a
/// training step is.
class Profile {
 public:
  /// @param most_neurons in every layer but the first
  Profile(std::string_view name, const TensorFormats& formats, std::uint32_t most_neurons)
      : name_(name), formats_(formats), most_neurons_(most_neurons) {}
  virtual ~Profile() = default;
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  const std::string& name() const { return name_; }
  /// The declaration that the profile is built on (SPEC 15).
  virtual const Arithmetic& declaration() const = 0;
  const TensorFormats& formats() const { return formats_; }
  /// Whether weights are binary32 numbers, so that a model's own are its parameters.
  bool has_binary32_weights() const {
    return formats_.weights.meaning == ElementFormat::Meaning::binary32;
  }
  /// Whether pre-activations are the 256 codes of the built-in int8 formats.
  bool has_int8_preactivations() const {
    return formats_.preactivations.meaning == ElementFormat::Meaning::fixed &&
           formats_.preactivations.bits == 8;
  }

  /// Whether steps of the network are defined (SPEC 2.2, 11.6).
  bool includes(const Network& network) const;

  /// The parameters nearest to binary32 ones. Only profiles that draw use the random state. Throws
  /// std::domain_error where one is outside the domain of a declaration, or the profile leaves out
  /// a function of the network.
  /// @param calibration_inputs of the training at hand, as initial_state takes them
  TensorSet nearest_parameters(const Network& network, const Parameters<float>& parameters,
                               std::uint32_t random_state,
                               std::span<const float> calibration_inputs = {}) const;

  /// One training step from the parameters `before`, in the order of step_tensors.
  virtual std::vector<ExpectedTensor> expected_step(const Network& network, const TensorSet& before,
                                                    const Sample& sample, float learning_rate,
                                                    const ArithmeticModel& model) const = 0;

 private:
  virtual TensorSet rounded_parameters(const Network& network, const Parameters<float>& parameters,
                                       std::uint32_t random_state,
                                       std::span<const float> calibration_inputs) const = 0;

  std::string name_;
  TensorFormats formats_;
  std::uint32_t most_neurons_;
};

/// The built-in profiles, in the order in which they are listed.
const std::vector<const Profile*>& built_in_profiles();

/// The built-in profile of a name, or nullptr.
const Profile* find_profile(std::string_view name);

/// The same for a name that is known to be one; throws std::invalid_argument otherwise.
const Profile& profile_named(std::string_view name);

/// The names of the built-in profiles as in `"float32" or "int8_hybrid" or ...`.
std::string profile_names();

}  // namespace lsgd
