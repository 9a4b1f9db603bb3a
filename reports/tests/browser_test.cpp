// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <memory>

#include "files/atomic_file.hpp"
#include "headless_chromium.hpp"
#include "reports/render_exploration.hpp"
#include "reports/render_history.hpp"
#include "reports/render_reports.hpp"
#include "sample_exploration.hpp"
#include "sample_results.hpp"

namespace lsgd {
namespace {

constexpr Viewport desktop{1280, 900, false, false};
constexpr Viewport desktop_dark{1280, 900, false, true};
constexpr Viewport phone{360, 740, true, false};
constexpr Viewport phone_dark{360, 740, true, true};

/// index.html as a browser shows it. The screenshots stay in the build tree.
class Browser : public testing::Test {
 protected:
  void SetUp() override {
    if (!HeadlessChromium::is_installed()) GTEST_SKIP() << "no Chromium: install chromium";
    browser_ = std::make_unique<HeadlessChromium>();
  }

  static std::filesystem::path render(const nlohmann::json& results, const std::string& name) {
    const auto folder = std::filesystem::path(LSGD_SCREENSHOT_DIRECTORY) / name;
    render_reports(results, {}, folder);
    return folder / "index.html";
  }

  /// Whatever is on it, a page loads nothing, has no errors and does not scroll sideways.
  void check_page(const std::filesystem::path& page, const Viewport& viewport) {
    const std::string name = fmt::format("{}-{}", viewport.width, viewport.dark ? "dark" : "light");
    SCOPED_TRACE(name);
    browser_->open(page, viewport);
    browser_->take_screenshot(page.parent_path() / (name + ".png"));
    open_everything();
    EXPECT_TRUE(browser_->problems().empty()) << browser_->problems().front();
    for (const std::string& request : browser_->requests())
      EXPECT_TRUE(request.starts_with("data:") || request == "file://" + page.string()) << request;
    EXPECT_LE(browser_->evaluate("document.documentElement.scrollWidth").get<int>(), viewport.width)
        << "the page scrolls sideways: " << browser_->evaluate(widest);
  }

  void check(const std::filesystem::path& page, const Viewport& viewport) {
    check_page(page, viewport);
    EXPECT_EQ(browser_->evaluate(canvases_drawn), browser_->evaluate(canvases));
    EXPECT_EQ(browser_->evaluate("Number(document.documentElement.dataset.charts)"),
              browser_->evaluate(canvases));
  }

  /// Plots are drawn when they are unfolded.
  void open_everything() {
    browser_->evaluate(
        "document.querySelectorAll('details').forEach((details) => { details.open = true; })");
    browser_->evaluate("new Promise((done) => setTimeout(done, 200))");
  }

  /// The elements that stand out of the page.
  static constexpr const char* widest = R"js((() => {
    const scrolls = (node) => node && (getComputedStyle(node).overflowX !== "visible" || scrolls(node.parentElement));
    return [...document.body.querySelectorAll("*")]
      .filter((node) => node.getBoundingClientRect().right > screen.width + 1 && !scrolls(node.parentElement))
      .map((node) => `${node.closest("section")?.id} ${node.tagName}.${node.className}`).slice(0, 5);
  })())js";

  static constexpr const char* canvases = "document.querySelectorAll('canvas').length";
  static constexpr const char* canvases_drawn =
      R"([...document.querySelectorAll("canvas")].filter((canvas) =>
    canvas.width > 0 && canvas.height > 0 &&
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value)).length)";

  std::unique_ptr<HeadlessChromium> browser_;
};

TEST_F(Browser, ShowsAMixedRunOnDesktopAndPhoneInBothColourSchemes) {
  const auto page = render(mixed_run(), "mixed");
  for (const Viewport& viewport : {desktop, desktop_dark, phone, phone_dark}) check(page, viewport);
}

TEST_F(Browser, ShowsRunsOfEveryKind) {
  check(render(passing_run(), "passing"), desktop);
  const auto simulated = render(simulated_run(), "simulated");
  for (const Viewport& viewport : {desktop, phone_dark}) check(simulated, viewport);
  check(render(smoke_run(), "smoke"), phone);
  check(render(empty_run(), "empty"), phone_dark);
  const auto benchmarked = render(benchmarked_run(), "benchmarked");
  for (const Viewport& viewport : {desktop, phone_dark}) check(benchmarked, viewport);
  const auto selftest = render(selftest_run(), "selftest");
  for (const Viewport& viewport : {desktop, phone_dark}) check(selftest, viewport);
}

TEST_F(Browser, ShowsAHistoryOnDesktopAndPhoneInBothColourSchemes) {
  const auto folder = std::filesystem::path(LSGD_SCREENSHOT_DIRECTORY) / "history";
  render_history(sample_history(), folder);
  for (const Viewport& viewport : {desktop, desktop_dark, phone, phone_dark})
    check_page(folder / "history.html", viewport);
  EXPECT_EQ(browser_->evaluate("document.querySelectorAll('script').length"), 0);
}

TEST_F(Browser, ShowsAnExplorationOnDesktopAndPhone) {
  const auto folder = std::filesystem::path(LSGD_SCREENSHOT_DIRECTORY) / "exploration";
  std::filesystem::create_directories(folder);
  write_file(folder / "index.html", exploration_page(sample_exploration()));
  for (const Viewport& viewport : {desktop, phone_dark}) check(folder / "index.html", viewport);
}

TEST_F(Browser, HasReadableContrastInBothColourSchemes) {
  // Contrast of text colours against the page, WCAG 2.1: at least 4.5.
  constexpr const char* lowest_contrast = R"js((() => {
    const channels = (text) => text.match(/[\d.]+/g).slice(0, 3).map(Number);
    const luminance = (rgb) => rgb.map((value) => value / 255)
      .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
    const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const background = (node) => {
      for (; node; node = node.parentElement) {
        const color = getComputedStyle(node).backgroundColor;
        if (color !== "rgba(0, 0, 0, 0)") return luminance(channels(color));
      }
    };
    const has_text = (node) => [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    return Math.min(...[...document.querySelectorAll("body *")]
      .filter((node) => node.checkVisibility() && has_text(node))
      .map((node) => contrast(luminance(channels(getComputedStyle(node).color)), background(node))));
  })())js";
  const auto page = render(mixed_run(), "contrast");
  for (const Viewport& viewport : {desktop, desktop_dark}) {
    browser_->open(page, viewport);
    EXPECT_GE(browser_->evaluate(lowest_contrast).get<double>(), 4.5);
  }
}

TEST_F(Browser, RunsNothingThatATargetWrites) {
  const std::string text =
      "</script></td><script>document.title='taken'</script><img src=x "
      "onerror=\"document.title='taken'\">\u202e|`";
  check(render(hostile_run(text), "hostile"), phone);
  EXPECT_NE(browser_->evaluate("document.title"), "taken");
  EXPECT_EQ(browser_->evaluate("document.images.length"), 0);
  EXPECT_EQ(browser_->evaluate("document.querySelectorAll('script:not([type])').length"), 1);
  check(render(hostile_run(std::string(10'000, 'W')), "long"), phone);
}

TEST_F(Browser, FiltersAndSortsRows) {
  const auto visible_rows = [&](const std::string& table) {
    return browser_->evaluate(
        fmt::format("[...document.querySelectorAll('{} tbody tr')].filter((row) => !row.hidden)"
                    ".map((row) => row.cells[0].textContent.trim())",
                    table));
  };
  browser_->open(render(mixed_run(), "filter"), desktop);
  const auto all = visible_rows("#verdicts .matrix");
  ASSERT_GT(all.size(), 1U);
  const std::string last = all.back();
  browser_->evaluate(
      fmt::format("(() => {{ const input = document.querySelector('#filter input');"
                  "input.value = '{}'; input.dispatchEvent(new Event('input')); }})()",
                  last));
  EXPECT_EQ(visible_rows("#verdicts .matrix"), nlohmann::json::array({last}));
  browser_->evaluate(
      "(() => { const input = document.querySelector('#filter input');"
      "input.value = ''; input.dispatchEvent(new Event('input')); })()");
  EXPECT_EQ(visible_rows("#verdicts .matrix"), all);

  const std::string table = "#targets table";
  auto sorted = visible_rows(table).get<std::vector<std::string>>();
  browser_->evaluate("document.querySelector('#targets th .sort').click()");
  EXPECT_EQ(browser_->evaluate("document.querySelector('#targets th').ariaSort"), "ascending");
}

TEST_F(Browser, UnfoldsWhatALinkLeadsTo) {
  auto results = passing_run();
  while (results.at("targets").size() < 12) {
    results.at("targets").push_back(results.at("targets").at(0));
    results.at("targets").back()["name"] = fmt::format("build_{}", results.at("targets").size());
  }
  browser_->open(render(results, "links"), desktop);
  EXPECT_EQ(browser_->evaluate("document.querySelector('#verdicts details').open"), false);
  browser_->evaluate("document.querySelector('#verdicts .overview a').click()");
  browser_->evaluate("new Promise((done) => setTimeout(done, 200))");
  EXPECT_EQ(browser_->evaluate("document.querySelector('#verdicts details').open"), true);
}

TEST_F(Browser, CopiesTheCommandThatRepeatsAFailure) {
  browser_->open(render(mixed_run(), "copy"), desktop);
  EXPECT_EQ(browser_->evaluate("document.querySelectorAll('button.copy:not([hidden])').length"),
            browser_->evaluate("document.querySelectorAll('.failure').length"));
  browser_->evaluate("document.querySelector('button.copy').click()");
  EXPECT_EQ(browser_->evaluate("new Promise((done) => setTimeout(() => "
                               "done(document.querySelector('button.copy').textContent), 100))"),
            "Copied");
}

}  // namespace
}  // namespace lsgd
