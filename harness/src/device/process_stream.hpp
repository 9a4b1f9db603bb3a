// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <climits>
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

#include <lsgd/protocol.h>

#include "device/byte_stream.hpp"

namespace lsgd {

/// The standard input and output of a program. A small process between it and this one sees to it
/// that the program and everything it has started, in whatever group or session, end when it does,
/// on destruction, and when this program ends in any way. What the program writes to standard error
/// is read all along, and its last lines are quoted in errors.
class ProcessStream : public ByteStream {
 public:
  /// Starts `command` (program, arguments) in `directory`; a program named with a slash is relative
  /// to it. Throws DeviceError where it cannot be started, HostError where this machine is the
  /// reason. Ignores SIGPIPE in this program.
  ProcessStream(const std::vector<std::string>& command, const std::filesystem::path& directory);
  ~ProcessStream() override;
  ProcessStream(const ProcessStream&) = delete;
  ProcessStream& operator=(const ProcessStream&) = delete;

  void write(std::span<const std::uint8_t> bytes, Deadline deadline) override;
  std::size_t read(std::span<std::uint8_t> buffer, Deadline deadline) override;

  /// Closes the standard input of a program that speaks no protocol and waits for its end.
  /// @param output  gets the end of what it says, on both streams
  /// @return its exit status, or 128 + the signal that ended it
  /// Throws TimeOutError where it goes on.
  int run_to_end(std::string& output, Deadline deadline);
  /// What the smallest pipe holds, less a frame: then writing waits for nobody.
  std::size_t most_bytes_ahead() const override { return PIPE_BUF - LSGD_FRAME_MAXIMUM; }

  /// The process in between.
  pid_t supervisor() const { return supervisor_; }

 private:
  void wait_for(int descriptor, short event, Deadline deadline);
  void read_diagnostics();
  std::string how_it_ended() const;
  [[noreturn]] void fail(std::string what);

  std::string program_;
  pid_t supervisor_ = -1;
  int input_ = -1;        // the child's standard input, non-blocking
  int output_ = -1;       // its standard output, non-blocking
  int diagnostics_ = -1;  // its standard error, non-blocking; -1 once closed
  std::string last_diagnostics_;
  bool failed_ = false;
};

}  // namespace lsgd
