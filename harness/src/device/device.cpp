// SPDX-License-Identifier: Apache-2.0
#include "device/device.hpp"

#include <chrono>
#include <fmt/format.h>
#include <random>
#include <thread>
#include <utility>

#include "device/board_hook.hpp"
#include "device/device_error.hpp"
#include "device/line_check.hpp"
#include "device/stated_arithmetic.hpp"
#include "files/input_error.hpp"

namespace lsgd {
namespace {

// Five cases that fail twice, with some to spare for the first greeting.
constexpr int timeouts_in_vain = 12;

constexpr std::chrono::milliseconds time_to_connect_again{200};

// Unpredictable on purpose: an answer recorded in an earlier session must not fit this one.
std::uint32_t new_nonce() { return std::random_device{}(); }

}  // namespace

Connect connect_to(const Target& target) {
  return [&target] { return target.transport->connect(target); };
}

Device::Device(const Target& target, Connect connect)
    : target_(target),
      connect_(std::move(connect)),
      waiting_{std::chrono::duration_cast<std::chrono::nanoseconds>(
                   std::chrono::duration<double>(target.patience_seconds)),
               {}} {}

void Device::give_up(const std::exception& reason) {
  if (const auto* misstatement = dynamic_cast<const StatementError*>(&reason))
    misstatement_ = *misstatement;
  count(line_);
  session_.reset();
  has_failed_ = true;
  lost_ += waiting_.spent - spent_before_;
  spent_before_ = waiting_.spent;
}

bool Device::is_spent() const {
  return waiting_.is_over() ||
         lost_ > timeouts_in_vain * std::chrono::duration<double>(target_.timeout_seconds);
}

AgentSession& Device::session() {
  if (misstatement_) throw *misstatement_;
  spent_before_ = waiting_.spent;
  if (!session_) try {
      open();
      check(session_->description());
      if (session_->is_on_line()) check_line(*session_, target_.networks);
    } catch (const DeviceError& error) {
      give_up(error);
      throw;
    }
  return *session_;
}

void Device::run_hook(const char* name, const std::vector<std::string>& command) {
  if (command.empty()) return;
  const auto start = std::chrono::steady_clock::now();
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::duration<double>(target_.hooks.timeout_seconds));
  try {
    run_board_hook(name, command, target_.directory, limit);
  } catch (const DeviceError&) {
    waiting_.spent += std::chrono::steady_clock::now() - start;
    throw;
  }
  waiting_.spent += std::chrono::steady_clock::now() - start;
}

void Device::open() {
  if (!has_started_) run_hook("start", target_.hooks.start);
  has_started_ = true;
  if (has_failed_) run_hook("reset", target_.hooks.reset);
  try {
    connect_in_time();
  } catch (const StatementError&) {
    throw;
  } catch (const DeviceError&) {
    if (target_.hooks.power_cycle.empty()) throw;
    run_hook("power_cycle", target_.hooks.power_cycle);
    connect_in_time();
  }
}

void Device::connect_in_time() {
  ++line_.connections;
  const Deadline end = std::chrono::steady_clock::now() + target_.timeout();
  for (;;) try {
      // After a failure one request at a time names the one that fails.
      auto stream = std::make_unique<WatchedStream>(connect_, waiting_,
                                                    target_.requests_ahead && !has_failed_);
      was_there_ = true;
      session_.emplace(std::move(stream), target_.timeout(), new_nonce());
      return;
    } catch (const StatementError&) {
      throw;
    } catch (const DeviceError&) {
      // A board that was unplugged, or starts anew, comes back; one that never was there does not.
      if (!is_on_line() || !was_there_ ||
          std::chrono::steady_clock::now() + time_to_connect_again >= end)
        throw;
      std::this_thread::sleep_for(time_to_connect_again);
      waiting_.spent += time_to_connect_again;
    }
}

void Device::count(LineRecord& record) const {
  if (!session_) return;
  record.exchanges += session_->answered();
  record.repeated_requests += session_->repeated();
  record.skipped_bytes += session_->skipped_bytes();
}

LineRecord Device::line_record() const {
  LineRecord record = line_;
  count(record);
  record.bytes_sent = waiting_.bytes_sent;
  record.bytes_received = waiting_.bytes_received;
  record.seconds = std::chrono::duration<double>(waiting_.spent).count();
  return record;
}

void Device::check(const DeviceDescription& description) {
  // Sources may serve several ports, and a device's name has room for 31 characters.
  if (!target_.port.starts_with(description.port))
    throw StatementError(fmt::format("the device calls its port {}, the target file {}",
                                     in_quotes(description.port), in_quotes(target_.port)));
  require_arithmetic(description.arithmetic, *target_.profile);
  if (target_.build_identity && *target_.build_identity != description.build_identity)
    throw StatementError(fmt::format("the device has build identity {}, the target file says {}",
                                     description.build_identity, *target_.build_identity));
  if (known_ && known_->build_identity != description.build_identity)
    throw StatementError(fmt::format("the device came back with build identity {} instead of {}",
                                     description.build_identity, known_->build_identity));
  if (known_ && *known_ != description)
    throw StatementError(
        "the device came back with another description and the same build identity");
  known_ = description;
}

}  // namespace lsgd
