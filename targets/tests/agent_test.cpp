// SPDX-License-Identifier: Apache-2.0

// The agent over a stream in memory, with the float32_c99 port behind it.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>
#include <gtest/gtest.h>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>
#include <zlib.h>

#include <lsgd/arithmetics.h>
#include <lsgd/platform.h>
#include <lsgd/port.h>
#include <lsgd/protocol.h>

extern "C" {
#include "agent.h"
#include "build_identity.h"
#include "sample.h"
#include "stack.h"
extern const lsgd_network* lsgd_float32_network;  // the one the port was given
}

namespace {

using Bytes = std::vector<std::uint8_t>;

/// What the platform's functions work on.
struct Streams {
  std::deque<std::uint8_t> to_device;
  std::deque<std::uint8_t> from_device;
  std::uint8_t* stack_limit = nullptr;
  std::uint64_t cycles = 0;
  int loads = 0;              ///< that the port was called for
  std::uint32_t overrun = 0;  ///< bytes that the port stores beyond what it is asked for
  /// Of a port in another arithmetic, which keeps nothing.
  std::optional<lsgd_port_description> description;
};

Streams streams;

}  // namespace

extern "C" {

const std::uint8_t lsgd_build_identity[LSGD_BUILD_IDENTITY_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8};

int lsgd_platform_read(void) {
  if (streams.to_device.empty()) return -1;
  const int byte = streams.to_device.front();
  streams.to_device.pop_front();
  return byte;
}

void lsgd_platform_write(const std::uint8_t* bytes, std::size_t count) {
  streams.from_device.insert(streams.from_device.end(), bytes, bytes + count);
}

std::uint64_t lsgd_platform_cycles(void) { return streams.cycles += 1000; }
std::uint64_t lsgd_platform_instructions(void) { return streams.cycles / 2; }

// Where no limit is set the highest address leaves nothing to paint.
std::uint8_t* lsgd_platform_stack_limit(void) {
  return streams.stack_limit ? streams.stack_limit
                             : reinterpret_cast<std::uint8_t*>(~std::uintptr_t{0});
}

std::uint32_t lsgd_platform_heap_bytes(void) { return 12; }

const lsgd_port_description* __real_lsgd_port_describe();

/// What the linker has the agent call for lsgd_port_describe (--wrap).
const lsgd_port_description* __wrap_lsgd_port_describe() {
  return streams.description ? &*streams.description : __real_lsgd_port_describe();
}

int __real_lsgd_port_load(lsgd_tensor tensor, std::uint16_t layer, std::uint32_t offset,
                          const std::uint8_t* bytes, std::uint32_t count);

/// The same for lsgd_port_load.
int __wrap_lsgd_port_load(lsgd_tensor tensor, std::uint16_t layer, std::uint32_t offset,
                          const std::uint8_t* bytes, std::uint32_t count) {
  ++streams.loads;
  return streams.description ? LSGD_OK : __real_lsgd_port_load(tensor, layer, offset, bytes, count);
}

int __real_lsgd_port_store(lsgd_tensor tensor, std::uint16_t layer, std::uint32_t offset,
                           std::uint8_t* bytes, std::uint32_t count);

/// What the linker has the agent call for lsgd_port_store (--wrap).
int __wrap_lsgd_port_store(lsgd_tensor tensor, std::uint16_t layer, std::uint32_t offset,
                           std::uint8_t* bytes, std::uint32_t count) {
  std::memset(bytes + count, 1, streams.overrun);
  if (streams.description) return LSGD_OK;
  return __real_lsgd_port_store(tensor, layer, offset, bytes, count);
}

void lsgd_platform_exit(int) { throw std::logic_error("the agent must return instead"); }

}  // extern "C"

namespace {

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Bytes little_endian(std::uint64_t value, int bytes) {
  Bytes result;
  for (int i = 0; i < bytes; ++i) result.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  return result;
}

Bytes u16(std::uint16_t value) { return little_endian(value, 2); }
Bytes u32(std::uint32_t value) { return little_endian(value, 4); }
Bytes f32(float value) { return u32(std::bit_cast<std::uint32_t>(value)); }

std::uint64_t read_integer(const Bytes& bytes, std::size_t offset, int count) {
  std::uint64_t value = 0;
  for (int i = 0; i < count; ++i)
    value |= std::uint64_t{bytes.at(offset + static_cast<std::size_t>(i))} << (8 * i);
  return value;
}

/// zlib's CRC continues from any state, so the nonce is a start value of it.
std::uint32_t crc(const Bytes& bytes, std::uint32_t nonce) {
  return static_cast<std::uint32_t>(
      crc32(nonce, bytes.data(), static_cast<unsigned>(bytes.size())));
}

Bytes frame(std::uint8_t opcode, std::uint16_t sequence, const Bytes& payload,
            std::uint32_t nonce) {
  const Bytes body =
      Bytes{static_cast<std::uint8_t>(payload.size()), opcode} + u16(sequence) + payload;
  return Bytes{LSGD_FRAME_MAGIC_0, LSGD_FRAME_MAGIC_1} + body + u32(crc(body, nonce));
}

struct Reply {
  std::uint8_t opcode = 0;
  std::uint16_t sequence = 0;
  std::uint8_t status = 0;
  Bytes data;
};

class Agent : public testing::Test {
 protected:
  Agent() { streams = {}; }

  void send(const Bytes& bytes) {
    streams.to_device.insert(streams.to_device.end(), bytes.begin(), bytes.end());
  }

  /// The next reply with a good CRC of this session; nothing at the end of the stream.
  std::optional<Reply> receive() {
    lsgd_agent_run();
    std::deque<std::uint8_t>& stream = streams.from_device;
    if (stream.empty()) return std::nullopt;
    const std::size_t size = LSGD_FRAME_HEADER + stream.at(2) + LSGD_FRAME_CRC;
    const Bytes bytes(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(size));
    stream.erase(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(bytes[0], LSGD_FRAME_MAGIC_0);
    EXPECT_EQ(bytes[1], LSGD_FRAME_MAGIC_1);
    const Bytes body(bytes.begin() + 2, bytes.end() - LSGD_FRAME_CRC);
    EXPECT_EQ(read_integer(bytes, size - LSGD_FRAME_CRC, 4), crc(body, nonce_));
    if (bytes[3] == (LSGD_OPCODE_HELLO | LSGD_OPCODE_REPLY) && bytes[6] == LSGD_OK)
      nonce_ = crc({1, 2, 3, 4, 5, 6, 7, 8}, nonce_);
    return Reply{bytes[3], static_cast<std::uint16_t>(read_integer(bytes, 4, 2)), bytes[6],
                 Bytes(bytes.begin() + 7, bytes.end() - LSGD_FRAME_CRC)};
  }

  Reply request(std::uint8_t opcode, const Bytes& payload = {}) {
    send(frame(opcode, ++sequence_, payload, opcode == LSGD_OPCODE_HELLO ? 0 : nonce_));
    const auto reply = receive();
    if (!reply) throw std::runtime_error("no reply");
    EXPECT_EQ(reply->opcode, opcode | LSGD_OPCODE_REPLY);
    EXPECT_EQ(reply->sequence, sequence_);
    return *reply;
  }

  std::uint8_t status_of(std::uint8_t opcode, const Bytes& payload = {}) {
    const Reply reply = request(opcode, payload);
    EXPECT_TRUE(reply.data.empty() || reply.status == LSGD_OK);
    return reply.status;
  }

  Reply hello(std::uint32_t nonce = 0x12345678) {
    nonce_ = nonce;
    return request(LSGD_OPCODE_HELLO, Bytes{LSGD_PROTOCOL} + u32(nonce));
  }

  /// 3-2-1, tanh and sigmoid, bce; all parameters zero.
  void configure() {
    hello();
    ASSERT_EQ(status_of(LSGD_OPCODE_CONFIGURE, small_network_), LSGD_OK);
  }

  std::uint8_t load(std::uint8_t tensor, std::uint8_t layer, std::uint32_t offset,
                    const Bytes& data) {
    return status_of(LSGD_OPCODE_LOAD, Bytes{tensor, layer} + u32(offset) + data);
  }

  Reply store(std::uint8_t tensor, std::uint8_t layer, std::uint32_t offset, std::uint8_t count) {
    return request(LSGD_OPCODE_STORE, Bytes{tensor, layer} + u32(offset) + Bytes{count});
  }

  const Bytes small_network_ = Bytes{LSGD_LOSS_BCE} + u16(3) + u16(2) +
                               Bytes{LSGD_ACTIVATION_TANH} + u16(1) +
                               Bytes{LSGD_ACTIVATION_SIGMOID};
  std::uint32_t nonce_ = 0;
  std::uint16_t sequence_ = 0;
};

TEST_F(Agent, IntroducesItself) {
  const Reply reply = hello();
  ASSERT_EQ(reply.status, LSGD_OK);
  EXPECT_EQ(reply.data.at(0), LSGD_PROTOCOL);
  EXPECT_EQ(read_integer(reply.data, 1, 2), LSGD_PORT_INTERFACE);
  const lsgd_arithmetic float32 = LSGD_ARITHMETIC_FLOAT32;
  EXPECT_TRUE(std::equal(float32.digest, float32.digest + 32, reply.data.begin() + 3));
  const Bytes codes(reply.data.begin() + 35, reply.data.begin() + 63);
  EXPECT_EQ(codes, (Bytes{4, LSGD_PER_WEIGHT, 4, LSGD_PER_NEURON, 4, LSGD_PER_NEURON} + Bytes(22)));
  EXPECT_EQ(read_integer(reply.data, 63, 2), LSGD_CAPACITY_LAYERS);
  EXPECT_EQ(read_integer(reply.data, 65, 2), LSGD_CAPACITY_INPUTS);
  EXPECT_EQ(read_integer(reply.data, 67, 2), LSGD_CAPACITY_WIDTH);
  EXPECT_EQ(read_integer(reply.data, 69, 4), LSGD_CAPACITY_ACTIVATIONS);
  EXPECT_EQ(read_integer(reply.data, 73, 4), LSGD_CAPACITY_PARAMETERS);
  EXPECT_EQ(Bytes(reply.data.begin() + 77, reply.data.begin() + 85),
            (Bytes{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(std::string(reply.data.begin() + 85, reply.data.end()), "float32_c99");
}

// The session that targets/README.md shows.
TEST_F(Agent, UnderstandsTheDocumentedBytes) {
  nonce_ = 0x12345678;
  send({0x4c, 0x53, 0x05, 0x01, 0x01, 0x00, 0x03, 0x78, 0x56, 0x34, 0x12, 0xd5, 0x78, 0xca, 0x0f});
  send({0x4c, 0x53, 0x00, 0x08, 0x02, 0x00, 0x0b, 0x02, 0xc4, 0x65});
  const auto hello = receive();
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->status, LSGD_OK);
  EXPECT_EQ(hello->data.size() + 1, 0x61U);
  const auto measurement = receive();
  ASSERT_TRUE(measurement);
  EXPECT_EQ(measurement->sequence, 2);
  EXPECT_EQ(measurement->data.size() + 1, 0x19U);
}

TEST_F(Agent, RefusesAnotherProtocolVersion) {
  nonce_ = 77;
  EXPECT_EQ(status_of(LSGD_OPCODE_HELLO, Bytes{LSGD_PROTOCOL + 1} + u32(77)),
            LSGD_STATUS_BAD_VERSION);
}

TEST_F(Agent, TrainsOneStep) {
  configure();
  ASSERT_EQ(load(LSGD_TENSOR_INPUT, 0, 0, f32(1) + f32(2) + f32(3)), LSGD_OK);
  ASSERT_EQ(load(LSGD_TENSOR_TARGET, 0, 0, f32(1)), LSGD_OK);
  ASSERT_EQ(load(LSGD_TENSOR_WEIGHTS, 2, 4, f32(8)), LSGD_OK);
  ASSERT_EQ(status_of(LSGD_OPCODE_TRAIN_STEP, f32(1)), LSGD_OK);
  // The output is 0.5, its delta -0.5; the second hidden delta -4, the first 0.
  EXPECT_EQ(store(LSGD_TENSOR_ACTIVATIONS, 2, 0, 4).data, f32(0.5f));
  EXPECT_EQ(store(LSGD_TENSOR_BIASES, 2, 0, 4).data, f32(0.5f));
  EXPECT_EQ(store(LSGD_TENSOR_BIASES, 1, 0, 8).data, f32(0) + f32(4));
  EXPECT_EQ(store(LSGD_TENSOR_WEIGHTS, 1, 12, 12).data, f32(4) + f32(8) + f32(12));
  ASSERT_EQ(status_of(LSGD_OPCODE_FORWARD), LSGD_OK);
  EXPECT_GT(std::bit_cast<float>(static_cast<std::uint32_t>(
                read_integer(store(LSGD_TENSOR_ACTIVATIONS, 2, 0, 4).data, 0, 4))),
            0.99f);
}

TEST_F(Agent, MeasuresTheLastStep) {
  configure();
  status_of(LSGD_OPCODE_TRAIN_STEP, f32(1));
  const Reply reply = request(LSGD_OPCODE_MEASURE);
  ASSERT_EQ(reply.data.size(), 24U);
  EXPECT_EQ(read_integer(reply.data, 0, 8), 1000U);
  EXPECT_EQ(read_integer(reply.data, 8, 8), 0U);
  EXPECT_EQ(read_integer(reply.data, 20, 4), 12U);
}

TEST_F(Agent, RepeatsLoadsAndStoresWithoutEffect) {
  configure();
  const Bytes data = f32(1.5f) + f32(-2);
  for (int time = 0; time < 2; ++time) EXPECT_EQ(load(LSGD_TENSOR_BIASES, 1, 0, data), LSGD_OK);
  for (int time = 0; time < 2; ++time) EXPECT_EQ(store(LSGD_TENSOR_BIASES, 1, 0, 8).data, data);
}

TEST_F(Agent, KeepsTheSampleItWasGiven) {
  configure();
  EXPECT_EQ(load(LSGD_TENSOR_INPUT, 0, 4, f32(7)), LSGD_OK);
  EXPECT_EQ(store(LSGD_TENSOR_INPUT, 0, 0, 12).data, f32(0) + f32(7) + f32(0));
  ASSERT_EQ(status_of(LSGD_OPCODE_CONFIGURE, small_network_), LSGD_OK);
  EXPECT_EQ(store(LSGD_TENSOR_INPUT, 0, 0, 12).data, f32(0) + f32(0) + f32(0));
}

TEST_F(Agent, AnswersSeveralOperationsAtOnce) {
  hello();
  Bytes payload = {LSGD_OPERATION_FLOAT_ADD};
  Bytes expected;
  for (int k = 0; k < LSGD_ARITHMETIC_MAXIMUM; ++k) {
    payload = payload + f32(static_cast<float>(k)) + f32(0.5f);
    expected = expected + f32(static_cast<float>(k) + 0.5f);
  }
  EXPECT_EQ(request(LSGD_OPCODE_ARITHMETIC, payload).data, expected);
  payload[0] = LSGD_OPERATION_QUANTIZE;
  EXPECT_EQ(status_of(LSGD_OPCODE_ARITHMETIC, payload), LSGD_UNSUPPORTED);
}

TEST_F(Agent, EndsAfterQuit) {
  hello();
  EXPECT_EQ(status_of(LSGD_OPCODE_QUIT), LSGD_OK);
}

TEST_F(Agent, IgnoresWhatIsNotAFrame) {
  send({0, LSGD_FRAME_MAGIC_0, 7, LSGD_FRAME_MAGIC_0, LSGD_FRAME_MAGIC_0, LSGD_FRAME_MAGIC_1, 255});
  EXPECT_EQ(hello().status, LSGD_OK);
}

TEST_F(Agent, IgnoresABadCrc) {
  hello();
  for (std::size_t byte = 0; byte < 12; ++byte) {
    Bytes damaged =
        frame(LSGD_OPCODE_MEASURE, static_cast<std::uint16_t>(sequence_ + 1), {}, nonce_);
    if (byte >= damaged.size()) break;
    damaged[byte] ^= 0x10;
    send(damaged);
    EXPECT_FALSE(receive()) << byte;
  }
  EXPECT_EQ(status_of(LSGD_OPCODE_MEASURE), LSGD_OK);
}

TEST_F(Agent, IgnoresAnotherSessionsRequests) {
  hello(1);
  send(frame(LSGD_OPCODE_MEASURE, static_cast<std::uint16_t>(sequence_ + 1), {}, 2));
  EXPECT_FALSE(receive());
}

// Two boards on one line hear the same HELLO; the other's answers must not pass for this one's.
TEST_F(Agent, BindsTheSessionToTheBuildIdentity) {
  hello(1);
  send(frame(LSGD_OPCODE_MEASURE, static_cast<std::uint16_t>(sequence_ + 1), {}, 1));
  EXPECT_FALSE(receive());
  send(frame(LSGD_OPCODE_MEASURE, static_cast<std::uint16_t>(sequence_ + 1), {},
             crc({1, 2, 3, 4, 5, 6, 7, 9}, 1)));
  EXPECT_FALSE(receive());
  EXPECT_EQ(status_of(LSGD_OPCODE_MEASURE), LSGD_OK);
}

TEST_F(Agent, FindsTheFrameBehindATruncatedOne) {
  hello();
  const Bytes long_request = frame(LSGD_OPCODE_LOAD, 9, Bytes(LSGD_PAYLOAD_MAXIMUM), nonce_);
  for (const std::size_t received : {1U, 2U, 3U, 5U, 6U, 100U, 249U}) {
    send(Bytes(long_request.begin(), long_request.begin() + static_cast<std::ptrdiff_t>(received)));
    send(Bytes(LSGD_FRAME_MAXIMUM));
    EXPECT_EQ(hello().status, LSGD_OK) << received;
  }
}

TEST_F(Agent, FindsAFrameInsideAFalseOne) {
  hello();
  send({LSGD_FRAME_MAGIC_0, LSGD_FRAME_MAGIC_1, 20});
  send(frame(LSGD_OPCODE_MEASURE, ++sequence_, {}, nonce_));
  send(Bytes(LSGD_FRAME_MAXIMUM));
  const auto reply = receive();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->opcode, LSGD_OPCODE_MEASURE | LSGD_OPCODE_REPLY);
}

TEST_F(Agent, ExecutesARequestOutOfSequenceNever) {
  configure();
  load(LSGD_TENSOR_TARGET, 0, 0, f32(1));
  const std::uint16_t due = sequence_;
  for (const int distance : {2, -1, -5}) {
    sequence_ = static_cast<std::uint16_t>(due + distance - 1);
    EXPECT_EQ(status_of(LSGD_OPCODE_TRAIN_STEP, f32(1)), LSGD_STATUS_BAD_SEQUENCE);
  }
  sequence_ = due;
  EXPECT_EQ(store(LSGD_TENSOR_BIASES, 2, 0, 4).data, f32(0));
}

TEST_F(Agent, TellsWhatBecameOfTheRequestBeforeThatIsSentAgain) {
  configure();
  ASSERT_EQ(load(LSGD_TENSOR_TARGET, 0, 0, f32(1)), LSGD_OK);
  ASSERT_EQ(status_of(LSGD_OPCODE_TRAIN_STEP, f32(1)), LSGD_OK);
  for (int time = 0; time < 3; ++time) {
    --sequence_;
    EXPECT_EQ(status_of(LSGD_OPCODE_TRAIN_STEP, f32(1)), LSGD_OK);
  }
  EXPECT_EQ(store(LSGD_TENSOR_BIASES, 2, 0, 4).data, f32(0.5f));  // as after one step
  --sequence_;
  const Reply again = store(LSGD_TENSOR_BIASES, 2, 0, 4);
  EXPECT_EQ(again.status, LSGD_OK);
  EXPECT_TRUE(again.data.empty());
  ASSERT_EQ(load(LSGD_TENSOR_BIASES, 2, 4, f32(1)), LSGD_STATUS_BAD_TENSOR);
  --sequence_;
  EXPECT_EQ(load(LSGD_TENSOR_BIASES, 2, 4, f32(1)), LSGD_STATUS_BAD_TENSOR);
}

TEST_F(Agent, CountsSequencesModulo65536) {
  sequence_ = 0xfffe;
  hello();
  ASSERT_EQ(sequence_, 0xffff);
  EXPECT_EQ(status_of(LSGD_OPCODE_MEASURE), LSGD_OK);
  EXPECT_EQ(sequence_, 0);
}

TEST_F(Agent, RefusesUnknownOpcodes) {
  hello();
  for (const int opcode : {0, 13, 100, 127})
    EXPECT_EQ(status_of(static_cast<std::uint8_t>(opcode)), LSGD_STATUS_UNKNOWN_OPCODE);
}

TEST_F(Agent, RefusesPayloadsOfTheWrongLength) {
  configure();
  const auto refused = [&](std::uint8_t opcode, std::size_t length) {
    EXPECT_EQ(status_of(opcode, Bytes(length)), LSGD_STATUS_BAD_LENGTH)
        << unsigned{opcode} << ' ' << length;
  };
  for (const std::size_t length : {0U, 4U, 6U}) {
    // A HELLO with a bad length starts no session: its reply belongs to the one before.
    refused(LSGD_OPCODE_HELLO, length);
  }
  refused(LSGD_OPCODE_LOAD, 6);
  refused(LSGD_OPCODE_STORE, 6);
  refused(LSGD_OPCODE_STORE, 8);
  refused(LSGD_OPCODE_FORWARD, 1);
  refused(LSGD_OPCODE_TRAIN_STEP, 0);
  refused(LSGD_OPCODE_TRAIN_STEP, 5);
  refused(LSGD_OPCODE_ARITHMETIC, 1);
  refused(LSGD_OPCODE_ARITHMETIC, 8);
  refused(LSGD_OPCODE_ARITHMETIC, 10);
  refused(LSGD_OPCODE_MEASURE, 1);
  refused(LSGD_OPCODE_QUIT, 1);
  refused(LSGD_OPCODE_CONFIGURE, 2);
  refused(LSGD_OPCODE_CONFIGURE, 7);
  for (const std::uint8_t opcode : {LSGD_OPCODE_DIGEST, LSGD_OPCODE_RELOAD})
    for (const std::size_t length : {0, 3, 2 * LSGD_DIGEST_MAXIMUM + 2}) refused(opcode, length);
  refused(LSGD_OPCODE_STORE_LOW, 7);
  refused(LSGD_OPCODE_STORE_LOW, 9);
}

TEST_F(Agent, HasNoNetworkAfterARefusedOne) {
  const auto refused = [&](const Bytes& network, std::uint8_t status) {
    configure();
    EXPECT_EQ(status_of(LSGD_OPCODE_CONFIGURE, network), status);
    EXPECT_EQ(status_of(LSGD_OPCODE_FORWARD), LSGD_STATUS_NOT_CONFIGURED);
    EXPECT_EQ(status_of(LSGD_OPCODE_TRAIN_STEP, f32(1)), LSGD_STATUS_NOT_CONFIGURED);
    EXPECT_EQ(store(LSGD_TENSOR_INPUT, 0, 0, 4).status, LSGD_STATUS_NOT_CONFIGURED);
    EXPECT_EQ(load(LSGD_TENSOR_INPUT, 0, 0, f32(1)), LSGD_STATUS_NOT_CONFIGURED);
  };
  const auto layer = [](std::uint16_t outputs, std::uint8_t activation) {
    return u16(outputs) + Bytes{activation};
  };
  const Bytes mse = {LSGD_LOSS_MSE};
  refused(mse + u16(3), LSGD_STATUS_BAD_NETWORK);
  refused(mse + u16(0) + layer(1, 0), LSGD_STATUS_BAD_NETWORK);
  refused(mse + u16(3) + layer(0, 0), LSGD_STATUS_BAD_NETWORK);
  refused(mse + u16(3) + layer(1, LSGD_ACTIVATIONS), LSGD_STATUS_BAD_NETWORK);
  refused(Bytes{LSGD_LOSSES} + u16(3) + layer(1, 2), LSGD_STATUS_BAD_NETWORK);
  refused(Bytes{LSGD_LOSS_BCE} + u16(3) + layer(1, LSGD_ACTIVATION_TANH), LSGD_STATUS_BAD_NETWORK);
  const Bytes cross_entropy = {LSGD_LOSS_CROSS_ENTROPY};
  refused(mse + u16(3) + layer(2, LSGD_ACTIVATION_SOFTMAX), LSGD_STATUS_BAD_NETWORK);
  refused(cross_entropy + u16(3) + layer(2, LSGD_ACTIVATION_SIGMOID), LSGD_STATUS_BAD_NETWORK);
  refused(Bytes{LSGD_LOSS_BCE} + u16(3) + layer(2, LSGD_ACTIVATION_SOFTMAX),
          LSGD_STATUS_BAD_NETWORK);
  refused(cross_entropy + u16(3) + layer(2, LSGD_ACTIVATION_SOFTMAX) +
              layer(2, LSGD_ACTIVATION_SOFTMAX),
          LSGD_STATUS_BAD_NETWORK);
  refused(mse + u16(LSGD_CAPACITY_INPUTS + 1) + layer(1, 0), LSGD_CAPACITY_EXCEEDED);
  refused(mse + u16(3) + layer(LSGD_CAPACITY_WIDTH + 1, 0), LSGD_CAPACITY_EXCEEDED);
  refused(mse + u16(LSGD_CAPACITY_INPUTS) + layer(LSGD_CAPACITY_WIDTH, 0), LSGD_CAPACITY_EXCEEDED);
  refused(mse + u16(65535) + layer(65535, 0) + layer(65535, 0), LSGD_CAPACITY_EXCEEDED);
  Bytes deep = mse + u16(1);
  for (int l = 0; l <= LSGD_CAPACITY_LAYERS; ++l) deep = deep + layer(1, 0);
  refused(deep, LSGD_CAPACITY_EXCEEDED);
  Bytes many_activations = mse + u16(1);
  for (int l = 0; l < 5; ++l) many_activations = many_activations + layer(l % 2 ? 1 : 320, 0);
  configure();
  EXPECT_EQ(status_of(LSGD_OPCODE_CONFIGURE, many_activations), LSGD_OK);
}

TEST_F(Agent, RefusesBytesOutsideATensor) {
  configure();
  const std::uint32_t weight_bytes = 2 * 3 * 4;
  const auto refused = [&](std::uint8_t tensor, std::uint8_t layer, std::uint32_t offset,
                           std::uint8_t count) {
    EXPECT_EQ(store(tensor, layer, offset, count).status, LSGD_STATUS_BAD_TENSOR);
    if (count > 0) {
      EXPECT_EQ(load(tensor, layer, offset, Bytes(count)), LSGD_STATUS_BAD_TENSOR);
    }
  };
  refused(LSGD_TENSOR_WEIGHTS, 1, 0, 0);
  refused(LSGD_TENSOR_WEIGHTS, 1, 0, weight_bytes + 4);
  refused(LSGD_TENSOR_WEIGHTS, 1, weight_bytes, 4);
  refused(LSGD_TENSOR_WEIGHTS, 1, 0xfffffffc, 8);  // the end would wrap to 4
  refused(LSGD_TENSOR_WEIGHTS, 1, 2, 4);
  refused(LSGD_TENSOR_WEIGHTS, 1, 0, 6);
  refused(LSGD_TENSOR_WEIGHTS, 0, 0, 4);
  refused(LSGD_TENSOR_WEIGHTS, 3, 0, 4);
  refused(LSGD_TENSOR_BIASES, 1, 8, 4);
  refused(LSGD_TENSOR_ACTIVATIONS, 2, 4, 4);
  refused(LSGD_TENSOR_WEIGHT_FRACTION_BITS, 1, 0, 1);  // float32 has none
  refused(LSGD_TENSOR_INPUT, 1, 0, 4);
  refused(LSGD_TENSOR_INPUT, 0, 12, 4);
  refused(LSGD_TENSOR_TARGET, 0, 4, 4);
  for (std::uint8_t tensor = 7; tensor < LSGD_TENSORS + 2; ++tensor)
    for (std::uint8_t layer = 0; layer < 2; ++layer)
      refused(tensor, layer, 0, 4);  // float32 has none
  refused(255, 255, 0, 4);
  EXPECT_EQ(load(LSGD_TENSOR_ACTIVATIONS, 1, 0, f32(1)), LSGD_STATUS_BAD_TENSOR);
  EXPECT_EQ(store(LSGD_TENSOR_WEIGHTS, 1, 0, weight_bytes).status, LSGD_OK);
}

TEST_F(Agent, GivesADigestOfWhatItWouldStore) {
  configure();
  const Bytes weights = f32(1) + f32(-2) + f32(3) + f32(4) + f32(5) + f32(6), input = f32(7);
  ASSERT_EQ(load(LSGD_TENSOR_WEIGHTS, 1, 0, weights), LSGD_OK);
  ASSERT_EQ(load(LSGD_TENSOR_INPUT, 0, 8, input), LSGD_OK);
  const Bytes both{LSGD_TENSOR_WEIGHTS, 1, LSGD_TENSOR_INPUT, 0};
  for (const std::uint8_t opcode : {LSGD_OPCODE_DIGEST, LSGD_OPCODE_RELOAD}) {
    const Reply reply = request(opcode, both);
    EXPECT_EQ(reply.status, LSGD_OK);
    EXPECT_EQ(reply.data, u32(crc(weights + Bytes(8) + input, 0)));
    EXPECT_EQ(store(LSGD_TENSOR_WEIGHTS, 1, 0, 24).data, weights);
    EXPECT_EQ(status_of(opcode, {LSGD_TENSOR_WEIGHTS, 3}), LSGD_STATUS_BAD_TENSOR);
    EXPECT_EQ(status_of(opcode, {LSGD_TENSOR_WEIGHT_FRACTION_BITS, 1}), LSGD_STATUS_BAD_TENSOR);
  }
  EXPECT_EQ(status_of(LSGD_OPCODE_DIGEST, {LSGD_TENSOR_ACTIVATIONS, 1}), LSGD_OK);
  EXPECT_EQ(status_of(LSGD_OPCODE_RELOAD, {LSGD_TENSOR_ACTIVATIONS, 1}), LSGD_STATUS_BAD_TENSOR);
}

// Of more bytes than the agent works on at a time, and the most tensors.
TEST_F(Agent, GivesADigestOfManyBytes) {
  hello();
  ASSERT_EQ(status_of(LSGD_OPCODE_CONFIGURE,
                      Bytes{LSGD_LOSS_MSE} + u16(9) + u16(5) + Bytes{LSGD_ACTIVATION_TANH}),
            LSGD_OK);
  Bytes weights(9 * 5 * 4), tensors, all;
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<std::uint8_t>(7 * i);
  ASSERT_EQ(load(LSGD_TENSOR_WEIGHTS, 1, 0, weights), LSGD_OK);
  for (int n = 0; n < LSGD_DIGEST_MAXIMUM; ++n) {
    tensors = tensors + Bytes{LSGD_TENSOR_WEIGHTS, 1};
    all = all + weights;
  }
  EXPECT_EQ(request(LSGD_OPCODE_DIGEST, tensors).data, u32(crc(all, 0)));
  EXPECT_EQ(request(LSGD_OPCODE_RELOAD, tensors).data, u32(crc(all, 0)));
  EXPECT_EQ(store(LSGD_TENSOR_WEIGHTS, 1, 0, 180).data, weights);
}

TEST_F(Agent, ReloadsThroughThePort) {
  configure();
  streams.loads = 0;
  EXPECT_EQ(status_of(LSGD_OPCODE_DIGEST, {LSGD_TENSOR_WEIGHTS, 1, LSGD_TENSOR_BIASES, 2}),
            LSGD_OK);
  EXPECT_EQ(streams.loads, 0);
  EXPECT_EQ(status_of(LSGD_OPCODE_RELOAD, {LSGD_TENSOR_WEIGHTS, 1, LSGD_TENSOR_BIASES, 2}),
            LSGD_OK);
  EXPECT_EQ(streams.loads, 2);
}

TEST_F(Agent, StoresTheLowBytesOfCodes) {
  hello();
  ASSERT_EQ(status_of(LSGD_OPCODE_CONFIGURE,
                      Bytes{LSGD_LOSS_MSE} + u16(20) + u16(5) + Bytes{LSGD_ACTIVATION_TANH}),
            LSGD_OK);
  Bytes weights(20 * 5 * 4);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<std::uint8_t>(11 * i);
  for (std::uint32_t part = 0; part < 2; ++part)
    ASSERT_EQ(load(LSGD_TENSOR_WEIGHTS, 1, 200 * part,
                   Bytes(weights.begin() + 200 * part, weights.begin() + 200 * part + 200)),
              LSGD_OK);
  const auto store_low = [&](std::uint32_t offset, std::uint8_t codes, std::uint8_t low) {
    return request(LSGD_OPCODE_STORE_LOW,
                   Bytes{LSGD_TENSOR_WEIGHTS, 1} + u32(offset) + Bytes{codes, low});
  };
  for (const std::size_t low : {1, 2, 3}) {
    const std::size_t codes = std::min<std::size_t>(99, LSGD_STORE_LOW_MAXIMUM / low);
    Bytes expected;
    for (std::size_t code = 1; code <= codes; ++code)
      for (std::size_t i = 0; i < low; ++i) expected.push_back(weights[4 * code + i]);
    EXPECT_EQ(store_low(4, static_cast<std::uint8_t>(codes), static_cast<std::uint8_t>(low)).data,
              expected);
  }
  EXPECT_EQ(store_low(0, 0, 1).status, LSGD_STATUS_BAD_TENSOR);
  EXPECT_EQ(store_low(0, 1, 0).status, LSGD_STATUS_BAD_TENSOR);
  EXPECT_EQ(store_low(0, 1, 4).status, LSGD_STATUS_BAD_TENSOR);  // a code's bytes, all
  EXPECT_EQ(store_low(2, 1, 1).status, LSGD_STATUS_BAD_TENSOR);
  EXPECT_EQ(store_low(4, 100, 1).status, LSGD_STATUS_BAD_TENSOR);
  EXPECT_EQ(store_low(0, LSGD_STORE_LOW_MAXIMUM / 2 + 1, 2).status, LSGD_STATUS_BAD_TENSOR);
}

// An arithmetic of 16-bit weights and 8-bit activations with a scale for each row: the agent knows
// of it what the port states, and neither width nor extent is tied to a tensor.
TEST_F(Agent, TakesTheExtentOfTensorsFromThePort) {
  streams.description = *lsgd_port_describe();
  auto& tensors = streams.description->arithmetic.tensors;
  tensors[LSGD_TENSOR_WEIGHTS] = {2, LSGD_PER_WEIGHT};
  tensors[LSGD_TENSOR_ACTIVATIONS] = {1, LSGD_PER_NEURON};
  tensors[LSGD_TENSOR_WEIGHT_SCALES] = {4, LSGD_PER_NEURON};
  tensors[LSGD_TENSOR_ACTIVATION_ZERO_POINTS] = {1, LSGD_PER_LAYER};
  tensors[LSGD_TENSOR_INPUT_SCALE] = {4, LSGD_PER_NETWORK};
  configure();
  const auto has = [&](std::uint8_t tensor, std::uint8_t layer, std::uint8_t bytes,
                       std::uint8_t code) {
    EXPECT_EQ(load(tensor, layer, 0, Bytes(bytes)), LSGD_OK);
    EXPECT_EQ(load(tensor, layer, code, Bytes(bytes)), LSGD_STATUS_BAD_TENSOR);
    EXPECT_EQ(store(tensor, layer, 0, bytes).status, LSGD_OK);
    EXPECT_EQ(store(tensor, layer, code, bytes).status, LSGD_STATUS_BAD_TENSOR);
    EXPECT_EQ(store(tensor, layer, bytes, code).status, LSGD_STATUS_BAD_TENSOR);
  };
  has(LSGD_TENSOR_WEIGHTS, 1, 2 * 3 * 2, 2);
  has(LSGD_TENSOR_WEIGHT_SCALES, 1, 2 * 4, 4);
  has(LSGD_TENSOR_WEIGHT_SCALES, 2, 1 * 4, 4);
  has(LSGD_TENSOR_ACTIVATION_ZERO_POINTS, 2, 1, 1);
  has(LSGD_TENSOR_INPUT_SCALE, 0, 4, 4);
  EXPECT_EQ(load(LSGD_TENSOR_WEIGHTS, 1, 1, Bytes(2)), LSGD_STATUS_BAD_TENSOR);
  EXPECT_EQ(load(LSGD_TENSOR_INPUT_SCALE, 1, 0, Bytes(4)), LSGD_STATUS_BAD_TENSOR);
  EXPECT_EQ(load(LSGD_TENSOR_WEIGHT_SCALES, 0, 0, Bytes(4)), LSGD_STATUS_BAD_TENSOR);
  EXPECT_EQ(store(LSGD_TENSOR_ACTIVATIONS, 1, 0, 2).status, LSGD_OK);
  EXPECT_EQ(load(LSGD_TENSOR_INPUT, 0, 0, f32(1)), LSGD_OK);
}

TEST_F(Agent, SurvivesRandomBytes) {
  std::mt19937_64 engine(40);
  const auto draw = [&](std::uint64_t end) { return engine() % end; };
  for (int round = 0; round < 2000; ++round) {
    const std::uint8_t opcode = static_cast<std::uint8_t>(draw(14));
    Bytes payload(draw(24));
    for (std::uint8_t& byte : payload) byte = static_cast<std::uint8_t>(draw(draw(2) ? 8 : 256));
    Bytes bytes = frame(opcode, static_cast<std::uint16_t>(sequence_ + 1), payload, nonce_);
    if (draw(4) == 0) bytes[draw(bytes.size())] = static_cast<std::uint8_t>(engine());
    if (draw(8) == 0) bytes.resize(draw(bytes.size()));
    send(bytes);
    lsgd_agent_run();
    streams.from_device.clear();
    if (draw(5) == 0) configure();
    ++sequence_;
  }
  send(Bytes(LSGD_FRAME_MAXIMUM));
  EXPECT_EQ(hello().status, LSGD_OK);
}

// A loop of a port that runs one layer too far, in either direction, must not find a plausible one
// there, nor one of an earlier, deeper network.
TEST_F(Agent, SurroundsTheNetworkWithImpossibleLayers) {
  hello();
  for (const int layers : {LSGD_CAPACITY_LAYERS, 2}) {
    Bytes network = Bytes{LSGD_LOSS_MSE} + u16(3);
    for (int l = 0; l < layers; ++l) network = network + u16(4) + Bytes{LSGD_ACTIVATION_TANH};
    ASSERT_EQ(status_of(LSGD_OPCODE_CONFIGURE, network), LSGD_OK);
    for (const int beyond : {-1, layers}) {
      const lsgd_layer& layer = lsgd_float32_network->layers[beyond];
      EXPECT_EQ(layer.inputs, 65535) << beyond;
      EXPECT_EQ(layer.outputs, 65535) << beyond;
      // Whose outputs have another format than the network's inputs, in a format of fixed point.
      EXPECT_EQ(layer.activation, beyond < 0 ? LSGD_ACTIVATION_TANH : 255) << beyond;
    }
  }
}

// Nor may one that reads beyond its sample find zeros there, which no sum would show.
TEST_F(Agent, HasNaNsBehindTheSample) {
  configure();
  for (std::size_t i = 0; i < LSGD_CAPACITY_INPUTS; ++i)
    EXPECT_EQ(std::isnan(lsgd_sample_input[i]), i >= 3) << i;
  for (std::size_t i = 0; i < LSGD_CAPACITY_WIDTH; ++i)
    EXPECT_EQ(std::isnan(lsgd_sample_target[i]), i >= 1) << i;
}

TEST_F(Agent, NoticesAPortThatStoresMoreThanItIsAskedFor) {
  configure();
  for (const auto count : std::to_array<std::uint8_t>({4, 8})) {
    streams.overrun = 0;
    EXPECT_EQ(store(LSGD_TENSOR_BIASES, 1, 0, count).status, LSGD_OK);
    for (const std::uint32_t overrun : {1U, 4U}) {
      streams.overrun = overrun;
      const Reply reply = store(LSGD_TENSOR_BIASES, 1, 0, count);
      EXPECT_EQ(reply.status, LSGD_STATUS_OVERRUN);
      EXPECT_TRUE(reply.data.empty());
      EXPECT_EQ(status_of(LSGD_OPCODE_DIGEST, {LSGD_TENSOR_BIASES, 1}), LSGD_STATUS_OVERRUN);
    }
  }
}

#ifndef __SANITIZE_ADDRESS__
/// Uses at least `bytes` of stack.
__attribute__((noinline)) int use_stack(std::size_t bytes) {
  volatile auto* block = static_cast<volatile char*>(__builtin_alloca(bytes));
  block[0] = 2;  // in neither pattern
  return block[0];
}

// Nothing is written between a base and the deepest byte: what is near the base tells nothing of
// it.
TEST(Stack, SeesHowDeepACallWent) {
  auto* const base = static_cast<std::uint8_t*>(__builtin_frame_address(0));
  streams.stack_limit = base - 65536;
  lsgd_stack_paint();
  const std::uint32_t little = lsgd_stack_used(base);
  EXPECT_LT(little, 1024U);
  for (const std::size_t bytes : {2000U, 20'000U, 50'000U, 60'000U}) {
    lsgd_stack_paint();
    use_stack(bytes);
    const std::uint32_t near_base = lsgd_stack_used(base);
    const std::uint32_t used = std::max(near_base, lsgd_stack_used_deeper());
    EXPECT_GE(used, bytes);
    EXPECT_LE(used, bytes + little + 256);
    EXPECT_EQ(lsgd_stack_used_deeper(), 0U) << "it was told once";
    lsgd_stack_paint();
    EXPECT_LE(lsgd_stack_used(base), little + 256) << "the next call needs little again";
    EXPECT_EQ(lsgd_stack_used_deeper(), 0U);
  }
  streams.stack_limit = nullptr;
}

TEST(Stack, SeesEveryWordThatIsTheDeepest) {
  auto* const base = static_cast<std::uint8_t*>(__builtin_frame_address(0));
  streams.stack_limit = base - 65536;
  lsgd_stack_paint();
  std::uint32_t deepest = lsgd_stack_used(base);
  while (deepest < 65'000) {
    deepest += sizeof(std::uintptr_t);
    lsgd_stack_paint();
    *const_cast<volatile std::uint8_t*>(base - deepest) = 2;  // in neither pattern
    ASSERT_EQ(lsgd_stack_used(base), deepest);
  }
  streams.stack_limit = nullptr;
}

TEST(Stack, IsNotSeenBelowALimitAboveIt) {
  auto* const base = static_cast<std::uint8_t*>(__builtin_frame_address(0));
  lsgd_stack_paint();
  use_stack(2000);
  EXPECT_EQ(lsgd_stack_used(base), 0U);
  EXPECT_EQ(lsgd_stack_used_deeper(), 0U);
}

// What a port reads before it writes it differs from call to call, and so do its results.
TEST(Stack, IsPaintedInTwoPatternsInTurn) {
  auto* const base = static_cast<std::uint8_t*>(__builtin_frame_address(0));
  streams.stack_limit = base - 65536;
  std::vector<int> used_before;
  for (int call = 0; call < 4; ++call) {
    lsgd_stack_paint();
    used_before.push_back(*const_cast<volatile std::uint8_t*>(base - 2000));
    use_stack(3000);
    lsgd_stack_used(base);
  }
  EXPECT_NE(used_before[0], used_before[1]);
  EXPECT_EQ(used_before[0], used_before[2]);
  EXPECT_EQ(used_before[1], used_before[3]);
  streams.stack_limit = nullptr;
}
#endif

}  // namespace
