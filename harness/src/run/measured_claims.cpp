// SPDX-License-Identifier: Apache-2.0
#include "run/measured_claims.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <optional>
#include <set>
#include <span>
#include <thread>
#include <utility>

#include "cost/device_training.hpp"
#include "data/built_in_data_set.hpp"
#include "description/built_in_targets.hpp"
#include "description/project_files.hpp"
#include "device/device.hpp"
#include "device/run_in_parallel.hpp"
#include "files/input_error.hpp"
#include "judging/device_tensors.hpp"
#include "steps/profile.hpp"
#include "training/training.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view core = "rtl_rv32imc";
// A simulation on a busy machine is slow, not broken, and nothing is judged here.
constexpr double longest_request_seconds = 300;
constexpr float learning_rate = 0.01f;
constexpr TrainingOptions partial_training{.epochs = 5, .learning_rate = 0.03f};
constexpr std::size_t epochs_from_trained = 5;
constexpr std::size_t epochs_from_random = 20;
constexpr std::uint64_t initialisations = 3;
// Of the 784-input network: enough to see who learns, few enough for seconds.
constexpr std::size_t training_images = 2000;
constexpr std::size_t test_images = 1000;
constexpr std::size_t image_epochs_from_trained = 1;
constexpr std::size_t image_epochs_from_random = 5;

bool is_accuracy(ClaimQuantity quantity) { return unit_of(quantity) == "percent"; }

std::set<std::string_view> ports_of_claims(bool accuracy) {
  std::set<std::string_view> ports;
  for (const Claim& claim : claim_list())
    if (is_accuracy(claim.quantity) == accuracy) ports.insert({claim.baseline, claim.subject});
  return ports;
}

bool is_claim_target(const Target& target, std::string_view port, std::string_view platform) {
  return target.port == port && target.platform == platform && target.variant == "gcc_O2";
}

Target built_in_target(std::string_view port, std::string_view platform) {
  for (Target& target : built_in_targets())
    if (is_claim_target(target, port, platform)) return std::move(target);
  throw InputError("claims", 0, fmt::format("target {}-{}-gcc_O2 to be built", port, platform));
}

Model trained_model(std::string_view network) {
  return read_model(data_directory() / "vectors" / "models" / network / "model.json");
}

/// Trainings that every port of the claims on accuracy repeats.
struct LearningTask {
  std::string_view network;
  ClaimQuantity quantity = ClaimQuantity::trained_accuracy;
  std::vector<Model> starts;
  const DataSet& training;
  const DataSet& test;
  std::size_t epochs = 1;
};

std::vector<Model> partly_trained_models(const Network& network, const DataSet& training) {
  std::vector<Model> models(initialisations);
  run_in_parallel(models.size(), std::thread::hardware_concurrency(), [&](std::size_t i) {
    TrainingOptions options = partial_training;
    options.seed = i + 1;
    models[i] = train(network, training, nullptr, options);
  });
  return models;
}

std::vector<Model> random_models(const Network& network) {
  std::vector<Model> models;
  for (std::uint64_t seed = 1; seed <= initialisations; ++seed)
    models.push_back({network, initial_parameters(network, seed)});
  return models;
}

std::vector<LearnedAccuracy> learn(const Target& target, std::span<const LearningTask> tasks) {
  Device device(target, connect_to(target));
  std::vector<LearnedAccuracy> learned;
  for (const LearningTask& task : tasks) {
    LearnedAccuracy& added = learned.emplace_back(
        LearnedAccuracy{target.port, target.name, task.network, task.quantity, {}});
    for (const Model& start : task.starts)
      added.percent.push_back(
          100 * accuracy_after_training(device.session(), {*target.profile, start, task.training,
                                                           task.test, task.epochs, learning_rate}));
  }
  return learned;
}

/// Bytes and cycles of a target on a network, as results.json holds them.
class TargetFigures {
 public:
  TargetFigures(const Json& target, std::string_view network) {
    for (const Json& finished : target.at("cases"))
      if (finished.contains("resources") && finished.at("resources").at("network") == network)
        cost_ = &finished.at("resources");
    if (target.at("resources").is_null()) return;
    for (const Json& footprint : target.at("resources").at("footprints"))
      if (footprint.at("network") == network)
        state_bytes_ = footprint.at("data").get<double>() + footprint.at("bss").get<double>();
  }

  std::optional<double> value(ClaimQuantity quantity, double parameter_bytes) const {
    switch (quantity) {
      case ClaimQuantity::parameter_bytes:
        return parameter_bytes;
      case ClaimQuantity::training_state_bytes:
        return state_bytes_;
      case ClaimQuantity::extra_bytes:
        return state_bytes_ ? std::optional(*state_bytes_ - parameter_bytes) : std::nullopt;
      case ClaimQuantity::peak_bytes:
        return peak();
      case ClaimQuantity::forward_cycles:
        return cycles("forward");
      case ClaimQuantity::step_cycles:
        return cycles("step");
      case ClaimQuantity::trained_accuracy:
      case ClaimQuantity::partly_trained_accuracy:
      case ClaimQuantity::random_accuracy:
        break;
    }
    return std::nullopt;
  }

 private:
  std::optional<double> peak() const {
    if (!state_bytes_ || cost_ == nullptr || cost_->at("stack_bytes").is_null()) return {};
    return *state_bytes_ + cost_->at("stack_bytes").get<double>() +
           cost_->at("heap_bytes").get<double>();
  }

  std::optional<double> cycles(const char* operation) const {
    if (cost_ == nullptr || cost_->at(operation).at("cycles_median").is_null()) return {};
    return cost_->at(operation).at("cycles_median").get<double>();
  }

  const Json* cost_ = nullptr;
  std::optional<double> state_bytes_;
};

double parameter_bytes(std::string_view network, const Profile& profile) {
  std::size_t bytes = 0;
  for (const Tensor& tensor : parameter_tensors(profile.formats(), trained_model(network).network))
    bytes += tensor.count * tensor.format.bytes();
  return static_cast<double>(bytes);
}

Json measured_json(std::string_view target, std::optional<double> value, const Json& samples) {
  if (!value) return nullptr;
  return {{"target", target}, {"value", *value}, {"samples", samples}};
}

Json learned_json(const std::vector<LearnedAccuracy>& learned, std::string_view port,
                  const Claim& claim) {
  for (const LearnedAccuracy& found : learned) {
    if (found.port != port || found.network != claim.network || found.quantity != claim.quantity)
      continue;
    const double sum = std::accumulate(found.percent.begin(), found.percent.end(), 0.0);
    return measured_json(found.target, sum / static_cast<double>(found.percent.size()),
                         found.percent);
  }
  return nullptr;
}

Json counted_json(const Json& results, std::string_view port, const Claim& claim) {
  for (const Json& target : results.at("targets")) {
    if (target.at("port") != port || target.at("platform") != core) continue;
    const double bytes =
        parameter_bytes(claim.network, profile_named(target.at("profile").get<std::string>()));
    return measured_json(target.at("name").get<std::string>(),
                         TargetFigures(target, claim.network).value(claim.quantity, bytes),
                         Json::array());
  }
  return nullptr;
}

Json claim_json(const Claim& claim, const Json& baseline, const Json& subject) {
  std::optional<double> ours;
  if (!baseline.is_null() && !subject.is_null())
    ours = compared(claim.comparison, baseline.at("value"), subject.at("value"));
  return {{"id", claim.id},
          {"statement", claim.statement},
          {"definition", claim.definition},
          {"network", claim.network},
          {"quantity", name_of(claim.quantity)},
          {"unit", unit_of(claim.quantity)},
          {"comparison", name_of(claim.comparison)},
          {"published", claim.published ? Json(*claim.published) : Json(nullptr)},
          {"ours", ours ? Json(*ours) : Json(nullptr)},
          {"baseline", baseline},
          {"subject", subject},
          {"explanation", claim.explanation}};
}

}  // namespace

std::vector<Target> claim_targets() {
  std::vector<Target> targets;
  for (const std::string_view port : ports_of_claims(false)) {
    targets.push_back(built_in_target(port, core));
    targets.back().timeout_seconds = longest_request_seconds;
  }
  return targets;
}

bool measures_what_is_claimed(const RunRequest& request) {
  return request.suite.conformance && request.selection.everything() &&
         std::ranges::all_of(ports_of_claims(false), [&](std::string_view port) {
           return std::ranges::any_of(request.targets, [&](const Target& target) {
             return is_claim_target(target, port, core);
           });
         });
}

std::vector<LearnedAccuracy> measure_learning() {
  const Model car = trained_model("car");
  const DataSet car_training = load_built_in_data_set("car", DataSetPart::training);
  const DataSet car_test = load_built_in_data_set("car", DataSetPart::test);
  const Model fashion = trained_model("fashion_mnist");
  const DataSet images =
      load_built_in_data_set("fashion_mnist", DataSetPart::training, training_images);
  const DataSet other_images =
      load_built_in_data_set("fashion_mnist", DataSetPart::test, test_images);
  using enum ClaimQuantity;
  const std::vector<LearningTask> tasks{
      {"car", trained_accuracy, {car}, car_training, car_test, epochs_from_trained},
      {"car", partly_trained_accuracy, partly_trained_models(car.network, car_training),
       car_training, car_test, epochs_from_trained},
      {"car", random_accuracy, random_models(car.network), car_training, car_test,
       epochs_from_random},
      {"fashion_mnist",
       trained_accuracy,
       {fashion},
       images,
       other_images,
       image_epochs_from_trained},
      {"fashion_mnist",
       random_accuracy,
       {{fashion.network, initial_parameters(fashion.network, 1)}},
       images,
       other_images,
       image_epochs_from_random}};
  std::vector<Target> targets;
  for (const std::string_view port : ports_of_claims(true))
    targets.push_back(built_in_target(port, "host"));
  std::vector<std::vector<LearnedAccuracy>> of_ports(targets.size());
  run_in_parallel(targets.size(), std::thread::hardware_concurrency(),
                  [&](std::size_t i) { of_ports[i] = learn(targets[i], tasks); });
  std::vector<LearnedAccuracy> learned;
  for (auto& of_port : of_ports) std::ranges::move(of_port, std::back_inserter(learned));
  return learned;
}

nlohmann::ordered_json claims_json(const nlohmann::ordered_json& results,
                                   const std::vector<LearnedAccuracy>& learned) {
  Json claims = Json::array();
  for (const Claim& claim : claim_list()) {
    const auto measured = [&](std::string_view port) {
      return is_accuracy(claim.quantity) ? learned_json(learned, port, claim)
                                         : counted_json(results, port, claim);
    };
    claims.push_back(claim_json(claim, measured(claim.baseline), measured(claim.subject)));
  }
  return claims;
}

}  // namespace lsgd
