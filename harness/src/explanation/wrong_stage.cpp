// SPDX-License-Identifier: Apache-2.0
#include "explanation/wrong_stage.hpp"

#include <algorithm>
#include <utility>

#include <lsgd/network/activation.hpp>

#include "explanation/element_condition.hpp"

namespace lsgd {
namespace {

struct StageEntry {
  std::string_view name, words, clause;
};

constexpr std::array<StageEntry, all_stages.size()> stage_entries{{
    {"sums", "sums of the forward pass", "2.4"},
    {"functions", "activation functions", "2.2"},
    {"output_delta", "output deltas", "2.5"},
    {"hidden_delta", "hidden deltas", "2.6"},
    {"update", "the update", "2.7"},
}};

const StageEntry& entry_of(Stage stage) { return stage_entries[static_cast<std::size_t>(stage)]; }

bool is_of(const TensorAgreement& tensor, char kind) {
  return tensor.wrong > 0 && tensor.tensor.size() > 1 && tensor.tensor.front() == kind &&
         tensor.tensor[1] >= '0' && tensor.tensor[1] <= '9';
}

/// The lowest layer whose activations are wrong.
const TensorAgreement* wrong_activations(const StepAgreement& agreement) {
  for (const TensorAgreement& tensor : agreement)
    if (is_of(tensor, 'a')) return &tensor;
  return nullptr;
}

/// Sums for what is wrong in the forward pass.
std::optional<Stage> first_wrong(const ShownStep& step, const StepAgreement& agreement) {
  std::size_t weights = 0, biases = 0;  // the highest layers that are wrong, from 1
  for (const TensorAgreement& tensor : agreement) {
    const auto layer = [&] { return element_place(*step.network, tensor.tensor, 0).layer; };
    if (is_of(tensor, 'W')) weights = std::max(weights, layer());
    if (is_of(tensor, 'b')) biases = std::max(biases, layer());
  }
  if (wrong_activations(agreement) != nullptr) return Stage::sums;
  if (weights == 0 && biases == 0) return std::nullopt;
  // What reaches both from the layer's deltas is wrong in both.
  if (weights != biases) return Stage::update;
  return weights == step.network->layers.size() ? Stage::output_delta : Stage::hidden_delta;
}

}  // namespace

std::string_view name_of(Stage stage) { return entry_of(stage).name; }
std::string_view words_of(Stage stage) { return entry_of(stage).words; }
std::string_view clause_of(Stage stage) { return entry_of(stage).clause; }

void WrongStages::add(const ShownStep& step, const StepAgreement& agreement) {
  if (const auto stage = first_wrong(step, agreement)) ++cases_[static_cast<std::size_t>(*stage)];
  if (const TensorAgreement* const wrong = wrong_activations(agreement))
    is_function_wrong_[static_cast<std::size_t>(
        element_place(*step.network, wrong->tensor, 0).function)] = true;
}

std::optional<WrongStage> WrongStages::most() const {
  auto cases = cases_;
  std::size_t functions = 0;
  bool are_exact = false, is_identity = false;
  for (const Activation function : all_activations) {
    if (!is_function_wrong_[static_cast<std::size_t>(function)]) continue;
    ++functions;
    are_exact = are_exact || !is_approximated(function);
    is_identity = is_identity || function == Activation::identity;
  }
  if (!is_identity && (functions == 1 || !are_exact))
    std::swap(cases[static_cast<std::size_t>(Stage::sums)],
              cases[static_cast<std::size_t>(Stage::functions)]);
  const auto most = std::ranges::max_element(cases);
  if (*most == 0) return std::nullopt;
  return WrongStage{static_cast<Stage>(most - cases.begin()), *most};
}

}  // namespace lsgd
