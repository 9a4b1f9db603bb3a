// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "files/toml_table.hpp"

namespace lsgd {

class ByteStream;
struct Target;

/// A way to reach a device. Each is a file device/transports/KEY.cpp that defines
/// `Transport KEY_transport()`; a target file chooses one by its key.
struct Transport {
  std::string key;  ///< of the target file, such as `command` or [tcp]
  /// What the key says: Target::command. Throws InputError.
  std::vector<std::string> (*read)(TomlTable& target) = nullptr;
  /// A new byte stream to the device, within the time-out of the target. Throws DeviceError.
  std::unique_ptr<ByteStream> (*connect)(const Target& target) = nullptr;
  /// Whether Target::command is a program of this machine and its arguments.
  bool starts_program = false;
};

/// All transports, in the order of their keys.
const std::vector<Transport>& transports();

/// The one that starts a program.
inline const Transport& transport_of_programs() {
  return *std::ranges::find(transports(), true, &Transport::starts_program);
}

}  // namespace lsgd
