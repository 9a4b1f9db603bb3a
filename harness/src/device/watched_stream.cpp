// SPDX-License-Identifier: Apache-2.0
#include "device/watched_stream.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "device/device_error.hpp"

namespace lsgd {
namespace {

/// Adds the time of its life.
class Stopwatch {
 public:
  explicit Stopwatch(std::chrono::nanoseconds& sum) : sum_(sum) {}
  ~Stopwatch() { sum_ += std::chrono::steady_clock::now() - start_; }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  std::chrono::nanoseconds& sum_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

[[noreturn]] void fail(const Waiting& waiting) {
  throw DeviceError(fmt::format(
      "the device has taken the {:g} seconds that a run waits for it (patience_seconds)",
      std::chrono::duration<double>(waiting.limit).count()));
}

}  // namespace

WatchedStream::WatchedStream(const std::function<std::unique_ptr<ByteStream>()>& connect,
                             Waiting& waiting, bool runs_ahead)
    : waiting_(waiting), runs_ahead_(runs_ahead) {
  const Stopwatch stopwatch(waiting_.spent);
  stream_ = connect();
}

template <class Call>
auto WatchedStream::watch(Deadline deadline, const Call& call) {
  if (waiting_.is_over()) fail(waiting_);
  const Deadline end = std::chrono::steady_clock::now() + (waiting_.limit - waiting_.spent);
  try {
    const Stopwatch stopwatch(waiting_.spent);
    return call(std::min(deadline, end));
  } catch (const DeviceError&) {
    if (waiting_.is_over()) fail(waiting_);
    throw;
  }
}

void WatchedStream::write(std::span<const std::uint8_t> bytes, Deadline deadline) {
  watch(deadline, [&](Deadline end) { stream_->write(bytes, end); });
  waiting_.bytes_sent += bytes.size();
}

std::size_t WatchedStream::read(std::span<std::uint8_t> buffer, Deadline deadline) {
  const std::size_t count =
      watch(deadline, [&](Deadline end) { return stream_->read(buffer, end); });
  waiting_.bytes_received += count;
  return count;
}

}  // namespace lsgd
