// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <sys/types.h>
#include <vector>

namespace lsgd {

struct Viewport {
  int width;   ///< CSS pixels
  int height;  ///< CSS pixels
  bool mobile;
  bool dark;
};

/// Chromium without a window, driven over the DevTools protocol on a pipe. Every call throws
/// std::runtime_error when the browser dies or does not answer within a minute; the constructor
/// also where it is not installed.
class HeadlessChromium {
 public:
  /// Whether there is one on this machine.
  static bool is_installed();

  HeadlessChromium();
  ~HeadlessChromium();
  HeadlessChromium(const HeadlessChromium&) = delete;
  HeadlessChromium& operator=(const HeadlessChromium&) = delete;

  /// Loads a file and waits until it is complete. Forgets earlier problems and requests.
  void open(const std::filesystem::path& page, const Viewport& viewport);

  /// Value of a JavaScript expression.
  nlohmann::json evaluate(const std::string& expression);

  /// Writes a PNG of the whole page.
  void take_screenshot(const std::filesystem::path& path);

  /// Console errors and warnings, uncaught exceptions and blocked loads since open().
  const std::vector<std::string>& problems() const { return problems_; }

  /// Addresses requested since open().
  const std::vector<std::string>& requests() const { return requests_; }

 private:
  nlohmann::json call(const std::string& method, const nlohmann::json& parameters);
  nlohmann::json receive();
  void note(const nlohmann::json& event);

  std::filesystem::path profile_;
  pid_t process_ = -1;
  int to_browser_ = -1;
  int from_browser_ = -1;
  int next_id_ = 1;
  std::string session_;
  std::string received_;
  std::vector<std::string> problems_;
  std::vector<std::string> requests_;
};

}  // namespace lsgd
