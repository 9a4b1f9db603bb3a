// SPDX-License-Identifier: Apache-2.0
#include "training/int32_fixed_training.hpp"

#include <cmath>
#include <gtest/gtest.h>

#include "data/built_in_data_set.hpp"
#include "data/network_text.hpp"

namespace lsgd {
namespace {

const Network fixed_network = network_from_text("6-32-16-4", "tanh-tanh-sigmoid", "bce");

TEST(Int32FixedTraining, FollowsFloat32FromTheSameStart) {
  const DataSet training = load_built_in_data_set("car");
  const DataSet test = load_built_in_data_set("car", DataSetPart::test);
  const TrainingOptions options{.epochs = 5, .learning_rate = 0.01f, .seed = 3};
  std::vector<EpochReport> float32, int32_fixed;
  const Model exact = train(fixed_network, training, &test, options,
                            [&](const EpochReport& epoch) { float32.push_back(epoch); });
  const Model fixed =
      train_int32_fixed(fixed_network, training, &test, options,
                        [&](const EpochReport& epoch) { int32_fixed.push_back(epoch); });
  ASSERT_EQ(int32_fixed.size(), 5U);
  for (std::size_t epoch = 0; epoch < 5; ++epoch) {
    EXPECT_EQ(int32_fixed[epoch].epoch, epoch + 1);
    EXPECT_NEAR(int32_fixed[epoch].mean_loss, float32[epoch].mean_loss, 1e-4);
    EXPECT_NEAR(int32_fixed[epoch].training_accuracy, float32[epoch].training_accuracy, 0.002);
    EXPECT_NEAR(int32_fixed[epoch].test_accuracy.value(), float32[epoch].test_accuracy.value(),
                0.002);
  }
  double squares = 0;
  for (std::size_t l = 0; l < 3; ++l)
    for (std::size_t i = 0; i < fixed.parameters[l].weights.size(); ++i)
      squares += std::pow(fixed.parameters[l].weights[i] - exact.parameters[l].weights[i], 2);
  EXPECT_GT(squares, 0);
  EXPECT_LT(std::sqrt(squares), 1e-2);
  EXPECT_EQ(train_int32_fixed(fixed_network, training, nullptr, options).parameters,
            fixed.parameters);
}

}  // namespace
}  // namespace lsgd
