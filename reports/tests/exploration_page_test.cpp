// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "reports/render_exploration.hpp"
#include "sample_exploration.hpp"

namespace lsgd {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ExplorationPage, SaysWhatIsCheapestWithinAPointOfFloat32) {
  const std::string page = exploration_page(sample_exploration());
  EXPECT_THAT(page, HasSubstr("2 of 5 arithmetics learn"));
  EXPECT_THAT(page, HasSubstr("The fewest bytes within one point of float32: q8_8, 1,884 bytes of "
                              "training state at 93.5 %; float32 takes 3,768 at 94.0 %."));
  EXPECT_THAT(page, HasSubstr("<bdi>q8_8</bdi> <span class=\"verdict pass\">fewest bytes</span>"));
}

TEST(ExplorationPage, HasARowOfEachOutcome) {
  const std::string page = exploration_page(sample_exploration());
  EXPECT_THAT(page, HasSubstr("<span class=\"verdict pass\">learns</span>"));
  EXPECT_THAT(page, HasSubstr("<span class=\"verdict incomplete\">not from every seed</span>"));
  EXPECT_THAT(page, HasSubstr("<span class=\"verdict fail\">does not learn</span>"));
  EXPECT_THAT(page, HasSubstr("<span class=\"verdict skipped\">not trained</span> <span "
                              "class=\"note\">expected a network without softmax</span>"));
  EXPECT_THAT(page, HasSubstr("93.5 (91.5 to 95.5)"));
  EXPECT_THAT(page, HasSubstr("-0.5 (-1.5 to +0.5)"));
  EXPECT_THAT(page, HasSubstr("79,843 <span class=\"verdict pass\">fewest</span>"
                              "<small>float32_fast</small>"));
}

TEST(ExplorationPage, ShowsNamesAsText) {
  const std::string page = exploration_page(sample_exploration());
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
}

TEST(ExplorationPage, SaysWhereNoCyclesAreKnown) {
  auto exploration = sample_exploration();
  exploration["benchmark"] = nullptr;
  for (auto& arithmetic : exploration.at("arithmetics"))
    arithmetic["cycles"] = nlohmann::json::array();
  const std::string page = exploration_page(exploration);
  EXPECT_THAT(page, HasSubstr("No cycles are recorded for a network of this shape"));
  EXPECT_THAT(page, Not(HasSubstr("rtl_one")));
}

TEST(ExplorationPage, HasATitleWhereNothingLearns) {
  auto exploration = sample_exploration();
  for (auto& arithmetic : exploration.at("arithmetics")) {
    arithmetic["outcome"] = "not_trained";
    arithmetic["accuracy"] = arithmetic["difference"] = nullptr;
    arithmetic["is_cheapest"] = false;
    arithmetic["loss"] = nlohmann::json::array();
  }
  const std::string page = exploration_page(exploration);
  EXPECT_THAT(page, HasSubstr("0 of 5 arithmetics learn"));
  EXPECT_THAT(page, Not(HasSubstr("<canvas")));
}

}  // namespace
}  // namespace lsgd
