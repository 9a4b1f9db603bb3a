// SPDX-License-Identifier: Apache-2.0
#include "device/tcp_stream.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <future>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "device/device_error.hpp"

namespace lsgd {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

struct Resolution {
  int error = 0;
  Addresses addresses{nullptr, &freeaddrinfo};
};

Resolution resolve(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  Resolution resolution;
  addrinfo* addresses = nullptr;
  resolution.error = getaddrinfo(host.c_str(), port.c_str(), &hints, &addresses);
  resolution.addresses.reset(addresses);
  return resolution;
}

/// The resolver knows no deadline: what it takes too long for, it finishes for nobody.
Addresses addresses_of(const std::string& host, const std::string& port, Deadline deadline) {
  std::packaged_task<Resolution()> task([host, port] { return resolve(host, port); });
  std::future<Resolution> future = task.get_future();
  std::thread(std::move(task)).detach();
  if (future.wait_until(deadline) != std::future_status::ready)
    throw DeviceError(fmt::format("the name {} could not be resolved in time", host));
  Resolution resolution = future.get();
  if (resolution.error != 0)
    throw DeviceError(fmt::format("unknown host {}: {}", host, gai_strerror(resolution.error)));
  return std::move(resolution.addresses);
}

/// A socket, closed unless it is released.
class Socket {
 public:
  explicit Socket(const addrinfo& address)
      : descriptor_(socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                           address.ai_protocol)) {}
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int get() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_ = -1;
};

bool is_shortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

/// 0, or why the connection was not made.
int connected(const Socket& socket, const addrinfo& address, Deadline deadline) {
  if (socket.get() < 0) return errno;
  if (connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd descriptor{socket.get(), POLLOUT, 0};
  int ready = 0;
  do ready = poll(&descriptor, 1, milliseconds_until(deadline));
  while (ready < 0 && errno == EINTR);
  if (ready == 0) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

}  // namespace

TcpStream::TcpStream(const std::string& host, const std::string& port, Deadline deadline)
    : peer_(fmt::format("{}:{}", host, port)) {
  const Addresses addresses = addresses_of(host, port, deadline);
  int error = 0;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    Socket socket(*address);
    error = connected(socket, *address, deadline);
    if (error != 0) continue;
    // Requests are short, and each waits for its reply.
    const int at_once = 1;
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    socket_ = socket.release();
    return;
  }
  if (is_shortage(error))
    throw HostError(fmt::format("no connection to {}: {}, on this machine and not on the device",
                                peer_, std::strerror(error)));
  if (error == ECONNREFUSED)
    throw DeviceError(fmt::format("{} refused the connection: nothing listens there", peer_));
  if (error == ETIMEDOUT)
    throw DeviceError(fmt::format(
        "{} took no connection in time: out of reach, or busy with another one", peer_));
  throw DeviceError(fmt::format("no connection to {}: {}", peer_, std::strerror(error)));
}

TcpStream::~TcpStream() { close(socket_); }

void TcpStream::write(std::span<const std::uint8_t> bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t written = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written > 0)
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    else if (errno == EAGAIN)
      wait_for(POLLOUT, deadline);
    else if (errno != EINTR)
      fail_with(errno);
  }
}

std::size_t TcpStream::read(std::span<std::uint8_t> buffer, Deadline deadline) {
  for (;;) {
    const ssize_t count = recv(socket_, buffer.data(), buffer.size(), 0);
    if (count == 0) fail_with(0);
    if (count > 0) {
      has_answered_ = true;
      return static_cast<std::size_t>(count);
    }
    if (errno == EAGAIN)
      wait_for(POLLIN, deadline);
    else if (errno != EINTR)
      fail_with(errno);
  }
}

void TcpStream::wait_for(short event, Deadline deadline) const {
  pollfd descriptor{socket_, event, 0};
  const int ready = poll(&descriptor, 1, milliseconds_until(deadline));
  if (ready > 0 || std::chrono::steady_clock::now() < deadline) return;
  throw TimeOutError(
      has_answered_
          ? fmt::format("{} timed out", peer_)
          : fmt::format("{} took the connection and answered nothing in time: no device behind it, "
                        "or busy with another connection",
                        peer_));
}

/// @param error errno, or 0 at the end of the stream
void TcpStream::fail_with(int error) const {
  const bool is_end = error == 0 || error == ECONNRESET || error == EPIPE;
  if (!is_end) throw DeviceError(fmt::format("{} failed: {}", peer_, std::strerror(error)));
  throw DeviceError(has_answered_
                        ? fmt::format("{} closed the connection", peer_)
                        : fmt::format("{} closed the connection before it answered: no device "
                                      "behind it, or busy with another connection",
                                      peer_));
}

}  // namespace lsgd
