// SPDX-License-Identifier: Apache-2.0
#include "device/hello.hpp"

#include <array>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <lsgd/arithmetics.h>

#include "device/device_error.hpp"
#include "device/little_endian.hpp"

namespace lsgd {
namespace {

using testing::HasSubstr;

const Capacities usual{8, 784, 320, 1280, 98304};

std::vector<std::uint8_t> hello_reply(const Capacities& capacities,
                                      const lsgd_arithmetic& arithmetic = LSGD_ARITHMETIC_FLOAT32,
                                      std::uint8_t protocol = LSGD_PROTOCOL,
                                      std::uint16_t interface = LSGD_PORT_INTERFACE) {
  std::vector<std::uint8_t> reply;
  reply.reserve(256);  // gcc 12 warns of bytes before a vector's first ones where it grows
  reply.push_back(LSGD_OK);
  reply.push_back(protocol);
  append_little_endian(reply, interface);
  reply.insert(reply.end(), std::begin(arithmetic.digest), std::end(arithmetic.digest));
  for (const auto& [bytes, extent] : arithmetic.tensors) reply.insert(reply.end(), {bytes, extent});
  for (const std::uint32_t capacity : {capacities.layers, capacities.inputs, capacities.width})
    append_little_endian(reply, static_cast<std::uint16_t>(capacity));
  append_little_endian(reply, capacities.activations);
  append_little_endian(reply, capacities.parameters);
  for (std::uint8_t i = 1; i <= LSGD_BUILD_IDENTITY_BYTES; ++i) reply.push_back(i);
  for (const char c : {'m', 'i', 'n', 'e'}) reply.push_back(static_cast<std::uint8_t>(c));
  return reply;
}

std::string error_of_reply(const std::vector<std::uint8_t>& reply) {
  try {
    description_from_hello(reply);
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Hello, SaysWhatTheDeviceIs) {
  const DeviceDescription description = description_from_hello(hello_reply(usual));
  EXPECT_EQ(description.capacities, usual);
  EXPECT_EQ(description.build_identity, "0102030405060708");
  EXPECT_EQ(description.port, "mine");
  EXPECT_EQ(description.arithmetic.tensors[LSGD_TENSOR_WEIGHTS].bytes, 4);
}

TEST(Hello, IsRefusedAtEveryLengthThatLacksSomething) {
  std::vector<std::uint8_t> reply = hello_reply(usual);
  for (reply.resize(hello_name_offset); !reply.empty(); reply.pop_back())
    EXPECT_EQ(error_of_reply(reply), "the device's answer to HELLO is too short") << reply.size();
}

TEST(Hello, NamesAnotherVersionBeforeItLooksAtAnythingElse) {
  EXPECT_EQ(error_of_reply({LSGD_OK, 2, 1, 0}), "the device speaks protocol version 2, not 3");
  EXPECT_EQ(error_of_reply({LSGD_OK, LSGD_PROTOCOL, 1, 0}),
            "the port has interface version 1, not 2");
}

TEST(Hello, RefusesCodesOfAnOddWidth) {
  lsgd_arithmetic arithmetic = LSGD_ARITHMETIC_FLOAT32;
  for (const auto bytes : std::to_array<std::uint8_t>({3, 5, 9, 16, 255})) {
    arithmetic.tensors[LSGD_TENSOR_INPUT_ZERO_POINT].bytes = bytes;
    EXPECT_THAT(error_of_reply(hello_reply(usual, arithmetic)), HasSubstr("not of 1, 2, 4 or 8"))
        << unsigned{bytes};
  }
}

TEST(Hello, RefusesCapacitiesThatHoldNoNetwork) {
  EXPECT_EQ(error_of_reply(hello_reply({1, 1, 1, 1, 2})), "no error");
  for (const Capacities& capacities :
       {Capacities{1, 0, 1, 1, 2}, Capacities{1, 1, 0, 1, 2}, Capacities{1, 1, 1, 0, 2},
        Capacities{1, 1, 1, 1, 1}, Capacities{1, 1, 1, 1, 0}})
    EXPECT_THAT(error_of_reply(hello_reply(capacities)), HasSubstr("that holds no network"));
  for (const std::uint32_t layers : {0u, 65u, 65535u})
    EXPECT_THAT(error_of_reply(hello_reply({layers, 1, 1, 1, 2})), HasSubstr("not for 1 to 64"));
}

TEST(Hello, IsBelievedWhatTheBuiltInPortsState) { EXPECT_EQ(believed(usual), usual); }

TEST(Hello, IsNotBelievedMoreThanOneNetworkCanReach) {
  EXPECT_EQ(believed({64, 65535, 65535, 0xffffffff, 0xffffffff}),
            (Capacities{64, 65535, 65535, most_parameters_believed / 2, most_parameters_believed}));
  EXPECT_EQ(believed({64, 65535, 65535, 0xffffffff, 2}), (Capacities{1, 1, 1, 1, 2}));
  EXPECT_EQ(believed({8, 784, 320, 3, 98304}), (Capacities{3, 784, 3, 3, 98304}));
}

}  // namespace
}  // namespace lsgd
