// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <lsgd/arithmetic/declared_run.hpp>
#include <lsgd/arithmetic/declared_step.hpp>

#include "arithmetic/declared_shape.hpp"
#include "arithmetic/quick_step.hpp"

namespace lsgd {

struct DeclaredRun::Parts {
  Parts(const Arithmetic& arithmetic, const Network& network, DeclaredState start,
        const FunctionErrors& function_errors)
      : step(arithmetic, network, StepNumberKind::doubles_where_they_fit, function_errors),
        shape(declared_shape(arithmetic, network, function_errors)),
        quick(shape),
        state(std::move(start)) {}

  /// Of the two forms of the state at least one is that of the training.
  void need_state() {
    if (has_state) return;
    quick.store(state);
    has_state = true;
  }
  bool need_quick_state() {
    if (!has_quick_state) has_quick_state = quick.load(state);
    return has_quick_state;
  }

  void take_outputs(const std::vector<BinaryNumber>& exact) {
    outputs.clear();
    for (const BinaryNumber& number : exact) outputs.push_back(number.to_double());
  }

  DeclaredStep step;
  DeclaredShape shape;
  QuickStep quick;
  DeclaredState state;
  bool has_state = true;
  bool has_quick_state = false;
  StepNumbers<BinaryNumber> numbers;
  std::vector<double> outputs;
  std::uint64_t exact_steps = 0;
};

DeclaredRun::DeclaredRun(const Arithmetic& arithmetic, const Network& network, DeclaredState start,
                         const FunctionErrors& function_errors)
    : parts_(std::make_unique<Parts>(arithmetic, network, std::move(start), function_errors)) {}

DeclaredRun::~DeclaredRun() = default;
DeclaredRun::DeclaredRun(DeclaredRun&&) noexcept = default;
DeclaredRun& DeclaredRun::operator=(DeclaredRun&&) noexcept = default;

const std::vector<double>& DeclaredRun::train(const Sample& sample, float learning_rate) {
  Parts& own = *parts_;
  if (own.need_quick_state() && own.quick.train(sample, learning_rate)) {
    own.has_state = false;
    return own.quick.numbers().layers.back().a;
  }
  ++own.exact_steps;
  own.need_state();
  own.has_quick_state = false;
  own.step.train(own.state, sample, learning_rate, own.numbers);
  own.take_outputs(own.numbers.layers.back().a);
  return own.outputs;
}

const std::vector<double>& DeclaredRun::outputs(std::span<const float> inputs) {
  Parts& own = *parts_;
  if (own.need_quick_state() && own.quick.forward(inputs)) {
    own.quick.forget_draws();
    return own.quick.numbers().layers.back().a;
  }
  own.need_state();
  const std::uint32_t random_state = own.state.random_state;
  own.step.forward(own.state, inputs, own.numbers);
  own.state.random_state = random_state;
  own.take_outputs(own.numbers.layers.back().a);
  return own.outputs;
}

const DeclaredState& DeclaredRun::state() {
  parts_->need_state();
  return parts_->state;
}

std::uint64_t DeclaredRun::exact_steps() const { return parts_->exact_steps; }

}  // namespace lsgd
