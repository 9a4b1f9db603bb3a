// SPDX-License-Identifier: Apache-2.0

// The real agent with a port behind it, and a man in the middle who spoils what host and device say
// to each other.
//   hostile_device FAULT SEED COUNT DIRECTORY
// FAULT is one of those below, or `any` for any but the lies, which begin with claims_ but for
// false_result. SEED decides when it strikes, COUNT
// how often, over all restarts, which DIRECTORY remembers:
//   starts   a byte for each start
//   steps    a byte for each training step that was executed
//   faults   a line for each fault: its name and the opcode of the request it struck
//   stated   a line for each HELLO of claims_capacities: the five that it stated
//   build    a byte for each change of the build identity
//   replies  what FAULT `none` answered in its last session: for others, yesterday's answers
#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

#include <lsgd/platform.h>
#include <lsgd/port.h>
#include <lsgd/protocol.h>

#include "device/frame.hpp"
#include "device/hello.hpp"
#include "device/little_endian.hpp"

extern "C" {
#include "agent.h"
// Declared constant for the agent; here it is what the script says that the image was built from.
std::uint8_t lsgd_build_identity[LSGD_BUILD_IDENTITY_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8};
}

namespace lsgd {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::array honest_faults{"drop_request",
                                   "corrupt_request",
                                   "drop_reply",
                                   "duplicate_reply",
                                   "reorder_replies",
                                   "truncate_reply",
                                   "corrupt_reply",
                                   "delay_reply",
                                   "wrong_case",
                                   "yesterday",
                                   "flood",
                                   "flood_of_frames",
                                   "flood_of_diagnostics",
                                   "hang",
                                   "die",
                                   "reset",
                                   "other_build_after_death",
                                   "reset_to_other_build",
                                   "two_boards"};

/// A count that survives the process.
class Tally {
 public:
  explicit Tally(std::filesystem::path file) : file_(std::move(file)) {}

  std::size_t count() const {
    std::ifstream stream(file_, std::ios::binary);
    return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(stream), {}, '\n'));
  }
  void add(const std::string& line = {}) const {
    std::ofstream(file_, std::ios::binary | std::ios::app) << line << '\n';
  }

 private:
  std::filesystem::path file_;
};

void send(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written <= 0) _exit(0);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

[[noreturn]] void hang() {
  for (;;) pause();
}

class HostileDevice {
 public:
  HostileDevice(char** arguments, std::string fault, std::uint64_t seed, std::size_t count,
                const std::filesystem::path& directory)
      : arguments_(arguments),
        fault_(std::move(fault)),
        count_(count),
        starts_(directory / "starts"),
        steps_(directory / "steps"),
        faults_(directory / "faults"),
        stated_(directory / "stated"),
        builds_(directory / "build"),
        replies_(directory / "replies"),
        engine_(seed * 1000 + starts_.count()) {
    starts_.add();
    lsgd_build_identity[0] = static_cast<std::uint8_t>(lsgd_build_identity[0] + builds_.count());
    rarity_ = std::uint64_t{1} << engine_() % 11;
    if (fault_ == "none")
      std::ofstream(replies_, std::ios::binary | std::ios::trunc);
    else
      read_yesterday();
  }

  /// The next byte that reaches the agent; -1 at the end.
  int next_byte() {
    while (to_agent_.empty()) {
      if (take_request()) continue;
      std::array<std::uint8_t, 4096> buffer;
      const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
      if (count <= 0) return -1;
      from_host_.insert(from_host_.end(), buffer.begin(), buffer.begin() + count);
    }
    const int byte = to_agent_.front();
    to_agent_.pop_front();
    return byte;
  }

  void reply(Bytes bytes) {
    const Bytes honest = bytes;
    if (request_.opcode == LSGD_OPCODE_TRAIN_STEP) steps_.add();
    if (is("two_boards") && request_.opcode == LSGD_OPCODE_HELLO && bytes.size() > 40) {
      strike();
      Frame other = decode_frame(bytes, nonce_).frame;
      other.payload[hello_identity_offset] ^= 1;
      bytes = encode_frame(other, nonce_);
    } else if (is("drop_reply")) {
      strike();
      return;
    } else if (is("duplicate_reply")) {
      strike();
      send(bytes);
    } else if (is("reorder_replies") && !last_reply_.empty()) {
      strike();
      send(bytes);
      bytes = last_reply_;
    } else if (is("truncate_reply")) {
      strike();
      bytes.resize(engine_() % bytes.size());
    } else if (is("corrupt_reply")) {
      strike();
      flip_bits(bytes);
    } else if (is("delay_reply")) {
      strike();
      sleep(6);  // longer than any test waits where a device is silent
      usleep(static_cast<useconds_t>(engine_() % 500'000));
    } else if (is("wrong_case") && earlier_.contains(request_.opcode)) {
      strike();
      bytes = earlier_[request_.opcode];
    } else if (is("yesterday") && yesterday_.contains(request_.sequence)) {
      strike();
      bytes = yesterday_[request_.sequence];
    } else if (is("flood_of_frames")) {
      strike();
      for (;;) send(bytes);
    } else if (is("false_result")) {
      make_false(bytes);
    } else if (is("returns_otherwise") && request_.opcode == LSGD_OPCODE_HELLO) {
      strike();
      Frame other = decode_frame(bytes, nonce_).frame;
      other.payload[1 + engine_() % (other.payload.size() - 1)] ^=
          static_cast<std::uint8_t>(1U << engine_() % 8);
      bytes = encode_frame(other, nonce_);
    } else if (is("claims_capacities") && request_.opcode == LSGD_OPCODE_HELLO) {
      claim_capacities(bytes);
    } else if (is("claims_counts") && request_.opcode == LSGD_OPCODE_MEASURE) {
      claim_counts(bytes);
    } else if (is("drips")) {
      strike();
      for (const std::uint8_t byte = 0;;) {
        usleep(100'000);
        send({&byte, 1});
      }
    } else if (is("takes_its_time")) {
      strike();
      for (const std::uint8_t byte : bytes) {
        usleep(10'000);
        send({&byte, 1});
      }
      bytes.clear();
    }
    send(bytes);
    remember(honest);
  }

 private:
  /// Whether the fault strikes this request.
  bool is(std::string_view fault) const { return striking_ == fault; }

  void strike() { faults_.add(striking_ + ' ' + std::to_string(request_.opcode)); }

  std::string choose() {
    // What differs in HELLO no rarer fault would meet; others must be kept up.
    constexpr std::array<std::string_view, 5> kept_up{"two_boards", "claims_capacities", "drips",
                                                      "refuses_large_networks", "takes_its_time"};
    const bool is_due = engine_() % rarity_ == 0 ||
                        std::ranges::find(kept_up, fault_) != kept_up.end() ||
                        (fault_ == "returns_otherwise" && request_.opcode == LSGD_OPCODE_HELLO);
    if (fault_ == "none" || !is_due || faults_.count() >= count_) return {};
    // It has to die before it can return.
    if (fault_ == "returns_otherwise" && request_.opcode != LSGD_OPCODE_HELLO)
      return starts_.count() == 1 ? "die" : std::string();
    if (fault_ == "returns_otherwise" && starts_.count() == 1) return {};
    return fault_ == "any" ? honest_faults.at(engine_() % honest_faults.size()) : fault_;
  }

  void read_yesterday() {
    std::ifstream stream(replies_, std::ios::binary);
    const Bytes bytes(std::istreambuf_iterator<char>(stream), {});
    for (std::span<const std::uint8_t> rest = bytes; rest.size() > LSGD_FRAME_HEADER;) {
      const auto frame = rest.first(LSGD_FRAME_HEADER + rest[2] + LSGD_FRAME_CRC);
      yesterday_[little_endian<std::uint16_t>(frame.subspan(4))] = {frame.begin(), frame.end()};
      rest = rest.subspan(frame.size());
    }
  }

  void remember(const Bytes& honest) {
    if (fault_ == "none")
      std::ofstream(replies_, std::ios::binary | std::ios::app)
          .write(reinterpret_cast<const char*>(honest.data()),
                 static_cast<std::streamsize>(honest.size()));
    last_reply_ = honest;
    if (engine_() % 8 == 0) earlier_[request_.opcode] = honest;
    if (request_.opcode == LSGD_OPCODE_HELLO) nonce_ = session_nonce(nonce_, lsgd_build_identity);
  }

  /// The first request, or byte that begins none, of those that have come; false where none has.
  bool take_request() {
    DecodedFrame decoded = decode_frame(from_host_, nonce_);
    if (decoded.kind == DecodedFrame::Kind::bad_checksum) decoded = decode_frame(from_host_, 0);
    if (decoded.kind == DecodedFrame::Kind::incomplete) return false;
    const std::size_t size = decoded.kind == DecodedFrame::Kind::whole ? decoded.size : 1;
    const Bytes bytes(from_host_.begin(), from_host_.begin() + static_cast<std::ptrdiff_t>(size));
    from_host_.erase(from_host_.begin(), from_host_.begin() + static_cast<std::ptrdiff_t>(size));
    if (decoded.kind == DecodedFrame::Kind::whole)
      request(decoded.frame, bytes);
    else
      forward(bytes);
    return true;
  }

  void forward(const Bytes& bytes) {
    to_agent_.insert(to_agent_.end(), bytes.begin(), bytes.end());
  }

  void request(const Frame& frame, Bytes bytes) {
    request_ = frame;
    if (frame.opcode == LSGD_OPCODE_HELLO)
      nonce_ = little_endian<std::uint32_t>(std::span(frame.payload).subspan(1));
    striking_ = choose();
    if (is("hang")) {
      strike();
      hang();
    } else if (is("flood_of_diagnostics")) {
      strike();
      const std::string text(1000, 'x');
      while (::write(STDERR_FILENO, text.data(), text.size()) > 0) continue;
    } else if (is("flood")) {
      strike();
      const Bytes noise(1000, static_cast<std::uint8_t>(engine_()));
      for (;;) send(noise);
    } else if (is("die")) {
      strike();
      engine_() % 2 == 0 ? std::abort() : _exit(0);
    } else if (is("other_build_after_death")) {
      strike();
      builds_.add();
      _exit(0);
    } else if (is("reset")) {
      strike();
      reset();
    } else if (is("reset_to_other_build")) {
      strike();
      builds_.add();
      reset();
    } else if (is("drop_request")) {
      strike();
    } else if (is("refuses_large_networks") && is_large_network()) {
      strike();
      pretend(LSGD_UNSUPPORTED);
    } else if (claims_success()) {
      strike();
      pretend(LSGD_OK);
    } else {
      if (is("corrupt_request")) {
        strike();
        flip_bits(bytes);
      }
      forward(bytes);
    }
  }

  /// The device loses its state and everything it has received; the line stays.
  [[noreturn]] void reset() {
    execv("/proc/self/exe", arguments_);
    _exit(1);
  }

  bool claims_success() const {
    return (is("claims_to_load") && request_.opcode == LSGD_OPCODE_LOAD) ||
           (is("claims_to_configure") && request_.opcode == LSGD_OPCODE_CONFIGURE) ||
           (is("claims_to_run_forward") && request_.opcode == LSGD_OPCODE_FORWARD) ||
           (is("claims_to_train") && request_.opcode == LSGD_OPCODE_TRAIN_STEP) ||
           (is("claims_to_store") && request_.opcode == LSGD_OPCODE_STORE) ||
           (is("claims_to_calculate") && request_.opcode == LSGD_OPCODE_ARITHMETIC);
  }

  bool is_large_network() const {
    constexpr std::uint16_t most_inputs = 12;
    return request_.opcode == LSGD_OPCODE_CONFIGURE &&
           little_endian<std::uint16_t>(std::span(request_.payload).subspan(1)) > most_inputs;
  }

  /// Answers in the agent's stead, which then is told the sequence by a request without effect.
  void pretend(std::uint8_t status) {
    std::size_t size = 0;
    if (request_.opcode == LSGD_OPCODE_STORE) size = request_.payload.at(6);
    if (request_.opcode == LSGD_OPCODE_ARITHMETIC) size = (request_.payload.size() - 1) / 8 * 4;
    Bytes payload(1 + size);
    payload[0] = status;
    send(encode_frame({static_cast<std::uint8_t>(request_.opcode | LSGD_OPCODE_REPLY),
                       request_.sequence, payload},
                      nonce_));
    forward(encode_frame({LSGD_OPCODE_MEASURE, request_.sequence, {}}, nonce_));
    muted_ = true;
  }

  void flip_bits(Bytes& bytes) {
    for (auto flips = 1 + engine_() % 4; flips > 0; --flips)
      bytes[engine_() % bytes.size()] ^= static_cast<std::uint8_t>(1U << engine_() % 8);
  }

  /// Another number in a result, well sealed: the exponent's highest bit, or an int8's sign.
  void make_false(Bytes& bytes) {
    Frame frame = decode_frame(bytes, nonce_).frame;
    const bool is_result =
        request_.opcode == LSGD_OPCODE_STORE || request_.opcode == LSGD_OPCODE_ARITHMETIC;
    if (!is_result || frame.payload.size() < 2) return;
    strike();
    const bool has_bytes = lsgd_port_describe()->arithmetic.tensors[LSGD_TENSOR_WEIGHTS].bytes == 1;
    const std::size_t element = has_bytes && request_.opcode == LSGD_OPCODE_STORE ? 1 : 4;
    const std::size_t index = engine_() % ((frame.payload.size() - 1) / element);
    frame.payload[1 + index * element + element - 1] ^= element == 4 ? 0x40 : 0x80;
    bytes = encode_frame(frame, nonce_);
  }

  static void overwrite(Frame& frame, std::size_t offset, std::uint64_t value, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      frame.payload[offset + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }

  std::uint64_t any_of(std::initializer_list<std::uint64_t> values) {
    return values.begin()[engine_() % values.size()];
  }

  /// One to five capacities that are none, the least, or more than any device has: what one of them
  /// says another may contradict.
  void claim_capacities(Bytes& bytes) {
    strike();
    Frame frame = decode_frame(bytes, nonce_).frame;
    std::size_t offset = hello_identity_offset - 3 * 2 - 2 * 4;
    const auto which = 1 + engine_() % 31;
    std::string stated;
    for (unsigned capacity = 0; capacity < 5; ++capacity) {
      const std::size_t size = capacity < 3 ? 2 : 4;
      if ((which >> capacity & 1) != 0)
        overwrite(frame, offset, any_of({0, 1, 2, 3, 64, 65535, 0x7fffffff, 0xffffffff}), size);
      std::uint64_t value = 0;
      for (std::size_t i = size; i > 0; --i) value = value << 8 | frame.payload[offset + i - 1];
      stated += std::to_string(value) + ' ';
      offset += size;
    }
    stated_.add(stated);
    bytes = encode_frame(frame, nonce_);
  }

  /// A count of cycles or instructions, or a stack, that no device can have.
  void claim_counts(Bytes& bytes) {
    strike();
    Frame frame = decode_frame(bytes, nonce_).frame;
    const std::uint64_t negative = 0 - engine_() % 100'000 - 1;
    const std::uint64_t count = any_of({negative, std::uint64_t{1} << 63, 1'000'000'000'000'000});
    switch (engine_() % 3) {
      case 0:
        overwrite(frame, 1, count, 8);
        break;
      case 1:
        overwrite(frame, 9, count, 8);
        break;
      case 2:
        overwrite(frame, 17, any_of({0xffffffff, 0x80000000, 0x4000000}), 4);
        break;
    }
    bytes = encode_frame(frame, nonce_);
  }

 public:
  /// Whether the agent's next reply is not for the host.
  bool take_muted() { return std::exchange(muted_, false); }

 private:
  char** arguments_;
  std::string fault_;
  std::size_t count_;
  Tally starts_, steps_, faults_, stated_, builds_;
  std::filesystem::path replies_;
  std::mt19937_64 engine_;
  std::uint64_t rarity_ = 1;
  std::uint32_t nonce_ = 0;
  Bytes from_host_;
  std::deque<std::uint8_t> to_agent_;
  Frame request_;
  std::string striking_;
  Bytes last_reply_;
  std::map<std::uint8_t, Bytes> earlier_;     // by opcode
  std::map<std::uint16_t, Bytes> yesterday_;  // by sequence
  bool muted_ = false;
};

HostileDevice* device = nullptr;

}  // namespace
}  // namespace lsgd

extern "C" {

int lsgd_platform_read(void) { return lsgd::device->next_byte(); }

void lsgd_platform_write(const std::uint8_t* bytes, std::size_t count) {
  if (!lsgd::device->take_muted()) lsgd::device->reply({bytes, bytes + count});
}

std::uint64_t lsgd_platform_cycles(void) { return 0; }
std::uint64_t lsgd_platform_instructions(void) { return 0; }
std::uint8_t* lsgd_platform_stack_limit(void) {
  return reinterpret_cast<std::uint8_t*>(~std::uintptr_t{0});
}
std::uint32_t lsgd_platform_heap_bytes(void) { return 0; }
void lsgd_platform_exit(int status) { _exit(status); }

}  // extern "C"

int main(int argument_count, char** arguments) {
  if (argument_count != 5) return 2;
  const auto number = [](std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  lsgd::HostileDevice device(arguments, arguments[1], number(arguments[2]), number(arguments[3]),
                             arguments[4]);
  lsgd::device = &device;
  lsgd_agent_run();
}
