// SPDX-License-Identifier: Apache-2.0
#include "steps/declared_profile.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <lsgd/arithmetic/bounded_step.hpp>
#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "files/input_error.hpp"
#include "steps/declared_tensors.hpp"

namespace lsgd {
namespace {

ElementFormat declared_format(const NumberFormat* format, int fraction_bits) {
  if (format == nullptr || format->kind == FormatKind::exact) return {};
  return {ElementFormat::Meaning::declared, static_cast<int>(8 * bytes_of(*format)), fraction_bits,
          format};
}

/// Fraction bits of a format where they are no state: those of a function's results where it has
/// them by function.
int declared_fraction_bits(const NumberFormat* format, Activation function) {
  if (format == nullptr || format->kind != FormatKind::fixed) return 0;
  switch (format->fraction_bits.source) {
    case FractionBitsSource::number:
      return format->fraction_bits.number;
    case FractionBitsSource::activation:
      // Nothing is computed of a function that the arithmetic leaves out.
      return format->fraction_bits.by_activation.at(static_cast<std::size_t>(function)).value_or(0);
    case FractionBitsSource::tensor:
    case FractionBitsSource::operands:
      return 0;
  }
  throw std::invalid_argument("unknown source of fraction bits");
}

ElementFormat format_at(const Arithmetic& arithmetic, Point point,
                        Activation function = Activation::identity) {
  const NumberFormat* const format = arithmetic.format(point);
  return declared_format(format, declared_fraction_bits(format, function));
}

KeptScales kept_scales(const Arithmetic& arithmetic, Point tensor) {
  if (!keeps_scale(arithmetic, tensor)) return {};
  const NumberFormat& format = *arithmetic.format(tensor);
  return {true, format.zero_point, format.scale == ScaleSharing::row};
}

TensorFormats formats_of(const Arithmetic& arithmetic) {
  TensorFormats formats;
  formats.weights = format_at(arithmetic, Point::weight);
  formats.biases = format_at(arithmetic, Point::bias);
  formats.preactivations = format_at(arithmetic, Point::pre_activation);
  for (const Activation function : all_activations)
    formats.activations.at(static_cast<std::size_t>(function)) =
        format_at(arithmetic, Point::activation, function);
  formats.deltas = format_at(arithmetic, Point::delta);
  formats.weight_scales = kept_scales(arithmetic, Point::weight);
  formats.activation_scales = kept_scales(arithmetic, Point::activation);
  formats.input_scale = kept_scales(arithmetic, Point::input);
  formats.has_random_state = arithmetic.random.generator != RandomGenerator::none &&
                             arithmetic.random.generator != RandomGenerator::device;
  return formats;
}

class DeclaredProfile final : public Profile {
 public:
  explicit DeclaredProfile(std::unique_ptr<const Arithmetic> arithmetic)
      : Profile(arithmetic->name, formats_of(*arithmetic), UINT32_MAX),
        arithmetic_(std::move(arithmetic)),
        digest_(digest_of(*arithmetic_)) {}

  const Arithmetic& declaration() const override { return *arithmetic_; }
  const std::string& digest() const { return digest_; }

  TensorSet rounded_parameters(const Network& network, const Parameters<float>& parameters,
                               std::uint32_t random_state,
                               std::span<const float> calibration_inputs) const override {
    TensorSet tensors = parameter_tensors(formats(), network);
    set_codes(expected_parameters(*arithmetic_, network,
                                  initial_state(*arithmetic_, network, parameters, random_state,
                                                calibration_inputs)),
              tensors);
    return tensors;
  }

  std::vector<ExpectedTensor> expected_step(const Network& network, const TensorSet& before,
                                            const Sample& sample, float learning_rate,
                                            const ArithmeticModel&) const override {
    DeclaredStep step(*arithmetic_, network);
    DeclaredState state = declared_state(*arithmetic_, network, before);
    StepNumbers<BinaryNumber> numbers;
    step.train(state, sample, learning_rate, numbers);
    return expected_declared_step(*arithmetic_, network, step, numbers, state);
  }

 private:
  static void set_codes(const std::vector<ExpectedTensor>& expected, TensorSet& tensors) {
    for (Tensor& tensor : tensors)
      for (const ExpectedTensor& from : expected)
        if (from.name == tensor.name)
          for (const ExpectedElement& element : from.elements) tensor.codes.push_back(element.bits);
  }

  std::unique_ptr<const Arithmetic> arithmetic_;
  std::string digest_;
};

/// The tensors that are a port's state and results.
void require_tensors(const std::string& file, const Arithmetic& arithmetic) {
  for (const Point tensor : {Point::weight, Point::bias, Point::activation}) {
    const NumberFormat* const format = arithmetic.format(tensor);
    const std::string at = fmt::format("at.{} to have", name_of(tensor));
    if (format == nullptr || format->kind == FormatKind::exact)
      throw InputError(file, 0, at + " a format with codes, so that ports can show its numbers");
  }
  for (const Point tensor : {Point::weight, Point::bias, Point::input, Point::activation}) {
    if (!keeps_scale(arithmetic, tensor)) continue;
    const NumberFormat& format = *arithmetic.format(tensor);
    const std::string at = fmt::format("at.{} to have", name_of(tensor));
    if (format.scale == ScaleSharing::block || format.scale_format != ScaleFormat::binary32)
      throw InputError(file, 0,
                       at + " scales of a tensor or a row in binary32, which cross the interface");
    if (tensor == Point::bias)
      throw InputError(file, 0, at + " a format with scale = \"operands\" or without a scale");
  }
  const bool is_known = std::ranges::all_of(
      std::array{Point::activation, Point::weight, Point::bias},
      [&](Point tensor) { return unknown_because(arithmetic, tensor).empty(); });
  if (is_known) return;
  if (const auto reason = BoundedStep::unsupported(arithmetic))
    throw InputError(file, 0, "an arithmetic whose every bit is known: " + *reason);
}

/// Every profile that a file declared, once.
class DeclaredProfiles {
 public:
  const Profile& of(Arithmetic declaration, const std::string& file) {
    auto arithmetic = std::make_unique<const Arithmetic>(std::move(declaration));
    const std::string digest = digest_of(*arithmetic);
    for (const Profile* profile : built_in_profiles())
      if (digest_of(profile->declaration()) == digest) return *profile;
    if (find_profile(arithmetic->name) != nullptr)
      throw InputError(file, 0,
                       fmt::format("a name that no built-in profile has, not {}: the arithmetics "
                                   "differ",
                                   in_quotes(arithmetic->name)));
    const std::scoped_lock lock(mutex_);
    for (const auto& profile : profiles_) {
      if (profile->digest() == digest) return *profile;
      if (profile->name() == arithmetic->name)
        throw InputError(file, 0,
                         fmt::format("another name than {}, which is that of an arithmetic that "
                                     "differs",
                                     in_quotes(arithmetic->name)));
    }
    if (const auto reason = DeclaredStep::unsupported(*arithmetic))
      throw InputError(file, 0, "an arithmetic whose steps are computed here: " + *reason);
    require_tensors(file, *arithmetic);
    return *profiles_.emplace_back(std::make_unique<DeclaredProfile>(std::move(arithmetic)));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<DeclaredProfile>> profiles_;
};

DeclaredProfiles& declared_profiles() {
  static DeclaredProfiles profiles;
  return profiles;
}

}  // namespace

const Profile& profile_of(const std::string& name_or_file) {
  if (const Profile* const profile = find_profile(name_or_file)) return *profile;
  return declared_profiles().of(read_arithmetic(name_or_file), name_or_file);
}

const Profile& profile_of_text(std::string_view text, const std::string& file) {
  return declared_profiles().of(parse_arithmetic(text, file), file);
}

const Profile& profile_of_change(Arithmetic change, const std::string& name) {
  static DeclaredProfiles changes;
  change.name = "changed_" + digest_of(change).substr(0, 32);
  return changes.of(std::move(change), name);
}

bool is_declared(const Profile& profile) {
  return dynamic_cast<const DeclaredProfile*>(&profile) != nullptr;
}

}  // namespace lsgd
