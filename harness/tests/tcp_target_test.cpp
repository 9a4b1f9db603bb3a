// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "description/built_in_targets.hpp"
#include "device/device.hpp"
#include "tcp_server.hpp"

namespace lsgd {
namespace {

TEST(TcpTarget, IsTheDeviceThatItsServerRuns) {
  const Target port = select_targets({"float32_c99-host-gcc_O2"}).front();
  TcpServer server;
  server.serve([program = (port.directory / port.command.front()).string()](int connection) {
    run_with_connection(program, connection);
  });
  const Target target = parse_target(
      "format = \"lsgd-target/1\"\nname = \"far\"\nport = \"float32_c99\"\nplatform = \"host\"\n"
      "variant = \"tcp\"\nprofile = \"float32\"\n[tcp]\nhost = \"127.0.0.1\"\nport = " +
          server.port() + "\n",
      "far.toml");
  Device device(target, connect_to(target));
  EXPECT_EQ(device.session().description().port, "float32_c99");
  const std::string identity = device.build_identity();
  device.give_up(std::runtime_error("as after a failed case"));
  EXPECT_EQ(device.session().description().build_identity, identity);
}

}  // namespace
}  // namespace lsgd
