// SPDX-License-Identifier: Apache-2.0
#include "byte_stream.hpp"

#include <cerrno>
#include <poll.h>
#include <system_error>
#include <unistd.h>

namespace lsgd::rtl {
namespace {

// Waits for a descriptor that may have been opened non-blocking by whoever started us.
void wait_for(int descriptor, short events) {
  pollfd request{descriptor, events, 0};
  while (poll(&request, 1, -1) < 0)
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
}

bool try_again(int error) { return error == EINTR || error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

std::optional<std::uint8_t> ByteStream::receive() {
  if (next_ == received_.size()) {
    flush();
    received_.resize(kCapacity);
    ssize_t count = -1;
    do {
      wait_for(input_, POLLIN);
      count = read(input_, received_.data(), received_.size());
    } while (count < 0 && try_again(errno));
    if (count < 0) throw std::system_error(errno, std::generic_category(), "standard input");
    received_.resize(static_cast<std::size_t>(count));
    next_ = 0;
    if (count == 0) return std::nullopt;
  }
  return received_[next_++];
}

bool ByteStream::has_input() const {
  if (next_ < received_.size()) return true;
  pollfd request{input_, POLLIN, 0};
  return poll(&request, 1, 0) > 0;
}

void ByteStream::transmit(std::uint8_t byte) {
  pending_.push_back(byte);
  if (pending_.size() == kCapacity) flush();
}

void ByteStream::flush() {
  std::size_t written = 0;
  while (written < pending_.size()) {
    const ssize_t count = write(output_, pending_.data() + written, pending_.size() - written);
    if (count >= 0) {
      written += static_cast<std::size_t>(count);
    } else if (try_again(errno)) {
      wait_for(output_, POLLOUT);
    } else {
      pending_.clear();
      throw std::system_error(errno, std::generic_category(), "standard output");
    }
  }
  pending_.clear();
}

}  // namespace lsgd::rtl
