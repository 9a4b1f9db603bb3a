// SPDX-License-Identifier: Apache-2.0

// Damaged inputs of every kind that the program reads, by its command line.
//   LSGD_MUTATIONS=100000 hostile_tests --gtest_filter='MutatedInputs*'
// tries that many; LSGD_SEED draws others.
#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "description/project_files.hpp"
#include "files/atomic_file.hpp"
#include "files/sha256.hpp"
#include "files/text_file.hpp"
#include "number_from_environment.hpp"
#include "run/journal.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_input_file = std::size_t{64} << 20;
constexpr unsigned longest_seconds = 120;
constexpr long most_kibibytes = 1 << 20;

// What it takes to list the cases of a suite is most of what a run costs here.
constexpr const char* small_suite =
    "format = \"lsgd-suite/1\"\nname = \"small\"\ndescription = \"For damaged inputs.\"\n"
    "conformance = false\nseed = 1\ngolden = [\"level0_float32\"]\n";

/// What became of a run of the program.
struct Outcome {
  int status = 0;  ///< of waitpid
  long resident_kibibytes = 0;
  std::string error;  ///< standard error
};

/// One kind of input: texts that are accepted, and how the program reads one.
struct Kind {
  std::string name;
  std::vector<std::string> seeds;
  std::function<std::string(const std::string& mutated)> arguments;  ///< after placing it
  int status_of_seed = 0;
  std::array<std::size_t, 4> statuses{};  ///< how often each came
  double seconds = 0;                     ///< that these took
};

/// Entries of a journal as somebody would write them who knows how they are chained.
std::string chained(const std::string& entries) {
  std::string text, chain;
  std::istringstream lines(entries);
  for (std::string line; std::getline(lines, line);) {
    auto entry = nlohmann::ordered_json::parse(line, nullptr, false);
    if (entry.is_object()) {
      entry.erase("chain");
      chain = sha256_of(chain + Journal::text(entry));
      entry["chain"] = chain;
      line = Journal::text(entry);
    }
    text += line + '\n';
  }
  return text;
}

class MutatedInputs : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (directory_.path() / name).string(); }

  void write(const std::string& name, const std::string& bytes) const {
    fs::create_directories(fs::path(path(name)).parent_path());
    write_file(path(name), bytes);
  }

  Outcome run(const std::string& arguments) const {
    const pid_t child = fork();
    if (child == 0) {
      alarm(longest_seconds);
      const std::string line = fmt::format("exec {} {} >/dev/null 2>{}", LSGD_CONFORM_PROGRAM,
                                           arguments, path("stderr"));
      execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      _exit(127);
    }
    Outcome outcome;
    rusage usage{};
    wait4(child, &outcome.status, 0, &usage);
    outcome.resident_kibibytes = usage.ru_maxrss;
    outcome.error = read_text(path("stderr"), longest_input_file);
    return outcome;
  }

  void run_well(const std::string& arguments) const {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 0) << arguments << '\n' << outcome.error;
  }

  static std::vector<std::string> corpus(const std::string& name) {
    std::vector<fs::path> files;
    for (const auto& entry :
         fs::directory_iterator(source_directory() / "harness/fuzz/corpus" / name))
      files.push_back(entry.path());
    std::ranges::sort(files);
    std::vector<std::string> seeds;
    for (const fs::path& file : files) seeds.push_back(read_text(file, longest_input_file));
    return seeds;
  }

  std::string text(const std::string& name) const {
    return read_text(path(name), longest_input_file);
  }

  /// The mutated input in a file of its own.
  std::function<std::string(const std::string&)> in_file(const std::string& name,
                                                         const std::string& arguments) const {
    return [=, this](const std::string& mutated) {
      write(name, mutated);
      return fmt::format(fmt::runtime(arguments), path(name));
    };
  }

  /// The mutated input as arguments of the shell.
  static std::function<std::string(const std::string&)> as_arguments(const std::string& before) {
    return [=](const std::string& mutated) {
      std::string quoted = before;
      for (const char c : mutated)
        if (c == ' ')
          quoted += "' '";
        else if (c != '\'' && c != '\0')
          quoted += c;
      return quoted + "'";
    };
  }

  std::vector<Kind> kinds() const {
    const std::string out = path("out");
    const std::string fixtures = LSGD_FIXTURES_DIRECTORY;
    const auto fixture = [&](const char* name) {
      return read_text(fixtures + "/" + name, longest_input_file);
    };
    const std::string device = fmt::format(
        "format = \"lsgd-target/1\"\nname = \"honest\"\nport = \"float32_c99\"\nplatform = \"q\"\n"
        "variant = \"r\"\nprofile = \"float32\"\ncommand = [\"{}float32\", \"none\", \"0\", "
        "\"0\", \"{}\"]\n",
        LSGD_HOSTILE_DEVICE, path("device"));
    fs::create_directories(path("device"));
    write("device.toml", device);
    write("elf.toml", device + "[elf]\nport_object = \"object\"\n");
    write("labels", std::string("\0\0\x08\x01\0\0\0\3\0\2\1", 11));
    const std::string images("\0\0\x08\x03\0\0\0\3\0\0\0\2\0\0\0\2abcdefghijkl", 28);
    write("images", images);
    write("table.csv", "size,weight,class\n3,0.5,0\n1,2.25,3\n2,-1e3,1\n");
    write("small.toml", small_suite);
    const std::string small = "run --suite " + path("small.toml") + " --out " + out + " --target ";

    run_well(small + path("device.toml"));
    const std::string results = text("out/results.json");
    write("results.json", results);
    // Results that cannot be written leave the journal.
    fs::remove(path("out/results.json"));
    fs::create_directories(path("out/results.json/in the way"));
    EXPECT_EQ(WEXITSTATUS(run(small + path("device.toml")).status), 2);
    fs::remove_all(path("out/results.json"));
    write("journal.jsonl", text("out/journal.jsonl"));
    const std::string headers = "published/Decentor_L-SGD/Inc/DataSets/CAR/CAR_";
    write("published/Src/main.c",
          "#include \"nn_params.h\"\n#include \"DataSets/CAR/CAR_data_file.h\"\n"
          "#include \"DataSets/CAR/CAR_wt.h\"\n");
    write("published/Decentor_L-SGD/Inc/nn_params.h",
          "#define MODEL COGDIST\n#define COGDIST 1\n#define CAR 2\n"
          "#define LAYERS_DIMS {2, 2, 1}\n#define ACTIVATION_FUNCS {TANH, SIGMOID}\n");
    write(headers + "data_file.h",
          "#define TOTAL_TRAIN_SAMPLES 2\n#define TOTAL_TEST_SAMPLES 1\n#define EPOCHS 50\n"
          "#define LEARNING_RATE 0.01\nfloat training_values[] = {0.5, 1, 0.25, 0};\n"
          "float training_labels[] = {1, 0};\nfloat testing_values[] = {1, 1};\n"
          "float testing_labels[] = {1};\n");
    write(headers + "wt.h",
          "#define LAYER_0_WT {0.5, 1, -1, 0.25}\n#define LAYER_1_WT {0.5, -0.5}\n"
          "#define LAYER_0_BS {0.125, 0}\n#define LAYER_1_BS {1}\n");

    run_well("train --data car --sizes 6-3-4 --activations tanh-sigmoid --loss bce --out " +
             path("model"));
    const std::string data = "x0,x1,x2,x3,x4,x5,label\n0,1,0.5,-1,2,3,1\n1,1,0.25,0,0,1e-3,3\n";
    write("data.csv", data);
    const std::string generate =
        "vectors generate --profile float32 --steps 2 --learning-rate "
        "0.1 --model " +
        path("model/model.json") + " --data " + path("data.csv") + " --out ";
    run_well(generate + path("set"));

    std::vector<Kind> all{
        {"declaration", corpus("arithmetic"), in_file("declaration.toml", "profile show {}")},
        {"suite",
         {small_suite + tables_of_suite()},
         in_file("suite.toml", "list cases --suite {}")},
        {"target",
         {device, text("elf.toml") + "[[budget]]\nnetwork = \"car\"\ntext_bytes = 4096\n"},
         in_file("target.toml", small + "{} --filter 'no such case'"),
         2},
        {"results", {results}, in_file("mutated.json", "report {} --out " + out)},
        {"difference", {results}, in_file("mutated.json", "diff {} " + path("results.json"))},
        {"gate",
         {"verdict,cycles=1%,memory=0", "error=0.5,instructions=10"},
         as_arguments("diff " + path("results.json") + " " + path("results.json") +
                      " --fail-on '")},
        {"waivers", corpus("waivers"),
         in_file("mutated.toml", "report " + path("results.json") + " --out " + out +
                                     " --today 2026-11-29 --waivers {}"),
         2},
        {"onnx",
         {fixture("gemm.onnx"), fixture("matmul.onnx"), fixture("branch.onnx"),
          fixture("scaled.onnx")},
         in_file("mutated.onnx", "import onnx {} --out " + path("out_model"))},
        {"npz-model",
         {fixture("model.npz"), fixture("layers.npz")},
         in_file("mutated.npz", "import npz-model {} --activations tanh-sigmoid --loss bce --out " +
                                    path("out_model"))},
        {"h5-model",
         {fixture("tools/keras_save.h5"), fixture("tools/keras3_functional.h5")},
         in_file("mutated.h5", "import h5-model {} --out " + path("out_model"))},
        {"npz-data",
         {fixture("images.npz")},
         in_file("mutated.npz", "import npz-data {} --out " + path("out.csv"))},
        {"idx images",
         {images},
         in_file("mutated.idx", "import idx {} " + path("labels") + " --out " + path("out.csv"))},
        {"idx labels",
         {text("labels")},
         in_file("mutated.idx", "import idx " + path("images") + " {} --out " + path("out.csv"))},
        {"table",
         {text("table.csv")},
         in_file("mutated.csv",
                 "import csv {} --categorical class --min-max --out " + path("out.csv"))},
        {"model",
         {text("model/model.json")},
         in_file("model/model.json", generate + path("out_set"))},
        {"parameters",
         {text("model/params.csv")},
         in_file("model/params.csv", generate + path("out_set"))},
        {"data", {data}, in_file("data.csv", generate + path("out_set"))},
        {"object", corpus("elf"), in_file("object", small + path("elf.toml"))},
        {"network",
         {"6-32-4", "784-300-10"},
         as_arguments("profile show float32 --activations tanh-sigmoid --network '")},
        {"shard",
         {"1/2", "3/4"},
         as_arguments(small + path("device.toml") + " --filter 'no such case' --shard '"),
         2},
        {"seed",
         {"1", "2509"},
         as_arguments(small + path("device.toml") + " --filter 'no such case' --seed '"),
         2},
        {"journal",
         {text("journal.jsonl")},
         [=, this](const std::string& mutated) {
           write("out/journal.jsonl", mutated);
           return small + path("device.toml") + " --resume";
         }},
        {"chained journal", {text("journal.jsonl")}, [=, this](const std::string& mutated) {
           write("out/journal.jsonl", chained(mutated));
           return small + path("device.toml") + " --resume";
         }}};
    for (const char* name :
         {"nn_params.h", "DataSets/CAR/CAR_data_file.h", "DataSets/CAR/CAR_wt.h"}) {
      const std::string file = std::string("published/Decentor_L-SGD/Inc/") + name;
      all.push_back({fs::path(name).filename().string(),
                     {text(file)},
                     in_file(file, "import decentor-v " + path("published") +
                                       " --data-set car --out " + path("out_published"))});
    }
    for (const char* name : {"manifest.json", "steps.csv", "samples.csv"}) {
      const std::string file = std::string("set/") + name;
      const std::string manifest = text("set/manifest.json");
      const std::string seed = text(file);
      all.push_back({"set " + std::string(name), {seed}, [=, this](const std::string& mutated) {
                       // With a checksum that is right, so that what the file says is looked at.
                       std::string sealed = manifest;
                       if (const auto at = sealed.find(sha256_of(seed)); at != sealed.npos)
                         sealed.replace(at, 64, sha256_of(mutated));
                       write("set/manifest.json", sealed);
                       write(file, mutated);
                       return "vectors verify " + path("set");
                     }});
    }
    return all;
  }

  /// Of the suite for hostile devices what is no golden set.
  static std::string tables_of_suite() {
    const std::string suite = read_text(LSGD_HOSTILE_SUITE, longest_input_file);
    return suite.substr(suite.find("[[workload]]"));
  }

  std::string mutated(std::string text, const std::vector<std::string>& seeds) {
    constexpr std::array<std::string_view, 20> pieces{"1e999",
                                                      "-1",
                                                      "0",
                                                      "99999999999999999999",
                                                      "nan",
                                                      "inf",
                                                      "\"",
                                                      "{",
                                                      "[",
                                                      "]",
                                                      "}",
                                                      ",",
                                                      "\n",
                                                      "\xff\xfe",
                                                      "../../../etc/passwd",
                                                      "%s%n",
                                                      "\\u0000",
                                                      "0x1p-2000",
                                                      "4294967296",
                                                      "'"};
    constexpr std::array<std::string_view, 21> words{"0",
                                                     "-0.0",
                                                     "1",
                                                     "2",
                                                     "-1",
                                                     "255",
                                                     "65536",
                                                     "2147483648",
                                                     "4294967295",
                                                     "9223372036854775807",
                                                     "18446744073709551615",
                                                     "1e-320",
                                                     "3.5e38",
                                                     "1e308",
                                                     "-1e308",
                                                     "0.1",
                                                     "true",
                                                     "null",
                                                     "\"\"",
                                                     "[]",
                                                     "{}"};
    const auto below = [&](std::size_t limit) { return engine_() % limit; };
    for (auto changes = 1 + below(1 + below(4)); changes > 0; --changes) {
      const std::size_t at = below(text.size() + 1);
      const std::size_t count = std::min<std::size_t>(1 + below(1 + below(64)), text.size() - at);
      switch (below(24)) {
        case 0:
        case 1:
        case 2:
          if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
          break;
        case 3:
        case 4:
          if (at < text.size()) text[at] = static_cast<char>(below(256));
          break;
        case 5:
        case 6:
          text.erase(at, count);
          break;
        case 7:
        case 8:
          text.insert(at, text.substr(at, count));
          break;
        case 9:
        case 10:
        case 11:
          text.insert(at, pieces[below(pieces.size())]);
          break;
        case 12:
          text.resize(at);
          break;
        case 13: {
          const std::string& other = seeds[below(seeds.size())];
          text = text.substr(0, at) + other.substr(below(other.size() + 1));
          break;
        }
        case 14:
        case 15:
          for (int times = 0; times < 200; ++times) text.insert(at, text.substr(at, count));
          break;
        default: {
          // A whole word or number in place of another, so that the rest is read.
          const auto is_of_word = [](unsigned char c) {
            return std::isalnum(c) != 0 || c == '.' || c == '-' || c == '+' || c == '_';
          };
          std::size_t first = at, last = at;
          while (first > 0 && is_of_word(static_cast<unsigned char>(text[first - 1]))) --first;
          while (last < text.size() && is_of_word(static_cast<unsigned char>(text[last]))) ++last;
          text.replace(first, last - first, words[below(words.size())]);
        }
      }
    }
    return text;
  }

  TemporaryDirectory directory_;
  std::mt19937_64 engine_{number_from_environment("LSGD_SEED", 1)};
};

TEST_F(MutatedInputs, EndWithADocumentedStatusAndOneLine) {
  std::vector<Kind> all = kinds();
  for (Kind& kind : all) {
    const Outcome unchanged = run(kind.arguments(kind.seeds.front()));
    EXPECT_EQ(WEXITSTATUS(unchanged.status), kind.status_of_seed) << kind.name << unchanged.error;
  }
  long most = 0;
  std::chrono::duration<double> longest{};
  const std::uint64_t mutations = number_from_environment("LSGD_MUTATIONS", 600);
  for (std::uint64_t i = 0; i < mutations && !HasFailure(); ++i) {
    Kind& kind = all[i % all.size()];
    const std::string input = mutated(kind.seeds[engine_() % kind.seeds.size()], kind.seeds);
    const auto start = std::chrono::steady_clock::now();
    const std::string arguments = kind.arguments(input);
    const Outcome outcome = run(arguments);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    longest = std::max(longest, taken);
    kind.seconds += taken.count();
    most = std::max(most, outcome.resident_kibibytes);
    const auto said = fmt::format("{} {}: {}\n{}", kind.name, i, arguments, outcome.error);
    ASSERT_TRUE(WIFEXITED(outcome.status)) << said << "\nsignal " << WTERMSIG(outcome.status);
    const int status = WEXITSTATUS(outcome.status);
    EXPECT_LE(status, 3) << said;
    ++kind.statuses.at(static_cast<std::size_t>(std::min(status, 3)));
    if (status == 2) {
      EXPECT_EQ(std::ranges::count(outcome.error, '\n'), 1) << said;
      EXPECT_TRUE(outcome.error.ends_with('\n')) << said;
    }
    EXPECT_LE(outcome.resident_kibibytes, most_kibibytes) << said;
    kind.arguments(kind.seeds.front());  // places what is good again
  }
  for (const Kind& kind : all) {
    fmt::print("{:17} exit status 0: {}, 1: {}, 2: {}, 3: {}; {:.1f} s\n", kind.name,
               kind.statuses[0], kind.statuses[1], kind.statuses[2], kind.statuses[3],
               kind.seconds);
    EXPECT_GE(kind.statuses[2], 1u) << kind.name;
  }
  fmt::print("{} inputs, at most {} KiB and {:.1f} s\n", mutations, most, longest.count());
}

}  // namespace
}  // namespace lsgd
