// SPDX-License-Identifier: Apache-2.0
#include "device/line_diagnosis.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iterator>
#include <map>
#include <set>

#include <lsgd/protocol.h>

#include "device/device_error.hpp"
#include "device/frame.hpp"
#include "device/little_endian.hpp"

namespace lsgd {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t line_feed = 0x0a;
constexpr std::uint8_t carriage_return = 0x0d;
constexpr std::uint8_t resume_sending = 0x11;  // XON
constexpr std::uint8_t stop_sending = 0x13;    // XOFF
constexpr std::uint8_t telnet_command = 0xff;

// A line that changes more than this at a time is told so in other words.
constexpr std::size_t most_changes = 4;

/// Something that lines do to every byte that passes.
struct LineChange {
  const char* words;
  Bytes (*of)(std::uint8_t byte);
};

template <std::uint8_t from, std::uint8_t... to>
Bytes replaced(std::uint8_t byte) {
  return byte == from ? Bytes{to...} : Bytes{byte};
}

constexpr std::array line_changes{
    LineChange{"bit 7 is lost: the line has seven data bits, not eight",
               [](std::uint8_t byte) { return Bytes{static_cast<std::uint8_t>(byte & 0x7f)}; }},
    LineChange{"0d arrives as 0a: the line translates carriage returns; try raw",
               replaced<carriage_return, line_feed>},
    LineChange{"0a arrives as 0d: the line translates line feeds; try raw",
               replaced<line_feed, carriage_return>},
    LineChange{"0a arrives as 0d 0a: the line translates line feeds; try raw",
               replaced<line_feed, carriage_return, line_feed>},
    LineChange{"0d arrives as 0d 0a: the line translates carriage returns; try raw",
               replaced<carriage_return, carriage_return, line_feed>},
    LineChange{"0d vanishes: the line drops carriage returns; try raw", replaced<carriage_return>},
    LineChange{"bytes 11 and 13 vanish: software flow control is on",
               [](std::uint8_t byte) {
                 return byte == resume_sending || byte == stop_sending ? Bytes{} : Bytes{byte};
               }},
    LineChange{
        "ff arrives twice: a terminal server speaks telnet, or a terminal marks bytes; try raw",
        replaced<telnet_command, telnet_command, telnet_command>},
    LineChange{"ff vanishes: a terminal server speaks telnet; try raw", replaced<telnet_command>},
    LineChange{"00 vanishes: the line drops zeros; try raw", replaced<0>},
    LineChange{"capitals arrive as small letters: the line is set for old terminals; try raw",
               [](std::uint8_t byte) {
                 const bool is_capital = byte >= 'A' && byte <= 'Z';
                 return Bytes{static_cast<std::uint8_t>(is_capital ? byte + ('a' - 'A') : byte)};
               }}};

/// Which changes are made, as bits.
using LineChanges = unsigned;

Bytes changed(const Bytes& bytes, LineChanges made) {
  Bytes now = bytes;
  for (std::size_t c = 0; c < line_changes.size(); ++c) {
    if ((made >> c & 1) == 0) continue;
    Bytes next;
    for (const std::uint8_t byte : now) {
      const Bytes becomes = line_changes.at(c).of(byte);
      next.insert(next.end(), becomes.begin(), becomes.end());
    }
    now = std::move(next);
  }
  return now;
}

bool contains(const Bytes& all, const Bytes& part) {
  return !part.empty() &&
         std::search(all.begin(), all.end(), part.begin(), part.end()) != all.end();
}

bool explain(LineChanges made, std::span<const Arrival> arrivals) {
  return std::ranges::all_of(arrivals, [made](const Arrival& arrival) {
    return contains(arrival.arrived, changed(arrival.sent, made));
  });
}

std::string words_of(LineChanges made) {
  std::vector<std::string> words;
  for (std::size_t c = 0; c < line_changes.size(); ++c)
    if ((made >> c & 1) != 0) words.emplace_back(line_changes.at(c).words);
  return fmt::format("{}", fmt::join(words, "; "));
}

/// Of bytes that no known change explains: which become which, where each always becomes the same.
std::optional<std::string> substitutions_told_by(std::span<const Arrival> arrivals) {
  std::map<std::uint8_t, std::uint8_t> becomes;
  for (const auto& [sent, arrived] : arrivals) {
    if (sent.size() != arrived.size()) return std::nullopt;
    for (std::size_t i = 0; i < sent.size(); ++i)
      if (becomes.try_emplace(sent[i], arrived[i]).first->second != arrived[i]) return std::nullopt;
  }
  std::vector<std::string> words;
  for (const auto& [sent, arrived] : becomes)
    if (sent != arrived) words.push_back(fmt::format("{:02x} arrives as {:02x}", sent, arrived));
  if (words.empty() || words.size() > most_changes) return std::nullopt;
  return fmt::format("{}: the line changes bytes; try raw", fmt::join(words, ", "));
}

// What every terminal lets pass.
bool is_plain(std::uint8_t byte) { return byte > 0x20 && byte < 0x7f; }

/// A greeting in a version that there is not, and the refusal of it: its nonce and the sequence are
/// free, and nothing else is unknown.
struct Probe {
  Bytes request, reply;
};

constexpr std::uint8_t no_version = '!';

Probe probe_of(std::uint32_t nonce, std::uint16_t sequence) {
  Bytes payload{no_version};
  append_little_endian(payload, nonce);
  return {encode_frame({LSGD_OPCODE_HELLO, sequence, std::move(payload)}, 0),
          encode_frame({LSGD_OPCODE_HELLO | LSGD_OPCODE_REPLY, sequence, {LSGD_STATUS_BAD_VERSION}},
                       nonce)};
}

// Without what has to be there: magic, length and opcode.
std::span<const std::uint8_t> free_bytes(const Bytes& frame) {
  return std::span(frame).subspan(LSGD_FRAME_HEADER - sizeof(std::uint16_t));
}

// Without a byte in common: one that does not pass is in one of them at most.
constexpr std::array plain_nonces{0x44434241u, 0x66656463u, 0x34333231u};

/// The `number`th probe of which `suits` holds.
template <class Predicate>
std::optional<Probe> find_probe(std::uint32_t nonce, int number, const Predicate& suits) {
  for (unsigned sequence = 0x2121; sequence < 0x7f7f; ++sequence) {
    const Probe probe = probe_of(nonce, static_cast<std::uint16_t>(sequence));
    if (suits(probe) && number-- == 0) return probe;
  }
  return std::nullopt;
}

/// Whether a request is plain but for one value.
bool asks_plainly(const Probe& probe, std::uint8_t besides = no_version) {
  return std::ranges::all_of(free_bytes(probe.request), [besides](std::uint8_t byte) {
    return is_plain(byte) || byte == besides;
  });
}

enum class Outcome : std::uint8_t { answered, changed, silent };

/// One examination of a line.
class Examination {
 public:
  Examination(ByteStream& line, Deadline deadline) : line_(line), deadline_(deadline) {}

  std::optional<std::string> result() {
    if (const auto words = plain_probes()) return words;
    if (!is_there_) return std::nullopt;
    std::vector<std::string> words;
    if (const std::string lost = lost_on_the_way_there(); !lost.empty()) words.push_back(lost);
    show_the_rest();
    if (!arrivals_.empty())
      words.push_back(changes_told_by(arrivals_).value_or(fmt::format(
          "answers arrive changed ({:02x} in place of {:02x}); try raw",
          fmt::join(arrivals_.front().arrived, " "), fmt::join(arrivals_.front().sent, " "))));
    if (words.empty()) return std::nullopt;
    return fmt::format("{}", fmt::join(words, "; "));
  }

 private:
  // A line that damages one byte in a hundred loses a quarter of all probes. Then 24 in a row are
  // no chance, where 4 on a line that answered all of 32 are none, either.
  static constexpr int tries_on_a_sound_line = 4;
  static constexpr int tries_on_a_lossy_line = 24;
  static constexpr int probes_of_a_sound_line = 32;
  static constexpr std::size_t most_bytes = 2048;
  static constexpr std::size_t most_arrivals = 16;

  bool is_over() const { return std::chrono::steady_clock::now() >= deadline_; }

  /// What comes back of a probe.
  Bytes answer_to(const Probe& probe) {
    const auto start = std::chrono::steady_clock::now();
    const Deadline late = std::min(deadline_, start + patience_);
    Bytes arrived;
    try {
      // A device that was told to stop sending goes on, and one that waits for the end of a frame
      // has it.
      Bytes bytes(LSGD_FRAME_MAXIMUM, 0);
      bytes.push_back(resume_sending);
      bytes.insert(bytes.end(), probe.request.begin(), probe.request.end());
      line_.write(bytes, late);
      while (!contains(arrived, probe.reply) && arrived.size() < most_bytes) {
        std::array<std::uint8_t, 1024> buffer;
        const std::size_t count = line_.read(buffer, late);
        arrived.insert(arrived.end(), buffer.begin(),
                       buffer.begin() + static_cast<std::ptrdiff_t>(count));
      }
      longest_answer_ = std::max(longest_answer_, std::chrono::steady_clock::now() - start);
    } catch (const TimeOutError&) {
    }
    return arrived;
  }

  /// Tries probes of which `suits` holds, different ones: bytes besides those that are meant may
  /// not pass, either. What arrives changed is kept where it does so again: then it is not by
  /// chance.
  template <class Predicate>
  Outcome try_probes(std::uint32_t nonce, const Predicate& suits) {
    for (int i = 0; i < tries_; ++i) {
      if (is_over()) return Outcome::answered;  // nobody knows
      const auto probe = find_probe(nonce, i % tries_on_a_sound_line, suits);
      if (!probe) return Outcome::answered;
      Bytes arrived = answer_to(*probe);
      if (contains(arrived, probe->reply)) {
        seen_.insert(probe->reply.begin(), probe->reply.end());
        return Outcome::answered;
      }
      if (arrived.empty() || answer_to(*probe) != arrived) continue;
      if (arrivals_.size() < most_arrivals) arrivals_.push_back({probe->reply, std::move(arrived)});
      return Outcome::changed;
    }
    return Outcome::silent;
  }

  /// What is wrong where even bytes that every terminal lets pass are not answered as they should.
  std::optional<std::string> plain_probes() {
    Bytes all;
    for (const std::uint32_t nonce : plain_nonces) {
      const auto probe = find_probe(nonce, 0, [](const Probe& p) { return asks_plainly(p); });
      const Bytes arrived = answer_to(*probe);
      Bytes seven_bits = probe->request;
      for (std::uint8_t& byte : seven_bits) byte &= 0x7f;
      if (contains(arrived, probe->request) || contains(arrived, seven_bits))
        return std::string(told_of_echo);
      all.insert(all.end(), arrived.begin(), arrived.end());
    }
    for (const std::uint32_t nonce : plain_nonces) {
      const Outcome outcome = try_probes(nonce, [](const Probe& p) { return asks_plainly(p); });
      is_there_ = is_there_ || outcome == Outcome::answered ||
                  (outcome == Outcome::changed && changes_told_by(arrivals_));
      if (is_there_) return std::nullopt;
      if (all.empty()) break;
    }
    arrivals_.clear();
    if (const auto rate = other_rate())
      return fmt::format("the device speaks at another speed: {} baud", *rate);
    const auto odd = std::ranges::count_if(all, [](std::uint8_t byte) {
      return !is_plain(byte) && byte != ' ' && byte != line_feed && byte != carriage_return;
    });
    if (2 * static_cast<std::size_t>(odd) <= all.size()) return std::nullopt;
    const auto shown = std::span(all).first(std::min<std::size_t>(8, all.size()));
    return fmt::format(
        "what comes is no frame and no text ({:02x}...): the device may speak at another speed",
        fmt::join(shown, " "));
  }

  std::optional<std::uint32_t> other_rate() {
    // A slow device may answer behind the next change of rate, and take what was sent at another
    // rate than its own behind a terminal that only passes it on. So no two probes are alike, the
    // device has to answer two in a row, and those that nobody answers are asked again, with
    // patience.
    int number = 0;
    const auto is_answered = [&] {
      const auto probe = find_probe(plain_nonces.front(), number++,
                                    [](const Probe& p) { return asks_plainly(p); });
      return contains(answer_to(*probe), probe->reply);
    };
    std::optional<std::uint32_t> found;
    const auto usual_patience = patience_;
    for (const int times : {1, 4}) {
      patience_ = times * usual_patience;
      for (const std::uint32_t rate : line_.other_rates()) {
        if (found || is_over()) break;
        line_.change_rate(rate);
        if (is_answered() && is_answered()) found = rate;
      }
    }
    patience_ = usual_patience;
    line_.change_rate(0);
    return found;
  }

  /// Sends every value, among plain ones, until the device answers.
  std::string lost_on_the_way_there() {
    patience_ = std::max<std::chrono::steady_clock::duration>(4 * longest_answer_, least_patience);
    const auto plain =
        find_probe(plain_nonces.front(), 0, [](const Probe& p) { return asks_plainly(p); });
    const auto is_answered = [&] { return contains(answer_to(*plain), plain->reply); };
    for (int i = 0; i < probes_of_a_sound_line && tries_ == tries_on_a_sound_line; ++i)
      if (!is_answered()) tries_ = tries_on_a_lossy_line;
    // What a line of seven bits loses would otherwise be found one by one.
    constexpr std::array upper{0x85, 0xa5, 0xc3, 0xd7, 0xe9};
    if (std::ranges::all_of(
            upper, [this](int value) { return is_lost(static_cast<std::uint8_t>(value)); }))
      return "bit 7 is lost on the way to the device: the line has seven data bits, not eight";
    Bytes lost;
    for (int value = 0; value < 256 && !is_over(); ++value)
      if (is_lost(static_cast<std::uint8_t>(value)))
        lost.push_back(static_cast<std::uint8_t>(value));
    return lost.empty() ? "" : meaning_of_lost_bytes(lost);
  }

  bool is_lost(std::uint8_t value) {
    const std::uint32_t nonce = 0x01010101u * value;
    return try_probes(nonce, [value](const Probe& p) { return asks_plainly(p, value); }) ==
           Outcome::silent;
  }

  /// Has the device send the values that it has not sent yet.
  void show_the_rest() {
    for (int value = 0; value < 256 && arrivals_.empty() && !is_over(); ++value) {
      const auto byte = static_cast<std::uint8_t>(value);
      if (seen_.contains(byte)) continue;
      try_probes(plain_nonces.front(), [byte](const Probe& p) {
        return asks_plainly(p) && std::ranges::count(p.reply, byte) > 0;
      });
    }
  }

  static constexpr std::chrono::milliseconds least_patience{50};

  ByteStream& line_;
  Deadline deadline_;
  std::chrono::steady_clock::duration patience_ = std::chrono::milliseconds(250);
  std::chrono::steady_clock::duration longest_answer_{};
  bool is_there_ = false;
  int tries_ = tries_on_a_sound_line;
  std::set<std::uint8_t> seen_;  ///< in answers that arrived as they were
  std::vector<Arrival> arrivals_;
};

}  // namespace

std::optional<std::string> changes_told_by(std::span<const Arrival> arrivals) {
  if (explain(0, arrivals)) return std::nullopt;
  for (int count = 1; count <= static_cast<int>(most_changes); ++count)
    for (LineChanges made = 1; made < 1u << line_changes.size(); ++made)
      if (std::popcount(made) == count && explain(made, arrivals)) return words_of(made);
  return substitutions_told_by(arrivals);
}

std::string meaning_of_lost_bytes(const std::vector<std::uint8_t>& lost) {
  std::vector<std::string> words;
  Bytes rest;
  std::ranges::copy_if(lost, std::back_inserter(rest), [](std::uint8_t byte) {
    return byte != resume_sending && byte != stop_sending && byte != carriage_return &&
           byte != line_feed && byte != telnet_command;
  });
  const auto has = [&](std::uint8_t byte) { return std::ranges::count(lost, byte) > 0; };
  if (has(resume_sending) || has(stop_sending))
    words.emplace_back(
        "bytes 11 and 13 vanish on the way to the device: software flow control is on");
  if (has(carriage_return))
    words.emplace_back(
        "0d does not reach the device: the line translates carriage returns; try raw");
  if (has(line_feed))
    words.emplace_back("0a does not reach the device: the line translates line feeds; try raw");
  if (has(telnet_command))
    words.emplace_back("ff does not reach the device: a terminal server speaks telnet; try raw");
  if (!rest.empty())
    words.push_back(
        fmt::format("bytes {:02x} do not reach the device: a terminal acts on them; "
                    "try raw",
                    fmt::join(rest, ", ")));
  return fmt::format("{}", fmt::join(words, "; "));
}

std::optional<std::string> diagnose_line(ByteStream& line, Deadline deadline) {
  return Examination(line, deadline).result();
}

}  // namespace lsgd
