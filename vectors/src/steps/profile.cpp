// SPDX-License-Identifier: Apache-2.0
#include "steps/profile.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <mutex>
#include <stdexcept>

#include <lsgd/arithmetic/read_arithmetic.hpp>
#include <lsgd/step/int8_integer_step.hpp>

#include "files/input_error.hpp"
#include "steps/built_in_formats.hpp"
#include "steps/typed_parameters.hpp"

namespace lsgd {
namespace {

/// A profile whose reference computes with parameters of a type of its own.
template <class TypedParameters>
class TypedProfile final : public Profile {
 public:
  using Nearest = TypedParameters (*)(const Parameters<float>& parameters,
                                      std::uint32_t random_state);
  using Expected = std::vector<ExpectedTensor> (*)(const Network& network,
                                                   const TypedParameters& parameters,
                                                   const Sample& sample, float learning_rate,
                                                   const ArithmeticModel& model);

  TypedProfile(std::string_view name, const TensorFormats& formats, Nearest nearest,
               Expected expected, std::uint32_t most_neurons = UINT32_MAX)
      : Profile(name, formats, most_neurons), nearest_(nearest), expected_(expected) {}

  const Arithmetic& declaration() const override {
    std::call_once(is_read_, [&] { declaration_ = read_arithmetic(name()); });
    return declaration_;
  }

  TensorSet rounded_parameters(const Network& network, const Parameters<float>& parameters,
                               std::uint32_t random_state, std::span<const float>) const override {
    return tensors_of(network, nearest_(parameters, random_state));
  }

  std::vector<ExpectedTensor> expected_step(const Network& network, const TensorSet& before,
                                            const Sample& sample, float learning_rate,
                                            const ArithmeticModel& model) const override {
    return expected_(network, parameters_of<TypedParameters>(before), sample, learning_rate, model);
  }

 private:
  Nearest nearest_;
  Expected expected_;
  mutable std::once_flag is_read_;
  mutable Arithmetic declaration_;
};

const Profile& float32() {
  static const TypedProfile<Parameters<float>> profile(
      "float32", float32_formats,
      [](const Parameters<float>& parameters, std::uint32_t) { return parameters; },
      expected_float32_step);
  return profile;
}

const Profile& int8_hybrid() {
  static const TypedProfile<Int8Parameters> profile(
      "int8_hybrid", int8_hybrid_formats,
      [](const Parameters<float>& parameters, std::uint32_t) {
        return quantized_parameters(parameters);
      },
      expected_int8_hybrid_step);
  return profile;
}

const Profile& int8_integer() {
  static const TypedProfile<Int8IntegerParameters> profile(
      "int8_integer", int8_integer_formats, int8_integer_parameters,
      [](const Network& network, const Int8IntegerParameters& parameters, const Sample& sample,
         float learning_rate, const ArithmeticModel&) {
        return expected_int8_integer_step(network, parameters, sample, learning_rate);
      },
      detail::int8_integer_neurons_maximum);
  return profile;
}

const Profile& int32_fixed() {
  static const TypedProfile<Int32Parameters> profile(
      "int32_fixed", int32_fixed_formats,
      [](const Parameters<float>& parameters, std::uint32_t) {
        return int32_fixed_parameters(parameters);
      },
      expected_int32_fixed_step);
  return profile;
}

}  // namespace

std::optional<std::string> lacks_function(const Arithmetic& arithmetic, const Network& network) {
  for (const Layer& layer : network.layers)
    if (!arithmetic.has(layer.activation))
      return fmt::format("a network without {}, which {} leaves out", name_of(layer.activation),
                         arithmetic.name);
  return std::nullopt;
}

TensorSet Profile::nearest_parameters(const Network& network, const Parameters<float>& parameters,
                                      std::uint32_t random_state,
                                      std::span<const float> calibration_inputs) const {
  if (const auto expected = lacks_function(declaration(), network))
    throw std::domain_error(*expected);
  return rounded_parameters(network, parameters, random_state, calibration_inputs);
}

bool Profile::includes(const Network& network) const {
  if (lacks_function(declaration(), network)) return false;
  return std::all_of(network.layers.begin() + 1, network.layers.end(),
                     [&](const Layer& layer) { return layer.outputs <= most_neurons_; });
}

const std::vector<const Profile*>& built_in_profiles() {
  static const std::vector<const Profile*> profiles{&float32(), &int8_hybrid(), &int8_integer(),
                                                    &int32_fixed()};
  return profiles;
}

const Profile* find_profile(std::string_view name) {
  const auto found = std::ranges::find(built_in_profiles(), name, &Profile::name);
  return found == built_in_profiles().end() ? nullptr : *found;
}

const Profile& profile_named(std::string_view name) {
  const Profile* const profile = find_profile(name);
  if (profile == nullptr)
    throw std::invalid_argument(
        fmt::format("profile {}, found {}", profile_names(), in_quotes(name)));
  return *profile;
}

std::string profile_names() {
  std::vector<std::string> names;
  for (const Profile* profile : built_in_profiles()) names.push_back(in_quotes(profile->name()));
  return fmt::format("{}", fmt::join(names, " or "));
}

}  // namespace lsgd
