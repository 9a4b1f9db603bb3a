// SPDX-License-Identifier: Apache-2.0
#include "junit_report.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <optional>
#include <pugixml.hpp>
#include <sstream>

#include "printable_text.hpp"
#include "waived_failure.hpp"

namespace lsgd {
namespace {

struct JunitCounts {
  unsigned tests = 0;
  unsigned failures = 0;
  unsigned errors = 0;
  unsigned skipped = 0;

  JunitCounts& operator+=(const JunitCounts& other) {
    tests += other.tests;
    failures += other.failures;
    errors += other.errors;
    skipped += other.skipped;
    return *this;
  }
};

std::string text_of(const nlohmann::json& value) {
  return value.is_string() ? printable_text(value.get_ref<const std::string&>()) : value.dump();
}

void set(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(value.c_str());
}

/// What both a suite and the whole have; Jenkins' schema knows `skipped` of suites alone.
void set_counts(pugi::xml_node node, const JunitCounts& counts) {
  node.append_attribute("tests").set_value(counts.tests);
  node.append_attribute("failures").set_value(counts.failures);
  node.append_attribute("errors").set_value(counts.errors);
}

/// @param seconds of the clock on the wall; Jenkins reads no more than three decimals
void set_time(pugi::xml_node node, double seconds) {
  set(node, "time", fmt::format("{:.3f}", seconds));
}

/// Lines of the form "expected: ..." that CI servers show below the message.
std::string failure_details(const nlohmann::json& failure) {
  std::string details;
  for (const char* member :
       {"step", "layer", "tensor", "neuron", "index", "expected", "got", "tolerance"})
    if (failure.contains(member) && !failure.at(member).is_null())
      details += fmt::format("{}: {}\n", member, text_of(failure.at(member)));
  for (const auto& flag : failure.value("flags", nlohmann::json::array()))
    details +=
        fmt::format("note: {}: {}\n", text_of(flag.at("name")), text_of(flag.at("description")));
  return details + fmt::format("repeat: {}\n", text_of(failure.at("repeat")));
}

class Suite {
 public:
  Suite(pugi::xml_node parent, const std::string& name)
      : node_(parent.append_child("testsuite")), name_(name) {
    set(node_, "name", name);
  }

  void set_seconds(double seconds) { set_time(node_, seconds); }

  void add_property(const char* name, const std::string& value) {
    if (!properties_) properties_ = node_.append_child("properties");
    auto property = properties_.append_child("property");
    set(property, "name", name);
    set(property, "value", value);
  }

  pugi::xml_node add_test_case(int level, const std::string& name) {
    auto test_case = node_.append_child("testcase");
    set(test_case, "classname", fmt::format("{}.level{}", name_, level));
    set(test_case, "name", name);
    ++counts_.tests;
    return test_case;
  }

  void add_outcome(pugi::xml_node test_case, const std::string& verdict, const std::string& message,
                   const std::string& details) {
    if (verdict == "pass") return;
    const bool error = verdict == "device_failure";
    const bool skipped = verdict == "skipped" || verdict == "refused";
    auto outcome = test_case.append_child(skipped ? "skipped" : error ? "error" : "failure");
    set(outcome, "message", verdict == "refused" ? "refused: " + message : message);
    if (!skipped) set(outcome, "type", verdict);
    if (!details.empty()) outcome.text().set(details.c_str());
    ++(skipped ? counts_.skipped : error ? counts_.errors : counts_.failures);
  }

  JunitCounts finish() {
    set_counts(node_, counts_);
    node_.append_attribute("skipped").set_value(counts_.skipped);
    return counts_;
  }

 private:
  pugi::xml_node node_;
  pugi::xml_node properties_;
  std::string name_;
  JunitCounts counts_;
};

/// What was measured, one figure a line.
std::string measurements(const nlohmann::json& resources) {
  std::string text;
  const nlohmann::json figures = resources.flatten();
  for (const auto& [place, value] : figures.items())
    text += fmt::format("{}: {}\n", place.substr(1), value.is_null() ? "unknown" : text_of(value));
  return text;
}

/// A waived failure is no failure to a CI server, and no pass: it is skipped, and says why.
std::string waived_message(const nlohmann::json& waiver, const nlohmann::json& failure) {
  return fmt::format("waived until {} by {}: {} ({}): {}", text_of(waiver.at("expires")),
                     text_of(waiver.at("owner")), text_of(waiver.at("reason")),
                     text_of(waiver.at("url")), text_of(failure.at("message")));
}

void add_case(Suite& suite, const nlohmann::json& test_case, const nlohmann::json* waiver,
              std::optional<double> seconds) {
  auto node = suite.add_test_case(test_case.at("level"), text_of(test_case.at("id")));
  if (seconds) set_time(node, *seconds);
  const auto& failure = test_case.at("failure");
  const auto reason = test_case.value("reason", nlohmann::json());
  suite.add_outcome(node, waiver != nullptr ? "skipped" : test_case.at("verdict"),
                    waiver != nullptr    ? waived_message(*waiver, failure)
                    : !failure.is_null() ? text_of(failure.at("message"))
                    : !reason.is_null()  ? text_of(reason)
                                         : std::string(),
                    failure.is_null() ? "" : failure_details(failure));
  if (test_case.contains("resources"))
    node.append_child("system-out").text().set(measurements(test_case.at("resources")).c_str());
}

/// Levels of which no case, or not every one, tells.
bool has_own_entry(const nlohmann::json& level) {
  return level.at("verdict") == "skipped" || level.at("verdict") == "incomplete";
}

void add_level(Suite& suite, const nlohmann::json& level) {
  const std::string verdict = level.at("verdict");
  const int number = level.at("level");
  suite.add_outcome(
      suite.add_test_case(number, fmt::format("level{} as a whole", number)), verdict,
      fmt::format("{} of {} cases executed{}", level.at("cases_executed").dump(),
                  level.at("cases_expected").dump(),
                  level.at("reason").is_null() ? "" : ": " + text_of(level.at("reason"))),
      "");
}

/// The test cases of a suite that are written, counted from 0.
struct Slice {
  std::size_t first = 0;
  std::size_t last = std::numeric_limits<std::size_t>::max();  ///< behind it

  bool has(std::size_t entry) const { return entry >= first && entry < last; }
};

std::size_t test_cases_of(const nlohmann::json& target) {
  return target.at("cases").size() +
         static_cast<std::size_t>(std::ranges::count_if(target.at("levels"), has_own_entry));
}

/// What results say of how long a target took; null where they say nothing.
nlohmann::json timing_of(const nlohmann::json& results, std::size_t target) {
  const nlohmann::json& timing = results.at("timing");
  return timing.contains("targets") ? timing.at("targets").at(target) : nlohmann::json();
}

JunitCounts add_target(pugi::xml_node root, const nlohmann::json& results,
                       const nlohmann::json& target, const nlohmann::json& timing,
                       const Slice& slice) {
  Suite suite(root, text_of(target.at("name")));
  if (!timing.is_null() && slice.first == 0) suite.set_seconds(timing.at("wall_seconds"));
  const nlohmann::json durations =
      timing.is_null() ? timing : timing.value("case_seconds", nlohmann::json());
  for (const char* member : {"port", "platform", "variant", "profile", "build_identity"})
    suite.add_property(member, text_of(target.at(member)));
  for (const auto& [name, value] : target.at("toolchain").items())
    suite.add_property(name.c_str(), text_of(value));
  for (const auto& [name, value] : target.at("arithmetic").items())
    suite.add_property(name.c_str(), text_of(value));
  if (const std::string waivers = waivers_text(results, target); !waivers.empty())
    suite.add_property("verdict", "pass with " + waivers);
  for (const auto& part : target.value("shortened", nlohmann::json::array()))
    suite.add_property("shortened", text_of(part));
  std::size_t entry = 0;
  for (const auto& test_case : target.at("cases")) {
    std::optional<double> seconds;
    if (!durations.is_null()) seconds = durations.at(entry);
    if (slice.has(entry++))
      add_case(suite, test_case, find_waiver(results, target, test_case), seconds);
  }
  for (const auto& level : target.at("levels"))
    if (has_own_entry(level) && slice.has(entry++)) add_level(suite, level);
  return suite.finish();
}

/// A test case for each mutant: it fails where the mutant was missed, or caught late.
JunitCounts add_selftest(pugi::xml_node root, const nlohmann::json& selftest, const Slice& slice) {
  Suite suite(root, "selftest");
  std::size_t entry = 0;
  for (const auto& mutant : selftest.at("mutants")) {
    if (!slice.has(entry++)) continue;
    const auto& by = mutant.at("caught_by");
    auto node = suite.add_test_case(by.is_null() ? 0 : by.at("level").get<int>(),
                                    text_of(mutant.at("name")));
    const std::string verdict = mutant.at("verdict");
    if (verdict == "missed")
      suite.add_outcome(node, "fail", "missed: " + text_of(mutant.at("description")), "");
    if (mutant.value("is_late", false))
      suite.add_outcome(
          node, "fail",
          fmt::format("late, expected at level {}: {}", mutant.at("expected_level").dump(),
                      text_of(mutant.at("description"))),
          "");
    if (verdict == "equivalent")
      suite.add_outcome(node, "skipped", "equivalent: " + text_of(mutant.at("reason")), "");
  }
  return suite.finish();
}

JunitCounts add_empty_run(pugi::xml_node root) {
  Suite suite(root, "lsgd-conform");
  suite.add_outcome(suite.add_test_case(0, "cases executed"), "fail", "no case was executed", "");
  return suite.finish();
}

/// Builds a document suite by suite.
class Document {
 public:
  explicit Document(const nlohmann::json& results) : results_(results) {
    auto declaration = document_.append_child(pugi::node_declaration);
    set(declaration, "version", "1.0");
    set(declaration, "encoding", "UTF-8");
    root_ = document_.append_child("testsuites");
    const nlohmann::json& suite = results.at("suite");
    set(root_, "name",
        fmt::format("lsgd-conform {}{}{}", text_of(suite.at("name")),
                    suite.at("shard").is_null() ? "" : ", shard " + text_of(suite.at("shard")),
                    results.contains("verdict") ? ": " + text_of(results.at("verdict")) : ""));
  }

  void add_target(std::size_t t, const Slice& slice = {}) {
    const nlohmann::json timing = timing_of(results_, t);
    counts_ += lsgd::add_target(root_, results_, results_.at("targets").at(t), timing, slice);
    if (!timing.is_null() && slice.first == 0)
      seconds_ = seconds_.value_or(0) + timing.at("wall_seconds").get<double>();
  }

  void add_selftest(const Slice& slice = {}) {
    counts_ += lsgd::add_selftest(root_, results_.at("selftest"), slice);
  }

  std::string finish() {
    if (counts_.tests == 0) counts_ += add_empty_run(root_);
    set_counts(root_, counts_);
    if (seconds_) set_time(root_, *seconds_);
    std::ostringstream xml;
    document_.save(xml, "  ", pugi::format_default, pugi::encoding_utf8);
    return xml.str();
  }

 private:
  const nlohmann::json& results_;
  pugi::xml_document document_;
  pugi::xml_node root_;
  std::optional<double> seconds_;
  JunitCounts counts_;
};

/// Documents of `name` that have all entries, each at most so many; one where there are none.
template <class Add>
void add_documents(const nlohmann::json& results, const std::string& name, std::size_t entries,
                   std::size_t most_cases, const Add& add, std::vector<JunitDocument>& documents) {
  for (std::size_t first = 0, part = 1; part == 1 || first < entries; first += most_cases, ++part) {
    Document document(results);
    add(document, Slice{first, first + most_cases});
    documents.push_back({name, part, document.finish()});
  }
}

}  // namespace

std::string junit_report(const nlohmann::json& results) {
  Document document(results);
  for (std::size_t t = 0; t < results.at("targets").size(); ++t) document.add_target(t);
  if (results.contains("selftest")) document.add_selftest();
  return document.finish();
}

std::vector<JunitDocument> junit_reports_by_target(const nlohmann::json& results,
                                                   std::size_t most_cases) {
  std::vector<JunitDocument> documents;
  const nlohmann::json& targets = results.at("targets");
  for (std::size_t t = 0; t < targets.size(); ++t)
    add_documents(
        results, targets.at(t).at("name"), test_cases_of(targets.at(t)), most_cases,
        [t](Document& document, const Slice& slice) { document.add_target(t, slice); }, documents);
  if (results.contains("selftest"))
    add_documents(
        results, "selftest", results.at("selftest").at("mutants").size(), most_cases,
        [](Document& document, const Slice& slice) { document.add_selftest(slice); }, documents);
  return documents;
}

}  // namespace lsgd
