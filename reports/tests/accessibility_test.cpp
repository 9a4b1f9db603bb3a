// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <sys/wait.h>

#include "headless_chromium.hpp"

// What axe-core (https://github.com/dequelabs/axe-core) finds in the pages of a real run: labels
// that are missing, roles that do not fit, too little contrast, regions that no key reaches.

namespace lsgd {
namespace {

namespace fs = std::filesystem;

constexpr Viewport viewports[] = {{1280, 900, false, false},
                                  {1280, 900, false, true},
                                  {360, 740, true, false},
                                  {360, 740, true, true}};

/// The exit status of a command line of the shell.
int run(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The script, which npm loads into the build tree once; nothing where it does not.
std::optional<std::string> axe_script() {
  const fs::path script = fs::path(LSGD_NPM_DIRECTORY) / "node_modules/axe-core/axe.min.js";
  // The lock file names the digest of what is loaded.
  run(
      fmt::format("cmp -s '{0}/package-lock.json' '{1}/package-lock.json' && test -f '{2}' && exit;"
                  "mkdir -p '{1}' && cp '{0}'/package*.json '{1}' && cd '{1}' &&"
                  "npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=0"
                  " --fetch-timeout=30000 >npm.log 2>&1",
                  LSGD_NPM_PACKAGE, LSGD_NPM_DIRECTORY, script.string()));
  if (!fs::exists(script)) return std::nullopt;
  return text_of(script);
}

class Accessibility : public testing::Test {
 protected:
  void SetUp() override {
    if (!HeadlessChromium::is_installed()) GTEST_SKIP() << "no Chromium: install chromium";
    const auto script = axe_script();
    if (!script)
      GTEST_SKIP() << "npm did not load axe-core; it says why in " LSGD_NPM_DIRECTORY "/npm.log";
    axe_ = *script;
    fs::remove_all(pages_);
    fs::create_directories(pages_);
    browser_ = std::make_unique<HeadlessChromium>();
  }

  /// Runs the program in the directory of the pages.
  int conform(const std::string& arguments) const {
    return run(fmt::format("cd '{}' && '{}' {} >>log 2>&1", pages_.string(), LSGD_CONFORM_PROGRAM,
                           arguments));
  }

  /// A target file for an image of this build.
  void write_target(const std::string& name, const std::string& image) const {
    std::ofstream(pages_ / (name + ".toml"))
        << "format = \"lsgd-target/1\"\nname = \"" << name
        << "\"\nport = \"float32_c99\"\nplatform = \"host\"\nvariant = \"r\"\n"
        << "profile = \"float32\"\ntimeout_seconds = 2\ncommand = [\"" << LSGD_TARGETS << image
        << "\"]\n";
  }

  /// What is wrong with a page, as it opens and with all unfolded, one a line.
  std::string violations(const std::string& page, const Viewport& viewport) {
    browser_->open(pages_ / page, viewport);
    browser_->evaluate(axe_ + ";0");
    std::string found = run_axe();
    browser_->evaluate(
        "document.querySelectorAll('details').forEach((details) => { details.open = true; })");
    browser_->evaluate("new Promise((done) => setTimeout(done, 200))");
    browser_->take_screenshot(pages_ /
                              fmt::format("{}-{}-{}.png", fs::path(page).parent_path().string(),
                                          viewport.width, viewport.dark ? "dark" : "light"));
    return found + run_axe();
  }

  const fs::path pages_ = fs::path(LSGD_SCREENSHOT_DIRECTORY) / "accessibility";
  std::unique_ptr<HeadlessChromium> browser_;

 private:
  std::string run_axe() {
    return browser_->evaluate(R"js(
      axe.run(document, { resultTypes: ["violations"] }).then((results) => results.violations.map(
        (found) => `${found.impact} ${found.id}: ${found.help}: ` +
          found.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ") + "\n").join("")))js");
  }

  std::string axe_;
};

TEST_F(Accessibility, AxeFindsNothingInThePagesOfARealRun) {
  const std::string run_smoke =
      "run --suite smoke --seed 1 --target mine.toml --target other.toml --target mute.toml";
  write_target("mine", "float32_c99-host-gcc_O2");
  write_target("other", "float32_c99-host-gcc_O2");
  write_target("mute", "nothing");
  ASSERT_EQ(conform(run_smoke + " --out before"), 3);
  write_target("mine", "modified/float32_c99-host-gcc_O2/float32_c99.bias_not_updated-host-gcc_O2");
  ASSERT_EQ(conform(run_smoke + " --out after"), 3);
  ASSERT_EQ(conform("report after/results.json --against before/results.json --out against"), 0);
  ASSERT_EQ(conform("history before/results.json after/results.json --out past"), 0);
  for (const char* page : {"after/index.html", "against/index.html", "past/history.html"})
    for (const Viewport& viewport : viewports)
      EXPECT_EQ(violations(page, viewport), "")
          << page << ", " << viewport.width << " pixels, " << (viewport.dark ? "dark" : "light");
}

}  // namespace
}  // namespace lsgd
