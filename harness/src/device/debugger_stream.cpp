// SPDX-License-Identifier: Apache-2.0
#include "device/debugger_stream.hpp"

#include <algorithm>
#include <elf.h>
#include <fmt/format.h>

#include <lsgd/protocol.h>

#include "device/device_error.hpp"
#include "device/little_endian.hpp"

namespace lsgd {
namespace {

// struct lsgd_mailbox of targets/platforms/mailbox/mailbox.h.
constexpr std::uint32_t mark = 0x4d53474c;  // "LGSM"
constexpr std::uint32_t ring_bytes_offset = 4;
constexpr std::uint32_t to_device_written_offset = 8;
constexpr std::uint32_t to_host_read_offset = 20;
constexpr std::uint32_t header_bytes = 24;
constexpr std::uint32_t most_ring_bytes = 1 << 16;

// Numbers that GDB gives registers.
constexpr unsigned arm_stack_pointer = 13;
constexpr unsigned arm_program_counter = 15;
constexpr unsigned arm_status = 25;
constexpr unsigned riscv_program_counter = 32;
constexpr std::uint32_t thumb = 1u << 24;

constexpr int trap = 5;

/// Whether a server's core can run the firmware, as far as it says what it is.
void require_architecture(const FirmwareFile& firmware, const std::string& architecture) {
  const std::string wanted = firmware.machine == EM_RISCV ? "riscv" : "arm";
  if (!architecture.empty() && !architecture.starts_with(wanted))
    throw DeviceError(fmt::format("the firmware is for {}, the core behind the debugger is {}",
                                  wanted, architecture));
}

}  // namespace

DebuggerStream::DebuggerStream(std::unique_ptr<ByteStream> server, const FirmwareFile& firmware,
                               bool is_loaded, const std::vector<std::string>& monitor,
                               Deadline deadline)
    : debugger_(std::move(server), deadline),
      mailbox_(firmware.mailbox),
      resume_(firmware.resume),
      program_counter_(firmware.machine == EM_RISCV ? riscv_program_counter : arm_program_counter) {
  require_architecture(firmware, debugger_.architecture());
  for (const std::string& command : monitor) debugger_.monitor(command, deadline);
  if (!is_loaded) start(firmware, deadline);
  debugger_.set_breakpoint(firmware.wait, deadline);
  run_to_where_it_waits(deadline);
  const auto header = debugger_.read_memory(mailbox_, header_bytes, deadline);
  ring_bytes_ = little_endian<std::uint32_t>(std::span(header).subspan(ring_bytes_offset));
  if (little_endian<std::uint32_t>(header) != mark || ring_bytes_ == 0 ||
      ring_bytes_ > most_ring_bytes)
    throw DeviceError(fmt::format(
        "there is no mailbox at 0x{:08x}: another firmware than the one of the ELF file runs",
        mailbox_));
  read_counters(deadline);
  to_host_read_ = to_host_written_;
}

void DebuggerStream::start(const FirmwareFile& firmware, Deadline deadline) {
  for (const auto& [address, bytes] : firmware.segments)
    debugger_.write_memory(address, bytes, deadline);
  if (firmware.machine == EM_RISCV) {
    set_program_counter(firmware.entry, deadline);
    return;
  }
  // As the processor does after a reset: the vector table begins with the stack and the entry.
  const auto table =
      std::ranges::min_element(firmware.segments, {}, &FirmwareFile::Segment::address);
  if (table->bytes.size() < 2 * sizeof(std::uint32_t))
    throw DeviceError("the firmware has no vector table at its lowest address");
  const std::span<const std::uint8_t> words = table->bytes;
  debugger_.write_register(arm_stack_pointer, little_endian<std::uint32_t>(words), deadline);
  debugger_.write_register(arm_status, thumb, deadline);
  set_program_counter(little_endian<std::uint32_t>(words.subspan(4)) & ~1u, deadline);
}

void DebuggerStream::set_program_counter(std::uint32_t address, Deadline deadline) {
  debugger_.write_register(program_counter_, address, deadline);
}

// The breakpoint stays: to step over it takes three exchanges and QEMU translates its page anew.
void DebuggerStream::let_it_work(Deadline deadline) {
  set_program_counter(resume_, deadline);
  run_to_where_it_waits(deadline);
}

void DebuggerStream::run_to_where_it_waits(Deadline deadline) {
  if (const int signal = debugger_.resume(deadline); signal != trap)
    throw DeviceError(fmt::format("the core stopped by signal {} and not where it waits", signal));
}

void DebuggerStream::read_counters(Deadline deadline) {
  const auto counters = debugger_.read_memory(mailbox_ + to_device_written_offset,
                                              header_bytes - to_device_written_offset, deadline);
  const auto counter = [&](std::size_t index) {
    return little_endian<std::uint32_t>(std::span(counters).subspan(4 * index));
  };
  to_device_written_ = counter(0);
  to_device_read_ = counter(1);
  to_host_written_ = counter(2);
  if (to_device_written_ - to_device_read_ > ring_bytes_ ||
      to_host_written_ - counter(3) > ring_bytes_)
    throw DeviceError("the counters of the mailbox cannot be: its memory is used for other things");
}

void DebuggerStream::write_counter(std::uint32_t offset, std::uint32_t value, Deadline deadline) {
  std::vector<std::uint8_t> bytes;
  append_little_endian(bytes, value);
  debugger_.write_memory(mailbox_ + offset, bytes, deadline);
}

std::size_t DebuggerStream::most_bytes_ahead() const {
  return ring_bytes_ > LSGD_FRAME_MAXIMUM ? ring_bytes_ - LSGD_FRAME_MAXIMUM : 0;
}

void DebuggerStream::write(std::span<const std::uint8_t> bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const std::uint32_t room = ring_bytes_ - (to_device_written_ - to_device_read_);
    if (room == 0) {
      let_it_work(deadline);
      read_counters(deadline);
      continue;
    }
    const std::uint32_t position = to_device_written_ % ring_bytes_;
    const auto part =
        bytes.first(std::min<std::size_t>({bytes.size(), room, ring_bytes_ - position}));
    debugger_.write_memory(mailbox_ + header_bytes + position, part, deadline);
    to_device_written_ += static_cast<std::uint32_t>(part.size());
    write_counter(to_device_written_offset, to_device_written_, deadline);
    bytes = bytes.subspan(part.size());
  }
}

std::size_t DebuggerStream::read(std::span<std::uint8_t> buffer, Deadline deadline) {
  while (to_host_written_ == to_host_read_) {
    let_it_work(deadline);
    read_counters(deadline);
    if (std::chrono::steady_clock::now() >= deadline) throw TimeOutError("the debugger timed out");
  }
  const std::uint32_t position = to_host_read_ % ring_bytes_;
  const std::size_t count = std::min<std::size_t>(
      {buffer.size(), to_host_written_ - to_host_read_, ring_bytes_ - position});
  const auto bytes =
      debugger_.read_memory(mailbox_ + header_bytes + ring_bytes_ + position, count, deadline);
  std::ranges::copy(bytes, buffer.begin());
  to_host_read_ += static_cast<std::uint32_t>(count);
  write_counter(to_host_read_offset, to_host_read_, deadline);
  return count;
}

}  // namespace lsgd
