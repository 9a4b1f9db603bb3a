// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <lsgd/network/network.hpp>
#include <lsgd/port.h>
#include <lsgd/protocol.h>

#include "cases/arithmetic_operation.hpp"
#include "device/answer_record.hpp"
#include "device/byte_stream.hpp"
#include "device/frame.hpp"
#include "device/hello.hpp"
#include "device/low_bytes.hpp"

namespace lsgd {

/// Cost of a forward pass or training step; 0 cycles or instructions where the platform cannot
/// count.
struct Measurement {
  std::uint64_t cycles = 0;
  std::uint64_t instructions = 0;
  std::uint32_t stack_bytes = 0;
  std::uint32_t heap_bytes = 0;
};

/// Whether a device takes a network.
enum class Configured : std::uint8_t { yes, unsupported, capacity_exceeded };

/// A network that a device was asked to take, and what it answered.
struct NetworkAnswer {
  Network network;
  Configured answer = Configured::yes;
};

/// A whole tensor of a device, in little-endian codes.
struct TensorBytes {
  lsgd_tensor tensor = LSGD_TENSOR_WEIGHTS;
  std::size_t layer = 0;
  std::size_t code_bytes = 1;  ///< 1, 2, 4 or 8
  std::vector<std::uint8_t> bytes;
  bool is_expected = false;  ///< whether `bytes` are what the device is expected to hold
};

/// One conversation with the agent on a device. Every reply must be whole, fresh (its checksum
/// starts from this session's nonce) and the answer to the request; anything else, and silence,
/// throws DeviceError, after which the session is of no further use.
///
/// On a line (ByteStream::is_line) text between frames is skipped, and a request whose reply does
/// not come, or comes damaged, is sent again with the same sequence. A device executes no sequence
/// twice: it tells a repeat by its sequence and answers what became of the request, which is enough
/// where the reply carries nothing else. What only reads, or may be done twice, is then asked for
/// anew. Where a line damages many frames, long requests go in parts.
///
/// Where bytes cost time (ByteStream::is_slow), tensors are loaded and stored with fewer of them:
/// what should be equal is compared by a CRC-32 of the device, which sees every difference within
/// 32 bits in a row, and of 2^32 others all but one; of a tensor that is expected nearly right only
/// the low bytes of its codes travel, and such a CRC. What is recorded and listened to are the
/// LOADs and STOREs in whose place that is, with the same bytes.
///
/// load, store, forward and train_step need not wait for their replies: where the stream holds
/// requests back (ByteStream::most_bytes_ahead), many are sent together. What is wrong with a reply
/// is then thrown by a later request, by settle at the latest.
class AgentSession {
 public:
  /// Begins a session. `timeout` is the longest time one request may take. Every further session on
  /// the same device needs another `nonce`.
  AgentSession(std::unique_ptr<ByteStream> stream, std::chrono::milliseconds timeout,
               std::uint32_t nonce);

  const DeviceDescription& description() const { return description_; }

  /// Requests that were answered.
  std::uint64_t answered() const { return answered_; }
  /// Requests that were sent again since no whole reply had come.
  std::uint64_t repeated() const { return repeated_; }
  /// Bytes received on a line that belong to no reply: text, and what damaged frames are made of.
  std::uint64_t skipped_bytes() const { return skipped_bytes_; }

  bool is_on_line() const { return stream_->is_line(); }
  /// Whether expected bytes save any of those that a store takes.
  bool saves_bytes() const { return stream_->is_slow() && knows_digests_; }
  /// A request that no device knows, with any payload of up to LSGD_PAYLOAD_MAXIMUM bytes. Throws
  /// DeviceError where it is not refused as such.
  void probe(std::span<const std::uint8_t> payload);
  /// What is wrong with the line, as diagnose_line says. The session goes on behind renew().
  std::optional<std::string> diagnose();
  /// Says HELLO again, with the next nonce. The device keeps its network.
  void renew();

  Configured configure(const Network& network);
  /// What was configured since the last call.
  std::vector<NetworkAnswer> take_network_answers() { return std::exchange(network_answers_, {}); }

  /// Everything that the device answered since the last call.
  AnswerRecord take_answers() { return std::exchange(answers_, {}); }

  /// Called with every request, its opcode and payload, and with the reply, its status and payload.
  using Listener = std::function<void(std::span<const std::uint8_t> request,
                                      std::span<const std::uint8_t> reply)>;
  void listen(Listener listener) { listener_ = std::move(listener); }

  /// Replaces the bytes of a tensor, little-endian, from `first` on: a multiple of an element's.
  void load(lsgd_tensor tensor, std::size_t layer, std::span<const std::uint8_t> bytes,
            std::size_t first = 0);
  /// Whether the port refuses a whole small tensor as outside its range; else it is loaded.
  bool refuses_to_load(lsgd_tensor tensor, std::size_t layer, std::span<const std::uint8_t> bytes);
  /// The bytes of a whole tensor, which are there when settle has returned.
  void store(lsgd_tensor tensor, std::size_t layer, std::span<std::uint8_t> bytes);

  /// Replaces whole tensors, in turn.
  void load(std::span<const TensorBytes> tensors);
  /// The bytes of whole tensors, in place of those that are expected; `bytes` has their size.
  void store(std::span<TensorBytes> tensors);

  void forward();
  void train_step(float learning_rate);
  /// Sends what is not sent yet and waits for every reply.
  void settle();
  /// Throws DeviceError for counts that no device can have: of a counter that ran backwards, of
  /// more than any processor or stack takes, or a peak of the heap that fell.
  Measurement measure();

  /// Results of one operation for all operands; nothing where the port does not offer it.
  std::optional<std::vector<std::uint32_t>> arithmetic(
      lsgd_operation operation, std::span<const ArithmeticOperands> operands);
  /// Whether the port refuses one operation as outside its range.
  bool refuses_as_out_of_range(lsgd_operation operation, const ArithmeticOperands& operands);

 private:
  struct Reply {
    std::uint8_t status = 0;
    std::vector<std::uint8_t> payload;  ///< after the status
  };

  /// A request whose reply has not been read.
  struct Awaited {
    std::uint8_t opcode = 0;
    std::vector<std::uint8_t> payload;
    std::uint16_t sequence = 0;
    std::span<std::uint8_t> answer;  ///< where the reply's payload belongs, in its whole size
    bool is_divisible = false;       ///< whether it may go in parts
  };

  void hello();
  /// Sends HELLO and returns the reply; on a line again, with the next nonce, as long as none
  /// comes.
  Frame greet();
  void require_plausible(const Measurement& measured) const;
  using TensorKey = std::pair<lsgd_tensor, std::size_t>;  ///< and its layer
  static TensorKey key_of(const TensorBytes& tensor) { return {tensor.tensor, tensor.layer}; }
  /// Asks at once for what stands for LOADs and STOREs; nothing where the device does not answer
  /// it.
  std::optional<std::vector<std::uint8_t>> ask_briefly(std::uint8_t opcode,
                                                       std::vector<std::uint8_t> payload,
                                                       std::size_t answer_bytes);
  /// The digest of what a device holds; nothing where it does not give one.
  std::optional<std::uint32_t> digest(std::uint8_t opcode, std::span<const TensorBytes> tensors);
  /// Whether a device holds these bytes.
  bool holds(std::span<const TensorBytes> tensors);
  /// Has a device load what it holds, and whether that are these bytes.
  bool reloads(std::span<const TensorBytes> tensors);
  /// As store, of tensors that one digest is enough for.
  void store_expected(std::span<TensorBytes> tensors);
  void fetch(TensorBytes& tensor);
  /// Replaces what is expected by what the low bytes of a device's codes say; false where it does
  /// not give them.
  bool fetches_low_bytes(TensorBytes& tensor, std::size_t low_bytes);
  /// A request and its reply, or those in whose place they were.
  void note(std::uint8_t opcode, std::span<const std::uint8_t> payload,
            std::span<const std::uint8_t> reply);
  Configured ask_to_take(const Network& network);
  Reply request_arithmetic(lsgd_operation operation, std::span<const ArithmeticOperands> batch);
  /// Asks at once, for a reply that may be of any status and size.
  Reply request(std::uint8_t opcode, std::vector<std::uint8_t> payload);
  /// Asks now or later, for a reply that must be LSGD_OK and fill `answer`.
  void ask(std::uint8_t opcode, std::vector<std::uint8_t> payload, std::span<std::uint8_t> answer);
  /// Adds a request to those not sent yet.
  void send(std::uint8_t opcode, std::vector<std::uint8_t> payload, std::span<std::uint8_t> answer,
            bool is_divisible);
  Reply reply_to(const Awaited& awaited);
  /// The payload of the reply to the next request that was sent.
  std::vector<std::uint8_t> next_reply(const Awaited& awaited);
  /// On a line: the same, of a request that has not been sent.
  std::vector<std::uint8_t> exchange(const Awaited& awaited);
  std::vector<std::uint8_t> exchange(std::uint8_t opcode, std::span<const std::uint8_t> payload);
  /// Sends a request until a reply comes; the payload of that, and whether it may be to a repeat.
  std::pair<std::vector<std::uint8_t>, bool> repeat_until_answered(
      std::uint8_t opcode, std::span<const std::uint8_t> payload, Deadline end);
  /// The payload of the reply to the request of this opcode and the last sequence.
  std::vector<std::uint8_t> receive_on_line(std::uint8_t opcode, Deadline deadline);
  /// Throws DeviceError where a device that has been silent for long is there and does not work on
  /// the request; else the payload of its reply. Nothing may be repeated behind this.
  std::vector<std::uint8_t> find_out_whether_it_works(std::uint8_t opcode, Deadline end);
  std::chrono::steady_clock::duration patience_with(std::uint8_t opcode, int unanswered) const;
  /// Of a request that is made, or a reply that is waited for, from now on.
  Deadline deadline() const { return std::chrono::steady_clock::now() + timeout_; }
  Frame receive(Deadline deadline, bool skip_noise);
  void read_more(Deadline deadline);
  void skip_byte();
  /// What had to be skipped before a frame, as a line of text; "" where nothing was.
  std::string said_besides() const;

  std::unique_ptr<ByteStream> stream_;
  std::chrono::milliseconds timeout_;
  std::uint32_t hello_nonce_;
  std::uint32_t nonce_;  ///< of the frames behind HELLO
  std::uint16_t sequence_ = 0;
  std::vector<std::uint8_t> unsent_, received_;
  std::string skipped_;  ///< the last of it, for messages
  std::size_t skipped_in_a_row_ = 0;
  std::uint64_t answered_ = 0, repeated_ = 0, skipped_bytes_ = 0;
  std::uint16_t last_repeated_ = 0;  ///< 0: none
  std::size_t part_bytes_ = LSGD_PAYLOAD_MAXIMUM;
  int answered_at_once_ = 0;  ///< in a row
  std::map<std::uint8_t, std::chrono::steady_clock::duration>
      longest_wait_;  ///< by kind of request
  std::vector<Awaited> awaited_;
  bool knows_digests_ = true;  ///< as far as is known
  bool notes_requests_ = true;
  std::map<TensorKey, std::vector<std::uint8_t>> held_;                       ///< by the device
  std::uint8_t last_run_ = 0;                                                 ///< opcode
  std::map<std::pair<TensorKey, std::uint8_t>, LowBytesForecast> low_bytes_;  ///< and opcode
  DeviceDescription description_;
  std::uint32_t heap_peak_ = 0;
  std::vector<NetworkAnswer> network_answers_;
  AnswerRecord answers_;
  Listener listener_;
};

}  // namespace lsgd
