// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "description/target_file.hpp"
#include "device/tcp_stream.hpp"

namespace lsgd {

/// `[tcp]` with `host` and `port`: a server that hands every connection to a device, such as a
/// terminal server, socat in front of a serial line, or an emulator.
Transport tcp_transport() {
  return {"tcp",
          [](TomlTable& target) {
            TomlTable table = target.table("tcp");
            std::string host = table.text("host");
            if (host.empty()) table.fail("host", "\"host\" to be a name or an address");
            const std::int64_t port = table.integer("port", 1, 65535);
            table.reject_unknown_keys();
            return std::vector{std::move(host), fmt::format("{}", port)};
          },
          [](const Target& target) -> std::unique_ptr<ByteStream> {
            const Deadline deadline = std::chrono::steady_clock::now() + target.timeout();
            return std::make_unique<TcpStream>(target.command.at(0), target.command.at(1),
                                               deadline);
          },
          false};
}

}  // namespace lsgd
