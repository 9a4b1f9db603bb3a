// SPDX-License-Identifier: Apache-2.0

// GDB's remote protocol against a server that sends anything. The first byte says which requests
// are made, the others are what the server sends, as they are or, after an odd first byte, as the
// contents of right packets that end at a line feed.
#include <algorithm>
#include <fmt/format.h>
#include <span>
#include <string>

#include "device/device_error.hpp"
#include "device/remote_debugger.hpp"
#include "fuzz_target.hpp"

using namespace lsgd;

namespace {

class FuzzServer : public ByteStream {
 public:
  explicit FuzzServer(std::string output) : output_(std::move(output)) {}

  void write(std::span<const std::uint8_t>, Deadline) override {}

  std::size_t read(std::span<std::uint8_t> buffer, Deadline) override {
    if (output_.empty()) throw DeviceError("silent");
    const std::size_t count = std::min(buffer.size(), output_.size());
    std::copy_n(output_.begin(), count, buffer.begin());
    output_.erase(0, count);
    return count;
  }

 private:
  std::string output_;
};

std::string packets_of(std::string_view lines) {
  std::string packets;
  while (!lines.empty()) {
    const std::string_view contents = lines.substr(0, lines.find('\n'));
    unsigned sum = 0;
    for (const char c : contents) sum += static_cast<unsigned char>(c);
    packets += fmt::format("+${}#{:02x}", contents, sum % 256);
    lines.remove_prefix(std::min(lines.size(), contents.size() + 1));
  }
  return packets;
}

}  // namespace

LSGD_FUZZ_TARGET(remote_debugger) {
  if (size == 0) return 0;
  const std::string_view sent = text_of(bytes + 1, size - 1);
  const Deadline end = std::chrono::steady_clock::now() + std::chrono::hours(1);
  try {
    RemoteDebugger debugger(
        std::make_unique<FuzzServer>(bytes[0] % 2 == 1 ? packets_of(sent) : std::string(sent)),
        end);
    const unsigned requests = bytes[0] / 2u;
    if (requests & 1) debugger.monitor("reset halt", end);
    if (requests & 2) debugger.write_memory(0x20000000, std::vector<std::uint8_t>(3000), end);
    if (requests & 4) debugger.write_register(15, 0x20000001, end);
    if (requests & 8) debugger.set_breakpoint(0x20000100, end);
    if (requests & 16) debugger.resume(end);
    require(debugger.read_memory(0x20000000, 700, end).size() == 700);
  } catch (const DeviceError& error) {
    require(std::string_view(error.what()).find('\n') == std::string_view::npos);
  }
  return 0;
}
