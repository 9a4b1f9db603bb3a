// SPDX-License-Identifier: Apache-2.0
#include "device/process_stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "device/device_error.hpp"

namespace lsgd {
namespace {

constexpr std::size_t diagnostics_limit = 2048;
constexpr std::chrono::milliseconds grace{500};

int milliseconds_until(Deadline deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 1'000'000));
}

struct Pipe {
  int read_end = -1;
  int write_end = -1;

  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
      throw DeviceError(fmt::format("no pipe to the device: {}", std::strerror(errno)));
    read_end = ends[0];
    write_end = ends[1];
  }
  ~Pipe() {
    if (read_end >= 0) close(read_end);
    if (write_end >= 0) close(write_end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
};

int release_non_blocking(int& descriptor) {
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  return std::exchange(descriptor, -1);
}

// Runs between fork and exec, where only async-signal-safe functions are allowed.
[[noreturn]] void become(char* const* arguments, const char* directory, const Pipe& input,
                         const Pipe& output, const Pipe& diagnostics, int failure) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGPIPE, SIG_DFL);
  dup2(input.read_end, STDIN_FILENO);
  dup2(output.write_end, STDOUT_FILENO);
  dup2(diagnostics.write_end, STDERR_FILENO);
  if (chdir(directory) == 0) execvp(arguments[0], arguments);
  const int error = errno;
  [[maybe_unused]] const auto written = ::write(failure, &error, sizeof error);
  _exit(127);
}

bool has_ended(pid_t process, siginfo_t& information) {
  information = {};
  return waitid(P_PID, static_cast<id_t>(process), &information, WEXITED | WNOHANG | WNOWAIT) ==
             0 &&
         information.si_pid != 0;
}

bool has_ended_within(pid_t process, std::chrono::milliseconds time, siginfo_t& information) {
  const Deadline deadline = std::chrono::steady_clock::now() + time;
  while (!has_ended(process, information)) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    poll(nullptr, 0, 1);
  }
  return true;
}

}  // namespace

ProcessStream::ProcessStream(const std::vector<std::string>& command,
                             const std::filesystem::path& directory)
    : program_(std::filesystem::path(command.at(0)).filename().string()) {
  std::signal(SIGPIPE, SIG_IGN);
  std::vector<char*> arguments;
  for (const std::string& argument : command)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);

  Pipe input, output, diagnostics, failure;
  process_ = fork();
  if (process_ < 0)
    throw DeviceError(fmt::format("{} cannot be started: {}", program_, std::strerror(errno)));
  if (process_ == 0)
    become(arguments.data(), directory.c_str(), input, output, diagnostics, failure.write_end);

  setpgid(process_, process_);  // also here: whichever of the two comes first
  close(std::exchange(failure.write_end, -1));
  int error = 0;
  if (::read(failure.read_end, &error, sizeof error) == sizeof error) {
    waitpid(process_, nullptr, 0);
    throw DeviceError(fmt::format("{} cannot be started: {}", program_, std::strerror(error)));
  }
  input_ = release_non_blocking(input.write_end);
  output_ = release_non_blocking(output.read_end);
  diagnostics_ = release_non_blocking(diagnostics.read_end);
}

ProcessStream::~ProcessStream() {
  close(input_);
  siginfo_t information;
  // An agent ends by itself at the end of its input; a device that has failed gets no such time.
  if (!failed_) has_ended_within(process_, grace, information);
  kill(-process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  close(output_);
  if (diagnostics_ >= 0) close(diagnostics_);
}

void ProcessStream::write(std::span<const std::uint8_t> bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(input_, bytes.data(), bytes.size());
    if (written > 0)
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    else if (errno == EAGAIN)
      wait_for(input_, POLLOUT, deadline);
    else if (errno != EINTR)
      fail(how_it_ended());
  }
}

std::size_t ProcessStream::read(std::span<std::uint8_t> buffer, Deadline deadline) {
  for (;;) {
    const ssize_t count = ::read(output_, buffer.data(), buffer.size());
    if (count > 0) return static_cast<std::size_t>(count);
    if (count == 0) fail(how_it_ended());
    if (errno == EAGAIN)
      wait_for(output_, POLLIN, deadline);
    else if (errno != EINTR)
      fail(fmt::format("cannot be read: {}", std::strerror(errno)));
  }
}

void ProcessStream::wait_for(int descriptor, short event, Deadline deadline) {
  std::array<pollfd, 2> descriptors{{{descriptor, event, 0}, {diagnostics_, POLLIN, 0}}};
  const int ready = poll(descriptors.data(), descriptors.size(), milliseconds_until(deadline));
  if (ready > 0 && descriptors[1].revents != 0) read_diagnostics();
  const bool expected = ready > 0 && descriptors[0].revents != 0;
  if (!expected && std::chrono::steady_clock::now() >= deadline) fail("timed out");
}

void ProcessStream::read_diagnostics() {
  std::array<char, 512> buffer;
  ssize_t count = 0;
  // A device that floods its standard error must not keep the reader here for ever.
  for (int reads = 0; reads < 64 && diagnostics_ >= 0; ++reads) {
    count = ::read(diagnostics_, buffer.data(), buffer.size());
    if (count <= 0) break;
    last_diagnostics_.append(buffer.data(), static_cast<std::size_t>(count));
    if (last_diagnostics_.size() > diagnostics_limit)
      last_diagnostics_.erase(0, last_diagnostics_.size() - diagnostics_limit);
  }
  if (count == 0 && diagnostics_ >= 0) close(std::exchange(diagnostics_, -1));
}

std::string ProcessStream::how_it_ended() const {
  siginfo_t information;
  if (!has_ended_within(process_, grace, information)) return "closed its output";
  if (information.si_code == CLD_EXITED)
    return fmt::format("exited with status {}", information.si_status);
  return fmt::format("was killed by signal {} ({})", information.si_status,
                     strsignal(information.si_status));
}

void ProcessStream::fail(std::string what) {
  failed_ = true;
  read_diagnostics();
  std::string message = fmt::format("{} {}", program_, what);
  if (!last_diagnostics_.empty()) {
    message += "; it said: ";
    for (const char c : last_diagnostics_)
      message +=
          static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e ? ' ' : c;
    while (message.back() == ' ') message.pop_back();
  }
  throw DeviceError(message);
}

}  // namespace lsgd
