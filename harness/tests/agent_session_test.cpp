// SPDX-License-Identifier: Apache-2.0
#include "device/agent_session.hpp"

#include <cctype>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/loss.hpp>
#include <lsgd/numbers/binary32.hpp>

#include "description/project_files.hpp"
#include "device/device_error.hpp"
#include "device/stated_arithmetic.hpp"
#include "files/text_file.hpp"
#include "judging/device_tensors.hpp"
#include "mock_device.hpp"
#include "steps/typed_parameters.hpp"

namespace lsgd {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

AgentSession session_with(MockState& state) {
  return AgentSession(std::make_unique<MockDevice>(state), 1s, 0x12345678);
}

const Network one_layer{{{60, 5, Activation::tanh}}, Loss::mse};

TEST(AgentSession, LearnsWhatTheDeviceIs) {
  MockState state;
  const DeviceDescription description = session_with(state).description();
  EXPECT_EQ(description.port, "mock");
  EXPECT_NO_THROW(require_arithmetic(description.arithmetic, profile_named("float32")));
  EXPECT_EQ(description.build_identity, "aaaaaaaaaaaaaaaa");
  EXPECT_EQ(description.capacities.parameters, 98304u);
}

/// A step of one_layer on a device: its parameters, its activations and its sample, with what was
/// expected of them.
TensorSet shown_of_a_step(AgentSession& session, float expected_change) {
  const Profile& profile = profile_named("float32");
  Parameters<float> parameters{{std::vector<float>(300, 0.25f), std::vector<float>(5, -1.0f)}};
  const Sample sample{std::vector<float>(60, 0.5f), std::vector<float>(5, 1.0f)};
  session.configure(one_layer);
  TensorSet shown = tensors_of(one_layer, parameters);
  for (int time = 0; time < 6; ++time) {
    load(session, tensors_of(one_layer, parameters));
    load(session, sample);
    session.train_step(0.001f);
    for (Tensor& tensor : shown)
      for (std::uint64_t& code : tensor.codes) code = bits_of(binary32_of(code) * expected_change);
    store(session, shown);
    load(session, shown);
  }
  TensorSet others = activation_tensors(profile.formats(), one_layer);
  store(session, others);
  shown.insert(shown.end(), others.begin(), others.end());
  others = sample_tensors(sample);
  store(session, others);
  shown.insert(shown.end(), others.begin(), others.end());
  return shown;
}

// What is right, nearly right and wrong; a device that has no digests, and one that has.
TEST(AgentSession, StoresTheSameWithFewerBytes) {
  for (const float expected_change : {1.0f, 1.000001f, 0.999f, -3.0f}) {
    MockState plain;
    AgentSession plain_session = session_with(plain);
    const TensorSet right = shown_of_a_step(plain_session, expected_change);
    const std::string answers = plain_session.take_answers().text();
    for (const bool knows_digests : {false, true})
      for (const bool is_line : {false, true}) {
        MockState state;
        state.is_slow = true;
        state.is_line = is_line;
        state.knows_digests = knows_digests;
        AgentSession session = session_with(state);
        EXPECT_EQ(shown_of_a_step(session, expected_change), right);
        // What is verified later are the bytes of the device, however they came here.
        EXPECT_EQ(session.take_answers().text(), answers);
        EXPECT_EQ(session.saves_bytes(), knows_digests);
        EXPECT_EQ(state.requests[LSGD_OPCODE_STORE_LOW] > 0,
                  knows_digests && is_line && expected_change != 1.0f);
        EXPECT_EQ(state.requests[LSGD_OPCODE_RELOAD] > 1, knows_digests);
        if (knows_digests) {
          EXPECT_LT(state.bytes, plain.bytes);
        } else {
          EXPECT_LE(state.requests[LSGD_OPCODE_DIGEST] + state.requests[LSGD_OPCODE_RELOAD], 1);
          EXPECT_LE(state.bytes, plain.bytes + 100);
        }
      }
  }
}

// At the first step nobody knows how nearly right the host's expectation is.
TEST(AgentSession, AsksForOneLowByteMoreBeforeAllOfThem) {
  const std::size_t parameter_bytes = 4 * 300;
  for (const auto& [change, low_bytes] :
       {std::pair(1.000001f, std::size_t{1}), {1.001f, 2}, {-3.0f, 4}}) {
    MockState state;
    state.is_line = state.knows_digests = true;
    AgentSession session = session_with(state);
    session.configure(one_layer);
    const Parameters<float> parameters{{std::vector<float>(300, 0.25f), std::vector<float>(5, 1)}};
    TensorSet right = tensors_of(one_layer, parameters), stored = right;
    load(session, right);
    for (std::uint64_t& code : stored[0].codes) code = bits_of(binary32_of(code) * change);
    const std::uint64_t before = state.bytes;
    store(session, stored);
    EXPECT_EQ(stored, right);
    const std::uint64_t used = state.bytes - before;
    EXPECT_GT(used, parameter_bytes / 4 * low_bytes) << change;
    // Those asked for in vain before, and a quarter more for frames.
    const std::uint64_t most = parameter_bytes / 4 * (low_bytes == 1 ? 1 : low_bytes == 2 ? 3 : 7);
    EXPECT_LT(used, most + most / 4 + 150) << change;
    EXPECT_EQ(state.requests[LSGD_OPCODE_STORE], low_bytes == 4 ? 6 : 0) << change;
  }
}

// 236 bytes of an answer are no whole number of codes of eight.
TEST(AgentSession, StoresWholeCodesOfAnyWidth) {
  for (const auto& [code_bytes, requests] : {std::pair{4, 10}, {8, 11}}) {
    MockState state;
    state.arithmetic.tensors[LSGD_TENSOR_WEIGHTS].bytes = static_cast<std::uint8_t>(code_bytes);
    AgentSession session = session_with(state);
    session.configure({{{59, 10, Activation::tanh}}, Loss::mse});
    std::vector<std::uint8_t> loaded(4 * 590), stored(loaded.size());
    for (std::size_t i = 0; i < loaded.size(); ++i) loaded[i] = static_cast<std::uint8_t>(i * i);
    session.load(LSGD_TENSOR_WEIGHTS, 1, loaded);
    session.store(LSGD_TENSOR_WEIGHTS, 1, stored);
    session.settle();
    EXPECT_EQ(stored, loaded);
    EXPECT_EQ(state.requests[LSGD_OPCODE_STORE], requests);
  }
}

TEST(AgentSession, ComparesLargeTensorsByADigestOnALineAlone) {
  const Network large{{{500, 60, Activation::relu}}, Loss::mse};
  const Parameters<float> parameters{
      {std::vector<float>(30000, 0.25f), std::vector<float>(60, -1.0f)}};
  for (const bool is_line : {false, true}) {
    MockState state;
    state.is_slow = state.knows_digests = true;
    state.is_line = is_line;
    AgentSession session = session_with(state);
    session.configure(large);
    TensorSet tensors = tensors_of(large, parameters);
    load(session, tensors);
    const std::uint64_t before = state.bytes;
    store(session, tensors);
    EXPECT_EQ(tensors, tensors_of(large, parameters));
    EXPECT_EQ(state.bytes - before < 1000, is_line);
  }
}

TEST(AgentSession, SeesWhatADeviceChangedThatShouldHaveStayed) {
  MockState state;
  state.is_slow = state.knows_digests = true;
  state.fault = Fault::forward_trains;
  AgentSession session = session_with(state);
  session.configure(one_layer);
  Parameters<float> parameters{{std::vector<float>(300, 0.25f), std::vector<float>(5, -1.0f)}};
  TensorSet tensors = tensors_of(one_layer, parameters);
  load(session, tensors);
  session.forward();
  store(session, tensors);
  parameters[0].biases[0] += 1;
  EXPECT_EQ(tensors, tensors_of(one_layer, parameters));
  // Loaded anew, though the host takes the device to hold them already.
  session.forward();
  load(session, tensors);
  store(session, tensors);
  EXPECT_EQ(tensors, tensors_of(one_layer, parameters));
}

/// Whether port.h gives a name such as LSGD_LOSS_MSE this number.
bool port_header_says(const std::string& kind, std::string_view name, std::size_t number) {
  static const std::string header =
      read_text(source_directory() / "targets" / "include" / "lsgd" / "port.h", 1 << 20);
  std::string line = "LSGD_" + kind + "_";
  for (const char c : name) line += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  line += " = " + std::to_string(number);
  const std::size_t at = header.find(line);
  return at != std::string::npos &&
         std::isdigit(static_cast<unsigned char>(header.at(at + line.size()))) == 0;
}

TEST(PortHeader, NumbersActivationsAndLossesAsTheReferenceDoes) {
  for (std::size_t n = 0; n < all_activations.size(); ++n)
    EXPECT_TRUE(port_header_says("ACTIVATION", name_of(all_activations.at(n)), n)) << n;
  for (std::size_t n = 0; n < all_losses.size(); ++n)
    EXPECT_TRUE(port_header_says("LOSS", name_of(all_losses.at(n)), n)) << n;
}

TEST(AgentSession, TakesAFunctionThatAnAgentDoesNotKnowForUnsupported) {
  MockState state;
  state.fault = Fault::knows_four_activations;
  AgentSession session = session_with(state);
  EXPECT_EQ(session.configure({{{60, 5, Activation::leaky_relu}}, Loss::mse}),
            Configured::unsupported);
  EXPECT_EQ(session.configure(one_layer), Configured::yes);
}

TEST(AgentSession, MovesTensorsLongerThanAFrame) {
  MockState state;
  AgentSession session = session_with(state);
  ASSERT_EQ(session.configure(one_layer), Configured::yes);
  Parameters<float> parameters{{std::vector<float>(300), std::vector<float>(5, -1.5f)}};
  for (std::size_t i = 0; i < 300; ++i) parameters[0].weights[i] = static_cast<float>(i);
  const TensorSet sent = tensors_of(one_layer, parameters);
  load(session, sent);
  TensorSet received = parameter_tensors(profile_named("float32").formats(), one_layer);
  store(session, received);
  EXPECT_EQ(parameters_of<Parameters<float>>(received), parameters);
}

struct FaultCase {
  Fault fault;
  const char* message;
};

class AgentSessionFault : public testing::TestWithParam<FaultCase> {};

TEST_P(AgentSessionFault, IsADeviceErrorDuringHello) {
  MockState state;
  state.fault = GetParam().fault;
  EXPECT_THROW(session_with(state), DeviceError);
}

TEST_P(AgentSessionFault, IsADeviceErrorLater) {
  MockState state;
  AgentSession session = session_with(state);
  ASSERT_EQ(session.configure(one_layer), Configured::yes);
  state.fault = GetParam().fault;
  try {
    session.forward();
    session.measure();  // a duplicated answer is noticed by the next request
    FAIL() << "no error";
  } catch (const DeviceError& error) {
    EXPECT_THAT(error.what(), HasSubstr(GetParam().message));
  }
}

INSTANTIATE_TEST_SUITE_P(
    EveryFault, AgentSessionFault,
    testing::Values(FaultCase{Fault::hang, "timed out, during FORWARD"},
                    FaultCase{Fault::crash, "crashed, during FORWARD"},
                    FaultCase{Fault::garbage, "bytes that begin no frame (53 65 67"},
                    FaultCase{Fault::bad_checksum, "a frame with a bad or stale checksum"},
                    FaultCase{Fault::stale_answer, "a frame with a bad or stale checksum"},
                    FaultCase{Fault::truncated, "timed out"},
                    FaultCase{Fault::wrong_sequence, "answered another request"},
                    FaultCase{Fault::wrong_status, "refused FORWARD: out of range"}));

TEST(AgentSession, BeginsAnewBeforeASequenceComesASecondTime) {
  MockState state;
  AgentSession session = session_with(state);
  ASSERT_EQ(session.configure(one_layer), Configured::yes);
  for (int request = 1; request < 65535; ++request) session.measure();
  EXPECT_EQ(state.hellos, 1);
  session.forward();  // would be sequence 0, as HELLO was; the network is still there
  EXPECT_EQ(state.hellos, 2);
}

TEST(AgentSession, NoticesAnotherBuildWhenItBeginsAnew) {
  MockState state;
  AgentSession session = session_with(state);
  for (int request = 0; request < 65535; ++request) session.measure();
  state.fault = Fault::other_build;
  EXPECT_THROW(session.measure(), DeviceError);
}

TEST(AgentSession, NoticesAnAnswerThatComesTwice) {
  MockState state;
  state.fault = Fault::duplicated;
  AgentSession session = session_with(state);
  EXPECT_THROW(session.measure(), DeviceError);
}

TEST(AgentSession, NoticesAnotherDescriptionWhenItBeginsAnew) {
  MockState state;
  AgentSession session = session_with(state);
  for (int request = 0; request < 65535; ++request) session.measure();
  ++state.capacities.width;
  EXPECT_THROW(session.measure(), DeviceError);
}

std::string error_of_measuring(const Measurement& forward, const Measurement& step) {
  MockState state{.forward = forward, .first_step = step};
  AgentSession session = session_with(state);
  session.configure(one_layer);
  try {
    session.forward();
    session.measure();
    session.train_step(0.5f);
    session.measure();
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "no error";
}

TEST(AgentSession, TakesNoCountThatNoDeviceCanHave) {
  const Measurement sound{1000, 900, 96, 8};
  constexpr std::uint64_t minus_one = ~std::uint64_t{0};
  EXPECT_EQ(error_of_measuring(sound, sound), "no error");
  EXPECT_EQ(error_of_measuring(sound, {minus_one, 900, 96, 8}),
            "the device's counter of cycles ran backwards");
  EXPECT_EQ(error_of_measuring({1000, minus_one - 500, 96, 8}, sound),
            "the device's counter of instructions ran backwards");
  EXPECT_THAT(error_of_measuring(sound, {1'000'000'000'001, 900, 96, 8}),
              HasSubstr("which no processor does in the 1 s that it may take"));
  EXPECT_THAT(error_of_measuring({1000, 900, 0xffffffff, 8}, sound),
              HasSubstr("4294967295 bytes of stack"));
  EXPECT_EQ(error_of_measuring(sound, {1000, 900, 96, 8}), "no error");
}

TEST(AgentSession, SkipsTheBannerOfABoardButNotForEver) {
  struct Noise : MockDevice {
    using MockDevice::MockDevice;
    std::size_t limit = 0;
    std::size_t read(std::span<std::uint8_t> buffer, Deadline deadline) override {
      if (limit == 0) return MockDevice::read(buffer, deadline);
      const std::size_t count = std::min(limit, buffer.size());
      std::fill_n(buffer.begin(), count, LSGD_FRAME_MAGIC_0);
      limit -= count;
      return count;
    }
  };
  MockState state;
  auto quiet = std::make_unique<Noise>(state);
  quiet->limit = 5000;
  EXPECT_EQ(AgentSession(std::move(quiet), 1s, 7).description().port, "mock");
  auto loud = std::make_unique<Noise>(state);
  loud->limit = 1 << 20;
  EXPECT_THROW(AgentSession(std::move(loud), 1s, 7), DeviceError);
}

/// A line that holds requests, and counts how often it is written to.
struct Holding : MockDevice {
  using MockDevice::MockDevice;
  int writes = 0;
  void write(std::span<const std::uint8_t> bytes, Deadline deadline) override {
    ++writes;
    MockDevice::write(bytes, deadline);
  }
  std::size_t most_bytes_ahead() const override { return 4096; }
};

TEST(AgentSession, SendsRequestsTogetherWhereTheLineHoldsThem) {
  MockState state;
  auto stream = std::make_unique<Holding>(state);
  Holding& line = *stream;
  AgentSession session(std::move(stream), 1s, 7);
  ASSERT_EQ(session.configure(one_layer), Configured::yes);
  const int before = line.writes;
  for (int step = 0; step < 200; ++step) session.train_step(0.5f);
  session.measure();
  EXPECT_EQ(line.writes - before, 4);  // three times 64, and the rest
  EXPECT_EQ(state.steps, 200);
}

TEST(AgentSession, NoticesWhatIsWrongWithARequestSentAheadWhenItSettles) {
  MockState state;
  AgentSession session(std::make_unique<Holding>(state), 1s, 7);
  ASSERT_EQ(session.configure(one_layer), Configured::yes);
  state.fault = Fault::wrong_status;
  session.forward();
  EXPECT_THROW(session.settle(), DeviceError);
}

TEST(AgentSession, BeginsAnewInTheMidstOfRequestsSentAhead) {
  MockState state;
  AgentSession session(std::make_unique<Holding>(state), 1s, 7);
  ASSERT_EQ(session.configure(one_layer), Configured::yes);
  for (int step = 0; step < 70'000; ++step) session.train_step(0x1p-20f);
  session.settle();
  EXPECT_EQ(state.hellos, 2);
  EXPECT_EQ(state.steps, 70'000);
}

TEST(AgentSession, DoesNotLetADeviceRefuseANetworkItHasRoomFor) {
  MockState state;
  AgentSession session = session_with(state);
  state.fault = Fault::refuses_networks;
  EXPECT_THROW(configure(session, one_layer), DeviceError);
}

TEST(AgentSession, HasANetworkBeyondTheCapacitiesRefused) {
  MockState state;
  AgentSession session = session_with(state);
  state.fault = Fault::refuses_networks;
  const Network too_wide{{{3, 321, Activation::tanh}}, Loss::mse};
  const auto result = configure(session, too_wide);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->verdict, Verdict::refused);
}

}  // namespace
}  // namespace lsgd
