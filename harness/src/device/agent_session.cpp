// SPDX-License-Identifier: Apache-2.0
#include "device/agent_session.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <limits>
#include <thread>
#include <utility>

#include <lsgd/network/activation.hpp>
#include <lsgd/protocol.h>

#include "device/device_error.hpp"
#include "device/little_endian.hpp"

namespace lsgd {
namespace {

// Waking up for every few bytes of a slow device costs more than it gains. Short against the time
// of a request.
constexpr std::chrono::microseconds pause_for_more{50};

// A board may print a banner before its agent runs, and a log line later; more than this is
// neither.
constexpr std::size_t noise_limit = 65536;
constexpr std::size_t shown_noise = 120;

constexpr std::chrono::seconds time_to_greet_again{1};

std::string_view name_of_request(std::uint8_t opcode) {
  constexpr std::array<std::string_view, 10> names{"",        "HELLO",   "CONFIGURE",  "LOAD",
                                                   "STORE",   "FORWARD", "TRAIN_STEP", "ARITHMETIC",
                                                   "MEASURE", "QUIT"};
  return names.at(opcode);
}

std::string name_of_status(std::uint8_t status) {
  switch (status) {
    case LSGD_UNSUPPORTED:
      return "unsupported";
    case LSGD_CAPACITY_EXCEEDED:
      return "capacity exceeded";
    case LSGD_OUT_OF_RANGE:
      return "out of range";
    case LSGD_STATUS_BAD_VERSION:
      return "bad version";
    case LSGD_STATUS_BAD_SEQUENCE:
      return "bad sequence";
    case LSGD_STATUS_UNKNOWN_OPCODE:
      return "unknown opcode";
    case LSGD_STATUS_BAD_LENGTH:
      return "bad length";
    case LSGD_STATUS_NOT_CONFIGURED:
      return "not configured";
    case LSGD_STATUS_BAD_NETWORK:
      return "bad network";
    case LSGD_STATUS_BAD_TENSOR:
      return "bad tensor";
    case LSGD_STATUS_OVERRUN:
      return "the port stored more than it was asked for";
    default:
      return fmt::format("status {}", status);
  }
}

std::string_view what_is_wrong(DecodedFrame::Kind kind) {
  using Kind = DecodedFrame::Kind;
  if (kind == Kind::no_magic) return "bytes that begin no frame";
  if (kind == Kind::bad_length) return "a frame of impossible length";
  return "a frame with a bad or stale checksum";
}

/// Names the request in the DeviceErrors of its exchange.
template <class Exchange>
auto during(std::uint8_t opcode, const Exchange& exchange) {
  try {
    return exchange();
  } catch (const StatementError&) {
    throw;
  } catch (const DeviceError& error) {
    throw DeviceError(fmt::format("{}, during {}", error.what(), name_of_request(opcode)));
  }
}

static_assert(all_activations.size() == LSGD_ACTIVATIONS && all_losses.size() == LSGD_LOSSES);

/// The number on the interface of an activation or a loss: a test compares port.h.
template <class Enumeration>
std::uint8_t code_of(Enumeration value) {
  return static_cast<std::uint8_t>(value);
}

std::vector<std::uint8_t> tensor_request(lsgd_tensor tensor, std::size_t layer,
                                         std::size_t offset) {
  std::vector<std::uint8_t> payload{static_cast<std::uint8_t>(tensor),
                                    static_cast<std::uint8_t>(layer)};
  append_little_endian(payload, static_cast<std::uint32_t>(offset));
  return payload;
}

// A hundred times what the fastest processor counts: beyond it lie only wrong numbers.
constexpr double most_counts_per_second = 1e12;

// What an operating system grants a program, which no firmware has.
constexpr std::uint32_t most_stack_bytes = 8u << 20;

// Parts of a tensor must hold whole elements, of at most four bytes.
constexpr std::size_t load_part = LSGD_LOAD_MAXIMUM / 4 * 4;
constexpr std::size_t store_part = LSGD_STORE_MAXIMUM / 4 * 4;

std::vector<std::uint8_t> hello_payload(std::uint32_t nonce) {
  std::vector<std::uint8_t> payload{LSGD_PROTOCOL};
  append_little_endian(payload, nonce);
  return payload;
}

constexpr auto last_sequence = std::numeric_limits<std::uint16_t>::max();

// What a device takes for so many requests is no longer than its user waits for one.
constexpr std::size_t most_requests_ahead = 64;

}  // namespace

AgentSession::AgentSession(std::unique_ptr<ByteStream> stream, std::chrono::milliseconds timeout,
                           std::uint32_t nonce)
    : stream_(std::move(stream)), timeout_(timeout), hello_nonce_(nonce), nonce_(nonce) {
  hello();
}

Frame AgentSession::greet() {
  const Deadline end = deadline();
  skipped_.clear();
  for (;; ++hello_nonce_) {
    // Zeros complete whatever a device without reset may still be waiting for.
    stream_->write(std::array<std::uint8_t, LSGD_FRAME_MAXIMUM>{}, end);
    sequence_ = 0;
    // A reply to an earlier greeting does not fit the nonce of a later one.
    nonce_ = hello_nonce_;
    stream_->write(encode_frame({LSGD_OPCODE_HELLO, sequence_, hello_payload(nonce_)}, 0), end);
    const Deadline again = std::chrono::steady_clock::now() + time_to_greet_again;
    if (!stream_->is_line() || again >= end) return receive(end, true);
    try {
      return receive(again, true);
    } catch (const DeviceError&) {
      if (std::chrono::steady_clock::now() < again) throw;
    }
  }
}

void AgentSession::hello() {
  const Frame reply = greet();
  if (reply.opcode != (LSGD_OPCODE_HELLO | LSGD_OPCODE_REPLY) || reply.sequence != sequence_ ||
      reply.payload.empty())
    throw DeviceError("the device did not answer HELLO");
  if (reply.payload.front() != LSGD_OK)
    throw StatementError(fmt::format("the device refused HELLO with protocol version {}: {}",
                                     LSGD_PROTOCOL, name_of_status(reply.payload.front())));
  description_ = description_from_hello(reply.payload);
  nonce_ = session_nonce(
      hello_nonce_,
      std::span(reply.payload).subspan(hello_identity_offset, LSGD_BUILD_IDENTITY_BYTES));
}

void AgentSession::renew() {
  const DeviceDescription before = description_;
  ++hello_nonce_;
  hello();
  if (description_.build_identity != before.build_identity)
    throw StatementError(fmt::format("the device goes on with build identity {} instead of {}",
                                     description_.build_identity, before.build_identity));
  if (description_ != before)
    throw StatementError("the device describes itself anew, and otherwise");
}

Configured AgentSession::configure(const Network& network) {
  const Configured answer = ask_to_take(network);
  network_answers_.push_back({network, answer});
  return answer;
}

Configured AgentSession::ask_to_take(const Network& network) {
  std::vector<std::uint8_t> payload{code_of(network.loss)};
  append_little_endian(payload, static_cast<std::uint16_t>(network.inputs()));
  for (const Layer& layer : network.layers) {
    append_little_endian(payload, static_cast<std::uint16_t>(layer.outputs));
    payload.push_back(code_of(layer.activation));
  }
  if (payload.size() > LSGD_PAYLOAD_MAXIMUM) return Configured::capacity_exceeded;
  const Reply reply = request(LSGD_OPCODE_CONFIGURE, payload);
  if (reply.status == LSGD_UNSUPPORTED) return Configured::unsupported;
  // An agent from before a function was added does not know its number.
  const bool may_be_unknown = std::ranges::any_of(
      network.layers, [](const Layer& layer) { return may_be_left_out(layer.activation); });
  if (reply.status == LSGD_STATUS_BAD_NETWORK && may_be_unknown) return Configured::unsupported;
  if (reply.status == LSGD_CAPACITY_EXCEEDED) return Configured::capacity_exceeded;
  if (reply.status != LSGD_OK)
    throw DeviceError(fmt::format("the device refused a well-formed CONFIGURE: {}",
                                  name_of_status(reply.status)));
  return Configured::yes;
}

void AgentSession::load(lsgd_tensor tensor, std::size_t layer,
                        std::span<const std::uint8_t> bytes) {
  for (std::size_t offset = 0; offset < bytes.size(); offset += load_part) {
    const auto part = bytes.subspan(offset, std::min(load_part, bytes.size() - offset));
    std::vector<std::uint8_t> payload = tensor_request(tensor, layer, offset);
    payload.insert(payload.end(), part.begin(), part.end());
    ask(LSGD_OPCODE_LOAD, std::move(payload), {});
  }
}

bool AgentSession::refuses_to_load(lsgd_tensor tensor, std::size_t layer,
                                   std::span<const std::uint8_t> bytes) {
  std::vector<std::uint8_t> payload = tensor_request(tensor, layer, 0);
  payload.insert(payload.end(), bytes.begin(), bytes.end());
  const Reply reply = request(LSGD_OPCODE_LOAD, payload);
  if (reply.status != LSGD_OK && reply.status != LSGD_OUT_OF_RANGE)
    throw DeviceError(fmt::format("the device refused LOAD: {}", name_of_status(reply.status)));
  return reply.status == LSGD_OUT_OF_RANGE;
}

void AgentSession::store(lsgd_tensor tensor, std::size_t layer, std::span<std::uint8_t> bytes) {
  for (std::size_t offset = 0; offset < bytes.size(); offset += store_part) {
    const auto part = bytes.subspan(offset, std::min(store_part, bytes.size() - offset));
    std::vector<std::uint8_t> payload = tensor_request(tensor, layer, offset);
    payload.push_back(static_cast<std::uint8_t>(part.size()));
    ask(LSGD_OPCODE_STORE, std::move(payload), part);
  }
}

void AgentSession::forward() { ask(LSGD_OPCODE_FORWARD, {}, {}); }

void AgentSession::train_step(float learning_rate) {
  std::vector<std::uint8_t> payload;
  append_little_endian(payload, std::bit_cast<std::uint32_t>(learning_rate));
  ask(LSGD_OPCODE_TRAIN_STEP, std::move(payload), {});
}

Measurement AgentSession::measure() {
  std::array<std::uint8_t, 24> payload;
  ask(LSGD_OPCODE_MEASURE, {}, payload);
  settle();
  const std::span<const std::uint8_t> bytes = payload;
  const Measurement measured{little_endian<std::uint64_t>(bytes),
                             little_endian<std::uint64_t>(bytes.subspan(8)),
                             little_endian<std::uint32_t>(bytes.subspan(16)),
                             little_endian<std::uint32_t>(bytes.subspan(20))};
  require_plausible(measured);
  heap_peak_ = measured.heap_bytes;
  return measured;
}

void AgentSession::require_plausible(const Measurement& measured) const {
  const double seconds = std::chrono::duration<double>(timeout_).count();
  for (const auto& [name, count] :
       {std::pair{"cycles", measured.cycles}, std::pair{"instructions", measured.instructions}}) {
    if (count > std::numeric_limits<std::uint64_t>::max() / 2)
      throw DeviceError(fmt::format("the device's counter of {} ran backwards", name));
    if (static_cast<double>(count) > most_counts_per_second * seconds)
      throw DeviceError(
          fmt::format("the device counted {} {} for one request, which no processor "
                      "does in the {} s that it may take",
                      count, name, seconds));
  }
  if (measured.stack_bytes > most_stack_bytes)
    throw DeviceError(fmt::format("the device states {} bytes of stack, above the limit of {}",
                                  measured.stack_bytes, most_stack_bytes));
  if (measured.heap_bytes < heap_peak_)
    throw DeviceError(fmt::format("the device's peak of the heap fell from {} to {} bytes",
                                  heap_peak_, measured.heap_bytes));
}

std::optional<std::vector<std::uint32_t>> AgentSession::arithmetic(
    lsgd_operation operation, std::span<const ArithmeticOperands> operands) {
  std::vector<std::uint32_t> results;
  for (std::size_t start = 0; start < operands.size(); start += LSGD_ARITHMETIC_MAXIMUM) {
    const auto batch = operands.subspan(
        start, std::min<std::size_t>(LSGD_ARITHMETIC_MAXIMUM, operands.size() - start));
    const Reply reply = request_arithmetic(operation, batch);
    if (reply.status == LSGD_UNSUPPORTED && start == 0) return std::nullopt;
    if (reply.status != LSGD_OK)
      throw DeviceError(
          fmt::format("the device refused ARITHMETIC: {}", name_of_status(reply.status)));
    if (reply.payload.size() != 4 * batch.size())
      throw DeviceError("the device's answer to ARITHMETIC has the wrong size");
    for (std::size_t i = 0; i < batch.size(); ++i)
      results.push_back(little_endian<std::uint32_t>(std::span(reply.payload).subspan(4 * i)));
  }
  return results;
}

bool AgentSession::refuses_as_out_of_range(lsgd_operation operation,
                                           const ArithmeticOperands& operands) {
  return request_arithmetic(operation, {&operands, 1}).status == LSGD_OUT_OF_RANGE;
}

AgentSession::Reply AgentSession::request_arithmetic(lsgd_operation operation,
                                                     std::span<const ArithmeticOperands> batch) {
  std::vector<std::uint8_t> payload{static_cast<std::uint8_t>(operation)};
  for (const auto& [a, b] : batch) {
    append_little_endian(payload, a);
    append_little_endian(payload, b);
  }
  return request(LSGD_OPCODE_ARITHMETIC, payload);
}

AgentSession::Reply AgentSession::request(std::uint8_t opcode, std::vector<std::uint8_t> payload) {
  settle();
  return during(opcode, [&] {
    send(opcode, std::move(payload), {});
    stream_->write(std::exchange(unsent_, {}), deadline());
    const Reply reply = reply_to(awaited_.front());
    awaited_.clear();
    return reply;
  });
}

void AgentSession::ask(std::uint8_t opcode, std::vector<std::uint8_t> payload,
                       std::span<std::uint8_t> answer) {
  if (sequence_ == last_sequence) settle();
  during(opcode, [&] { send(opcode, std::move(payload), answer); });
  if (awaited_.size() >= most_requests_ahead || unsent_.size() >= stream_->most_bytes_ahead())
    settle();
}

void AgentSession::settle() {
  if (awaited_.empty()) return;
  during(awaited_.front().opcode, [&] { stream_->write(std::exchange(unsent_, {}), deadline()); });
  for (const Awaited& awaited : awaited_) {
    const Reply reply = during(awaited.opcode, [&] { return reply_to(awaited); });
    if (reply.status != LSGD_OK)
      throw DeviceError(fmt::format("the device refused {}: {}", name_of_request(awaited.opcode),
                                    name_of_status(reply.status)));
    if (reply.payload.size() != awaited.answer.size())
      throw DeviceError(fmt::format("the device's answer to {} has {} bytes, not {}",
                                    name_of_request(awaited.opcode), reply.payload.size(),
                                    awaited.answer.size()));
    std::ranges::copy(reply.payload, awaited.answer.begin());
  }
  awaited_.clear();
}

void AgentSession::send(std::uint8_t opcode, std::vector<std::uint8_t> payload,
                        std::span<std::uint8_t> answer) {
  if (sequence_ == last_sequence) renew();
  if (awaited_.empty() && !received_.empty())
    throw DeviceError("the device sent bytes that nobody had asked for");
  const std::vector<std::uint8_t> frame = encode_frame({opcode, ++sequence_, payload}, nonce_);
  unsent_.insert(unsent_.end(), frame.begin(), frame.end());
  awaited_.push_back({opcode, std::move(payload), sequence_, answer});
}

AgentSession::Reply AgentSession::reply_to(const Awaited& awaited) {
  Frame reply = receive(deadline(), false);
  if (reply.opcode != (awaited.opcode | LSGD_OPCODE_REPLY) || reply.sequence != awaited.sequence ||
      reply.payload.empty())
    throw DeviceError("the device answered another request");
  std::vector<std::uint8_t> asked{awaited.opcode};
  asked.insert(asked.end(), awaited.payload.begin(), awaited.payload.end());
  answers_.add(asked, reply.payload);
  if (listener_) listener_(asked, reply.payload);
  const std::uint8_t status = reply.payload.front();
  reply.payload.erase(reply.payload.begin());
  return {status, std::move(reply.payload)};
}

Frame AgentSession::receive(Deadline deadline, bool skip_noise) {
  std::size_t skipped = 0;
  if (!skip_noise) skipped_.clear();
  const auto skips = [&](DecodedFrame::Kind kind) {
    return (skip_noise || (stream_->is_line() && kind == DecodedFrame::Kind::no_magic)) &&
           ++skipped < noise_limit;
  };
  for (;;) {
    DecodedFrame decoded = decode_frame(received_, nonce_);
    if (decoded.kind == DecodedFrame::Kind::whole) {
      received_.erase(received_.begin(),
                      received_.begin() + static_cast<std::ptrdiff_t>(decoded.size));
      return std::move(decoded.frame);
    }
    if (decoded.kind == DecodedFrame::Kind::incomplete) {
      if (!received_.empty()) std::this_thread::sleep_for(pause_for_more);
      std::array<std::uint8_t, 65536> buffer;
      std::size_t count = 0;
      try {
        count = stream_->read(buffer, deadline);
      } catch (const DeviceError& error) {
        if (skipped_.empty()) throw;
        throw DeviceError(fmt::format("{}; {}", error.what(), said_besides()));
      }
      received_.insert(received_.end(), buffer.begin(),
                       buffer.begin() + static_cast<std::ptrdiff_t>(count));
    } else if (skips(decoded.kind)) {
      skipped_ += static_cast<char>(received_.front());
      received_.erase(received_.begin());
    } else {
      const auto shown = std::span(received_).first(std::min<std::size_t>(16, received_.size()));
      throw DeviceError(fmt::format("the device sent {} ({:02x}...)", what_is_wrong(decoded.kind),
                                    fmt::join(shown, " ")));
    }
  }
}

std::string AgentSession::said_besides() const {
  const std::vector<std::uint8_t> own =
      encode_frame({LSGD_OPCODE_HELLO, 0, hello_payload(hello_nonce_)}, 0);
  if (skipped_.find(std::string(own.begin(), own.end())) != std::string::npos)
    return "what is sent comes back: the line, or a terminal on it, echoes";
  std::string text;
  for (const char c : skipped_) text += c >= 0x20 && c < 0x7f ? c : c == '\n' ? '|' : '.';
  if (text.size() > shown_noise) text = "..." + text.substr(text.size() - shown_noise);
  return fmt::format("it had said what is no frame: {}", text);
}

}  // namespace lsgd
