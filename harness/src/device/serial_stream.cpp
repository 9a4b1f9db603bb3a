// SPDX-License-Identifier: Apache-2.0
#include "device/serial_stream.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <utility>

#include "device/device_error.hpp"

namespace lsgd {
namespace {

// libserialport 0.1.1 opens nothing that is not in /sys/class/tty, and no pseudo-terminal is:
// neither emulators nor tests.

constexpr std::array rates{
    std::pair{1200u, B1200},       std::pair{2400u, B2400},       std::pair{4800u, B4800},
    std::pair{9600u, B9600},       std::pair{19200u, B19200},     std::pair{38400u, B38400},
    std::pair{57600u, B57600},     std::pair{115200u, B115200},   std::pair{230400u, B230400},
    std::pair{460800u, B460800},   std::pair{500000u, B500000},   std::pair{576000u, B576000},
    std::pair{921600u, B921600},   std::pair{1000000u, B1000000}, std::pair{1152000u, B1152000},
    std::pair{1500000u, B1500000}, std::pair{2000000u, B2000000}, std::pair{2500000u, B2500000},
    std::pair{3000000u, B3000000}, std::pair{3500000u, B3500000}, std::pair{4000000u, B4000000}};

[[noreturn]] void fail_to_open(const std::string& device, int error) {
  constexpr std::array shortages{EMFILE, ENFILE, ENOMEM};
  if (std::ranges::find(shortages, error) != shortages.end())
    throw HostError(fmt::format("{} cannot be opened: {}, on this machine and not on the device",
                                device, std::strerror(error)));
  if (error == EACCES)
    throw DeviceError(fmt::format(
        "{} may not be used: its group, most often dialout, must have this user", device));
  if (error == ENOENT || error == ENXIO || error == ENODEV)
    throw DeviceError(fmt::format("{} is not there: unplugged, or under another name", device));
  if (error == EBUSY) throw DeviceError(fmt::format("{} is used by another program", device));
  throw DeviceError(fmt::format("{} cannot be opened: {}", device, std::strerror(error)));
}

speed_t speed_of(std::uint32_t baud) {
  return std::ranges::find(rates, baud, &std::pair<unsigned, int>::first)->second;
}

/// Every byte as it is, both ways.
termios raw_settings(const SerialLine& line, termios settings) {
  cfmakeraw(&settings);
  settings.c_cflag |= CLOCAL | CREAD;
  // Whether a board is reset is not decided by who closes the line.
  settings.c_cflag &= ~static_cast<tcflag_t>(HUPCL | CSTOPB | PARENB | PARODD | CRTSCTS);
  if (line.parity != Parity::none) {
    settings.c_cflag |= PARENB;
    settings.c_iflag |= INPCK;
  }
  if (line.parity == Parity::odd) settings.c_cflag |= PARODD;
  if (line.has_hardware_flow_control) settings.c_cflag |= CRTSCTS;
  settings.c_cc[VMIN] = 0;
  settings.c_cc[VTIME] = 0;
  cfsetispeed(&settings, speed_of(line.baud));
  cfsetospeed(&settings, speed_of(line.baud));
  return settings;
}

/// @param flag TIOCM_DTR or TIOCM_RTS
void set_level(int descriptor, const SerialLine& line, int flag, bool is_on) {
  if (ioctl(descriptor, is_on ? TIOCMBIS : TIOCMBIC, &flag) != 0)
    throw DeviceError(fmt::format("{} has no {} that could be set: {}", line.device,
                                  flag == TIOCM_DTR ? "data_terminal_ready" : "request_to_send",
                                  std::strerror(errno)));
}

void set_up(int descriptor, const SerialLine& line) {
  if (isatty(descriptor) == 0) throw DeviceError(line.device + " is no serial line");
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) fail_to_open(line.device, EBUSY);
  ioctl(descriptor, TIOCEXCL);  // for programs that know no flock
  termios settings{};
  tcgetattr(descriptor, &settings);
  const termios wanted = raw_settings(line, settings);
  // It succeeds if anything at all could be set.
  if (tcsetattr(descriptor, TCSANOW, &wanted) != 0 || tcgetattr(descriptor, &settings) != 0 ||
      settings.c_cflag != wanted.c_cflag || cfgetospeed(&settings) != cfgetospeed(&wanted))
    throw DeviceError(fmt::format("{} does not take {} baud with this parity and flow control",
                                  line.device, line.baud));
  if (line.data_terminal_ready) set_level(descriptor, line, TIOCM_DTR, *line.data_terminal_ready);
  if (line.request_to_send) set_level(descriptor, line, TIOCM_RTS, *line.request_to_send);
  tcflush(descriptor, TCIOFLUSH);
}

}  // namespace

std::vector<std::uint32_t> baud_rates() {
  std::vector<std::uint32_t> known;
  for (const auto& [baud, speed] : rates) known.push_back(baud);
  return known;
}

SerialStream::SerialStream(const SerialLine& line) : device_(line.device), baud_(line.baud) {
  descriptor_ = open(line.device.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor_ < 0) fail_to_open(device_, errno);
  try {
    set_up(descriptor_, line);
  } catch (...) {
    close(descriptor_);
    throw;
  }
}

SerialStream::~SerialStream() {
  // Closing waits half a minute for what a device does not take.
  tcflush(descriptor_, TCOFLUSH);
  ioctl(descriptor_, TIOCNXCL);
  close(descriptor_);
}

void SerialStream::write(std::span<const std::uint8_t> bytes, Deadline deadline) {
  bool has_hung_up = false;
  while (!bytes.empty()) {
    if (has_hung_up) fail_with(EIO);
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written > 0)
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    else if (errno == EAGAIN)
      has_hung_up = wait_for(POLLOUT, deadline);
    else if (errno != EINTR)
      fail_with(errno);
  }
}

std::size_t SerialStream::read(std::span<std::uint8_t> buffer, Deadline deadline) {
  for (bool has_hung_up = false;;) {
    const ssize_t count = ::read(descriptor_, buffer.data(), buffer.size());
    if (count > 0) {
      has_answered_ = true;
      return static_cast<std::size_t>(count);
    }
    // With VMIN 0 a line that has nothing reads as 0, as one does that hung up.
    if (count == 0 || errno == EAGAIN) {
      if (has_hung_up) fail_with(EIO);
      has_hung_up = wait_for(POLLIN, deadline);
    } else if (errno != EINTR)
      fail_with(errno);
  }
}

std::vector<std::uint32_t> SerialStream::other_rates() const {
  std::vector<std::uint32_t> others{115200, 9600,    57600,   38400,   19200,   230400,
                                    921600, 1000000, 1500000, 2000000, 3000000, 460800};
  std::erase(others, baud_);
  return others;
}

void SerialStream::change_rate(std::uint32_t rate) {
  termios settings{};
  tcgetattr(descriptor_, &settings);
  cfsetispeed(&settings, speed_of(rate == 0 ? baud_ : rate));
  cfsetospeed(&settings, speed_of(rate == 0 ? baud_ : rate));
  tcsetattr(descriptor_, TCSADRAIN, &settings);
  tcflush(descriptor_, TCIFLUSH);
}

bool SerialStream::wait_for(short event, Deadline deadline) const {
  pollfd descriptor{descriptor_, event, 0};
  const int ready = poll(&descriptor, 1, milliseconds_until(deadline));
  if (ready > 0) return (descriptor.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
  if (std::chrono::steady_clock::now() < deadline) return false;
  throw TimeOutError(
      has_answered_ ? fmt::format("{} timed out", device_)
                    : fmt::format("{} answered nothing in time: no power, no agent, another rate, "
                                  "or receive and transmit exchanged",
                                  device_));
}

void SerialStream::fail_with(int error) const {
  if (error == EIO || error == ENXIO || error == ENODEV)
    throw DeviceError(fmt::format("{} vanished: unplugged, or its device hung up", device_));
  throw DeviceError(fmt::format("{} failed: {}", device_, std::strerror(error)));
}

}  // namespace lsgd
