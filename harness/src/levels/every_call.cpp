// SPDX-License-Identifier: Apache-2.0
#include "levels/every_call.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "judging/comparison.hpp"
#include "judging/device_tensors.hpp"
#include "levels/drawn_workload.hpp"

namespace lsgd {
namespace {

constexpr std::size_t more_than_12_bits_count = 4'200;

bool is_scale_or_zero_point(TensorKind kind) {
  return kind == TensorKind::scales_of_weights || kind == TensorKind::zero_points_of_weights ||
         kind == TensorKind::scales_of_activations ||
         kind == TensorKind::zero_points_of_activations || kind == TensorKind::scale_of_input ||
         kind == TensorKind::zero_point_of_input;
}

/// All of the last layer but its weights, which stay zero, with this bias in its first neuron. Its
/// unit may be that of a product with an input, so that scales of other layers belong to it.
TensorSet last_layer(const Profile& profile, const Network& network, float bias) {
  LoadedWorkload loaded = empty_workload("every_call", network);
  loaded.model.parameters.back().biases.front() = bias;
  TensorSet tensors =
      profile.nearest_parameters(network, loaded.model.parameters, first_random_state);
  std::erase_if(tensors, [&](const Tensor& tensor) {
    return tensor.kind == TensorKind::weights ||
           (tensor.layer != network.layers.size() && !is_scale_or_zero_point(tensor.kind));
  });
  return tensors;
}

void compare(const TensorSet& expected, const TensorSet& got, std::size_t time,
             std::string_view message, Comparison& comparison) {
  for (std::size_t t = 0; t < got.size(); ++t)
    comparison.unchanged(place_of(got[t], time), expected[t].codes, got[t].codes,
                         static_cast<std::size_t>(got[t].format.bits), message);
}

}  // namespace

CaseResult run_every_call(const Profile& profile, const Network& network, AgentSession& session) {
  if (auto refused = configure(session, network)) return *std::move(refused);
  const std::array<TensorSet, 2> given{last_layer(profile, network, 0.5f),
                                       last_layer(profile, network, 0.25f)};
  const TensorSet configured = zeros_of(given[0]);
  const TensorSet outputs{activation_tensors(profile.formats(), network).back()};
  std::array<TensorSet, 2> first;
  Comparison comparison;
  for (std::size_t time = 0; time < more_than_12_bits_count && !comparison.has_failed(); ++time) {
    if (time > 0 && session.configure(network) != Configured::yes) {
      comparison.stopped(time, "the device refused a network that it had taken before");
      break;
    }
    TensorSet afresh = configured, shown = outputs;
    store(session, afresh);
    load(session, given[time % 2]);
    session.forward();
    store(session, shown);
    compare(configured, afresh, time, "a configured network is none that starts afresh",
            comparison);
    if (time < 2) first[time] = shown;
    compare(first[time % 2], shown, time,
            "the same forward pass of the same parameters gave other bits before", comparison);
    if (time == 1 && first[0] == first[1])
      comparison.stopped(time, "a forward pass does not depend on the bias");
  }
  return std::move(comparison).result();
}

}  // namespace lsgd
