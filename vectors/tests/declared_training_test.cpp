// SPDX-License-Identifier: Apache-2.0
#include "training/declared_training.hpp"

#include <gtest/gtest.h>
#include <vector>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "data/built_in_data_set.hpp"
#include "data/network_text.hpp"
#include "training/int8_integer_training.hpp"

namespace lsgd {
namespace {

struct ShortTraining {
  Network network = network_from_text("6-8-4", "tanh-sigmoid", "bce");
  DataSet training = load_built_in_data_set("car", DataSetPart::training, 150);
  DataSet test = load_built_in_data_set("car", DataSetPart::test, 50);
};

TEST(DeclaredTraining, OfFloat32EndsWithTheBitsOfTheProcessor) {
  const ShortTraining run;
  const TrainingOptions options{.epochs = 2, .learning_rate = 0.05f, .seed = 3};
  std::vector<EpochReport> declared, expected;
  const Model model =
      train_declared(read_arithmetic("float32"), run.network, run.training, &run.test, options,
                     [&](const EpochReport& report) { declared.push_back(report); });
  const Model reference = train(run.network, run.training, &run.test, options,
                                [&](const EpochReport& report) { expected.push_back(report); });
  EXPECT_EQ(model.parameters, reference.parameters);
  ASSERT_EQ(declared.size(), 2U);
  for (std::size_t i = 0; i < declared.size(); ++i) {
    EXPECT_EQ(declared[i].mean_loss, expected[i].mean_loss);
    EXPECT_EQ(declared[i].test_accuracy, expected[i].test_accuracy);
  }
}

TEST(DeclaredTraining, OfInt8IntegerEndsWithTheBitsOfItsOwnCode) {
  const ShortTraining run;
  // One epoch of int8_integer is trained with k = 6 (SPEC 11.10).
  const TrainingOptions options{.epochs = 1, .learning_rate = 0x1p-6f, .seed = 5};
  const Model model =
      train_declared(read_arithmetic("int8_integer"), run.network, run.training, nullptr, options);
  EXPECT_EQ(model.parameters,
            dequantized(train_int8_integer(run.network, run.training, nullptr, options)));
}

}  // namespace
}  // namespace lsgd
