// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "description/target_file.hpp"
#include "device/agent_session.hpp"
#include "device/device_error.hpp"
#include "device/watched_stream.hpp"

namespace lsgd {

/// What a line did between host and device.
struct LineRecord {
  std::uint64_t exchanges = 0;  ///< requests that were answered
  std::uint64_t repeated_requests = 0;
  std::uint64_t skipped_bytes = 0;  ///< received, and no part of a reply
  std::uint64_t repeated_cases = 0;
  std::uint64_t connections = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  double seconds = 0;  ///< that the host waited
};

/// Opens a new byte stream to a freshly started device.
using Connect = std::function<std::unique_ptr<ByteStream>()>;

/// Reaches the device of a target by its transport.
Connect connect_to(const Target& target);

/// The device under test of one target: started when first needed, and again after it was given up,
/// but not once it has misstated what it is.
class Device {
 public:
  Device(const Target& target, Connect connect);

  /// The running session; starts the device where there is none. Throws DeviceError where it cannot
  /// be started, StatementError where it is not what the target file declares or what it was
  /// before.
  AgentSession& session();

  /// Ends the session, and with it the device. What was waited for since session() counts as lost.
  void give_up(const std::exception& reason);

  /// Whether it is behind a line, which may lose or change bytes.
  bool is_on_line() const { return !target_.transport->starts_program; }

  /// Requests that it has answered in the session.
  std::uint64_t answered() const { return session_ ? session_->answered() : 0; }

  void count_repeated_case() { ++line_.repeated_cases; }

  /// What became of all sessions until now.
  LineRecord line_record() const;

  /// Whether it has cost all the time that a run waits for a device, or a dozen time-outs in vain.
  bool is_spent() const;

  /// What the device was built from; empty as long as it never answered.
  std::string build_identity() const { return known_ ? known_->build_identity : std::string(); }

  /// What it stated of itself, byte for byte; empty as long as it never answered.
  std::vector<std::uint8_t> statement() const {
    return known_ ? known_->statement : std::vector<std::uint8_t>();
  }

 private:
  void check(const DeviceDescription& description);
  void open();
  void connect_in_time();
  void run_hook(const char* name, const std::vector<std::string>& command);
  void count(LineRecord& record) const;

  const Target& target_;
  Connect connect_;
  Waiting waiting_;
  std::chrono::nanoseconds spent_before_{};  ///< when session() was last called
  std::chrono::nanoseconds lost_{};
  bool has_failed_ = false;   ///< a session, now or earlier
  bool has_started_ = false;  ///< the hook of that name
  bool was_there_ = false;    ///< whether a line to it was ever opened
  LineRecord line_;           ///< of the sessions before this
  std::optional<AgentSession> session_;
  std::optional<DeviceDescription> known_;
  std::optional<StatementError> misstatement_;
};

}  // namespace lsgd
