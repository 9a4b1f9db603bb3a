// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "device/byte_stream.hpp"
#include "device/device_error.hpp"

namespace lsgd {

inline Deadline from_now(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

/// What a device is blamed for by an action; "no error" where it is not.
template <class Action>
std::string device_error_of(const Action& action) {
  try {
    action();
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace lsgd
