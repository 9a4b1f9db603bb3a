// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <stdexcept>
#include <string_view>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/network.hpp>

namespace lsgd {

// One definition for each loss (SPEC 2.3): its name, the output layer it requires, whether the
// output delta a - t is multiplied by f' (SPEC 2.5), how often it is rounded before (SPEC 5.6),
// what the error's factor is where the loss is a plain sum, whether a mean over the outputs divides
// it (LossScale), and its value by one output a = f(z) and its target t, in any arithmetic. The
// arithmetic has cross_entropy(a, z, t) for -t log a - (1 - t) log(1 - a) and surprisal(a, z, t)
// for -t log a.

struct HalfSquaredError {
  static constexpr std::string_view name = "mse";
  static constexpr std::optional<Activation> output = std::nullopt;
  static constexpr bool multiplies_derivative = true;
  static constexpr int delta_roundings = 1;  ///< of a - t
  static constexpr int delta_products = 0;
  static constexpr int factor_of_sum = 2;  ///< without the half
  static constexpr bool has_mean = true;

  template <class Operations, class Number>
  static Number value(const Operations&, const Number& a, const Number&, const Number& t) {
    return (a - t) * (a - t) * Number(0.5);
  }
};

/// The derivative of the sigmoid, which it requires, cancels against that of the loss.
struct BinaryCrossEntropy {
  static constexpr std::string_view name = "bce";
  static constexpr std::optional<Activation> output = Activation::sigmoid;
  static constexpr bool multiplies_derivative = false;
  /// Ports may divide a - t by f' and multiply by it again.
  static constexpr int delta_roundings = 3;
  static constexpr int delta_products = 2;
  static constexpr int factor_of_sum = 1;
  static constexpr bool has_mean = true;

  template <class Operations, class Number>
  static Number value(const Operations& operations, const Number& a, const Number& z,
                      const Number& t) {
    return operations.cross_entropy(a, z, t);
  }
};

/// The derivative of softmax, which it requires, cancels against that of the loss where the targets
/// sum to 1.
struct CrossEntropy {
  static constexpr std::string_view name = "cross_entropy";
  static constexpr std::optional<Activation> output = Activation::softmax;
  static constexpr bool multiplies_derivative = false;
  static constexpr int delta_roundings = 1;
  static constexpr int delta_products = 0;
  static constexpr int factor_of_sum = 1;
  static constexpr bool has_mean = false;  ///< one sum over the classes

  template <class Operations, class Number>
  static Number value(const Operations& operations, const Number& a, const Number& z,
                      const Number& t) {
    return operations.surprisal(a, z, t);
  }
};

/// visit(definition) of a loss.
template <class Visit>
constexpr decltype(auto) with_loss(Loss loss, const Visit& visit) {
  switch (loss) {
    case Loss::mse:
      return visit(HalfSquaredError());
    case Loss::bce:
      return visit(BinaryCrossEntropy());
    case Loss::cross_entropy:
      return visit(CrossEntropy());
  }
  throw std::invalid_argument("unknown loss");
}

/// Whether ports may divide a - t by f' and multiply by it again (SPEC 5.6).
constexpr bool admits_quotient(Loss loss) {
  return with_loss(loss, [](auto definition) { return definition.delta_products > 0; });
}

/// The part of one output in the loss.
template <class Operations, class Number>
Number loss_value(Loss loss, const Operations& operations, const Number& a, const Number& z,
                  const Number& t) {
  return with_loss(loss, [&](auto definition) { return definition.value(operations, a, z, t); });
}

/// As files spell it.
constexpr std::string_view name_of(Loss loss) {
  return with_loss(loss, [](auto definition) { return definition.name; });
}

/// The activation function that the output layer must have; nothing where it may be any.
constexpr std::optional<Activation> required_output(Loss loss) {
  return with_loss(loss, [](auto definition) { return definition.output; });
}

/// Whether a network may end in a function with this loss: the loss that requires the function, or,
/// where none does, one that requires no other.
constexpr bool go_together(Activation output, Loss loss) {
  for (const Loss each : all_losses)
    if (is_of_layer(output) && required_output(each) == output) return each == loss;
  return required_output(loss).value_or(output) == output;
}

/// Whether targets are probabilities: of each output, or of all together.
constexpr bool has_probabilities(Loss loss) { return required_output(loss).has_value(); }

/// Whether an output delta is (a - t) f' rather than a - t.
constexpr bool multiplies_derivative(Loss loss) {
  return with_loss(loss, [](auto definition) { return definition.multiplies_derivative; });
}

}  // namespace lsgd
