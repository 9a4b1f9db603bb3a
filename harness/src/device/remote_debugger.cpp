// SPDX-License-Identifier: Apache-2.0
#include "device/remote_debugger.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>

#include "device/device_error.hpp"
#include "device/remote_packet.hpp"

namespace lsgd {
namespace {

// No server has a larger packet; one without an end is none.
constexpr std::size_t longest_packet = 1 << 20;

// What a server says besides packets, such as acknowledgements, is a byte or two.
constexpr int most_bytes_between = 4096;

constexpr int sends = 3;

constexpr std::size_t most_bytes_at_once = 4096;

constexpr std::string_view greeting = "qSupported:swbreak+;hwbreak+";
constexpr std::size_t shown_bytes = 80;

// The architecture stands at the beginning of a description.
constexpr std::size_t most_xml = 1024;

/// The beginning of what came, in one line.
std::string shown(std::string_view bytes, std::size_t most = 40) {
  std::string text;
  for (const char c : bytes.substr(0, most))
    text += c >= 0x20 && c < 0x7f ? c : c == '\n' ? '|' : c == '\r' ? ' ' : '?';
  return bytes.size() > most ? text + "..." : text;
}

[[noreturn]] void fail_without_packets() {
  throw DeviceError(fmt::format("{} bytes came without a packet", most_bytes_between));
}

/// "" where the description of a target does not say.
std::string architecture_of(std::string_view description) {
  constexpr std::string_view opening = "<architecture>";
  const auto at = description.find(opening);
  if (at == std::string_view::npos) return "";
  description.remove_prefix(at + opening.size());
  const auto end = description.find('<');
  return end == std::string_view::npos ? "" : shown(description.substr(0, end));
}

/// Characters behind "*" say how often the one before it is repeated.
std::string expanded(std::string_view contents) {
  constexpr int least_count = 29;
  std::string text;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    if (contents[i] == '*' && !text.empty() && i + 1 < contents.size()) {
      const int count = static_cast<unsigned char>(contents[++i]) - least_count;
      if (count > 0) text.append(static_cast<std::size_t>(count), text.back());
    } else {
      text += contents[i];
    }
  }
  return text;
}

}  // namespace

RemoteDebugger::RemoteDebugger(std::unique_ptr<ByteStream> stream, Deadline deadline)
    : stream_(std::move(stream)) {
  const std::string supported = greet(deadline);
  constexpr std::string_view key = "PacketSize=";
  if (const auto at = supported.find(key); at != std::string::npos) {
    const auto from = at + key.size();
    const auto size =
        remote_number(std::string_view(supported).substr(from, supported.find(';', from) - from));
    if (size) packet_bytes_ = std::clamp<std::size_t>(*size, 64, 1 << 14);
  }
  if (supported.find("QStartNoAckMode+") != std::string::npos &&
      ask("QStartNoAckMode", deadline) == "OK")
    has_acknowledgements_ = false;
  // QEMU knows single registers only behind this question.
  if (supported.find("qXfer:features:read+") != std::string::npos)
    architecture_ = architecture_of(ask(
        fmt::format("qXfer:features:read:target.xml:0,{:x}", std::min(packet_bytes_ - 8, most_xml)),
        deadline));
  const std::string reason = ask("?", deadline);
  if (reason.empty() || (reason.front() != 'S' && reason.front() != 'T'))
    throw DeviceError(fmt::format("the debugger has no core that is stopped: {}", shown(reason)));
}

std::string RemoteDebugger::greet(Deadline deadline) {
  const auto with_what_came = [this](const DeviceError& error) {
    return fmt::format("{}; expected a packet of GDB's remote protocol, such as $OK#9a, {}",
                       error.what(),
                       heard_.empty() ? "nothing came" : "found " + shown(heard_, shown_bytes));
  };
  heard_.clear();
  is_greeting_ = true;
  try {
    std::string answer = ask(greeting, deadline);
    is_greeting_ = false;
    return answer;
  } catch (const TimeOutError& error) {
    throw TimeOutError(with_what_came(error));
  } catch (const DeviceError& error) {
    throw DeviceError(with_what_came(error));
  }
}

RemoteDebugger::~RemoteDebugger() {
  try {
    send("D", std::chrono::steady_clock::now() + std::chrono::milliseconds(100));
  } catch (const std::exception&) {  // it is gone
  }
}

std::vector<std::uint8_t> RemoteDebugger::read_memory(std::uint32_t address, std::size_t count,
                                                      Deadline deadline) {
  std::vector<std::uint8_t> all;
  while (all.size() < count) {
    const std::size_t part = std::min(count - all.size(), (packet_bytes_ - 16) / 2);
    const std::string reply = ask(fmt::format("m{:x},{:x}", address + all.size(), part), deadline);
    const auto bytes = remote_bytes(reply);
    if (!bytes || bytes->empty() || bytes->size() > part)
      throw DeviceError(fmt::format("the debugger cannot read {} bytes at 0x{:08x}: {}", part,
                                    address + all.size(), shown(reply)));
    all.insert(all.end(), bytes->begin(), bytes->end());
  }
  return all;
}

void RemoteDebugger::write_memory(std::uint32_t address, std::span<const std::uint8_t> bytes,
                                  Deadline deadline) {
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(bytes.size(), (packet_bytes_ - 32) / 2));
    require_ok(fmt::format("M{:x},{:x}:{}", address, part.size(), remote_digits(part)),
               fmt::format("write {} bytes at 0x{:08x}, where its board may have no memory",
                           part.size(), address),
               deadline);
    address += static_cast<std::uint32_t>(part.size());
    bytes = bytes.subspan(part.size());
  }
}

void RemoteDebugger::write_register(unsigned number, std::uint32_t value, Deadline deadline) {
  const std::array bytes{static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8),
                         static_cast<std::uint8_t>(value >> 16),
                         static_cast<std::uint8_t>(value >> 24)};
  require_ok(fmt::format("P{:x}={}", number, remote_digits(bytes)),
             fmt::format("write register {}", number), deadline);
}

void RemoteDebugger::monitor(std::string_view command, Deadline deadline) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(command.data()), command.size());
  send("qRcmd," + remote_digits(bytes), deadline);
  // What it says comes in packets that begin with O.
  for (;;) {
    const std::string reply = receive(deadline);
    if (reply == "OK") return;
    if (reply.empty() || reply.front() == 'E')
      throw DeviceError(fmt::format("the debugger refuses \"monitor {}\": {}", command,
                                    reply.empty() ? "unknown" : shown(reply)));
  }
}

void RemoteDebugger::set_breakpoint(std::uint32_t address, Deadline deadline) {
  std::string reply;
  for (const char kind : {'1', '0'}) {  // in hardware, in memory
    reply = ask(fmt::format("Z{},{:x},2", kind, address), deadline);
    if (reply == "OK") break;
  }
  if (reply != "OK")
    throw DeviceError(fmt::format("the debugger cannot set a breakpoint at 0x{:08x}: {}", address,
                                  reply.empty() ? "it knows none" : shown(reply)));
}

int RemoteDebugger::resume(Deadline deadline) {
  send("c", deadline);
  for (;;) {
    const std::string reply = receive(deadline);
    const auto number =
        reply.size() >= 3 ? remote_number(std::string_view(reply).substr(1, 2)) : std::nullopt;
    const char kind = reply.empty() ? '\0' : reply.front();
    if (kind == 'O' || kind == 'F') continue;
    if ((kind == 'S' || kind == 'T') && number) return static_cast<int>(*number);
    if (kind == 'W' || kind == 'X')
      throw DeviceError(fmt::format("the program on the core ended: {}", shown(reply)));
    throw DeviceError(fmt::format("the debugger does not let the core run: {}", shown(reply)));
  }
}

void RemoteDebugger::require_ok(std::string_view contents, const std::string& what,
                                Deadline deadline) {
  const std::string reply = ask(contents, deadline);
  if (reply != "OK")
    throw DeviceError(fmt::format("the debugger cannot {}: {}", what,
                                  reply.empty() ? "it knows no such request" : shown(reply)));
}

std::string RemoteDebugger::ask(std::string_view contents, Deadline deadline) {
  send(contents, deadline);
  return receive(deadline);
}

void RemoteDebugger::send(std::string_view contents, Deadline deadline) {
  const std::string packet = remote_packet(contents);
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(packet.data()), packet.size());
  for (int i = 0; i < sends; ++i) {
    stream_->write(bytes, deadline);
    if (!has_acknowledgements_) return;
    for (int skipped = 0;; ++skipped) {
      const std::uint8_t byte = next_byte(deadline);
      if (byte == '+') return;
      if (byte == '-') break;
      if (skipped == most_bytes_between) fail_without_packets();
    }
  }
  throw DeviceError("the debugger takes no packet: all arrive damaged");
}

std::string RemoteDebugger::receive(Deadline deadline) {
  for (int i = 0; i < sends; ++i) {
    for (int skipped = 0; next_byte(deadline) != '$'; ++skipped)
      if (skipped == most_bytes_between) fail_without_packets();
    std::string contents;
    for (char c = 0; (c = static_cast<char>(next_byte(deadline))) != '#'; contents += c)
      if (contents.size() == longest_packet)
        throw DeviceError("the debugger sends a packet that does not end");
    std::string digits;
    for (int d = 0; d < 2; ++d) digits += static_cast<char>(next_byte(deadline));
    const bool is_whole = remote_number(digits) == remote_checksum(contents);
    if (has_acknowledgements_) {
      const std::array answer{static_cast<std::uint8_t>(is_whole ? '+' : '-')};
      stream_->write(answer, deadline);
    }
    if (is_whole) return expanded(contents);
    if (!has_acknowledgements_) break;
  }
  throw DeviceError("the debugger sends damaged packets");
}

std::uint8_t RemoteDebugger::next_byte(Deadline deadline) {
  if (taken_ == received_.size()) {
    received_.resize(most_bytes_at_once);
    taken_ = 0;
    try {
      received_.resize(stream_->read(received_, deadline));
    } catch (...) {
      received_.clear();
      throw;
    }
    if (is_greeting_ && heard_.size() < most_bytes_at_once) {
      heard_.append(received_.begin(), received_.end());
      // A program that gives back what it reads, or a terminal, acknowledges this, too.
      if (heard_.find(remote_packet(greeting)) != std::string::npos)
        throw DeviceError("what is sent comes back");
    }
  }
  return received_[taken_++];
}

}  // namespace lsgd
