// SPDX-License-Identifier: Apache-2.0
#include "result/support.hpp"

#include <gtest/gtest.h>

#include "data/network_text.hpp"

namespace lsgd {
namespace {

/// What a float32 device answered about networks of given sizes, functions and loss.
class Answers {
 public:
  Answers& with(Configured answer, const char* sizes, const char* functions, const char* loss) {
    support_.add({network_from_text(sizes, functions, loss), answer}, profile_named("float32"));
    return *this;
  }

  /// What is said of the first refusal.
  std::string contradiction() const { return support_.contradiction(support_).value_or("nothing"); }

 private:
  Support support_;
};

TEST(Support, NamesTheShapeThatIsRefusedAndOneThatIsTaken) {
  EXPECT_EQ(Answers()
                .with(Configured::yes, "6-4", "sigmoid", "bce")
                .with(Configured::yes, "6-4", "tanh", "mse")
                .with(Configured::yes, "3-4-2", "tanh-sigmoid", "bce")
                .with(Configured::unsupported, "3-5-2", "tanh-sigmoid", "bce")
                .contradiction(),
            "the device refused 3-5-2 tanh-sigmoid bce as unsupported and took others with each of "
            "its functions, such as 3-4-2 tanh-sigmoid bce: it is the shape 3-5-2 that it does not "
            "take");
}

TEST(Support, NamesNoExampleWhereEachFunctionIsTakenInAnotherNetwork) {
  EXPECT_EQ(Answers()
                .with(Configured::yes, "6-4", "sigmoid", "bce")
                .with(Configured::yes, "6-4", "tanh", "mse")
                .with(Configured::unsupported, "3-5-2", "tanh-sigmoid", "bce")
                .contradiction(),
            "the device refused 3-5-2 tanh-sigmoid bce as unsupported and took others with each of "
            "its functions: it is the shape 3-5-2 that it does not take");
}

TEST(Support, TellsFunctionsThatAreRefusedTogetherFromAShape) {
  EXPECT_EQ(Answers()
                .with(Configured::yes, "3-4-2", "tanh-sigmoid", "mse")
                .with(Configured::unsupported, "3-4-2", "sigmoid-tanh", "mse")
                .contradiction(),
            "the device refused 3-4-2 sigmoid-tanh mse as unsupported and took others with each of "
            "its functions, such as 3-4-2 tanh-sigmoid mse: it does not take them combined so");
}

TEST(Support, SaysWhatANetworkNeedsThatIsRefusedAsTooLarge) {
  EXPECT_EQ(Answers()
                .with(Configured::yes, "2-9-9", "relu-relu", "mse")
                .with(Configured::yes, "8-2", "relu", "mse")
                .with(Configured::capacity_exceeded, "8-3-2", "tanh-tanh", "mse")
                .contradiction(),
            "the device refused 8-3-2 tanh-tanh mse as too large, which needs 2 layers, 8 inputs, "
            "3 outputs of a layer, 5 of all layers and 35 parameters, and took others that need as "
            "much of each capacity");
}

TEST(Support, BelievesADeviceThatLacksAFunctionOrTheRoom) {
  EXPECT_EQ(Answers()
                .with(Configured::yes, "3-4-2", "tanh-tanh", "mse")
                .with(Configured::unsupported, "3-4-2", "tanh-sigmoid", "mse")
                .with(Configured::capacity_exceeded, "3-5-2", "tanh-tanh", "mse")
                .contradiction(),
            "nothing");
}

}  // namespace
}  // namespace lsgd
