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
#include <zlib.h>

#include <lsgd/network/activation.hpp>
#include <lsgd/protocol.h>

#include "device/device_error.hpp"
#include "device/divided_request.hpp"
#include "device/line_diagnosis.hpp"
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

// A reply may be as late as four earlier ones together, or a second where there is none to go by.
// Longer times follow: a device that computes for long is not to be flooded.
constexpr int replies_to_wait = 4;
constexpr std::chrono::milliseconds least_patience{20};
constexpr std::chrono::seconds patience_with_the_unknown{1};
constexpr int doublings = 1;
constexpr int doublings_of_computing = 3;

// Of a hundred bytes one damaged: some 65 of 100 short exchanges succeed, and 24 in a row do not
// fail in 10^10.
constexpr int most_repeats = 24;

// What the shortest parts still hold: two operands, four weights.
constexpr std::size_t shortest_part = 16;
constexpr int successes_before_longer_parts = 64;

constexpr std::uint8_t unknown_opcode = 0x7f;

constexpr std::chrono::seconds time_for_diagnosis{20};

std::string_view name_of_request(std::uint8_t opcode) {
  if (opcode == unknown_opcode) return "a check of the line";
  constexpr std::array<std::string_view, 13> names{
      "",           "HELLO",   "CONFIGURE", "LOAD",   "STORE",  "FORWARD",  "TRAIN_STEP",
      "ARITHMETIC", "MEASURE", "QUIT",      "DIGEST", "RELOAD", "STORE_LOW"};
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

// Parts of a tensor must hold whole elements, of at most eight bytes.
constexpr std::size_t load_part = LSGD_LOAD_MAXIMUM / 8 * 8;

// The same of what is stored; elements of four bytes fill a reply better.
std::size_t store_part(std::size_t code_bytes) {
  const std::size_t whole = code_bytes > 4 ? code_bytes : 4;
  return LSGD_STORE_MAXIMUM / whole * whole;
}

std::vector<std::uint8_t> hello_payload(std::uint32_t nonce) {
  std::vector<std::uint8_t> payload{LSGD_PROTOCOL};
  append_little_endian(payload, nonce);
  return payload;
}

// A digest of so many bytes takes a slow device some seconds; on a line, where all of them would
// take ten times as long, it may.
constexpr std::size_t most_bytes_of_digest = 65536, most_bytes_of_digest_on_line = 524288;

// Of fewer bytes the low ones are not worth a request and a digest of their own.
constexpr std::size_t fewest_bytes_with_low_ones = 24;

// Codes have four; with a third one asking in vain would cost more than it saves.
constexpr std::size_t most_guessed_low_bytes = 2;

std::uint32_t digest_of(std::span<const TensorBytes> tensors) {
  uLong crc = 0;
  for (const TensorBytes& tensor : tensors)
    crc = crc32(crc, tensor.bytes.data(), static_cast<uInt>(tensor.bytes.size()));
  return static_cast<std::uint32_t>(crc);
}

/// How many of the first tensors one digest is enough for; 0 where the first is too large.
std::size_t count_for_digest(std::span<const TensorBytes> tensors, bool is_on_line) {
  const std::size_t most = is_on_line ? most_bytes_of_digest_on_line : most_bytes_of_digest;
  std::size_t count = 0, bytes = 0;
  while (count < std::min<std::size_t>(tensors.size(), LSGD_DIGEST_MAXIMUM) &&
         (bytes += tensors[count].bytes.size()) <= most)
    ++count;
  return count;
}

/// Calls `part` with the payload of each LOAD or STORE of a tensor but for its data, and with
/// those.
template <class Part>
void for_each_part(const TensorBytes& tensor, std::size_t part_bytes, const Part& part) {
  for (std::size_t offset = 0; offset < tensor.bytes.size(); offset += part_bytes)
    part(tensor_request(tensor.tensor, tensor.layer, offset),
         std::span(tensor.bytes)
             .subspan(offset, std::min(part_bytes, tensor.bytes.size() - offset)));
}

/// Requests that take a device about as long as each other, and no longer than their bytes travel:
/// all of one kind, but for those that compute.
std::uint8_t kind_of(std::uint8_t opcode) {
  const bool computes = opcode == LSGD_OPCODE_CONFIGURE || opcode == LSGD_OPCODE_FORWARD ||
                        opcode == LSGD_OPCODE_TRAIN_STEP || opcode == LSGD_OPCODE_ARITHMETIC ||
                        opcode == LSGD_OPCODE_DIGEST || opcode == LSGD_OPCODE_RELOAD;
  return computes ? opcode : std::uint8_t{0};
}

/// Whether a reply to a request that succeeded carries more than its status.
bool has_answer(std::uint8_t opcode) {
  return opcode == LSGD_OPCODE_STORE || opcode == LSGD_OPCODE_ARITHMETIC ||
         opcode == LSGD_OPCODE_MEASURE || opcode == LSGD_OPCODE_DIGEST ||
         opcode == LSGD_OPCODE_RELOAD || opcode == LSGD_OPCODE_STORE_LOW;
}

/// Whether a request that was executed may be executed again: nobody can tell.
bool may_be_executed_again(std::uint8_t opcode) {
  return opcode != LSGD_OPCODE_FORWARD && opcode != LSGD_OPCODE_TRAIN_STEP;
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
  last_repeated_ = 0;
  int greetings = 0;
  for (;; ++hello_nonce_) {
    // Zeros complete whatever a device without reset may still be waiting for.
    stream_->write(std::array<std::uint8_t, LSGD_FRAME_MAXIMUM>{}, end);
    sequence_ = 0;
    // A reply to an earlier greeting does not fit the nonce of a later one.
    nonce_ = hello_nonce_;
    stream_->write(encode_frame({LSGD_OPCODE_HELLO, sequence_, hello_payload(nonce_)}, 0), end);
    const auto start = std::chrono::steady_clock::now();
    const Deadline again = start + time_to_greet_again;
    if (!stream_->is_line() || again >= end) return receive(end, true);
    try {
      Frame reply = receive(again, true);
      longest_wait_[kind_of(LSGD_OPCODE_HELLO)] = std::chrono::steady_clock::now() - start;
      return reply;
    } catch (const TimeOutError&) {
      // Where the stream does not keep the time, greetings count.
      if (++greetings > timeout_ / time_to_greet_again) throw;
    }
  }
}

void AgentSession::hello() {
  const Frame reply = [this] {
    try {
      return greet();
    } catch (const TimeOutError&) {
      if (!stream_->is_line()) throw;
      if (const auto words = diagnose()) throw DeviceError(*words);
      throw;
    }
  }();
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
  held_.clear();
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

void AgentSession::load(lsgd_tensor tensor, std::size_t layer, std::span<const std::uint8_t> bytes,
                        std::size_t first) {
  held_.erase({tensor, layer});
  for (std::size_t offset = 0; offset < bytes.size(); offset += load_part) {
    const auto part = bytes.subspan(offset, std::min(load_part, bytes.size() - offset));
    std::vector<std::uint8_t> payload = tensor_request(tensor, layer, first + offset);
    payload.insert(payload.end(), part.begin(), part.end());
    ask(LSGD_OPCODE_LOAD, std::move(payload), {});
  }
}

bool AgentSession::refuses_to_load(lsgd_tensor tensor, std::size_t layer,
                                   std::span<const std::uint8_t> bytes) {
  held_.erase({tensor, layer});
  std::vector<std::uint8_t> payload = tensor_request(tensor, layer, 0);
  payload.insert(payload.end(), bytes.begin(), bytes.end());
  const Reply reply = request(LSGD_OPCODE_LOAD, payload);
  if (reply.status != LSGD_OK && reply.status != LSGD_OUT_OF_RANGE)
    throw DeviceError(fmt::format("the device refused LOAD: {}", name_of_status(reply.status)));
  return reply.status == LSGD_OUT_OF_RANGE;
}

void AgentSession::store(lsgd_tensor tensor, std::size_t layer, std::span<std::uint8_t> bytes) {
  const std::size_t most = store_part(description_.arithmetic.tensors[tensor].bytes);
  for (std::size_t offset = 0; offset < bytes.size(); offset += most) {
    const auto part = bytes.subspan(offset, std::min(most, bytes.size() - offset));
    std::vector<std::uint8_t> payload = tensor_request(tensor, layer, offset);
    payload.push_back(static_cast<std::uint8_t>(part.size()));
    ask(LSGD_OPCODE_STORE, std::move(payload), part);
  }
}

void AgentSession::load(std::span<const TensorBytes> tensors) {
  const auto is_held = [&](const TensorBytes& tensor) {
    const auto held = held_.find(key_of(tensor));
    return held != held_.end() && held->second == tensor.bytes;
  };
  while (!tensors.empty()) {
    std::size_t count = 0;
    if (saves_bytes())
      while (count < count_for_digest(tensors, is_on_line()) && is_held(tensors[count])) ++count;
    const bool is_reloaded = count > 0 && reloads(tensors.first(count));
    const auto now = tensors.first(std::max<std::size_t>(count, 1));
    tensors = tensors.subspan(now.size());
    for (const TensorBytes& tensor : now) {
      if (!is_reloaded) load(tensor.tensor, tensor.layer, tensor.bytes);
      if (stream_->is_slow()) held_[key_of(tensor)] = tensor.bytes;
    }
  }
}

void AgentSession::store(std::span<TensorBytes> all) {
  std::span<TensorBytes> tensors = all;
  while (!tensors.empty()) {
    const auto count = saves_bytes() && tensors.front().is_expected
                           ? count_for_digest(tensors, is_on_line())
                           : std::size_t{0};
    const auto now = tensors.first(std::max<std::size_t>(count, 1));
    tensors = tensors.subspan(now.size());
    if (count > 0)
      store_expected(now);
    else
      store(now.front().tensor, now.front().layer, now.front().bytes);
  }
  settle();
  if (stream_->is_slow())
    for (const TensorBytes& tensor : all) held_[key_of(tensor)] = tensor.bytes;
}

std::optional<std::vector<std::uint8_t>> AgentSession::ask_briefly(
    std::uint8_t opcode, std::vector<std::uint8_t> payload, std::size_t answer_bytes) {
  settle();
  notes_requests_ = false;
  Reply reply = request(opcode, std::move(payload));
  notes_requests_ = true;
  if (reply.status == LSGD_STATUS_UNKNOWN_OPCODE) knows_digests_ = false;
  if (reply.status != LSGD_OK) return std::nullopt;  // LOAD and STORE say what is wrong
  if (reply.payload.size() != answer_bytes)
    throw DeviceError(fmt::format("the device's answer to {} has {} bytes, not {}",
                                  name_of_request(opcode), reply.payload.size(), answer_bytes));
  return std::move(reply.payload);
}

std::optional<std::uint32_t> AgentSession::digest(std::uint8_t opcode,
                                                  std::span<const TensorBytes> tensors) {
  std::vector<std::uint8_t> payload;
  for (const TensorBytes& tensor : tensors) {
    payload.push_back(static_cast<std::uint8_t>(tensor.tensor));
    payload.push_back(static_cast<std::uint8_t>(tensor.layer));
  }
  const auto answer = ask_briefly(opcode, std::move(payload), sizeof(std::uint32_t));
  if (!answer) return std::nullopt;
  return little_endian<std::uint32_t>(std::span<const std::uint8_t>(*answer));
}

bool AgentSession::holds(std::span<const TensorBytes> tensors) {
  return digest(LSGD_OPCODE_DIGEST, tensors) == digest_of(tensors);
}

bool AgentSession::reloads(std::span<const TensorBytes> tensors) {
  if (digest(LSGD_OPCODE_RELOAD, tensors) != digest_of(tensors)) return false;
  for (const TensorBytes& tensor : tensors)
    for_each_part(tensor, load_part, [&](std::vector<std::uint8_t> payload, auto bytes) {
      payload.insert(payload.end(), bytes.begin(), bytes.end());
      note(LSGD_OPCODE_LOAD, payload, std::array<std::uint8_t, 1>{LSGD_OK});
    });
  return true;
}

void AgentSession::store_expected(std::span<TensorBytes> tensors) {
  std::vector<TensorBytes> expected(tensors.begin(), tensors.end());
  std::vector<TensorBytes> doubtful;
  std::vector<std::size_t> places;
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    TensorBytes& tensor = tensors[t];
    const LowBytesForecast& forecast = low_bytes_[{key_of(tensor), last_run_}];
    std::size_t low_bytes = forecast.needed();
    // Where no line is slow but the device, it takes longer to pick low bytes than to send all, and
    // a digest is lost time where it is wrong.
    const bool may_be_few =
        is_on_line() ? low_bytes == 0 || tensor.bytes.size() >= fewest_bytes_with_low_ones
                     : low_bytes == 0 && forecast.is_experienced();
    if (!may_be_few) low_bytes = tensor.code_bytes;
    const bool is_nearly_known = tensor.is_expected && low_bytes < tensor.code_bytes &&
                                 (low_bytes == 0 || fetches_low_bytes(tensor, low_bytes));
    if (is_nearly_known) {
      doubtful.push_back(tensor);
      places.push_back(t);
    } else {
      fetch(tensor);
    }
  }
  // What is not what was expected is seldom far from it; how far, nobody knows the first times.
  const auto fetch_from_few_bytes = [&](std::size_t t) {
    TensorBytes& tensor = tensors[t];
    const std::size_t known = low_bytes_[{key_of(tensor), last_run_}].needed();
    if (is_on_line() && tensor.bytes.size() >= fewest_bytes_with_low_ones)
      for (std::size_t guess = known + 1; guess <= most_guessed_low_bytes; ++guess) {
        if (!knows_digests_ || guess >= tensor.code_bytes) break;
        tensor.bytes = expected[t].bytes;
        if (fetches_low_bytes(tensor, guess) && holds(std::span(&tensor, 1))) return;
      }
    fetch(tensor);
  };
  if (!doubtful.empty() && !holds(doubtful))
    for (std::size_t i = 0; i < doubtful.size(); ++i)
      if (doubtful.size() == 1 || !knows_digests_ || !holds(std::span(doubtful).subspan(i, 1)))
        fetch_from_few_bytes(places[i]);
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    const TensorBytes& tensor = tensors[t];
    if (tensor.is_expected)
      low_bytes_[{key_of(tensor), last_run_}].add(
          low_bytes_needed(expected[t].bytes, tensor.bytes, tensor.code_bytes));
    const std::size_t most = store_part(tensor.code_bytes);
    for_each_part(tensor, most, [&](std::vector<std::uint8_t> payload, auto bytes) {
      payload.push_back(static_cast<std::uint8_t>(bytes.size()));
      std::vector<std::uint8_t> reply{LSGD_OK};
      reply.insert(reply.end(), bytes.begin(), bytes.end());
      note(LSGD_OPCODE_STORE, payload, reply);
    });
  }
}

void AgentSession::fetch(TensorBytes& tensor) {
  settle();
  notes_requests_ = false;
  store(tensor.tensor, tensor.layer, tensor.bytes);
  settle();
  notes_requests_ = true;
}

bool AgentSession::fetches_low_bytes(TensorBytes& tensor, std::size_t low_bytes) {
  const std::size_t codes = tensor.bytes.size() / tensor.code_bytes;
  const std::size_t most = std::min<std::size_t>(LSGD_STORE_LOW_MAXIMUM, part_bytes_) / low_bytes;
  std::vector<std::uint8_t> low;
  for (std::size_t first = 0; first < codes; first += most) {
    const std::size_t count = std::min(most, codes - first);
    std::vector<std::uint8_t> payload =
        tensor_request(tensor.tensor, tensor.layer, first * tensor.code_bytes);
    payload.push_back(static_cast<std::uint8_t>(count));
    payload.push_back(static_cast<std::uint8_t>(low_bytes));
    const auto part = ask_briefly(LSGD_OPCODE_STORE_LOW, std::move(payload), count * low_bytes);
    if (!part) return false;
    low.insert(low.end(), part->begin(), part->end());
  }
  complete_low_bytes(low, low_bytes, tensor.code_bytes, tensor.bytes);
  return true;
}

void AgentSession::forward() {
  last_run_ = LSGD_OPCODE_FORWARD;
  ask(LSGD_OPCODE_FORWARD, {}, {});
}

void AgentSession::train_step(float learning_rate) {
  last_run_ = LSGD_OPCODE_TRAIN_STEP;
  std::erase_if(held_, [](const auto& held) {
    return held.first.first != LSGD_TENSOR_INPUT && held.first.first != LSGD_TENSOR_TARGET;
  });
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
    // The port may take a small tensor as a whole or not at all.
    send(opcode, std::move(payload), {}, opcode != LSGD_OPCODE_LOAD);
    stream_->write(std::exchange(unsent_, {}), deadline());
    const Reply reply = reply_to(awaited_.front());
    awaited_.clear();
    return reply;
  });
}

void AgentSession::ask(std::uint8_t opcode, std::vector<std::uint8_t> payload,
                       std::span<std::uint8_t> answer) {
  if (sequence_ == last_sequence) settle();
  during(opcode, [&] { send(opcode, std::move(payload), answer, true); });
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
                        std::span<std::uint8_t> answer, bool is_divisible) {
  if (stream_->is_line()) {
    awaited_.push_back({opcode, std::move(payload), 0, answer, is_divisible});
    return;
  }
  if (sequence_ == last_sequence) renew();
  if (awaited_.empty() && !received_.empty())
    throw DeviceError("the device sent bytes that nobody had asked for");
  const std::vector<std::uint8_t> frame = encode_frame({opcode, ++sequence_, payload}, nonce_);
  unsent_.insert(unsent_.end(), frame.begin(), frame.end());
  awaited_.push_back({opcode, std::move(payload), sequence_, answer, is_divisible});
}

AgentSession::Reply AgentSession::reply_to(const Awaited& awaited) {
  std::vector<std::uint8_t> reply = stream_->is_line() ? exchange(awaited) : next_reply(awaited);
  ++answered_;
  if (notes_requests_) note(awaited.opcode, awaited.payload, reply);
  const std::uint8_t status = reply.front();
  reply.erase(reply.begin());
  return {status, std::move(reply)};
}

void AgentSession::note(std::uint8_t opcode, std::span<const std::uint8_t> payload,
                        std::span<const std::uint8_t> reply) {
  std::vector<std::uint8_t> asked{opcode};
  asked.insert(asked.end(), payload.begin(), payload.end());
  answers_.add(asked, reply);
  if (listener_) listener_(asked, reply);
}

std::vector<std::uint8_t> AgentSession::next_reply(const Awaited& awaited) {
  Frame reply = receive(deadline(), false);
  if (reply.opcode != (awaited.opcode | LSGD_OPCODE_REPLY) || reply.sequence != awaited.sequence ||
      reply.payload.empty())
    throw DeviceError("the device answered another request");
  return std::move(reply.payload);
}

std::vector<std::uint8_t> AgentSession::exchange(const Awaited& awaited) {
  const std::size_t bytes =
      awaited.is_divisible ? divisible_bytes(awaited.opcode, awaited.payload) : 0;
  if (bytes <= part_bytes_) return exchange(awaited.opcode, awaited.payload);
  std::vector<std::uint8_t> whole{LSGD_OK};
  for (std::size_t begin = 0; begin < bytes;) {
    const std::size_t size = std::min(part_bytes_, bytes - begin);
    const auto reply =
        exchange(awaited.opcode, part_of_request(awaited.opcode, awaited.payload, begin, size));
    if (reply.front() != LSGD_OK || reply.size() != 1 + bytes_answered(awaited.opcode, size))
      return reply;
    whole.insert(whole.end(), reply.begin() + 1, reply.end());
    begin += size;
  }
  return whole;
}

std::vector<std::uint8_t> AgentSession::exchange(std::uint8_t opcode,
                                                 std::span<const std::uint8_t> payload) {
  const Deadline end = deadline();
  skipped_.clear();
  skipped_in_a_row_ = 0;
  for (;;) {
    auto [reply, is_of_repeat] = repeat_until_answered(opcode, payload, end);
    if (!is_of_repeat) return std::move(reply);
    const bool has_lost_its_answer =
        reply.front() == LSGD_OK && reply.size() == 1 && has_answer(opcode);
    if (reply.front() != LSGD_STATUS_BAD_SEQUENCE && !has_lost_its_answer) return std::move(reply);
    if (!may_be_executed_again(opcode))
      throw DeviceError("the reply was lost, and its agent is from before those that repeat it");
  }
}

std::pair<std::vector<std::uint8_t>, bool> AgentSession::repeat_until_answered(
    std::uint8_t opcode, std::span<const std::uint8_t> payload, Deadline end) {
  if (sequence_ == last_sequence) renew();
  const auto frame = encode_frame({opcode, ++sequence_, {payload.begin(), payload.end()}}, nonce_);
  const auto first = std::chrono::steady_clock::now();
  for (int unanswered = 0;;) {
    stream_->write(frame, end);
    const Deadline late = std::chrono::steady_clock::now() + patience_with(opcode, unanswered);
    try {
      std::vector<std::uint8_t> reply = receive_on_line(opcode, std::min(late, end));
      auto& longest = longest_wait_[kind_of(opcode)];
      longest = std::max(longest, std::chrono::steady_clock::now() - first);
      if (unanswered == 0 && ++answered_at_once_ % successes_before_longer_parts == 0)
        part_bytes_ = std::min<std::size_t>(2 * part_bytes_, LSGD_PAYLOAD_MAXIMUM);
      return {std::move(reply), unanswered > 0};
    } catch (const TimeOutError&) {
      if (late >= end) throw;
    }
    if (++unanswered == most_repeats) return {find_out_whether_it_works(opcode, end), false};
    ++repeated_;
    last_repeated_ = sequence_;
    answered_at_once_ = 0;
    // A power of two, so that parts hold whole elements and operands.
    part_bytes_ = std::max(shortest_part, std::bit_floor(part_bytes_ - 1));
    stream_->write(std::array<std::uint8_t, LSGD_FRAME_MAXIMUM>{}, end);
  }
}

std::chrono::steady_clock::duration AgentSession::patience_with(std::uint8_t opcode,
                                                                int unanswered) const {
  const auto known = longest_wait_.find(kind_of(opcode));
  const std::chrono::steady_clock::duration once =
      known == longest_wait_.end() ? patience_with_the_unknown
                                   : std::max<std::chrono::steady_clock::duration>(
                                         replies_to_wait * known->second, least_patience);
  return once *
         (1 << std::min(unanswered, kind_of(opcode) == 0 ? doublings : doublings_of_computing));
}

std::vector<std::uint8_t> AgentSession::receive_on_line(std::uint8_t opcode, Deadline deadline) {
  for (;;) {
    DecodedFrame decoded = decode_frame(received_, nonce_);
    if (decoded.kind == DecodedFrame::Kind::incomplete) {
      try {
        read_more(deadline);
      } catch (const TimeOutError&) {
        // What looked like the beginning of a frame was none, or lost its end.
        if (received_.empty()) throw;
        skip_byte();
      }
      continue;
    }
    if (decoded.kind != DecodedFrame::Kind::whole) {
      skip_byte();
      continue;
    }
    received_.erase(received_.begin(),
                    received_.begin() + static_cast<std::ptrdiff_t>(decoded.size));
    Frame& frame = decoded.frame;
    if ((frame.opcode & LSGD_OPCODE_REPLY) == 0) throw DeviceError(std::string(told_of_echo));
    if (frame.sequence == sequence_ && frame.opcode == (opcode | LSGD_OPCODE_REPLY) &&
        !frame.payload.empty())
      return std::move(frame.payload);
    // A request that was repeated may be answered twice.
    if (last_repeated_ == 0 || frame.sequence > last_repeated_)
      throw DeviceError("the device answered another request");
    skipped_bytes_ += decoded.size;
  }
}

std::vector<std::uint8_t> AgentSession::find_out_whether_it_works(std::uint8_t opcode,
                                                                  Deadline end) {
  // HELLO without payload starts no session and is answered in the one that the device is in; but
  // what is expected next is then the sequence behind its own.
  const auto greeting = encode_frame({LSGD_OPCODE_HELLO, sequence_, {}}, 0);
  const Frame lost{LSGD_OPCODE_HELLO | LSGD_OPCODE_REPLY, sequence_, {LSGD_STATUS_BAD_LENGTH}};
  for (int unanswered = 0;; ++unanswered) {
    stream_->write(std::array<std::uint8_t, LSGD_FRAME_MAXIMUM>{}, end);
    stream_->write(greeting, end);
    const Deadline late = std::chrono::steady_clock::now() + patience_with_the_unknown;
    try {
      for (;;) {
        const DecodedFrame decoded = decode_frame(received_, nonce_);
        const DecodedFrame reset = decode_frame(received_, 0);
        if (reset.kind == DecodedFrame::Kind::whole && reset.frame == lost)
          throw DeviceError("the device was reset: it does not know the session any more");
        if (decoded.kind == DecodedFrame::Kind::incomplete) {
          read_more(std::min(late, end));
        } else if (decoded.kind != DecodedFrame::Kind::whole) {
          skip_byte();
        } else {
          if (decoded.frame == lost)
            throw DeviceError("the line loses every frame of this request, and not the shortest");
          const bool is_awaited = decoded.frame.sequence == sequence_ &&
                                  decoded.frame.opcode == (opcode | LSGD_OPCODE_REPLY) &&
                                  !decoded.frame.payload.empty();
          received_.erase(received_.begin(),
                          received_.begin() + static_cast<std::ptrdiff_t>(decoded.size));
          if (is_awaited && decoded.frame.payload.front() != LSGD_STATUS_BAD_SEQUENCE)
            return decoded.frame.payload;
        }
      }
    } catch (const TimeOutError&) {
      received_.clear();
      if (late >= end || unanswered == most_repeats) throw;
    }
  }
}

void AgentSession::probe(std::span<const std::uint8_t> payload) {
  const Reply reply = request(unknown_opcode, {payload.begin(), payload.end()});
  if (reply.status != LSGD_STATUS_UNKNOWN_OPCODE)
    throw DeviceError(fmt::format("the device answered a request that there is not: {}",
                                  name_of_status(reply.status)));
}

std::optional<std::string> AgentSession::diagnose() {
  awaited_.clear();
  try {
    return diagnose_line(*stream_, std::chrono::steady_clock::now() + time_for_diagnosis);
  } catch (const DeviceError&) {  // what was wrong before says more
    return std::nullopt;
  }
}

Frame AgentSession::receive(Deadline deadline, bool skip_noise) {
  skipped_in_a_row_ = 0;
  for (;;) {
    DecodedFrame decoded = decode_frame(received_, nonce_);
    if (decoded.kind == DecodedFrame::Kind::whole) {
      received_.erase(received_.begin(),
                      received_.begin() + static_cast<std::ptrdiff_t>(decoded.size));
      return std::move(decoded.frame);
    }
    if (decoded.kind == DecodedFrame::Kind::incomplete) {
      read_more(deadline);
    } else if (skip_noise && skipped_in_a_row_ + 1 < noise_limit) {
      skip_byte();
    } else {
      const auto shown = std::span(received_).first(std::min<std::size_t>(16, received_.size()));
      throw DeviceError(fmt::format("the device sent {} ({:02x}...)", what_is_wrong(decoded.kind),
                                    fmt::join(shown, " ")));
    }
  }
}

void AgentSession::read_more(Deadline deadline) {
  if (!received_.empty()) std::this_thread::sleep_for(pause_for_more);
  std::array<std::uint8_t, 65536> buffer;
  std::size_t count = 0;
  try {
    count = stream_->read(buffer, deadline);
  } catch (const TimeOutError& error) {
    if (skipped_.empty()) throw;
    throw TimeOutError(fmt::format("{}; {}", error.what(), said_besides()));
  } catch (const DeviceError& error) {
    if (skipped_.empty()) throw;
    throw DeviceError(fmt::format("{}; {}", error.what(), said_besides()));
  }
  received_.insert(received_.end(), buffer.begin(),
                   buffer.begin() + static_cast<std::ptrdiff_t>(count));
}

void AgentSession::skip_byte() {
  if (++skipped_in_a_row_ > noise_limit)
    throw DeviceError(fmt::format("the device sent {} bytes that are no frame", noise_limit));
  skipped_ += static_cast<char>(received_.front());
  received_.erase(received_.begin());
  ++skipped_bytes_;
}

std::string AgentSession::said_besides() const {
  const std::vector<std::uint8_t> own =
      encode_frame({LSGD_OPCODE_HELLO, 0, hello_payload(hello_nonce_)}, 0);
  if (skipped_.find(std::string(own.begin(), own.end())) != std::string::npos)
    return std::string(told_of_echo);
  std::string text;
  for (const char c : skipped_) text += c >= 0x20 && c < 0x7f ? c : c == '\n' ? '|' : '.';
  if (text.size() > shown_noise) text = "..." + text.substr(text.size() - shown_noise);
  return fmt::format("it had said what is no frame: {}", text);
}

}  // namespace lsgd
