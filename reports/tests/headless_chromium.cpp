// SPDX-License-Identifier: Apache-2.0
#include "headless_chromium.hpp"

#include <array>
#include <fcntl.h>
#include <fstream>
#include <openssl/evp.h>
#include <poll.h>
#include <signal.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace lsgd {
namespace {

constexpr int answer_time_milliseconds = 60'000;

/// Empty where there is none.
std::string find_chromium() {
  for (const char* path :
       {"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"})
    if (access(path, X_OK) == 0) return path;
  return {};
}

std::filesystem::path make_profile() {
  std::string name = (std::filesystem::temp_directory_path() / "lsgd-chromium-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot create a browser profile");
  return name;
}

/// In the child: the protocol's pipes become descriptors 3 and 4, as Chromium expects.
[[noreturn]] void run_browser(const std::string& program, const std::string& profile, int input,
                              int output) {
  const int safe_input = fcntl(input, F_DUPFD, 10);
  const int safe_output = fcntl(output, F_DUPFD, 10);
  dup2(safe_input, 3);
  dup2(safe_output, 4);
  const int nothing = ::open("/dev/null", O_WRONLY);
  dup2(nothing, STDOUT_FILENO);
  dup2(nothing, STDERR_FILENO);
  setpgid(0, 0);
  const std::string directory = "--user-data-dir=" + profile;
  execl(program.c_str(), program.c_str(), "--headless", "--no-sandbox", "--disable-gpu",
        "--disable-background-networking", "--no-first-run", "--disable-component-update",
        "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe",
        directory.c_str(), static_cast<char*>(nullptr));
  _exit(127);
}

std::string decode_base64(const std::string& text) {
  std::string bytes(text.size() / 4 * 3, '\0');
  EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                  reinterpret_cast<const unsigned char*>(text.data()),
                  static_cast<int>(text.size()));
  return bytes;
}

}  // namespace

bool HeadlessChromium::is_installed() { return !find_chromium().empty(); }

HeadlessChromium::HeadlessChromium() {
  const std::string program = find_chromium();
  if (program.empty())
    throw std::runtime_error("Chromium is not installed: install the package chromium");
  profile_ = make_profile();
  std::array<int, 2> commands{};
  std::array<int, 2> answers{};
  if (pipe2(commands.data(), O_CLOEXEC) != 0 || pipe2(answers.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("cannot create a pipe to the browser");
  signal(SIGPIPE, SIG_IGN);
  process_ = fork();
  if (process_ == 0) run_browser(program, profile_.string(), commands[0], answers[1]);
  close(commands[0]);
  close(answers[1]);
  to_browser_ = commands[1];
  from_browser_ = answers[0];
  const auto target = call("Target.createTarget", {{"url", "about:blank"}});
  session_ = call("Target.attachToTarget", {{"targetId", target.at("targetId")}, {"flatten", true}})
                 .at("sessionId");
  for (const char* domain : {"Page", "Runtime", "Log", "Network"})
    call(std::string(domain) + ".enable", nlohmann::json::object());
}

HeadlessChromium::~HeadlessChromium() {
  close(to_browser_);
  close(from_browser_);
  kill(-process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(profile_, ignored);
}

void HeadlessChromium::open(const std::filesystem::path& page, const Viewport& viewport) {
  call("Emulation.setDeviceMetricsOverride", {{"width", viewport.width},
                                              {"height", viewport.height},
                                              {"deviceScaleFactor", 1},
                                              {"mobile", viewport.mobile}});
  call("Emulation.setEmulatedMedia",
       {{"features",
         {{{"name", "prefers-color-scheme"}, {"value", viewport.dark ? "dark" : "light"}}}}});
  call("Page.navigate", {{"url", "about:blank"}});
  problems_.clear();
  requests_.clear();
  const auto loaded = call("Page.navigate", {{"url", "file://" + page.string()}});
  if (loaded.contains("errorText")) throw std::runtime_error(loaded.at("errorText"));
  // Two frames after the load event every chart has its final size.
  evaluate(R"(new Promise((done) => {
    const settle = () => requestAnimationFrame(() => requestAnimationFrame(() => done(true)));
    if (document.readyState === "complete") settle(); else addEventListener("load", settle);
  }))");
}

nlohmann::json HeadlessChromium::evaluate(const std::string& expression) {
  const auto answer =
      call("Runtime.evaluate",
           {{"expression", expression}, {"awaitPromise", true}, {"returnByValue", true}});
  if (answer.contains("exceptionDetails"))
    throw std::runtime_error(answer.at("exceptionDetails").dump());
  return answer.at("result").value("value", nlohmann::json());
}

void HeadlessChromium::take_screenshot(const std::filesystem::path& path) {
  const auto image =
      call("Page.captureScreenshot", {{"format", "png"}, {"captureBeyondViewport", true}});
  std::ofstream(path, std::ios::binary) << decode_base64(image.at("data"));
}

nlohmann::json HeadlessChromium::call(const std::string& method, const nlohmann::json& parameters) {
  const int id = next_id_++;
  nlohmann::json message{{"id", id}, {"method", method}, {"params", parameters}};
  if (!session_.empty()) message["sessionId"] = session_;
  const std::string text = message.dump() + '\0';
  if (write(to_browser_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("the browser does not listen");
  for (;;) {
    const nlohmann::json answer = receive();
    if (!answer.contains("id")) {
      note(answer);
    } else if (answer.at("id") == id) {
      if (answer.contains("error"))
        throw std::runtime_error(method + ": " + answer.at("error").dump());
      return answer.at("result");
    }
  }
}

nlohmann::json HeadlessChromium::receive() {
  std::size_t end;
  while ((end = received_.find('\0')) == std::string::npos) {
    pollfd ready{from_browser_, POLLIN, 0};
    if (poll(&ready, 1, answer_time_milliseconds) <= 0)
      throw std::runtime_error("the browser does not answer");
    std::array<char, 65536> block;
    const ssize_t length = read(from_browser_, block.data(), block.size());
    if (length <= 0) throw std::runtime_error("the browser ended");
    received_.append(block.data(), static_cast<std::size_t>(length));
  }
  const auto message = nlohmann::json::parse(received_.substr(0, end));
  received_.erase(0, end + 1);
  return message;
}

void HeadlessChromium::note(const nlohmann::json& event) {
  const std::string method = event.at("method");
  const auto& parameters = event.at("params");
  if (method == "Runtime.exceptionThrown") problems_.push_back(parameters.dump());
  if (method == "Log.entryAdded" && parameters.at("entry").at("level") != "verbose")
    problems_.push_back(parameters.at("entry").dump());
  if (method == "Runtime.consoleAPICalled" &&
      (parameters.at("type") == "error" || parameters.at("type") == "warning"))
    problems_.push_back(parameters.dump());
  if (method == "Network.requestWillBeSent")
    requests_.push_back(parameters.at("request").at("url"));
}

}  // namespace lsgd
