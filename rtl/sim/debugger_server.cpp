// SPDX-License-Identifier: Apache-2.0
#include "debugger_server.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <span>
#include <utility>
#include <vector>

#include "device/remote_packet.hpp"

namespace lsgd::rtl {
namespace {

constexpr std::size_t kPacketBytes = 0x1000;
constexpr std::uint8_t kInterrupt = 3;
constexpr std::size_t kRegisterDigits = 8;
const std::string kOk = "OK", kUnknown, kMalformed = "E01", kNoMemory = "E0e";

// By the names that the architecture's feature of GDB has.
constexpr std::array<std::string_view, 32> kRegisterNames{
    "zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "fp", "s1", "a0",
    "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
    "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

std::string description() {
  std::string text =
      "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target version=\"1.0\">"
      "<architecture>riscv:rv32</architecture><feature name=\"org.gnu.gdb.riscv.cpu\">";
  for (const std::string_view name : kRegisterNames)
    text += fmt::format("<reg name=\"{}\" bitsize=\"32\" type=\"int\"/>", name);
  return text + "<reg name=\"pc\" bitsize=\"32\" type=\"code_ptr\"/></feature></target>";
}

std::string register_digits(std::uint32_t value) {
  return remote_digits(
      std::array{static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8U),
                 static_cast<std::uint8_t>(value >> 16U), static_cast<std::uint8_t>(value >> 24U)});
}

std::optional<std::uint32_t> register_value(std::string_view digits) {
  const auto bytes = remote_bytes(digits);
  if (!bytes || bytes->size() != 4) return std::nullopt;
  return std::uint32_t{bytes->at(0)} | std::uint32_t{bytes->at(1)} << 8U |
         std::uint32_t{bytes->at(2)} << 16U | std::uint32_t{bytes->at(3)} << 24U;
}

struct Range {
  std::uint32_t address = 0, count = 0;
};

/// `address,count`
std::optional<Range> range_in(std::string_view text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const auto address = remote_number(text.substr(0, comma));
  const auto count = remote_number(text.substr(comma + 1));
  if (!address || !count) return std::nullopt;
  return Range{*address, *count};
}

/// A byte behind "}" has bit 5 inverted.
std::vector<std::uint8_t> unescaped(std::string_view contents) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    const bool is_escaped = contents[i] == '}' && i + 1 < contents.size();
    if (is_escaped) ++i;
    bytes.push_back(static_cast<std::uint8_t>(contents[i] ^ (is_escaped ? 0x20 : 0)));
  }
  return bytes;
}

/// Whether `text` begins with it, which is then taken off.
bool take(std::string_view& text, std::string_view beginning) {
  if (!text.starts_with(beginning)) return false;
  text.remove_prefix(beginning.size());
  return true;
}

}  // namespace

void DebuggerServer::serve() {
  while (!is_gone_) {
    const auto packet = receive_packet();
    if (!packet) return;
    const auto contents = answer(*packet);
    if (contents) reply(*contents);
    client_.flush();
  }
}

std::optional<std::uint8_t> DebuggerServer::receive() {
  if (pushed_back_) return std::exchange(pushed_back_, std::nullopt);
  return client_.receive();
}

std::optional<std::string> DebuggerServer::receive_packet() {
  // Whatever lies between packets is skipped, a wish to stop the core that stands among it.
  for (auto byte = receive(); byte; byte = receive()) {
    if (*byte == '-' && has_acknowledgements_) send(last_reply_);
    if (*byte != '$') continue;
    std::string contents;
    // A packet may be begun anew; of one that is too long nothing is kept but its sum.
    std::uint8_t sum = 0;
    std::size_t size = 0;
    for (byte = receive(); byte && *byte != '#'; byte = receive()) {
      if (*byte == '$') {
        contents.clear();
        size = sum = 0;
        continue;
      }
      sum = static_cast<std::uint8_t>(sum + *byte);
      if (++size <= kPacketBytes) contents += static_cast<char>(*byte);
    }
    std::string digits;
    while (digits.size() < 2 && (byte = receive())) digits += static_cast<char>(*byte);
    if (!byte) break;
    const bool is_whole = remote_number(digits) == sum;
    if (has_acknowledgements_) send(is_whole ? "+" : "-");
    if (is_whole && size <= kPacketBytes) return contents;
    if (is_whole || !has_acknowledgements_) reply(kMalformed);
    client_.flush();
  }
  return std::nullopt;
}

void DebuggerServer::send(std::string_view text) {
  for (const char c : text) client_.transmit(static_cast<std::uint8_t>(c));
}

void DebuggerServer::reply(std::string_view contents) {
  last_reply_ = remote_packet(contents);
  send(last_reply_);
}

std::optional<std::string> DebuggerServer::answer(std::string_view packet) {
  std::string_view rest = packet;
  if (take(rest, "vCont?")) return "vCont;c;C;s;S";
  if (take(rest, "vCont;")) return run(rest.empty() ? '?' : rest.front(), {});
  if (take(rest, "QStartNoAckMode")) {
    has_acknowledgements_ = false;
    return kOk;
  }
  if (packet.empty()) return kUnknown;
  rest = packet.substr(1);
  switch (packet.front()) {
    case '?':
      return stop_;
    case 'c':
    case 's':
      return run(packet.front(), rest);
    case 'C':
    case 'S': {  // with a signal, which this core does not know
      const std::size_t address = rest.find(';');
      return run(packet.front(), address == std::string_view::npos ? "" : rest.substr(address + 1));
    }
    case 'g':
      return read_registers();
    case 'G':
      return write_registers(rest);
    case 'p':
      return read_register(rest);
    case 'P':
      return write_register(rest);
    case 'm':
      return read_memory(rest);
    case 'M':
      return write_memory(rest, false);
    case 'X':
      return write_memory(rest, true);
    case 'Z':
    case 'z':
      return change_breakpoint(packet);
    case 'H':
    case 'T':
      return kOk;
    case 'q':
      return answer_query(rest);
    case 'D':
      is_gone_ = true;
      return kOk;
    case 'k':
      is_gone_ = true;
      return std::nullopt;
    default:
      return kUnknown;
  }
}

std::string DebuggerServer::answer_query(std::string_view query) {
  if (query.starts_with("Supported"))
    return fmt::format("PacketSize={:x};QStartNoAckMode+;qXfer:features:read+;vContSupported+",
                       kPacketBytes);
  if (take(query, "Xfer:features:read:target.xml:")) return answer_description(query);
  if (take(query, "Rcmd,")) return monitor(query);
  if (query.starts_with("Attached")) return "1";
  if (query == "C") return "QC1";
  if (query == "fThreadInfo") return "m1";
  if (query == "sThreadInfo") return "l";
  return kUnknown;
}

std::string DebuggerServer::answer_description(std::string_view part) const {
  const auto range = range_in(part);
  if (!range) return kMalformed;
  const std::string all = description();
  if (range->address >= all.size()) return "l";
  const std::string piece =
      all.substr(range->address, std::min<std::size_t>(range->count, kPacketBytes - 1));
  return (range->address + piece.size() == all.size() ? "l" : "m") + piece;
}

std::string DebuggerServer::read_registers() const {
  std::string digits;
  for (unsigned i = 0; i < DebuggedCore::kRegisters; ++i)
    digits += register_digits(core_.read_register(i));
  return digits;
}

std::string DebuggerServer::write_registers(std::string_view digits) {
  if (digits.size() != kRegisterDigits * DebuggedCore::kRegisters || !remote_bytes(digits))
    return kMalformed;
  for (unsigned i = 0; i < DebuggedCore::kRegisters; ++i) {
    const auto value = register_value(digits.substr(kRegisterDigits * i, kRegisterDigits));
    if (!core_.write_register(i, *value)) return kMalformed;
  }
  return kOk;
}

std::string DebuggerServer::read_register(std::string_view number) const {
  const auto index = remote_number(number);
  if (!index || *index >= DebuggedCore::kRegisters) return kMalformed;
  return register_digits(core_.read_register(*index));
}

std::string DebuggerServer::write_register(std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) return kMalformed;
  const auto index = remote_number(assignment.substr(0, equals));
  const auto value = register_value(assignment.substr(equals + 1));
  if (!index || *index >= DebuggedCore::kRegisters || !value) return kMalformed;
  return core_.write_register(*index, *value) ? kOk : kMalformed;
}

std::string DebuggerServer::read_memory(std::string_view text) {
  const auto range = range_in(text);
  if (!range || range->count == 0) return kMalformed;
  constexpr std::uint32_t kMost = kPacketBytes / 2;
  const auto bytes = core_.read_memory(range->address, std::min(range->count, kMost));
  return bytes ? remote_digits(*bytes) : kNoMemory;
}

std::string DebuggerServer::write_memory(std::string_view text, bool is_binary) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return kMalformed;
  const auto range = range_in(text.substr(0, colon));
  const std::string_view contents = text.substr(colon + 1);
  const auto bytes = is_binary ? unescaped(contents) : remote_bytes(contents);
  if (!range || !bytes || bytes->size() != range->count) return kMalformed;
  return core_.write_memory(range->address, *bytes) ? kOk : kNoMemory;
}

std::string DebuggerServer::change_breakpoint(std::string_view packet) {
  // Those in memory and those in hardware are the same here; watchpoints are not known.
  const char kind = packet.size() > 1 ? packet[1] : '?';
  if (kind != '0' && kind != '1') return kUnknown;
  if (packet.size() < 3 || packet[2] != ',') return kMalformed;
  const std::string_view rest = packet.substr(3);
  const auto range = range_in(rest.substr(0, rest.find(';')));
  if (!range) return kMalformed;
  if (packet.front() == 'z') {
    core_.remove_breakpoint(range->address);
    return kOk;
  }
  return core_.set_breakpoint(range->address) ? kOk : kNoMemory;
}

std::string DebuggerServer::monitor(std::string_view digits) {
  const auto bytes = remote_bytes(digits);
  if (!bytes) return kMalformed;
  const std::string command(bytes->begin(), bytes->end());
  if (command != "reset" && command != "reset halt") return kMalformed;
  core_.reset();
  stop_ = "S05";
  return kOk;
}

std::string DebuggerServer::run(char action, std::string_view address) {
  const bool is_step = action == 's' || action == 'S';
  if (!is_step && action != 'c' && action != 'C') return kMalformed;
  if (!address.empty()) {
    const auto target = remote_number(address);
    if (!target || !core_.write_register(DebuggedCore::kProgramCounter, *target)) return kMalformed;
  }
  const auto interrupted = [this] { return is_interrupted(); };
  client_.flush();
  const DebuggedCore::Stop stop = is_step ? core_.step(interrupted) : core_.resume(interrupted);
  switch (stop) {
    case DebuggedCore::Stop::trap:
      return stop_ = "S05";
    case DebuggedCore::Stop::interrupted:
      return stop_ = "S02";
    case DebuggedCore::Stop::ended:
      return stop_ = fmt::format("W{:02x}", std::min<std::uint32_t>(core_.status(), 0xff));
    case DebuggedCore::Stop::lockup:
      break;
  }
  return stop_ = "S0b";
}

bool DebuggerServer::is_interrupted() {
  while (!pushed_back_ && client_.has_input()) {
    const auto byte = client_.receive();
    if (!byte) {
      is_gone_ = true;
      return true;
    }
    if (*byte == kInterrupt) return true;
    // A client that asks while the core runs has given up waiting.
    if (*byte == '$') pushed_back_ = byte;
  }
  return pushed_back_.has_value();
}

}  // namespace lsgd::rtl
