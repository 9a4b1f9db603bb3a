// SPDX-License-Identifier: Apache-2.0

// The firmware that a debugger loads.
#include "device/device_error.hpp"
#include "device/firmware_file.hpp"
#include "fuzz_directory.hpp"
#include "fuzz_target.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(firmware_file) {
  static const FuzzDirectory directory;
  const auto file = directory.file("firmware.elf", text_of(bytes, size));
  try {
    const FirmwareFile firmware = read_firmware_file(file);
    std::size_t loaded = 0;
    for (const FirmwareFile::Segment& segment : firmware.segments) loaded += segment.bytes.size();
    require(loaded <= size * (1 + firmware.segments.size()));
  } catch (const DeviceError& error) {
    require(std::string_view(error.what()).find('\n') == std::string_view::npos);
  }
  return 0;
}
