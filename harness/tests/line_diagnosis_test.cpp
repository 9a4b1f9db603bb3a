// SPDX-License-Identifier: Apache-2.0
#include "device/line_diagnosis.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "data/network_text.hpp"
#include "device/line_check.hpp"
#include "device_error_of.hpp"
#include "simulated_line.hpp"

namespace lsgd {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

/// What a session behind a line says is wrong.
std::string error_behind(LineState line) {
  MockState board;
  return device_error_of([&] {
    AgentSession session(std::make_unique<SimulatedLine>(line, board), 60s, 0x12345678);
    check_line(session, {});
  });
}

struct LineCase {
  const char* what;
  ByteChange change;
  const char* to_host;    ///< what is said where answers suffer it
  const char* to_device;  ///< and where requests do
};

class LineDiagnosis : public testing::TestWithParam<LineCase> {};

TEST_P(LineDiagnosis, SaysWhatTheLineDoesToAnswers) {
  EXPECT_THAT(error_behind({.to_host = GetParam().change}), HasSubstr(GetParam().to_host));
}

TEST_P(LineDiagnosis, SaysWhatTheLineDoesToRequests) {
  EXPECT_THAT(error_behind({.to_device = GetParam().change}), HasSubstr(GetParam().to_device));
}

const std::vector<std::uint8_t> of_terminals{0x03, 0x04, 0x0f, 0x12, 0x15, 0x16, 0x17, 0x1a, 0x1c};

INSTANTIATE_TEST_SUITE_P(
    EveryChange, LineDiagnosis,
    testing::Values(
        LineCase{"CarriageReturns", replaces(0x0d, {0x0a}),
                 "0d arrives as 0a: the line translates carriage returns; try raw",
                 "0d does not reach the device: the line translates carriage returns; try raw"},
        LineCase{"LineFeeds", replaces(0x0a, {0x0d, 0x0a}),
                 "0a arrives as 0d 0a: the line translates line feeds; try raw",
                 "0a does not reach the device: the line translates line feeds; try raw"},
        LineCase{"FlowControl", drops({0x11, 0x13}),
                 "bytes 11 and 13 vanish: software flow control is on",
                 "bytes 11 and 13 vanish on the way to the device: software flow control is on"},
        LineCase{"SevenBits", clears_bit_7(), "bit 7 is lost: the line has seven data bits",
                 "bit 7 is lost on the way to the device: the line has seven data bits"},
        LineCase{"Telnet", replaces(0xff, {0xff, 0xff}), "ff arrives twice",
                 "ff does not reach the device: a terminal server speaks telnet"},
        LineCase{"Zeros", drops({0}), "00 vanishes: the line drops zeros",
                 "bytes 00 do not reach the device"},
        LineCase{"Another", replaces(0x42, {0x24}), "42 arrives as 24: the line changes bytes",
                 "bytes 42 do not reach the device"}),
    [](const auto& line) { return line.param.what; });

TEST(LineDiagnosis, SaysThatALineEchoes) {
  LineState line;
  line.echoes = true;
  EXPECT_EQ(error_behind(line), told_of_echo);
}

TEST(LineDiagnosis, SaysAtWhichSpeedTheDeviceSpeaks) {
  LineState line;
  line.rate = 57600;
  EXPECT_EQ(error_behind(line), "the device speaks at another speed: 57600 baud");
}

TEST(LineDiagnosis, TakesALateAnswerForNoneAtTheNextSpeed) {
  LineState line;
  line.rate = 9600;
  line.late_answers = 1;
  EXPECT_EQ(error_behind(line), "the device speaks at another speed: 9600 baud");
}

TEST(LineDiagnosis, SaysAllThatATerminalDoes) {
  // As a terminal that nobody has set: carriage returns, flow control, keys that it acts on.
  const ByteChange acts = drops(of_terminals);
  LineState line;
  line.to_device = [acts](std::uint8_t byte) { return acts(byte == 0x0d ? 0x0a : byte); };
  line.to_host = replaces(0x0a, {0x0d, 0x0a});
  const std::string words = error_behind(line);
  EXPECT_THAT(words, HasSubstr("0d does not reach the device"));
  EXPECT_THAT(words, HasSubstr("bytes 03, 04, 0f, 12, 15, 16, 17, 1a, 1c do not reach the device"));
  EXPECT_THAT(words, HasSubstr("0a arrives as 0d 0a"));
}

TEST(LineDiagnosis, FindsNothingWrongWithASoundLine) {
  LineState line;
  MockState board;
  AgentSession session(std::make_unique<SimulatedLine>(line, board), 60s, 7);
  EXPECT_NO_THROW(check_line(session, {}));
  EXPECT_NO_THROW(check_line(session, {network_from_text("6-32-4", "tanh-sigmoid", "bce")}));
  EXPECT_EQ(session.repeated(), 0u);
  EXPECT_EQ(session.diagnose(), std::nullopt);
}

TEST(LineDiagnosis, TakesDamageByChanceForNoDefectOfTheLine) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    LineState line{.damaged_bytes = 0.01, .engine = std::mt19937(seed)};
    EXPECT_EQ(error_behind(line), "no error") << seed;
  }
}

TEST(LineDiagnosis, SaysNothingOfADeviceThatIsSilent) {
  EXPECT_THAT(error_behind({.to_device = [](std::uint8_t) { return std::vector<std::uint8_t>{}; }}),
              HasSubstr("timed out"));
}

/// Says what it likes, whatever it is asked.
struct Babbling : ByteStream {
  std::mt19937 engine;
  int left = 20'000;
  void write(std::span<const std::uint8_t>, Deadline) override {}
  std::size_t read(std::span<std::uint8_t> buffer, Deadline) override {
    if (left < 0 || engine() % 4 == 0) throw TimeOutError("silent");
    const std::size_t count = std::min<std::size_t>(buffer.size(), 1 + engine() % 64);
    left -= static_cast<int>(count);
    for (std::uint8_t& byte : buffer.first(count)) byte = static_cast<std::uint8_t>(engine());
    return count;
  }
};

TEST(LineDiagnosis, EndsAtADeviceThatBabbles) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    Babbling line;
    line.engine.seed(seed);
    const auto words = diagnose_line(line, from_now(10s));
    EXPECT_THAT(words.value_or(""), HasSubstr("no frame and no text"));
    EXPECT_THAT(words.value_or(""), Not(HasSubstr("\n")));
  }
}

TEST(ChangesToldBy, NamesTheFewestThatExplainAll) {
  const std::array arrivals{Arrival{{0x0d, 0x80, 1}, {9, 0x0a, 0x00, 1, 9}},
                            Arrival{{0xff, 0x11}, {0x7f, 0x11}}};
  EXPECT_EQ(changes_told_by(arrivals),
            "bit 7 is lost: the line has seven data bits, not eight; "
            "0d arrives as 0a: the line translates carriage returns; try raw");
  EXPECT_EQ(changes_told_by(std::array{Arrival{{1, 2}, {0, 1, 2}}}), std::nullopt);
  EXPECT_EQ(changes_told_by(std::array{Arrival{{1, 2}, {5, 5, 5}}}), std::nullopt);
  EXPECT_EQ(changes_told_by(std::array{Arrival{{1, 1}, {5, 6}}}), std::nullopt);
}

}  // namespace
}  // namespace lsgd
