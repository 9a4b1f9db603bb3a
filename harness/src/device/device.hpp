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

  const Target& target_;
  Connect connect_;
  Waiting waiting_;
  std::chrono::nanoseconds spent_before_{};  ///< when session() was last called
  std::chrono::nanoseconds lost_{};
  bool has_failed_ = false;  ///< a session, now or earlier
  std::optional<AgentSession> session_;
  std::optional<DeviceDescription> known_;
  std::optional<StatementError> misstatement_;
};

}  // namespace lsgd
