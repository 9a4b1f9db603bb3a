// SPDX-License-Identifier: Apache-2.0
#include "run/run_results.hpp"

#include <cmath>
#include <utility>

#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "data/network_text.hpp"
#include "description/program_digest.hpp"
#include "description/version.hpp"
#include "explanation/explanation_json.hpp"
#include "result/packed_results.hpp"
#include "run/conformance_claim.hpp"
#include "run/resources.hpp"
#include "run/shown_capabilities.hpp"
#include "steps/declared_profile.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;

Json suite_json(const RunRequest& request, const CaseList& list,
                const std::vector<TargetResult>& results) {
  std::size_t expected = 0;
  for (const TargetResult& result : results)
    for (const LevelResult& level : result.levels) expected += level.count.expected();
  const auto& [filter, shard] = request.selection;
  Json json{{"name", request.suite.name},
            {"seed", request.suite.seed},
            {"filter", filter ? Json(*filter) : Json(nullptr)},
            {"shard", shard ? Json(shard->text()) : Json(nullptr)},
            {"conformance", false},
            {"not_enough", nullptr},
            {"files", files_json(list.files)},
            {"missing_data_sets", list.missing_data_sets},
            {"vectors", vectors_json(list.vectors)},
            {"cases_expected", expected}};
  if (const auto obstacle = why_not_enough(json))
    json["not_enough"] = *obstacle;
  else
    json["conformance"] = true;
  return json;
}

Json arithmetic_json(const ArithmeticModel& model) {
  constexpr std::array fused{"no", "yes", "any"};
  constexpr std::array order{"any", "ascending", "descending", "by_sign"};
  constexpr std::array bias{"any", "first", "last"};
  constexpr std::array product{"any", "learning_rate_times_delta", "delta_times_activation"};
  constexpr std::array kept{"nothing", "activations", "everything"};
  Json json = {{"significand_bits", model.significand_bits},
               {"fused_multiply_add", fused.at(static_cast<std::size_t>(model.fused_multiply_add))},
               {"flush_to_zero", model.flush_to_zero},
               {"activation_ulps", model.activation_ulps},
               {"activation_absolute_error", model.activation_absolute_error},
               {"summation_order", order.at(static_cast<std::size_t>(model.summation_order))},
               {"bias_position", bias.at(static_cast<std::size_t>(model.bias_position))},
               {"update_product", product.at(static_cast<std::size_t>(model.update_product))}};
  if (model.kept_wider != KeptWider::nothing)
    json["kept_wider"] = kept.at(static_cast<std::size_t>(model.kept_wider));
  if (model.sum_bits < ArithmeticModel::widest_sum_bits) json["sum_bits"] = model.sum_bits;
  if (model.zero_cuts_from_half) json["zero_cuts_from_half"] = true;
  return json;
}

Json networks_json(const std::vector<Network>& networks) {
  Json json = Json::array();
  for (const Network& network : networks)
    json.push_back({{"sizes", sizes_text(network)},
                    {"activations", activations_text(network)},
                    {"loss", to_text(network.loss)}});
  return json;
}

Json target_json(const TargetPlan& plan, const TargetResult& result) {
  const Target& target = plan.target;
  constexpr std::array kinds{"port", "mutant", "legal_variant"};
  Json levels = Json::array();
  for (const LevelResult& level : result.levels) levels.push_back(level_json(level));
  Json cases = Json::array();
  for (const FinishedCase& finished : result.cases) cases.push_back(finished.json);
  Json json = {
      {"name", target.name},
      {"port", target.port},
      {"platform", target.platform},
      {"variant", target.variant},
      {"kind", kinds.at(static_cast<std::size_t>(target.kind))},
      {"profile", target.profile->name()},
      {"pace", name_of(target.pace)},
      {"shortened", shortenings(plan.all_cases)},
      {"build_identity", result.build_identity},
      {"arithmetic", arithmetic_json(target.arithmetic)},
      {"toolchain", {{"compiler", target.toolchain.compiler}, {"flags", target.toolchain.flags}}},
      {"verdict", name_of(result.verdict)},
      {"levels", std::move(levels)},
      {"capabilities", capabilities_json(target.capabilities, result.statement, cases,
                                         plan.all_cases, *target.profile)},
      {"cases", std::move(cases)},
      {"files", files_json(result.files)},
      {"resources", resources_json(target, result)}};
  if (target.selector != target.name) json["selector"] = target.selector;
  if (result.explanation) json["explanation"] = explanation_json(*result.explanation);
  if (!target.networks.empty()) json["networks"] = networks_json(target.networks);
  if (is_declared(*target.profile))
    json["declaration"] = {{"sha256", digest_of(target.profile->declaration())},
                           {"text", declaration_text(target.profile->declaration())}};
  return json;
}

Json totals_json(const std::vector<TargetResult>& results) {
  std::size_t passed = 0, failed = 0, device_failures = 0, incomplete = 0, cases = 0, resumed = 0;
  for (const TargetResult& result : results) {
    passed += result.verdict == Verdict::pass ? 1 : 0;
    failed += result.verdict == Verdict::fail ? 1 : 0;
    device_failures += result.verdict == Verdict::device_failure ? 1 : 0;
    incomplete += result.verdict == Verdict::incomplete ? 1 : 0;
    for (const LevelResult& level : result.levels) cases += level.count.executed;
    resumed += result.cases_resumed;
  }
  return {{"targets", results.size()}, {"passed", passed},
          {"failed", failed},          {"device_failures", device_failures},
          {"incomplete", incomplete},  {"cases", cases},
          {"cases_resumed", resumed}};
}

Json target_timing_json(const std::string& name, const TargetResult& result) {
  Json json{{"name", name}, {"wall_seconds", result.wall_seconds}};
  Json cases = Json::array();
  for (const FinishedCase& finished : result.cases) cases.push_back(in_file(finished.seconds));
  json["case_seconds"] = std::move(cases);
  if (const auto& line = result.line)
    json["line"] = {
        {"exchanges", line->exchanges},           {"repeated_requests", line->repeated_requests},
        {"repeated_cases", line->repeated_cases}, {"connections", line->connections},
        {"skipped_bytes", line->skipped_bytes},   {"bytes_sent", line->bytes_sent},
        {"bytes_received", line->bytes_received}, {"seconds", line->seconds}};
  return json;
}

Json timing_json(const std::vector<TargetPlan>& plans, const std::vector<TargetResult>& results,
                 double wall_seconds) {
  Json targets = Json::array();
  for (std::size_t i = 0; i < plans.size(); ++i)
    targets.push_back(target_timing_json(plans[i].target.name, results[i]));
  return {{"wall_seconds", wall_seconds}, {"targets", std::move(targets)}};
}

}  // namespace

double in_file(double seconds) { return std::round(seconds * 1e3) / 1e3; }

nlohmann::ordered_json level_json(const LevelResult& level) {
  return {{"level", level.count.level},
          {"verdict", name_of(level.verdict)},
          {"cases_expected", level.count.expected()},
          {"cases_executed", level.count.executed},
          {"cases_failed", level.count.failed},
          {"reason", level.reason ? Json(*level.reason) : Json(nullptr)}};
}

nlohmann::ordered_json results_json(const RunRequest& request, const CaseList& list,
                                    const std::vector<TargetPlan>& plans,
                                    const std::vector<TargetResult>& results, double wall_seconds) {
  Json targets = Json::array();
  for (std::size_t i = 0; i < plans.size(); ++i)
    targets.push_back(target_json(plans[i], results[i]));
  return {{"format", results_format},
          {"tool",
           {{"name", "lsgd-conform"},
            {"version", tool_version},
            {"specification", specification_version},
            {"sha256", program_digest()}}},
          {"suite", suite_json(request, list, results)},
          {"targets", std::move(targets)},
          {"totals", totals_json(results)},
          {"timing", timing_json(plans, results, wall_seconds)}};
}

}  // namespace lsgd
