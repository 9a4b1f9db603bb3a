// SPDX-License-Identifier: Apache-2.0
#include "device/answer_record.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <random>

#include "data/network_text.hpp"
#include "device/device_error.hpp"
#include "device/recorded_device.hpp"
#include "mock_device.hpp"

namespace lsgd {
namespace {

using Bytes = std::vector<std::uint8_t>;
using namespace std::chrono_literals;

TEST(AnswerRecord, GivesTheRepliesBackInOrder) {
  std::mt19937_64 engine(1);
  AnswerRecord record;
  std::vector<std::pair<Bytes, Bytes>> exchanged;
  for (int i = 0; i < 2000; ++i) {
    const Bytes request{4, static_cast<std::uint8_t>(engine() % 3)};
    Bytes reply(1 + engine() % 255);
    for (std::uint8_t& byte : reply) byte = static_cast<std::uint8_t>(engine() % 4);
    record.add(request, reply);
    exchanged.emplace_back(request, reply);
  }
  auto read = AnswerRecord::from_text(record.text());
  ASSERT_TRUE(read);
  for (const auto& [request, reply] : exchanged) EXPECT_EQ(read->take(request), reply);
  EXPECT_TRUE(read->is_exhausted());
  EXPECT_FALSE(read->take({}));
}

TEST(AnswerRecord, KeepsWhatDoesNotChangeInAFiftiethOfItsSize) {
  std::mt19937_64 engine(2);
  Bytes weights(240);
  for (std::uint8_t& byte : weights) byte = static_cast<std::uint8_t>(engine());
  AnswerRecord record;
  for (int i = 0; i < 1000; ++i) record.add(Bytes{4}, weights);
  EXPECT_LE(record.text().size(), 1000 * weights.size() / 50);
}

TEST(AnswerRecord, RefusesWhatItNeverWrites) {
  AnswerRecord record;
  record.add(Bytes{4}, Bytes{0, 1, 2, 3});
  const std::string text = record.text();
  ASSERT_TRUE(AnswerRecord::from_text(text));
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(AnswerRecord::from_text(text.substr(0, size))) << size;
  EXPECT_FALSE(AnswerRecord::from_text("!!!!" + text));
  EXPECT_FALSE(AnswerRecord::from_text("/////////////w=="));  // 4 GiB
  EXPECT_TRUE(AnswerRecord::from_text(AnswerRecord().text())->is_exhausted());
}

/// What a host sees of a device.
std::vector<Bytes> converse(AgentSession& session) {
  session.configure(network_from_text("3-4-2", "tanh-sigmoid", "bce"));
  session.load(LSGD_TENSOR_INPUT, 0, Bytes(12, 0x3e));
  for (int step = 0; step < 100; ++step) session.train_step(0.5f);
  session.forward();
  const Measurement measured = session.measure();
  Bytes weights(48), biases(8);
  session.store(LSGD_TENSOR_WEIGHTS, 1, weights);
  session.store(LSGD_TENSOR_BIASES, 2, biases);
  session.settle();
  return {weights, biases, Bytes{static_cast<std::uint8_t>(measured.stack_bytes)}};
}

TEST(RecordedDevice, HoldsTheSameConversation) {
  MockState state;
  AgentSession live(std::make_unique<MockDevice>(state), 1s, 7);
  const auto seen = converse(live);
  AnswerRecord answers = live.take_answers();
  AgentSession replayed(std::make_unique<RecordedDevice>(live.description().statement, answers), 1s,
                        99);
  EXPECT_EQ(replayed.description(), live.description());
  EXPECT_EQ(converse(replayed), seen);
  EXPECT_TRUE(answers.is_exhausted());
  EXPECT_THROW(replayed.forward(), DeviceError);
}

}  // namespace
}  // namespace lsgd
