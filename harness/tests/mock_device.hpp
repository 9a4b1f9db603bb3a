// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <deque>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <zlib.h>

#include <lsgd/arithmetics.h>
#include <lsgd/network/correctly_rounded_activation.hpp>
#include <lsgd/network/network.hpp>
#include <lsgd/port.h>
#include <lsgd/protocol.h>
#include <lsgd/step/ordered_step.hpp>

#include "device/agent_session.hpp"
#include "device/byte_stream.hpp"
#include "device/device_error.hpp"
#include "device/frame.hpp"
#include "device/little_endian.hpp"

namespace lsgd {

/// What is wrong with a mock device.
enum class Fault : std::uint8_t {
  none,
  wrong_element,           ///< the last weight of layer 1 is doubled by every second training step
  not_a_number,            ///< that weight becomes NaN
  forward_trains,          ///< a forward pass changes the first bias
  hang,                    ///< no answer
  crash,                   ///< the stream ends
  garbage,                 ///< text instead of a frame
  bad_checksum,            ///< one bit of the answer flipped
  stale_answer,            ///< answers made for the session with nonce 0
  truncated,               ///< half a frame, then nothing
  duplicated,              ///< every answer twice
  wrong_sequence,          ///< the answer to the request before
  wrong_status,            ///< an error status
  other_build,             ///< HELLO gives another build identity
  misstates_at_first,      ///< the first HELLO states room for no layer
  refuses_networks,        ///< CONFIGURE says that a network that fits does not
  knows_four_activations,  ///< as agents from before leaky_relu: others make a bad network
  lacks_wide_networks,     ///< CONFIGURE says that networks of more than 255 inputs are unsupported
  lacks_tanh,              ///< CONFIGURE says that networks with tanh are unsupported
  has_one_shape,           ///< ... that all networks are but those of 2 inputs and one layer
  averages_the_loss,       ///< over the outputs
  starts_from_minus_zero,  ///< biases of a configured network
};

/// Answers of one mock device, across restarts.
struct MockState {
  Fault fault = Fault::none;
  /// Training steps that go well before the fault sets in; faults of the protocol set in with HELLO
  /// where this is 0.
  int healthy_steps = 0;
  int faults_left = std::numeric_limits<int>::max();  ///< restarts that the fault survives
  bool tells_repeats = true;   ///< answers the last request, sent again, by its status
  bool is_slow = false;        ///< ByteStream::is_slow
  bool is_line = false;        ///< ByteStream::is_line
  bool knows_digests = false;  ///< answers DIGEST, RELOAD and STORE_LOW
  std::map<std::uint8_t, int> requests = {};  ///< that were executed, by opcode
  std::uint64_t bytes = 0;                    ///< both ways
  int connections = 0;
  int hellos = 0;
  int steps = 0;
  Measurement forward{0, 0, 96, 0};     ///< what a forward pass costs
  Measurement first_step{0, 0, 96, 0};  ///< what the first training step costs
  std::uint64_t growth = 0;             ///< cycles and instructions that each further step adds
  lsgd_arithmetic arithmetic = LSGD_ARITHMETIC_FLOAT32;              ///< that HELLO states
  Capacities capacities{8, 784, 320, 1280, 98304};                   ///< that HELLO states
  ArithmeticModel model{.fused_multiply_add = FusedMultiplyAdd::no,  ///< that it computes in
                        .summation_order = SummationOrder::ascending,
                        .bias_position = BiasPosition::first,
                        .update_product = UpdateProduct::learning_rate_times_delta};
  /// In place of sigmoid and tanh; correctly rounded without it.
  float (*function)(Activation, float) = nullptr;
};

/// A device in this process: speaks the protocol and trains in binary32, in a declared order with
/// correctly rounded activations, so that without a fault it is a perfect float32 port.
class MockDevice : public ByteStream {
 public:
  explicit MockDevice(MockState& state) : state_(state) { ++state_.connections; }

  void write(std::span<const std::uint8_t> bytes, Deadline) override {
    received_.insert(received_.end(), bytes.begin(), bytes.end());
    state_.bytes += bytes.size();
    while (!received_.empty()) {
      // The CRC tells which nonce the host used: HELLO has none.
      DecodedFrame decoded = decode_frame(received_, 0);
      if (decoded.kind == DecodedFrame::Kind::bad_checksum)
        decoded = decode_frame(received_, nonce_);
      if (decoded.kind == DecodedFrame::Kind::incomplete) return;
      if (decoded.kind != DecodedFrame::Kind::whole) {
        received_.erase(received_.begin());
        continue;
      }
      received_.erase(received_.begin(),
                      received_.begin() + static_cast<std::ptrdiff_t>(decoded.size));
      answer(decoded.frame);
    }
  }

  std::size_t read(std::span<std::uint8_t> buffer, Deadline) override {
    if (output_.empty() && crashed_) throw DeviceError("mock crashed");
    if (output_.empty()) throw TimeOutError("mock timed out");
    const std::size_t count = std::min(buffer.size(), output_.size());
    std::copy_n(output_.begin(), count, buffer.begin());
    output_.erase(output_.begin(), output_.begin() + static_cast<std::ptrdiff_t>(count));
    state_.bytes += count;
    return count;
  }

  bool is_slow() const override { return state_.is_slow || state_.is_line; }
  bool is_line() const override { return state_.is_line; }

 private:
  bool faulty(Fault fault) const {
    return state_.fault == fault && state_.steps >= state_.healthy_steps && state_.faults_left > 0;
  }

  void answer(const Frame& request) {
    Frame reply{
        static_cast<std::uint8_t>(request.opcode | LSGD_OPCODE_REPLY), request.sequence, {}};
    const bool is_hello = request.opcode == LSGD_OPCODE_HELLO;
    if (!is_hello && !is_in_session_) return;
    if (!is_hello && request.sequence != expected_sequence_) {
      const bool is_repeat = state_.tells_repeats &&
                             request.sequence == static_cast<std::uint16_t>(expected_sequence_ - 1);
      reply.payload = {static_cast<std::uint8_t>(is_repeat ? status_ : LSGD_STATUS_BAD_SEQUENCE)};
      return send(encode_frame(reply, nonce_));
    }
    expected_sequence_ = static_cast<std::uint16_t>(request.sequence + 1);
    if (is_hello && request.payload.size() != 1 + sizeof nonce_) {
      reply.payload = {LSGD_STATUS_BAD_LENGTH};
      return send(encode_frame(reply, nonce_));
    }
    if (is_hello) nonce_ = little_endian<std::uint32_t>(std::span(request.payload).subspan(1));
    if (is_hello && request.payload.front() != LSGD_PROTOCOL) {
      reply.payload = {LSGD_STATUS_BAD_VERSION};
      return send(encode_frame(reply, nonce_));
    }
    if (is_hello) ++state_.hellos;
    is_in_session_ = true;
    reply.payload = execute(request);
    reply.payload.insert(
        reply.payload.begin(),
        static_cast<std::uint8_t>(faulty(Fault::wrong_status) ? LSGD_OUT_OF_RANGE : status_));
    if (reply.payload.front() != LSGD_OK) reply.payload.resize(1);
    if (faulty(Fault::wrong_sequence)) --reply.sequence;
    send(encode_frame(reply, faulty(Fault::stale_answer) ? 0 : nonce_));
    if (is_hello) nonce_ = session_nonce(nonce_, identity());
  }

  void send(std::vector<std::uint8_t> bytes) {
    if (faulty(Fault::hang)) {
      --state_.faults_left;
      return;
    }
    if (faulty(Fault::crash)) {
      --state_.faults_left;
      crashed_ = true;
      return;
    }
    if (faulty(Fault::garbage)) {
      const std::string text = "Segmentation fault";
      bytes.assign(text.begin(), text.end());
    }
    if (faulty(Fault::bad_checksum)) bytes[bytes.size() / 2] ^= 1;
    if (faulty(Fault::truncated)) bytes.resize(bytes.size() / 2);
    output_.insert(output_.end(), bytes.begin(), bytes.end());
    if (faulty(Fault::duplicated)) output_.insert(output_.end(), bytes.begin(), bytes.end());
  }

  std::vector<std::uint8_t> execute(const Frame& request) {
    status_ = LSGD_OK;
    ++state_.requests[request.opcode];
    const std::span<const std::uint8_t> payload = request.payload;
    if (state_.knows_digests) switch (request.opcode) {
        case LSGD_OPCODE_DIGEST:
        case LSGD_OPCODE_RELOAD:  // nothing is derived from parameters
          return digest(payload);
        case LSGD_OPCODE_STORE_LOW:
          return store_low(payload);
        default:
          break;
      }
    switch (request.opcode) {
      case LSGD_OPCODE_HELLO:
        return describe();
      case LSGD_OPCODE_CONFIGURE:
        return configure(payload);
      case LSGD_OPCODE_LOAD:
        return load(payload);
      case LSGD_OPCODE_STORE:
        return store(payload);
      case LSGD_OPCODE_FORWARD:
        return forward();
      case LSGD_OPCODE_TRAIN_STEP:
        return train_step(payload);
      case LSGD_OPCODE_ARITHMETIC:
        status_ = LSGD_UNSUPPORTED;
        return {};
      case LSGD_OPCODE_MEASURE:
        return measure();
      default:
        status_ = LSGD_STATUS_UNKNOWN_OPCODE;
        return {};
    }
  }

  std::vector<std::uint8_t> identity() const {
    return std::vector<std::uint8_t>(LSGD_BUILD_IDENTITY_BYTES,
                                     faulty(Fault::other_build) ? 0xbb : 0xaa);
  }

  std::vector<std::uint8_t> describe() const {
    std::vector<std::uint8_t> payload{LSGD_PROTOCOL};
    append_little_endian(payload, std::uint16_t{LSGD_PORT_INTERFACE});
    const auto& [digest, tensors] = state_.arithmetic;
    payload.insert(payload.end(), std::begin(digest), std::end(digest));
    for (const lsgd_codes& codes : tensors)
      payload.insert(payload.end(), {codes.bytes, codes.extent});
    const bool misstates = state_.fault == Fault::misstates_at_first && state_.hellos == 1;
    for (const std::uint32_t capacity : {misstates ? 0 : state_.capacities.layers,
                                         state_.capacities.inputs, state_.capacities.width})
      append_little_endian(payload, static_cast<std::uint16_t>(capacity));
    append_little_endian(payload, state_.capacities.activations);
    append_little_endian(payload, state_.capacities.parameters);
    const std::vector<std::uint8_t> build = identity();
    payload.insert(payload.end(), build.begin(), build.end());
    for (const char c : std::string("mock")) payload.push_back(static_cast<std::uint8_t>(c));
    return payload;
  }

  std::vector<std::uint8_t> configure(std::span<const std::uint8_t> payload) {
    if (faulty(Fault::refuses_networks)) {
      status_ = LSGD_CAPACITY_EXCEEDED;
      return {};
    }
    if (faulty(Fault::lacks_wide_networks) &&
        little_endian<std::uint16_t>(payload.subspan(1)) > 255) {
      status_ = LSGD_UNSUPPORTED;
      return {};
    }
    for (std::size_t at = 5; at < payload.size(); at += 3)
      if (faulty(Fault::knows_four_activations) && payload[at] > LSGD_ACTIVATION_TANH) {
        status_ = LSGD_STATUS_BAD_NETWORK;
        return {};
      }
    const bool has_one_layer =
        little_endian<std::uint16_t>(payload.subspan(1)) == 2 && payload.size() == 6;
    if (faulty(Fault::has_one_shape) && !has_one_layer) {
      status_ = LSGD_UNSUPPORTED;
      return {};
    }
    for (std::size_t at = 5; at < payload.size(); at += 3)
      if (faulty(Fault::lacks_tanh) && payload[at] == LSGD_ACTIVATION_TANH) {
        status_ = LSGD_UNSUPPORTED;
        return {};
      }
    network_ = {{}, all_losses.at(payload[0])};
    std::uint32_t inputs = little_endian<std::uint16_t>(payload.subspan(1));
    for (payload = payload.subspan(3); !payload.empty(); payload = payload.subspan(3)) {
      const std::uint32_t outputs = little_endian<std::uint16_t>(payload);
      network_.layers.push_back({inputs, outputs, static_cast<Activation>(payload[2])});
      inputs = outputs;
    }
    parameters_.clear();
    for (const Layer& layer : network_.layers)
      parameters_.push_back(
          {std::vector<float>(layer.weight_count()),
           std::vector<float>(layer.outputs, faulty(Fault::starts_from_minus_zero) ? -0.0f : 0)});
    sample_ = {std::vector<float>(network_.inputs()), std::vector<float>(network_.outputs())};
    return {};
  }

  std::vector<float>& values(std::uint8_t tensor, std::size_t layer) {
    switch (tensor) {
      case LSGD_TENSOR_WEIGHTS:
        return parameters_.at(layer - 1).weights;
      case LSGD_TENSOR_BIASES:
        return parameters_.at(layer - 1).biases;
      case LSGD_TENSOR_ACTIVATIONS:
        return trace_.layers.at(layer - 1).a;
      case LSGD_TENSOR_INPUT:
        return sample_.inputs;
      default:
        return sample_.target;
    }
  }

  std::vector<std::uint8_t> load(std::span<const std::uint8_t> payload) {
    std::vector<float>& target = values(payload[0], payload[1]);
    std::size_t index = little_endian<std::uint32_t>(payload.subspan(2)) / 4;
    for (payload = payload.subspan(6); !payload.empty(); payload = payload.subspan(4))
      target.at(index++) = std::bit_cast<float>(little_endian<std::uint32_t>(payload));
    return {};
  }

  std::vector<std::uint8_t> store(std::span<const std::uint8_t> payload) {
    const std::vector<float>& source = values(payload[0], payload[1]);
    const std::size_t first = little_endian<std::uint32_t>(payload.subspan(2)) / 4;
    std::vector<std::uint8_t> bytes;
    for (std::size_t i = 0; i < payload[6] / 4u; ++i)
      append_little_endian(bytes, std::bit_cast<std::uint32_t>(source.at(first + i)));
    return bytes;
  }

  std::vector<std::uint8_t> digest(std::span<const std::uint8_t> payload) {
    uLong crc = 0;
    for (; !payload.empty(); payload = payload.subspan(2))
      for (const float value : values(payload[0], payload[1])) {
        std::vector<std::uint8_t> bytes;
        append_little_endian(bytes, std::bit_cast<std::uint32_t>(value));
        crc = crc32(crc, bytes.data(), 4);
      }
    std::vector<std::uint8_t> answer;
    append_little_endian(answer, static_cast<std::uint32_t>(crc));
    return answer;
  }

  std::vector<std::uint8_t> store_low(std::span<const std::uint8_t> payload) {
    const std::vector<float>& source = values(payload[0], payload[1]);
    const std::size_t first = little_endian<std::uint32_t>(payload.subspan(2)) / 4;
    std::vector<std::uint8_t> bytes;
    for (std::size_t code = 0; code < payload[6]; ++code)
      for (unsigned byte = 0; byte < payload[7]; ++byte)
        bytes.push_back(static_cast<std::uint8_t>(
            std::bit_cast<std::uint32_t>(source.at(first + code)) >> (8 * byte)));
    return bytes;
  }

  float function(Activation activation, float z) const {
    return state_.function != nullptr && is_approximated(activation)
               ? state_.function(activation, z)
               : correctly_rounded_activation(activation, z);
  }

  std::vector<std::uint8_t> forward() {
    ordered_forward(
        network_, parameters_, sample_.inputs, state_.model,
        [this](Activation activation, float z) { return function(activation, z); }, trace_);
    measured_ = state_.forward;
    heap_peak_ = std::max(heap_peak_, measured_.heap_bytes);
    if (faulty(Fault::forward_trains)) parameters_[0].biases[0] += 1;
    return {};
  }

  std::vector<std::uint8_t> train_step(std::span<const std::uint8_t> payload) {
    auto learning_rate = std::bit_cast<float>(little_endian<std::uint32_t>(payload));
    if (faulty(Fault::averages_the_loss)) learning_rate /= static_cast<float>(network_.outputs());
    ordered_step(
        network_, parameters_, sample_, learning_rate, state_.model,
        [this](Activation activation, float z) { return function(activation, z); }, trace_);
    measured_ = state_.first_step;
    heap_peak_ = std::max(heap_peak_, measured_.heap_bytes);
    const std::uint64_t added = state_.growth * static_cast<std::uint64_t>(state_.steps++);
    if (measured_.cycles != 0) measured_.cycles += added;
    if (measured_.instructions != 0) measured_.instructions += added;
    if (faulty(Fault::wrong_element) && state_.steps % 2 == 0) parameters_[0].weights.back() *= 2;
    if (faulty(Fault::not_a_number)) parameters_[0].weights.back() = std::nanf("");
    return {};
  }

  std::vector<std::uint8_t> measure() const {
    std::vector<std::uint8_t> payload;
    append_little_endian(payload, measured_.cycles);
    append_little_endian(payload, measured_.instructions);
    append_little_endian(payload, measured_.stack_bytes);
    append_little_endian(payload, heap_peak_);
    return payload;
  }

  MockState& state_;
  std::uint32_t nonce_ = 0;
  bool is_in_session_ = false;
  std::uint16_t expected_sequence_ = 0;
  std::vector<std::uint8_t> received_;
  std::deque<std::uint8_t> output_;
  bool crashed_ = false;
  int status_ = LSGD_OK;
  Network network_;
  Parameters<float> parameters_;
  Sample sample_;
  OrderedTrace trace_;
  Measurement measured_;
  std::uint32_t heap_peak_ = 0;
};

}  // namespace lsgd
