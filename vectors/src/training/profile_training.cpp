// SPDX-License-Identifier: Apache-2.0
#include "training/profile_training.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "training/int32_fixed_training.hpp"
#include "training/int8_integer_training.hpp"

namespace lsgd {
namespace {

Model train_in_int8(const Network& network, const DataSet& training, const DataSet* test,
                    const TrainingOptions& options,
                    const std::function<void(const EpochReport&)>& report) {
  return {network, dequantized(train_int8_integer(network, training, test, options, report))};
}

struct ProfileTraining {
  std::string_view profile;
  TrainNetwork train = nullptr;
  /// Rates of its own; nullptr where the declared one holds throughout.
  float (*learning_rate)(std::size_t epoch, std::size_t epochs) = nullptr;
};

constexpr std::array trainings{
    ProfileTraining{"float32", train},
    ProfileTraining{"int8_integer", train_in_int8, int8_integer_learning_rate},
    ProfileTraining{"int32_fixed", train_int32_fixed}};

const ProfileTraining* training_of(const Profile& profile) {
  const auto found = std::ranges::find(trainings, profile.name(), &ProfileTraining::profile);
  return found == trainings.end() ? nullptr : &*found;
}

}  // namespace

TrainNetwork trainer_of(const Profile& profile) {
  const ProfileTraining* const training = training_of(profile);
  return training == nullptr ? nullptr : training->train;
}

float learning_rate_of_epoch(const Profile& profile, float declared, std::size_t epoch,
                             std::size_t epochs) {
  const ProfileTraining* const training = training_of(profile);
  if (training == nullptr || training->learning_rate == nullptr) return declared;
  return training->learning_rate(epoch, epochs);
}

}  // namespace lsgd
