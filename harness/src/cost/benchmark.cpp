// SPDX-License-Identifier: Apache-2.0
#include "cost/benchmark.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <fmt/format.h>
#include <fnmatch.h>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include "cost/elf_sizes.hpp"
#include "data/built_in_data_set.hpp"
#include "description/built_in_targets.hpp"
#include "description/project_files.hpp"
#include "device/device.hpp"
#include "device/run_in_parallel.hpp"
#include "files/input_error.hpp"
#include "judging/device_tensors.hpp"
#include "levels/states_of_training.hpp"
#include "result/measured_resources.hpp"
#include "steps/profile.hpp"

namespace lsgd {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view first_core = "rtl_rv32imc";
constexpr std::string_view profiled_network = "car";
constexpr const char* profiled_function = "lsgd_port_train_step";
constexpr float benchmarked_rate = 0.01f;
// A simulation on a busy machine is slow, not broken.
constexpr double longest_request_seconds = 300;

/// A trained model, and the data set it was trained on.
struct BenchmarkNetwork {
  std::string name;
  std::string model;  ///< its folder
  std::string data;   ///< built-in data set
};

const std::array<BenchmarkNetwork, 3> benchmark_networks{
    BenchmarkNetwork{"car", "car", "car"},
    BenchmarkNetwork{"cogdist", "car_acceptable", "car_acceptable"},
    BenchmarkNetwork{"fashion_mnist", "fashion_mnist", "fashion_mnist"}};

Model read_trained_model(const BenchmarkNetwork& network) {
  return read_model(data_directory() / "vectors" / "models" / network.model / "model.json");
}

/// What is measured with one network.
struct LoadedNetwork {
  std::string name;
  Model trained;
  DataSet data;
  std::vector<Parameters<float>> states;  ///< random, half trained, trained
};

/// Throws MissingDataSet.
LoadedNetwork load_network(const BenchmarkNetwork& network) {
  LoadedNetwork loaded{
      network.name,
      read_trained_model(network),
      load_built_in_data_set(network.data, DataSetPart::training, half_trained_samples),
      {}};
  loaded.states = states_of_training(loaded.trained, loaded.data, benchmarked_rate);
  return loaded;
}

/// Ports without SIMD cost on the core with it what they cost on the first, and the largest network
/// is run on these two only.
bool is_measured(const Target& target, const BenchmarkNetwork& network) {
  const bool uses_simd = target.port.ends_with("_simd");
  if (target.platform.ends_with("_simd") && !uses_simd) return false;
  return network.name != "fashion_mnist" || target.platform == first_core || uses_simd;
}

/// Samples from each state: an eighth where a step takes ten times as long, and of ports that are
/// run on another core than the one they were built for.
std::size_t sample_count(const Target& target, const LoadedNetwork& network, std::size_t most) {
  const bool is_elsewhere = target.platform != first_core && !target.port.ends_with("_simd");
  return network.name == "fashion_mnist" || is_elsewhere ? std::max<std::size_t>(most / 8, 1)
                                                         : most;
}

/// Whether it runs on a simulation program of the project, which can tell where cycles go.
bool is_benchmarked(const Target& target) {
  return target.kind == TargetKind::port && target.variant == "gcc_O2" &&
         std::filesystem::path(target.command.front())
             .filename()
             .string()
             .starts_with("lsgd-rtl-sim");
}

/// Null for what the core does not count.
Json counts(const OperationCost& cost) {
  const auto figure = [](const std::optional<CountSummary>& count,
                         std::uint64_t CountSummary::*part) {
    return count ? Json((*count).*part) : Json(nullptr);
  };
  return {{"cycles", figure(cost.cycles, &CountSummary::median)},
          {"cycles_worst", figure(cost.cycles, &CountSummary::worst)},
          {"instructions", figure(cost.instructions, &CountSummary::median)},
          {"instructions_worst", figure(cost.instructions, &CountSummary::worst)}};
}

/// A file that is deleted with it.
class TemporaryFile {
 public:
  TemporaryFile() {
    std::string name = (std::filesystem::temp_directory_path() / "lsgd-profile-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      throw InputError(name, 0, "a writable directory for temporary files");
    directory_ = name;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  std::filesystem::path path() const { return directory_ / "profile.json"; }

 private:
  std::filesystem::path directory_;
};

struct FunctionCost {
  std::uint64_t cycles = 0;
  std::uint64_t instructions = 0;
};

/// By the chain of active functions.
using CostOfChains = std::map<std::vector<std::string>, FunctionCost>;

/// Empty where there is no profile: a core that does not show what retires has none.
CostOfChains read_chains(const std::filesystem::path& file) {
  CostOfChains chains;
  std::ifstream stream(file);
  if (!stream) return chains;
  const nlohmann::json profile = nlohmann::json::parse(stream);
  for (const auto& entry : profile.at("chains"))
    chains[entry.at("chain")] = {entry.at("cycles"), entry.at("instructions")};
  return chains;
}

struct StepProfile {
  CostOfChains chains;
  std::uint64_t counted_cycles = 0;  ///< by the device; 0 where it does not count
};

/// The second step's from the half trained state, from the profiles of one and of two: a port may
/// prepare something in its first.
StepProfile profile_of_step(Target target, const LoadedNetwork& network) {
  const TemporaryFile file;
  target.command.insert(target.command.end() - 1, {"--profile", file.path().string(),
                                                   "--profile-function", profiled_function});
  Device device(target, connect_to(target));
  AgentSession& session = device.session();
  const Network& shape = network.trained.network;
  configure(session, shape);
  load(session,
       target.profile->nearest_parameters(shape, network.states.at(1), first_random_state));
  const auto train = [&](std::size_t sample) {
    load(session, network.data.sample(sample, shape.outputs()));
    session.train_step(benchmarked_rate);
    return session.measure().cycles;
  };
  train(0);
  const CostOfChains first = read_chains(file.path());
  StepProfile profile;
  profile.counted_cycles = train(1);
  profile.chains = read_chains(file.path());
  for (const auto& [chain, cost] : first) {
    FunctionCost& rest = profile.chains.at(chain);
    rest.cycles -= cost.cycles;
    rest.instructions -= cost.instructions;
    if (rest.instructions == 0) profile.chains.erase(chain);
  }
  return profile;
}

Json largest_first(const std::map<std::pair<std::string, std::string>, FunctionCost>& functions) {
  std::vector<std::pair<std::pair<std::string, std::string>, FunctionCost>> sorted(
      functions.begin(), functions.end());
  std::ranges::stable_sort(sorted, std::greater{}, [](const auto& f) { return f.second.cycles; });
  Json list = Json::array();
  for (const auto& [function, cost] : sorted)
    list.push_back({{"name", function.first},
                    {"phase", function.second},
                    {"cycles", cost.cycles},
                    {"instructions", cost.instructions}});
  return list;
}

void add_profile(const Target& target, const LoadedNetwork& network, Json& row) {
  std::map<std::pair<std::string, std::string>, FunctionCost> functions;  // by name and phase
  Json phases{{"forward", 0}, {"activation", 0}, {"delta", 0}, {"update", 0}, {"shared", 0}};
  std::uint64_t total = 0;
  const StepProfile profile = profile_of_step(target, network);
  if (profile.chains.empty()) return;
  for (const auto& [chain, of_chain] : profile.chains) {
    const std::string phase = phase_of(chain);
    FunctionCost& cost = functions[{chain.back(), phase}];
    cost.cycles += of_chain.cycles;
    cost.instructions += of_chain.instructions;
    phases.at(phase) = phases.at(phase).get<std::uint64_t>() + of_chain.cycles;
    total += of_chain.cycles;
  }
  std::vector<std::size_t> sizes{network.trained.network.inputs()};
  for (const Layer& layer : network.trained.network.layers) sizes.push_back(layer.outputs);
  row["profile"] = {
      {"cycles", total},
      {"counted_cycles",
       profile.counted_cycles == 0 ? Json(nullptr) : Json(profile.counted_cycles)},
      {"functions", largest_first(functions)},
      {"phases", std::move(phases)},
      {"bounds", lower_bounds(sizes, target.profile->name(), target.port.ends_with("_simd"))}};
}

/// Null where the port does not take the network.
Json measure(const Target& target, const LoadedNetwork& network, std::size_t samples) {
  Device device(target, connect_to(target));
  if (configure(device.session(), network.trained.network)) return nullptr;
  const MeasuredResources resources =
      measured_from_states(device.session(), *target.profile, network.trained.network,
                           network.states, network.data, samples, benchmarked_rate);
  Json row{{"port", target.port},
           {"core", target.platform},
           {"network", network.name},
           {"samples", samples * network.states.size()},
           {"forward", counts(resources.forward)},
           {"step", counts(resources.step)},
           {"stack_bytes", resources.stack_bytes},
           {"static_ram_bytes", nullptr},
           {"text_bytes", nullptr},
           {"linked_text_bytes", nullptr}};
  const auto footprint = std::ranges::find(target.footprints, network.name, &Footprint::network);
  if (footprint != target.footprints.end()) {
    const ElfSizes sizes = elf_sizes(footprint->object);
    row["static_ram_bytes"] = sizes.data + sizes.bss;
    row["text_bytes"] = sizes.text;
    if (footprint->linked) row["linked_text_bytes"] = elf_sizes(*footprint->linked).text;
  }
  if (network.name == profiled_network) add_profile(target, network, row);
  return row;
}

std::string identity(const nlohmann::json& row) {
  return fmt::format("{}/{}/{}", row.at("port").get<std::string>(),
                     row.at("core").get<std::string>(), row.at("network").get<std::string>());
}

std::map<std::string, nlohmann::json> by_identity(const nlohmann::json& benchmark) {
  std::map<std::string, nlohmann::json> rows;
  for (const auto& row : benchmark.at("rows")) rows.emplace(identity(row), row);
  return rows;
}

/// A figure that may grow by so many percent.
struct JudgedFigure {
  const char* name;
  nlohmann::json::json_pointer place;
  std::uint64_t percent;
};

const std::vector<JudgedFigure>& judged_figures() {
  static const std::vector<JudgedFigure> figures{
      {"cycles of a forward pass", nlohmann::json::json_pointer("/forward/cycles"), 1},
      {"cycles of a step", nlohmann::json::json_pointer("/step/cycles"), 1},
      {"cycles of the worst step", nlohmann::json::json_pointer("/step/cycles_worst"), 1},
      {"bytes of static RAM", nlohmann::json::json_pointer("/static_ram_bytes"), 0},
      {"bytes of stack", nlohmann::json::json_pointer("/stack_bytes"), 0}};
  return figures;
}

/// Instructions of RV32IMC for each weight, of activation for each neuron.
struct LeastInstructions {
  std::string_view profile;
  std::uint64_t forward;
  std::uint64_t activation;
  std::uint64_t delta;
  std::uint64_t update;
};

/// The sums are in harness/README.md.
constexpr std::array least_instructions{
    LeastInstructions{"float32", 12, 29, 9, 13}, LeastInstructions{"int8_hybrid", 3, 2, 4, 5},
    LeastInstructions{"int8_integer", 3, 2, 3, 3}, LeastInstructions{"int32_fixed", 3, 22, 2, 4},
    LeastInstructions{"q8_8_stochastic", 5, 2, 5, 0}};

std::string text_of(const Json& value) {
  return value.is_null() ? "-" : fmt::format("{}", value.get<std::uint64_t>());
}

std::string cpi_text(const Json& cost) {
  const Json &cycles = cost.at("cycles"), &instructions = cost.at("instructions");
  if (cycles.is_null() || instructions.is_null()) return "-";
  return fmt::format("{:.3f}", cycles.get<double>() / instructions.get<double>());
}

}  // namespace

nlohmann::ordered_json lower_bounds(const std::vector<std::size_t>& sizes, std::string_view profile,
                                    bool dot_product_instruction) {
  std::uint64_t weights = 0, weights_above_first = 0, neurons = 0;
  for (std::size_t l = 1; l < sizes.size(); ++l) {
    const std::uint64_t count = sizes[l] * sizes[l - 1];
    weights += count;
    if (l > 1) weights_above_first += count;
    neurons += sizes[l];
  }
  const auto found = std::ranges::find(least_instructions, profile, &LeastInstructions::profile);
  if (found == least_instructions.end())
    throw std::invalid_argument("a profile whose least instructions are counted");
  const LeastInstructions& least = *found;
  return {{"forward", dot_product_instruction ? (weights + 3) / 4 * 2 : least.forward * weights},
          {"activation", least.activation * neurons},
          {"delta", least.delta * weights_above_first},
          {"update", least.update * weights}};
}

std::string phase_of(const std::vector<std::string>& chain) {
  for (auto function = chain.rbegin(); function != chain.rend(); ++function) {
    const auto names = [&](std::initializer_list<const char*> words) {
      return std::ranges::any_of(
          words, [&](const char* word) { return function->find(word) != std::string::npos; });
    };
    const bool delta = names({"delta", "derivative", "propagate"});
    const bool update = names({"update", "gradient"});
    if (delta && update) return "shared";
    if (delta) return "delta";
    if (update) return "update";
    if (names({"sigmoid", "tanh", "activate"})) return "activation";
    if (names({"forward"})) return "forward";
  }
  return "shared";
}

std::vector<Target> benchmark_targets(std::vector<Target> targets) {
  std::erase_if(targets, [](const Target& target) { return !is_benchmarked(target); });
  for (Target& target : targets) target.timeout_seconds = longest_request_seconds;
  return targets;
}

std::vector<Target> every_port_on_every_core() {
  const std::vector<Target> built = benchmark_targets(built_in_targets());
  std::map<std::string, std::vector<std::string>> commands;  // of the cores
  std::set<std::pair<std::string, std::string>> present;
  for (const Target& target : built) {
    commands.emplace(target.platform, target.command);
    present.emplace(target.port, target.platform);
  }
  std::vector<Target> targets = built;
  for (const auto& [core, command] : commands)
    for (const Target& target : built) {
      if (target.platform != first_core || present.contains({target.port, core})) continue;
      Target elsewhere = target;
      elsewhere.platform = core;
      elsewhere.command = command;
      elsewhere.command.back() = target.command.back();
      targets.push_back(std::move(elsewhere));
    }
  return targets;
}

std::optional<std::string> benchmark_network(const Network& network) {
  for (const BenchmarkNetwork& known : benchmark_networks)
    if (read_trained_model(known).network.layers == network.layers) return known.name;
  return std::nullopt;
}

nlohmann::ordered_json run_benchmark(const BenchmarkRequest& request) {
  struct Job {
    const Target* target;
    const LoadedNetwork* network;
  };
  std::vector<Target> targets = request.targets;
  std::ranges::sort(targets, {}, [](const Target& t) { return std::pair(t.port, t.platform); });
  std::deque<LoadedNetwork> networks;  // jobs point to them
  std::vector<Job> jobs;
  for (const BenchmarkNetwork& network : benchmark_networks) {
    std::vector<const Target*> chosen;
    for (const Target& target : targets) {
      const std::string name = fmt::format("{}/{}/{}", target.port, target.platform, network.name);
      if (is_measured(target, network) &&
          (!request.filter || fnmatch(request.filter->c_str(), name.c_str(), 0) == 0))
        chosen.push_back(&target);
    }
    if (chosen.empty()) continue;
    try {
      networks.push_back(load_network(network));
    } catch (const MissingDataSet& missing) {
      if (!request.not_measured) throw;
      request.not_measured(
          fmt::format("{}: not measured, {}", network.name, missing.lack_of(network.data)));
      continue;
    }
    for (const Target* target : chosen) jobs.push_back({target, &networks.back()});
  }
  if (jobs.empty())
    throw InputError("bench", 0, "a built port on a simulated core that fits the filter");
  // As they are listed: a port on a core, and each network with it.
  std::ranges::stable_sort(jobs, {}, &Job::target);
  std::vector<Json> rows(jobs.size());
  const auto measure_job = [&](const Job& job) {
    const std::size_t samples = sample_count(*job.target, *job.network, request.most_samples);
    return measure(*job.target, *job.network, samples);
  };
  const auto measure_if_possible = [&](const Job& job) -> Json {
    if (!request.not_measured) return measure_job(job);
    try {
      return measure_job(job);
    } catch (const std::exception& error) {
      request.not_measured(fmt::format("{}/{}/{}: not measured, {}", job.target->port,
                                       job.target->platform, job.network->name, error.what()));
      return nullptr;
    }
  };
  run_in_parallel(jobs.size(), request.jobs,
                  [&](std::size_t i) { rows[i] = measure_if_possible(jobs[i]); });
  std::erase(rows, nullptr);
  const Toolchain& toolchain = jobs.front().target->toolchain;
  return {{"compiler", toolchain.compiler + " " + toolchain.flags}, {"rows", rows}};
}

std::vector<std::string> regressions(const nlohmann::json& recorded, const nlohmann::json& now) {
  std::vector<std::string> lines;
  if (recorded.at("compiler") != now.at("compiler")) return lines;
  const auto rows = by_identity(recorded);
  for (const auto& row : now.at("rows")) {
    const auto found = rows.find(identity(row));
    if (found == rows.end()) continue;
    for (const auto& [name, place, percent] : judged_figures()) {
      const nlohmann::json &before = found->second.at(place), &after = row.at(place);
      if (before.is_null() || after.is_null()) continue;
      const auto was = before.get<std::uint64_t>(), is = after.get<std::uint64_t>();
      // percent of it, rounded down, for any 64-bit number
      const std::uint64_t allowed = was / 100 * percent + was % 100 * percent / 100;
      if (is > was && is - was > allowed)
        lines.push_back(fmt::format("{}: {} {}, recorded {}, at most {} % more allowed",
                                    identity(row), is, name, was, percent));
    }
  }
  return lines;
}

std::vector<std::string> unmeasured(const nlohmann::json& recorded, const nlohmann::json& now) {
  std::vector<std::string> names;
  const auto rows = by_identity(now);
  for (const auto& row : recorded.at("rows"))
    if (!rows.contains(identity(row))) names.push_back(identity(row));
  return names;
}

nlohmann::ordered_json baselines_json(const nlohmann::ordered_json& benchmark) {
  Json rows = Json::array();
  for (Json row : benchmark.at("rows")) {
    row.erase("profile");
    rows.push_back(std::move(row));
  }
  return {{"format", "lsgd-baselines/1"}, {"compiler", benchmark.at("compiler")}, {"rows", rows}};
}

std::string benchmark_table(const nlohmann::ordered_json& benchmark) {
  constexpr std::string_view line =
      "{:22} {:20} {:13} {:>7} {:>9} {:>9} {:>9} {:>9} {:>9} {:>6} {:>6} {:>6} {:>6} {:>6}\n";
  std::string text = fmt::format(line, "port", "core", "network", "samples", "forward", "instr",
                                 "step", "worst", "instr", "CPI", "RAM", "stack", "text", "linked");
  for (const Json& row : benchmark.at("rows")) {
    const Json &forward = row.at("forward"), &step = row.at("step");
    text += fmt::format(line, row.at("port").get<std::string>(), row.at("core").get<std::string>(),
                        row.at("network").get<std::string>(), text_of(row.at("samples")),
                        text_of(forward.at("cycles")), text_of(forward.at("instructions")),
                        text_of(step.at("cycles")), text_of(step.at("cycles_worst")),
                        text_of(step.at("instructions")), cpi_text(step),
                        text_of(row.at("static_ram_bytes")), text_of(row.at("stack_bytes")),
                        text_of(row.at("text_bytes")), text_of(row.at("linked_text_bytes")));
  }
  return text;
}

}  // namespace lsgd
