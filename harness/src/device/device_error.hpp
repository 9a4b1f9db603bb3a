// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

namespace lsgd {

/// A device under test, or the program that simulates it, did not keep to the protocol: it crashed,
/// went silent, or sent garbage. Never a statement about its arithmetic. what() is one line.
class DeviceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Nothing came by the deadline of a call: the device may be slow, booting or gone, or the line may
/// have lost what was sent.
class TimeOutError : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

/// What a device states of itself (SPEC 14.6), whole and fresh, cannot be, is not what the target
/// file declares, or not what it stated before. Asking again would be waiting for a statement that
/// suits.
class StatementError : public DeviceError {
 public:
  using DeviceError::DeviceError;
};

/// This machine lacks what talking to a device takes: descriptors, processes, memory. Says nothing
/// about the device. what() is one line.
class HostError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace lsgd
