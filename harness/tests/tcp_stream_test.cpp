// SPDX-License-Identifier: Apache-2.0
#include "device/tcp_stream.hpp"

#include <array>
#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "device_error_of.hpp"
#include "tcp_server.hpp"

namespace lsgd {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

void echo(int connection) {
  std::array<char, 64> buffer;
  for (ssize_t count = 0; (count = recv(connection, buffer.data(), buffer.size(), 0)) > 0;)
    send(connection, buffer.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL);
}

std::string read_from(TcpStream& stream, std::size_t size) {
  std::string text;
  std::array<std::uint8_t, 64> buffer;
  while (text.size() < size) {
    const std::size_t count = stream.read(buffer, from_now(60s));
    text.append(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return text;
}

void write_to(TcpStream& stream, const std::string& text) {
  stream.write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, from_now(60s));
}

/// Where the stream waits in vain a moment is enough; a busy machine takes its time to answer.
std::string error_of_reading(const TcpServer& server, std::chrono::milliseconds first = 60s,
                             std::chrono::milliseconds later = 60s) {
  return device_error_of([&] {
    TcpStream stream("127.0.0.1", server.port(), from_now(60s));
    std::array<std::uint8_t, 64> buffer;
    stream.read(buffer, from_now(first));
    for (;;) stream.read(buffer, from_now(later));
  });
}

TEST(TcpStream, CarriesBytesBothWays) {
  TcpServer server;
  server.serve(echo);
  TcpStream stream("127.0.0.1", server.port(), from_now(60s));
  const std::string text = "binary \x01\xff and text";
  write_to(stream, text);
  EXPECT_EQ(read_from(stream, text.size()), text);
}

TEST(TcpStream, TakesTheNameOfAHost) {
  TcpServer server;
  server.serve(echo);
  TcpStream stream("localhost", server.port(), from_now(60s));
  write_to(stream, "by name");
  EXPECT_EQ(read_from(stream, 7), "by name");
}

TEST(TcpStream, EndsTheConnectionSoThatTheNextOneIsTaken) {
  TcpServer server;
  server.serve(echo);
  for (int session = 0; session < 3; ++session) {
    TcpStream stream("127.0.0.1", server.port(), from_now(60s));
    write_to(stream, "session");
    EXPECT_EQ(read_from(stream, 7), "session");
  }
}

TEST(TcpStream, SaysThatNothingListens) {
  const std::string port = TcpServer().port();
  EXPECT_EQ(device_error_of([&] { TcpStream("127.0.0.1", port, from_now(60s)); }),
            "127.0.0.1:" + port + " refused the connection: nothing listens there");
}

TEST(TcpStream, SaysThatTheHostIsUnknown) {
  EXPECT_THAT(device_error_of([] { TcpStream("no-such-host.invalid", "7", from_now(60s)); }),
              HasSubstr("unknown host no-such-host.invalid: "));
}

TEST(TcpStream, SaysThatNobodyTookTheConnection) {
  // Whoever comes when the queue of a server that accepts nothing is full waits.
  const TcpServer server(0);
  std::vector<std::unique_ptr<TcpStream>> queue;
  const std::string error = device_error_of([&] {
    for (int connection = 0; connection < 8; ++connection)
      queue.push_back(std::make_unique<TcpStream>("127.0.0.1", server.port(), from_now(300ms)));
  });
  EXPECT_EQ(error, "127.0.0.1:" + server.port() +
                       " took no connection in time: out of reach, or busy with another one");
}

TEST(TcpStream, SaysThatNoDeviceAnswers) {
  const TcpServer server;  // the system takes the connection, and nobody reads it
  EXPECT_THAT(error_of_reading(server, 300ms),
              HasSubstr("took the connection and answered nothing"));
}

TEST(TcpStream, SaysThatTheServerIsBusy) {
  TcpServer server;
  server.serve([](int) {});
  EXPECT_THAT(error_of_reading(server), HasSubstr("closed the connection before it answered"));
}

TEST(TcpStream, TellsADeviceThatEndedFromOneThatNeverAnswered) {
  TcpServer ending, silent;
  ending.serve([](int connection) { send(connection, "x", 1, MSG_NOSIGNAL); });
  EXPECT_EQ(error_of_reading(ending), "127.0.0.1:" + ending.port() + " closed the connection");
  silent.serve([](int connection) {
    send(connection, "x", 1, MSG_NOSIGNAL);
    std::array<char, 1> byte;
    recv(connection, byte.data(), byte.size(), 0);
  });
  EXPECT_EQ(error_of_reading(silent, 60s, 300ms), "127.0.0.1:" + silent.port() + " timed out");
}

TEST(TcpStream, TimesOutWhenNobodyReads) {
  const TcpServer server;
  TcpStream stream("127.0.0.1", server.port(), from_now(60s));
  const std::vector<std::uint8_t> flood(1 << 24);
  EXPECT_THAT(device_error_of([&] { stream.write(flood, from_now(300ms)); }),
              HasSubstr("answered nothing in time"));
}

}  // namespace
}  // namespace lsgd
