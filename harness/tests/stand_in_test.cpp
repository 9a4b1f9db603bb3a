// SPDX-License-Identifier: Apache-2.0
#include "levels/stand_in.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "data/network_text.hpp"

namespace lsgd {
namespace {

std::vector<std::string> stand_ins_of(const char* sizes, const char* activations,
                                      const char* loss) {
  std::vector<std::string> texts;
  for (const Network& network : stand_ins(network_from_text(sizes, activations, loss)))
    texts.push_back(network_text(network));
  return texts;
}

using Texts = std::vector<std::string>;

TEST(StandIn, OfThePublishedNetworkLacksBceThenTanhThenBothThenSigmoid) {
  EXPECT_EQ(stand_ins_of("6-32-16-4", "tanh-tanh-sigmoid", "bce"),
            (Texts{"6-32-16-4 tanh-tanh-sigmoid mse", "6-32-16-4 relu-relu-sigmoid bce",
                   "6-32-16-4 relu-relu-sigmoid mse", "6-32-16-4 relu-relu-identity mse"}));
}

TEST(StandIn, IsNoneWhereNothingCanBeLacking) {
  EXPECT_EQ(stand_ins_of("3-4-2", "relu-identity", "mse"), Texts());
  EXPECT_EQ(stand_ins_of("3-4-2", "relu-softmax", "cross_entropy"), Texts());
  EXPECT_EQ(stand_ins_of("3-4-2", "tanh-identity", "mse"), (Texts{"3-4-2 relu-identity mse"}));
}

TEST(StandIn, IsTheFirstThatTheDeviceTakes) {
  const Network own = network_from_text("2-3-1", "tanh-sigmoid", "bce");
  const auto run_where = [&](auto takes) {
    return run_on_own_or_stand_in(own, [&](const Network& network) {
      return takes(network) ? CaseResult() : CaseResult::skipped(std::string(network_unsupported));
    });
  };
  EXPECT_EQ(run_where([](const Network&) { return true; }).reason, std::nullopt);
  EXPECT_EQ(run_where([](const Network& n) { return n.loss == Loss::mse; }).reason,
            "2-3-1 tanh-sigmoid mse");
  EXPECT_EQ(run_where([](const Network& n) {
              return n.layers[0].activation == Activation::relu && n.loss == Loss::bce;
            }).reason,
            "2-3-1 relu-sigmoid bce");
  const CaseResult none = run_where([](const Network&) { return false; });
  EXPECT_EQ(none.reason, network_unsupported);
}

TEST(StandIn, IsNotAskedForWhereTheOwnNetworkIsTooLarge) {
  int asked = 0;
  const CaseResult result =
      run_on_own_or_stand_in(network_from_text("2-1", "sigmoid", "bce"), [&](const Network&) {
        ++asked;
        return CaseResult::refused("too large");
      });
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(result.verdict, Verdict::refused);
}

}  // namespace
}  // namespace lsgd
