// SPDX-License-Identifier: Apache-2.0
#include "sample_results.hpp"

#include <cmath>
#include <fmt/format.h>
#include <random>
#include <vector>

namespace lsgd {
namespace {

using Json = nlohmann::json;

std::mt19937_64& engine() {
  static std::mt19937_64 engine;
  return engine;
}

double fraction() { return static_cast<double>(engine()() >> 11) * 0x1p-53; }

Json histogram(std::uint64_t elements, double decay) {
  Json counts = Json::array();
  double expected = static_cast<double>(elements) * (1 - decay);
  for (int bin = 0; bin < 20; ++bin) {
    counts.push_back(static_cast<std::uint64_t>(expected * (0.8 + 0.4 * fraction())));
    expected *= decay;
  }
  return counts;
}

Json statistic(const char* tensor, const char* name) {
  const bool one_sided = std::string(name) == "root_mean_square";
  const double high = one_sided ? 1.3 : 0.02 * (1 + fraction());
  const double low = one_sided ? 0 : -high;
  const double value = low + (high - low) * (0.5 + 0.35 * (fraction() + fraction() - 1));
  return {{"tensor", tensor}, {"name", name}, {"value", value},
          {"low", low},       {"high", high}, {"verdict", "pass"}};
}

Json statistics() {
  Json list = Json::array();
  for (const char* tensor : {"delta3", "W3", "b3", "W2", "b2", "W1", "b1"})
    for (const char* name : {"bias", "directed_bias", "update_bias", "root_mean_square"})
      list.push_back(statistic(tensor, name));
  return list;
}

Json passing_case(const std::string& id, int level, std::uint64_t elements) {
  const bool bounded = level > 0;
  Json result{{"id", id},
              {"clause", fmt::format("SPEC {}.{}", level + 4, elements % 7 + 1)},
              {"level", level},
              {"verdict", "pass"},
              {"reason", nullptr},
              {"elements", elements},
              {"worst", nullptr},
              {"histogram", nullptr},
              {"statistics", Json::array()},
              {"exact_order", nullptr},
              {"failure", nullptr}};
  if (!bounded) return result;
  result["worst"] = {{"bound_fraction", 0.1 + 0.5 * fraction()},
                     {"ulp", 3 * fraction()},
                     {"tensor", "W2"},
                     {"index", engine()() % 512},
                     {"step", engine()() % 250}};
  result["histogram"] = histogram(elements, 0.4);
  if (level == 2) result["statistics"] = statistics();
  return result;
}

Json cases_of_suite() {
  Json cases = Json::array();
  for (const char* operation : {"quantize", "requantize", "align_bias", "fraction_bits", "relu",
                                "sigmoid_table", "tanh_table", "float_add", "float_subtract",
                                "float_multiply", "float_divide", "float_from_int8"})
    cases.push_back(passing_case(fmt::format("level0/{}", operation), 0, 500 + engine()() % 800));
  for (int length = 1; length <= 17; ++length)
    cases.push_back(passing_case(fmt::format("level1/dense_{}_by_3", length), 1,
                                 40U * static_cast<unsigned>(length)));
  for (int chunk = 0; chunk < 4; ++chunk)
    cases.push_back(passing_case(fmt::format("level2/car/{}", chunk), 2, 278'000));
  cases.push_back(passing_case("level2/fashion_mnist/0", 2, 128'400));
  return cases;
}

Json cost(std::uint64_t instructions, double cycles_per_instruction) {
  const auto scaled = [](std::uint64_t count, double factor) {
    return factor == 0 || count == 0
               ? Json()
               : Json(static_cast<std::uint64_t>(std::round(static_cast<double>(count) * factor)));
  };
  return {{"cycles_median", scaled(instructions, cycles_per_instruction)},
          {"cycles_worst", scaled(instructions, 1.1 * cycles_per_instruction)},
          {"instructions_median", scaled(instructions, 1)},
          {"instructions_worst", scaled(instructions, 1.1)}};
}

/// A case of level 4; counts of 0 are unknown.
Json measured_case(const std::string& network, std::uint64_t instructions,
                   double cycles_per_instruction) {
  Json result = passing_case("level4/" + network, 4, 0);
  result["worst"] = nullptr;
  result["histogram"] = nullptr;
  result["resources"] = {{"network", network},
                         {"forward", cost(instructions / 2, cycles_per_instruction)},
                         {"step", cost(instructions, cycles_per_instruction)},
                         {"stack_bytes", 252},
                         {"heap_bytes", 0}};
  return result;
}

Json judged(double value, double exact, double width, bool passes) {
  return {{"value", value},
          {"exact", exact},
          {"low", exact - width},
          {"high", exact + width},
          {"verdict", passes ? "pass" : "fail"}};
}

Json learning_figures(double accuracy) {
  return {{"accuracy", accuracy},
          {"one_vs_rest_agreement", 0.9},
          {"macro_f1", 0.7},
          {"loss", 0.8},
          {"precision", {0.5, 0.9}},
          {"recall", {0.4, 1}},
          {"confusion", {{10, 20}, {3, 300}}}};
}

/// Free-running training of 5 epochs; `drift` is how far it leaves the exact trajectory.
Json trained_case(const std::string& workload, unsigned seed, bool is_int8, double drift) {
  Json result = passing_case(fmt::format("level3/{}/{}", workload, seed), 3, 200);
  Json epochs = Json::array();
  for (int epoch = 1; epoch <= 5; ++epoch) {
    const double loss = 2.0 / epoch + 0.05 * seed;
    const bool passes = drift < 0.05;
    epochs.push_back(
        {{"epoch", epoch},
         {"learning_rate", is_int8 && epoch > 3 ? 0.025 : 0.05},
         {"training_loss", judged(loss + drift, loss, 0.05, passes)},
         {"training_accuracy", judged(0.75, 0.75, 0.1, true)},
         {"test_loss", judged(1.1 * loss + drift, 1.1 * loss, 0.05, passes)},
         {"test_accuracy", judged(0.7 + 0.03 * epoch - drift, 0.7 + 0.03 * epoch, 0.02, passes)},
         {"distance", judged(1e-5 * epoch + drift, 1.2e-5 * epoch, 1e-5, passes)},
         {"weight_fraction_bits", is_int8 ? Json({7 - epoch / 2, 6, 5}) : Json::array()}});
  }
  const Json figure{{"value", 0.8},
                    {"reference_mean", 0.81},
                    {"reference_variance", 1e-4},
                    {"standard_error", 0.017}};
  result["convergence"] = {{"workload", workload},
                           {"seed", seed},
                           {"steps_per_epoch", 1209},
                           {"false_alarm_rate", 1e-6},
                           {"epochs", std::move(epochs)},
                           {"outcome", {{"test_loss", figure}, {"test_accuracy", figure}}},
                           {"test", learning_figures(0.8 - drift)},
                           {"reference_test", learning_figures(0.8)}};
  return result;
}

Json outcome_case(const std::string& workload, double difference) {
  Json result = passing_case(fmt::format("level3/{}/outcome", workload), 3, 0);
  result["worst"] = nullptr;
  result["histogram"] = nullptr;
  const Json test{{"mean_difference", difference},
                  {"low", difference - 0.005},
                  {"high", difference + 0.005},
                  {"margin", 0.017},
                  {"verdict", std::abs(difference) < 0.012 ? "pass" : "fail"}};
  result["outcome"] = {{"workload", workload},
                       {"seeds", 5},
                       {"significance", 0.05},
                       {"test_loss", test},
                       {"test_accuracy", test}};
  return result;
}

/// Level entries and the target's verdict, from its cases.
void judge(Json& target) {
  Json levels = Json::array();
  const std::vector<std::string> order{"pass", "skipped", "incomplete", "fail", "device_failure"};
  std::size_t worst = 0;
  const bool is_measured = target.at("cases").back().at("level") == 4;
  for (const int number : is_measured ? std::vector{0, 1, 2, 3, 4} : std::vector{0, 1, 2}) {
    std::size_t verdict = 0;
    unsigned executed = 0;
    unsigned failed = 0;
    for (const auto& test_case : target.at("cases")) {
      if (test_case.at("level") != number || test_case.at("verdict") == "skipped") continue;
      ++executed;
      if (test_case.at("verdict") == "pass") continue;
      ++failed;
      verdict =
          std::max(verdict, test_case.at("verdict") == "fail" ? std::size_t{3} : std::size_t{4});
    }
    const unsigned expected = number == 0   ? 12
                              : number == 1 ? 17
                              : number == 2 ? 5
                              : number == 3 ? executed
                                            : 1;
    Json reason;
    if (verdict == 0 && executed == 0) {
      verdict = 1;
      reason =
          "the device does not implement single operations (lsgd_port_arithmetic is unsupported)";
    } else if (verdict == 0 && executed != expected) {
      verdict = 2;
      reason = "interrupted; continue with --resume";
    }
    worst = std::max(worst, verdict);
    levels.push_back({{"level", number},
                      {"verdict", order[verdict]},
                      {"cases_expected", expected},
                      {"cases_executed", executed},
                      {"cases_failed", failed},
                      {"reason", reason}});
  }
  target["levels"] = levels;
  target["verdict"] = worst <= 1 ? "pass" : order[worst];
}

Json resources(const std::string& port) {
  const unsigned ram = port == "int8_hybrid_c99" ? 21'464
                       : port == "sgd_classic"   ? 129'336
                                                 : 65'116;
  const unsigned car = port == "int8_hybrid_c99" ? 1'212 : port == "sgd_classic" ? 7'404 : 3'940;
  const unsigned text = 2'000 + static_cast<unsigned>(engine()() % 4'000);
  return {{"stack_bytes", 400 + engine()() % 500},
          {"heap_bytes", 0},
          {"port", {{"text", text}, {"data", 16}, {"bss", ram}}},
          {"agent", {{"text", 3'312}, {"ram", 304}}},
          {"footprints",
           {{{"network", "car"}, {"text", text - 120}, {"data", 0}, {"bss", car}},
            {{"network", "fashion_mnist"}, {"text", text - 96}, {"data", 0}, {"bss", 14 * car}}}}};
}

Json passing_target(const std::string& port, const std::string& variant, const std::string& flags) {
  const bool ordered = flags.find("fast-math") == std::string::npos;
  const std::string compiler = variant.starts_with("clang") ? "clang 14.0.6" : "gcc 12.2.0";
  Json target{{"name", fmt::format("{}-host-{}", port, variant)},
              {"port", port},
              {"platform", "host"},
              {"variant", variant},
              {"profile", port == "int8_hybrid_c99" ? "int8_hybrid" : "float32"},
              {"build_identity", fmt::format("{} {:016x}", port, engine()())},
              {"arithmetic",
               {{"significand_bits", 24},
                {"fused_multiply_add", ordered ? "no" : "any"},
                {"flush_to_zero", !ordered},
                {"activation_ulps", 4},
                {"activation_absolute_error", 0},
                {"summation_order", ordered ? "ascending" : "any"},
                {"bias_position", ordered ? "first" : "any"},
                {"update_product", ordered ? "learning_rate_times_delta" : "any"}}},
              {"toolchain", {{"compiler", compiler}, {"flags", flags}}},
              {"verdict", "pass"},
              {"levels", Json::array()},
              {"cases", cases_of_suite()},
              {"resources", resources(port)}};
  if (ordered)
    for (auto& test_case : target["cases"])
      if (test_case.at("level") > 0)
        test_case["exact_order"] = {{"compared", test_case.at("elements")}, {"mismatches", 0}};
  judge(target);
  return target;
}

std::string repeat_command(const Json& target, const Json& test_case) {
  return fmt::format("lsgd-conform run --suite standard --target {} --filter '{}'",
                     target.at("name").get<std::string>(), test_case.at("id").get<std::string>());
}

/// Levels 1 and 2 wrong from the second half of level 1 on, as a flipped sign would make them.
void make_wrong(Json& target) {
  for (std::size_t i = 20; i < target.at("cases").size(); ++i) {
    Json& test_case = target["cases"][i];
    test_case["verdict"] = "fail";
    test_case["worst"] = {
        {"bound_fraction", i == 21 ? Json() : Json(3.1e4 + static_cast<double>(i))},
        {"ulp", 8.2e5},
        {"tensor", "W1"},
        {"index", 17},
        {"step", i % 3}};
    test_case["histogram"][19] = 4'000;
    if (test_case.at("level") == 2) {
      auto& bias = test_case["statistics"][4];
      bias["value"] = 0.31;
      bias["verdict"] = "fail";
      auto& spread = test_case["statistics"][7];
      spread["value"] = nullptr;
      spread["verdict"] = "fail";
    }
    test_case["exact_order"]["mismatches"] = 311;
    test_case["failure"] = {
        {"step", i % 3},
        {"layer", 1},
        {"tensor", "W1"},
        {"neuron", 2},
        {"index", 17},
        {"expected", "-0.1328125417232513427734375 (be080002)"},
        {"got", "-0.13281235 (be07fff6)"},
        {"tolerance", "4.1e-09"},
        {"message", "W1 element 17 after the update is 31,021 bounds from the exact value"},
        {"flags",
         {{{"name", "sign_of_hidden_delta"},
           {"description", "the sign of the hidden delta is flipped"}}}},
        {"repeat", repeat_command(target, test_case)}};
  }
  judge(target);
}

void make_crash(Json& target) {
  Json& test_case = target["cases"][30];
  test_case["verdict"] = "device_failure";
  test_case["worst"] = nullptr;
  test_case["histogram"] = nullptr;
  test_case["statistics"] = Json::array();
  test_case["exact_order"] = nullptr;
  test_case["failure"] = {
      {"step", 112},
      {"layer", nullptr},
      {"tensor", nullptr},
      {"index", nullptr},
      {"expected", nullptr},
      {"got", nullptr},
      {"tolerance", nullptr},
      {"message", "no answer to TRAIN_STEP within 10 s, twice; the device was restarted"},
      {"repeat", repeat_command(target, test_case)}};
  judge(target);
}

void keep_cases(Json& target, const std::function<bool(const Json&)>& keep) {
  Json kept = Json::array();
  for (const auto& test_case : target.at("cases"))
    if (keep(test_case)) kept.push_back(test_case);
  target["cases"] = kept;
  judge(target);
}

Json mutant(const std::string& name, const char* kind, const char* verdict, int level) {
  const bool caught = std::string(verdict) == "caught";
  return {{"name", name},
          {"port", "float32_c99"},
          {"kind", kind},
          {"description", "defect of " + name},
          {"expected_level", std::string(kind) == "semantic" ? Json(0) : Json()},
          {"erratum", std::string(kind) == "semantic" ? Json(level + 1) : Json()},
          {"verdict", verdict},
          {"is_late", caught && std::string(kind) == "semantic" && level > 0},
          {"reason", std::string(verdict) == "equivalent" ? Json("the same code") : Json()},
          {"caught_by", caught ? Json{{"level", level},
                                      {"clause", "SPEC 2.4"},
                                      {"case", fmt::format("level{}/odd", level)},
                                      {"message", "wrong"}}
                               : Json()}};
}

Json selftest() {
  const auto counts = [](int mutants, int caught, int late, int missed, int equivalent,
                         int percent) {
    return Json{{"mutants", mutants}, {"caught", caught},         {"late", late},
                {"missed", missed},   {"equivalent", equivalent}, {"percent_required", percent}};
  };
  return {{"verdict", "fail"},
          {"semantic", counts(2, 2, 1, 0, 0, 100)},
          {"generated", counts(3, 1, 0, 1, 1, 98)},
          {"legal", {{"targets", 3}, {"accepted", 3}}},
          {"convergence", {{"mutants_caught_first", 1}, {"legal_targets_passed", 3}}},
          {"generation",
           {{"candidates", 40}, {"not_selected", 30}, {"not_compiled", 3}, {"same_object", 4}}},
          {"mutants",
           {mutant("table_off_by_one", "semantic", "caught", 0),
            mutant("bias_not_updated", "semantic", "caught", 1),
            mutant("generated_1", "generated", "caught", 1),
            mutant("generated_2", "generated", "missed", 0),
            mutant("generated_3", "generated", "equivalent", 0)}}};
}

Json run(const std::string& suite, Json targets) {
  Json totals{{"targets", targets.size()}, {"passed", 0},     {"failed", 0},
              {"device_failures", 0},      {"incomplete", 0}, {"cases", 0}};
  const std::map<std::string, std::string> total_of{{"pass", "passed"},
                                                    {"fail", "failed"},
                                                    {"device_failure", "device_failures"},
                                                    {"incomplete", "incomplete"}};
  unsigned expected = 0;
  for (const auto& target : targets) {
    auto& total = totals[total_of.at(target.at("verdict"))];
    total = total.get<unsigned>() + 1;
    for (const auto& level : target.at("levels")) {
      totals["cases"] =
          totals["cases"].get<unsigned>() + level.at("cases_executed").get<unsigned>();
      expected += level.at("cases_expected").get<unsigned>();
    }
  }
  return {
      {"format", "lsgd-results/1"},
      {"tool", {{"name", "lsgd-conform"}, {"version", "0.1.0"}, {"specification", "1.0"}}},
      {"suite",
       {{"name", suite},
        {"seed", 1},
        {"filter", nullptr},
        {"shard", nullptr},
        {"conformance", suite != "smoke"},
        {"not_enough",
         suite == "smoke" ? Json("the smoke suite leaves too much out") : Json(nullptr)},
        {"vectors",
         {{{"name", "level0_float32"}, {"sha256", std::string(64, 'a')}, {"generator", "0.1.0"}},
          {{"name", "level1_float32"}, {"sha256", std::string(64, 'b')}, {"generator", "0.1.0"}},
          {{"name", "level1_int8_hybrid"},
           {"sha256", std::string(64, 'c')},
           {"generator", "0.1.0"}}}},
        {"cases_expected", expected}}},
      {"targets", std::move(targets)},
      {"totals", totals},
      {"timing", {{"wall_seconds", 123.4}}}};
}

}  // namespace

Json mixed_run() {
  engine().seed(1);
  const std::vector<std::pair<std::string, std::string>> variants{
      {"gcc_O0", "-O0"},
      {"gcc_O2", "-O2"},
      {"gcc_O3", "-O3"},
      {"clang_O2", "-O2"},
      {"gcc_O3_fast_math", "-O3 -ffast-math"},
      {"gcc_O3_native", "-O3 -march=native"},
      {"gcc_O2_m32", "-O2 -m32 -msse2 -mfpmath=sse"}};
  Json targets = Json::array();
  for (const char* port : {"float32_c99", "int8_hybrid_c99", "sgd_classic"})
    for (const auto& [variant, flags] : variants)
      targets.push_back(passing_target(port, variant, flags));
  targets.push_back(passing_target("float32_vendor", "gcc_O2", "-O2"));
  make_wrong(targets.back());
  make_crash(targets[4]);
  keep_cases(targets[11], [](const Json& c) { return c.at("id") < "level2/car/2"; });
  keep_cases(targets[18], [](const Json& c) { return c.at("level") != 0; });
  targets[20]["resources"] = nullptr;
  return run("standard", targets);
}

Json passing_run() {
  engine().seed(2);
  return run("standard", {passing_target("float32_c99", "gcc_O2", "-O2"),
                          passing_target("int8_hybrid_c99", "gcc_O2", "-O2"),
                          passing_target("sgd_classic", "gcc_O2", "-O2")});
}

Json simulated_run() {
  engine().seed(5);
  const std::vector<std::pair<std::string, double>> platforms{
      {"host", -1}, {"emulator", 0}, {"simulation", 1.25}};
  const std::vector<std::pair<std::string, std::uint64_t>> ports{
      {"float32_c99", 400'000}, {"int8_hybrid_c99", 600'000}, {"sgd_classic", 500'000}};
  Json targets = Json::array();
  for (const auto& [platform, cycles_per_instruction] : platforms)
    for (const auto& [port, instructions] : ports) {
      Json target = passing_target(port, "gcc_O2", "-O2");
      target["name"] = fmt::format("{}-{}-gcc_O2", port, platform);
      target["platform"] = platform;
      const bool is_int8 = port == "int8_hybrid_c99";
      for (unsigned seed = 1; seed <= (platform == "host" ? 5U : 1U); ++seed)
        target["cases"].push_back(
            trained_case("car", seed, is_int8, is_int8 && platform == "emulator" ? 0.1 : 0));
      if (platform == "host")
        target["cases"].push_back(outcome_case("car", port == "sgd_classic" ? 0.02 : 0.001));
      target["cases"].push_back(measured_case("car", cycles_per_instruction < 0 ? 0 : instructions,
                                              std::max(0.0, cycles_per_instruction)));
      judge(target);
      targets.push_back(std::move(target));
    }
  return run("standard", std::move(targets));
}

namespace {

Json& target_named(Json& results, const std::string& name) {
  for (Json& target : results["targets"])
    if (target.at("name") == name) return target;
  throw std::invalid_argument("no target " + name);
}

void scale_cycles(Json& target, double factor) {
  for (Json& found : target["cases"])
    if (found.contains("resources"))
      for (const char* part : {"forward", "step"})
        for (const char* cycles : {"cycles_median", "cycles_worst"}) {
          Json& count = found["resources"][part][cycles];
          count = static_cast<std::uint64_t>(factor * count.get<double>());
        }
}

}  // namespace

std::vector<PastRun> sample_history() {
  const std::string fast = "float32_c99-simulation-gcc_O2";
  std::vector<PastRun> runs;
  for (unsigned number = 1; number <= 6; ++number) {
    Json results = simulated_run();
    results["suite"]["seed"] = 100 + number / 3;
    results["tool"]["sha256"] = std::string(64, number < 3 ? 'a' : 'b');
    scale_cycles(target_named(results, fast), 1.2 - 0.04 * number);
    if (number == 4) {
      Json& failing = target_named(results, fast);
      failing["verdict"] = "fail";
      for (Json& found : failing["cases"])
        if (!found.at("worst").is_null()) found["worst"]["bound_fraction"] = 2.5;
    }
    for (Json& footprint :
         target_named(results, "int8_hybrid_c99-emulator-gcc_O2")["resources"]["footprints"])
      footprint["bss"] = footprint["bss"].get<std::uint64_t>() + 8 * number;
    if (number >= 3) {
      Json vendor = target_named(results, "float32_c99-host-gcc_O2");
      vendor["name"] = "acme-m0";
      vendor["port"] = "acme";
      vendor["verdict"] = number == 5 ? "device_failure" : "fail";
      results["targets"].push_back(std::move(vendor));
    }
    runs.push_back(past_run(results, fmt::format("results/{}.json", number), std::string(64, 'c')));
  }
  return runs;
}

Json smoke_run() {
  engine().seed(3);
  return run("smoke", Json::array({passing_target("float32_c99", "gcc_O2", "-O2")}));
}

Json selftest_run() {
  Json results = passing_run();
  results["selftest"] = selftest();
  return results;
}

Json benchmarked_run() {
  Json results = smoke_run();
  const Json profile{
      {"cycles", 9000},
      {"counted_cycles", 9010},
      {"functions",
       {{{"name", "<update>"}, {"phase", "update"}, {"cycles", 8000}, {"instructions", 7900}},
        {{"name", "load"}, {"phase", "shared"}, {"cycles", 500}, {"instructions", 480}},
        {{"name", "load"}, {"phase", "forward"}, {"cycles", 500}, {"instructions", 490}}}},
      {"phases",
       {{"forward", 500}, {"activation", 0}, {"delta", 0}, {"update", 8000}, {"shared", 500}}},
      {"bounds", {{"forward", 1536}, {"activation", 52}, {"delta", 1152}, {"update", 1260}}}};
  results["benchmark"] = {{"compiler", "gcc 12"},
                          {"rows",
                           {{{"port", "p"},
                             {"core", "rtl_c"},
                             {"network", "car"},
                             {"samples", 24},
                             {"forward",
                              {{"cycles", 1100},
                               {"cycles_worst", 1200},
                               {"instructions", 1000},
                               {"instructions_worst", 1150}}},
                             {"step",
                              {{"cycles", 12345},
                               {"cycles_worst", 23456},
                               {"instructions", 10000},
                               {"instructions_worst", 20000}}},
                             {"stack_bytes", 244},
                             {"static_ram_bytes", nullptr},
                             {"text_bytes", 5000},
                             {"linked_text_bytes", 6412},
                             {"profile", profile}}}}};
  return results;
}

Json empty_run() { return run("standard", Json::array()); }

Json waived_run() {
  Json results = passing_run();
  Json& target = results["targets"][1];
  Json failed;
  const Json mixed = mixed_run();
  for (const Json& other : mixed.at("targets"))
    for (const Json& found : other.at("cases"))
      if (found.at("verdict") == "fail") failed = found;
  for (Json& found : target["cases"])
    if (found.at("id") == failed.at("id")) found = failed;
  for (Json& level : target["levels"])
    if (level.at("level") == failed.at("level")) {
      level["verdict"] = "fail";
      level["cases_failed"] = 1;
    }
  target["verdict"] = "fail";
  results["totals"]["passed"] = results["totals"]["passed"].get<int>() - 1;
  results["totals"]["failed"] = 1;
  results["verdict"] = "pass with 1 waiver";
  results["waivers"] = {
      {"sha256", std::string(64, '0')},
      {"today", "2026-11-29"},
      {"targets", {{{"name", target.at("name")}, {"waivers", 1}}}},
      {"entries",
       {{{"target", "*"},
         {"case", failed.at("id")},
         {"reason", "the divider has 22 bits"},
         {"url", "https://acme.example/errata/7"},
         {"owner", "Ada"},
         {"expires", "2027-03-01"},
         {"line", 3},
         {"waived", {{{"target", target.at("name")}, {"case", failed.at("id")}}}}}}}};
  return results;
}

Json hostile_run(const std::string& text) {
  engine().seed(4);
  Json target = passing_target("float32_c99", "gcc_O2", "-O2");
  make_wrong(target);
  make_crash(target);
  target["cases"].push_back(trained_case(text, 1, true, 0.1));
  target["cases"].push_back(outcome_case(text, 0.1));
  target["cases"].push_back(measured_case(text, 1000, 1));
  judge(target);
  for (const char* member : {"name", "port", "platform", "variant", "profile", "build_identity"})
    target[member] = text;
  target["toolchain"] = {{"compiler", text}, {"flags", text}};
  target["declaration"] = {{"sha256", std::string(64, '0')}, {"text", text}};
  for (auto& level : target["levels"]) level["reason"] = text;
  for (auto& footprint : target["resources"]["footprints"]) footprint["network"] = text;
  target["cases"][0]["verdict"] = "skipped";
  target["cases"][0]["reason"] = text;
  for (auto& test_case : target["cases"]) {
    test_case["id"] = text;
    test_case["clause"] = text;
    if (!test_case.at("worst").is_null()) test_case["worst"]["tensor"] = text;
    for (auto& statistic : test_case["statistics"]) statistic["tensor"] = text;
    auto& failure = test_case["failure"];
    if (failure.is_null()) continue;
    for (const char* member : {"tensor", "expected", "got", "tolerance", "message", "repeat"})
      failure[member] = text;
    failure["flags"] = {{{"name", text}, {"description", text}}};
  }
  Json results = run("standard", Json::array({target}));
  results["tool"] = {{"name", text}, {"version", text}, {"specification", text}};
  auto& suite = results["suite"];
  for (const char* member : {"name", "filter", "shard"}) suite[member] = text;
  suite["vectors"][0]["name"] = text;
  suite["vectors"][0]["generator"] = text;
  results["selftest"] = selftest();
  for (auto& mutant : results["selftest"]["mutants"]) {
    for (const char* member : {"name", "port", "description"}) mutant[member] = text;
    if (!mutant.at("reason").is_null()) mutant["reason"] = text;
    if (mutant.at("caught_by").is_null()) continue;
    for (const char* member : {"clause", "case", "message"}) mutant["caught_by"][member] = text;
  }
  return results;
}

}  // namespace lsgd
