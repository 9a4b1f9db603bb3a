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
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "device/device_error.hpp"

namespace lsgd {
namespace {

constexpr std::size_t diagnostics_limit = 2048;
constexpr std::chrono::milliseconds grace{500};
constexpr std::chrono::seconds patience_with_supervisor{10};

/// Says whose fault it is that a program could not be started.
[[noreturn]] void fail_to_start(const std::string& program, int error) {
  const std::string what = fmt::format("{} cannot be started: {}", program, std::strerror(error));
  constexpr std::array shortages{EMFILE, ENFILE, ENOMEM, EAGAIN};
  if (std::ranges::find(shortages, error) != shortages.end())
    throw HostError(what + ", on this machine and not on the device");
  throw DeviceError(what);
}

struct Pipe {
  int read_end = -1;
  int write_end = -1;

  explicit Pipe(const std::string& program) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) fail_to_start(program, errno);
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

// From here to supervise() only async-signal-safe functions are allowed: the program has threads,
// and its other ones are not here.

struct Start {
  char* const* arguments = nullptr;
  const char* directory = nullptr;
  std::array<int, 3> standard{};  ///< descriptors of its standard streams
  int failure = -1;               ///< gets errno where it cannot be started
  pid_t host = 0;
  sigset_t signals{};  ///< blocked in the host
};

[[noreturn]] void report(const Start& start, int error) {
  [[maybe_unused]] const auto written = ::write(start.failure, &error, sizeof error);
  _exit(127);
}

[[noreturn]] void become(const Start& start) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::signal(SIGPIPE, SIG_DFL);
  std::signal(SIGXFSZ, SIG_DFL);
  sigprocmask(SIG_SETMASK, &start.signals, nullptr);
  for (int stream = 0; stream < 3; ++stream)
    dup2(start.standard[static_cast<std::size_t>(stream)], stream);
  if (chdir(start.directory) == 0) execvp(start.arguments[0], start.arguments);
  report(start, errno);
}

/// Kills all that this process has started, directly or not, and waits for it. Orphans come to it,
/// because it is a subreaper, and may have children of their own.
void kill_descendants(pid_t device) {
  kill(-device, SIGKILL);
  for (;;) {
    std::array<char, 4096> text;
    const int children = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    const ssize_t size = children < 0 ? 0 : read(children, text.data(), text.size());
    if (children >= 0) close(children);
    pid_t child = 0;
    for (ssize_t i = 0; i < size; ++i) {
      const char c = text[static_cast<std::size_t>(i)];
      if (c >= '0' && c <= '9') {
        child = 10 * child + (c - '0');
      } else if (child > 0) {
        kill(std::exchange(child, 0), SIGKILL);
      }
    }
    pid_t reaped = 0;
    do reaped = waitpid(-1, nullptr, WNOHANG);
    while (reaped > 0);
    if (reaped < 0 && errno == ECHILD) return;
    poll(nullptr, 0, 1);
  }
}

[[noreturn]] void end_like(int status) {
  if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  std::signal(WTERMSIG(status), SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  kill(getpid(), WTERMSIG(status));
  _exit(127);
}

/// Waits until nobody holds the other end of a pipe to which nobody writes.
void wait_for_end(int pipe_end) {
  char nothing = 0;
  while (read(pipe_end, &nothing, 1) < 0 && errno == EINTR) continue;
}

/// Starts the device and stays until it ends or the host does, whatever way: then nothing that the
/// device has started goes on. Ends as the device did.
[[noreturn]] void supervise(Start& start) {
  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGCHLD);
  sigaddset(&awaited, SIGTERM);
  sigprocmask(SIG_BLOCK, &awaited, &start.signals);
  setpgid(0, 0);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != start.host) _exit(127);
  std::array<int, 2> ready{};
  if (pipe2(ready.data(), O_CLOEXEC) != 0) report(start, errno);
  const pid_t device = _Fork();
  if (device < 0) report(start, errno);
  if (device == 0) {
    close(ready[1]);
    wait_for_end(ready[0]);
    become(start);
  }
  // The ends of pipes that others wait to see closed; the device begins when it has lost its own:
  // it may stop this process at once.
  close_range(0, ~0U, 0);
  for (;;) {
    int signal = 0;
    if (sigwait(&awaited, &signal) == 0 && signal == SIGTERM) {
      kill_descendants(device);
      _exit(0);
    }
    int status = 0;
    for (pid_t ended = 0; (ended = waitpid(-1, &status, WNOHANG)) > 0;)
      if (ended == device) {
        kill_descendants(device);
        end_like(status);
      }
  }
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

  Pipe input(program_), output(program_), diagnostics(program_), failure(program_);
  Start start{arguments.data(),
              directory.c_str(),
              {input.read_end, output.write_end, diagnostics.write_end},
              failure.write_end,
              getpid(),
              {}};
  supervisor_ = fork();
  if (supervisor_ < 0) fail_to_start(program_, errno);
  if (supervisor_ == 0) supervise(start);

  close(std::exchange(failure.write_end, -1));
  int error = 0;
  if (::read(failure.read_end, &error, sizeof error) == sizeof error) {
    waitpid(supervisor_, nullptr, 0);
    fail_to_start(program_, error);
  }
  input_ = release_non_blocking(input.write_end);
  output_ = release_non_blocking(output.read_end);
  diagnostics_ = release_non_blocking(diagnostics.read_end);
}

ProcessStream::~ProcessStream() {
  close(input_);
  siginfo_t information;
  // An agent ends by itself at the end of its input; a device that has failed gets no such time.
  if (!failed_) has_ended_within(supervisor_, grace, information);
  kill(supervisor_, SIGTERM);
  kill(supervisor_, SIGCONT);  // a device may have stopped it
  if (!has_ended_within(supervisor_, patience_with_supervisor, information))
    kill(supervisor_, SIGKILL);
  waitpid(supervisor_, nullptr, 0);
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

int ProcessStream::run_to_end(std::string& output, Deadline deadline) {
  close(std::exchange(input_, -1));
  failed_ = true;  // it gets no time to end by itself later
  std::array<char, 4096> buffer;
  bool is_open = true;
  siginfo_t information;
  while (is_open || !has_ended(supervisor_, information)) {
    if (std::chrono::steady_clock::now() >= deadline) throw TimeOutError("timed out");
    const Deadline soon =
        std::min(deadline, std::chrono::steady_clock::now() + std::chrono::milliseconds(20));
    std::array<pollfd, 2> descriptors{
        {{is_open ? output_ : -1, POLLIN, 0}, {diagnostics_, POLLIN, 0}}};
    poll(descriptors.data(), descriptors.size(), milliseconds_until(soon));
    if (descriptors[1].revents != 0) read_diagnostics();
    if (descriptors[0].revents == 0) continue;
    const ssize_t count = ::read(output_, buffer.data(), buffer.size());
    if (count > 0) output.append(buffer.data(), static_cast<std::size_t>(count));
    if (output.size() > diagnostics_limit) output.erase(0, output.size() - diagnostics_limit);
    is_open = count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
  }
  read_diagnostics();
  output += last_diagnostics_;
  return information.si_code == CLD_EXITED ? information.si_status : 128 + information.si_status;
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
  if (!has_ended_within(supervisor_, grace, information)) return "closed its output";
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
