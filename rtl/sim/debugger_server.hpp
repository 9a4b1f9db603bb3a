// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "byte_stream.hpp"
#include "debugged_core.hpp"

namespace lsgd::rtl {

/// The server's side of GDB's remote protocol (the manual's appendix E) for one core of RV32:
/// memory, registers, breakpoints, steps, and `monitor reset`. What it does not know it answers by
/// an empty packet, what it cannot do by `E01`, or `E0e` where there is no memory.
class DebuggerServer {
 public:
  DebuggerServer(DebuggedCore& core, ByteStream& client) : core_(core), client_(client) {}

  /// Answers until the client leaves.
  void serve();

 private:
  std::optional<std::uint8_t> receive();
  /// The contents of the next whole packet; nothing where the client is gone.
  std::optional<std::string> receive_packet();
  void send(std::string_view text);
  void reply(std::string_view contents);

  /// Nothing where no answer is due.
  std::optional<std::string> answer(std::string_view packet);
  std::string answer_query(std::string_view query);
  std::string answer_description(std::string_view part) const;
  std::string read_registers() const;
  std::string write_registers(std::string_view digits);
  std::string read_register(std::string_view number) const;
  std::string write_register(std::string_view assignment);
  std::string read_memory(std::string_view range);
  std::string write_memory(std::string_view range_and_bytes, bool is_binary);
  std::string change_breakpoint(std::string_view packet);
  std::string monitor(std::string_view digits);
  /// @param action  c or s, and maybe an address behind it
  std::string run(char action, std::string_view address);
  bool is_interrupted();

  DebuggedCore& core_;
  ByteStream& client_;
  std::optional<std::uint8_t> pushed_back_;
  std::string last_reply_;
  std::string stop_ = "S05";
  bool has_acknowledgements_ = true;
  bool is_gone_ = false;
};

}  // namespace lsgd::rtl
