// SPDX-License-Identifier: Apache-2.0

// The program itself on full disks, damaged vectors, and killed at any moment.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <signal.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "cases/golden_set.hpp"
#include "description/project_files.hpp"
#include "files/atomic_file.hpp"
#include "files/directory_lock.hpp"
#include "files/input_error.hpp"
#include "files/json_file.hpp"
#include "files/text_file.hpp"
#include "longest_training.hpp"
#include "number_from_environment.hpp"
#include "result/packed_results.hpp"
#include "steps/vector_set.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::size_t longest_file = std::size_t{64} << 20;

/// Describes an honest device that counts its training steps in `directory`.
void describe_device(const fs::path& directory) {
  std::ofstream(directory / "device.toml")
      << "format = \"lsgd-target/1\"\nname = \"honest\"\nport = \"float32_c99\"\nplatform = \"q\"\n"
         "requests_ahead = true\nvariant = \"r\"\nprofile = \"float32\"\ncommand = "
         "[\"" LSGD_HOSTILE_DEVICE "float32\", \"none\", \"0\", \"0\", \""
      << directory.string() << "\"]\n";
}

/// What a run found; not how long it took, and how often it was resumed.
nlohmann::json comparable_results(const fs::path& out) {
  auto found = read_whole_results(out / "results.json").value;
  found.erase("timing");
  found["totals"].erase("cases_resumed");
  return found;
}

/// Runs the program on an honest device.
class HostileFiles : public testing::Test {
 protected:
  HostileFiles() {
    describe_device(directory_.path());
    EXPECT_EQ(run("whole", ""), 0);
    whole_ = results("whole");
    whole_steps_ = count("steps");
    longest_case_ = longest_training(whole_);
    fs::remove(path("steps"));
  }

  std::string path(const std::string& name) const { return (directory_.path() / name).string(); }

  std::string command(const std::string& out, const std::string& more) const {
    return std::string(LSGD_CONFORM_PROGRAM) + " run --suite " LSGD_HOSTILE_SUITE " --target " +
           path("device.toml") + " --out " + path(out) + " " + more;
  }

  /// Exit status; `before` are commands of the shell.
  int run(const std::string& out, const std::string& more, const std::string& before = "") const {
    const std::string line =
        before + " exec " + command(out, more) + " >" + path("stdout") + " 2>" + path("stderr");
    const int status = std::system(line.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  nlohmann::json results(const std::string& out) const { return comparable_results(path(out)); }

  std::string last_error() const {
    const std::string text = read_text(path("stderr"), longest_file);
    EXPECT_TRUE(text.ends_with('\n')) << text;
    const auto end = text.rfind('\n', text.size() - 2);
    return text.substr(end == std::string::npos ? 0 : end + 1);
  }

  std::size_t count(const std::string& file) const {
    std::ifstream stream(path(file));
    return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(stream), {}, '\n'));
  }

  /// Whole entries of cases in the journal.
  std::size_t journaled_cases(const std::string& out) const {
    std::ifstream stream(path(out) + "/journal.jsonl");
    std::size_t cases = 0;
    for (std::string line; std::getline(stream, line);) {
      const auto entry = nlohmann::json::parse(line, nullptr, false);
      cases += entry.is_object() && entry.contains("id") ? 1 : 0;
    }
    return cases;
  }

  /// Starts a run and kills it `later` than its journal has grown by `bytes`; false where it ended
  /// before.
  bool run_and_kill(const std::string& out, const std::string& more, std::uintmax_t bytes,
                    std::chrono::microseconds later = {}) const {
    const auto size = [&] {
      std::error_code none;
      const auto found = fs::file_size(path(out) + "/journal.jsonl", none);
      return none ? 0 : found;
    };
    const std::uintmax_t limit = size() + bytes;
    const pid_t child = fork();
    if (child == 0) {
      const std::string line = "exec " + command(out, more) + " >/dev/null 2>&1";
      execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      _exit(127);
    }
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
      if (size() < limit) continue;
      std::this_thread::sleep_for(later);
      kill(child, SIGKILL);
    }
    return WIFSIGNALED(status);
  }

  TemporaryDirectory directory_;
  nlohmann::json whole_;
  std::size_t whole_steps_ = 0;
  std::size_t longest_case_ = 0;  ///< in training steps
};

TEST_F(HostileFiles, KilledAtAnyMomentARunResumesWithTheSameResults) {
  std::mt19937_64 engine(11);
  std::size_t kills = 0, journaled = 0;
  const char* resume = "";
  // Not only where an entry has just been written: a training takes a tenth of a second.
  const auto later = [&] { return std::chrono::microseconds(engine() % 50'000); };
  constexpr std::size_t most_kills = 12;
  while (kills < most_kills && run_and_kill("killed", resume, 1 + engine() % 60'000, later())) {
    ++kills;
    resume = "--resume";
    ASSERT_GE(journaled_cases("killed"), journaled);
    journaled = journaled_cases("killed");
  }
  EXPECT_GE(kills, 3u);  // else it proves less than it seems to
  if (kills == most_kills) {
    EXPECT_EQ(run("killed", "--resume"), 0) << last_error();
  }
  EXPECT_EQ(results("killed"), whole_);
  const auto found = read_json(path("killed") + "/results.json", "results");
  EXPECT_EQ(found.at("totals").at("cases_resumed"), journaled);
  EXPECT_GE(count("steps"), whole_steps_);
  EXPECT_LE(count("steps"), whole_steps_ + kills * longest_case_);
  EXPECT_FALSE(fs::exists(path("killed/journal.jsonl")));
}

TEST_F(HostileFiles, NoCaseTakesMoreStepsThanATraining) {
  EXPECT_GT(longest_case_, 0u);
  EXPECT_EQ(run("trained", "--filter 'level3/*'"), 0) << last_error();
  EXPECT_LE(whole_steps_ - count("steps"), longest_case_);
}

TEST_F(HostileFiles, AResumedRunGoesOnWithTheSeedOfTheInterruptedOne) {
  ASSERT_TRUE(run_and_kill("seed", "--seed 77", 40'000));
  const std::size_t before = count("steps");
  EXPECT_EQ(run("seed", "--resume"), 0) << last_error();
  EXPECT_EQ(results("seed").at("suite").at("seed"), 77);
  EXPECT_LE(count("steps"), whole_steps_ + longest_case_);
  EXPECT_GT(before, 0u);
  // Asked for another one, it starts afresh.
  ASSERT_TRUE(run_and_kill("other", "--seed 77", 40'000));
  EXPECT_EQ(run("other", "--resume --seed 78"), 0) << last_error();
  const auto whole = read_json(path("other") + "/results.json", "results");
  EXPECT_EQ(whole.at("suite").at("seed"), 78);
  EXPECT_EQ(whole.at("totals").at("cases_resumed"), 0);
}

TEST_F(HostileFiles, ARunThatAClaimMayRestOnDrawsASeedAndSaysIt) {
  const auto run_standard = [&](const std::string& more) {
    const std::string line = std::string(LSGD_CONFORM_PROGRAM) + " run --target " +
                             path("device.toml") + " --filter level0/float_add --out " +
                             path("drawn") + more + " >" + path("stdout");
    EXPECT_EQ(WEXITSTATUS(std::system(line.c_str())), 0) << line;
    const auto seed = results("drawn").at("suite").at("seed").get<std::uint64_t>();
    EXPECT_THAT(read_text(path("stdout"), longest_file),
                HasSubstr("suite standard, seed " + std::to_string(seed) + ": "));
    return seed;
  };
  const auto first = run_standard("");
  EXPECT_NE(run_standard(""), first);
  EXPECT_EQ(run_standard(" --seed " + std::to_string(first)), first);
}

TEST_F(HostileFiles, AFullDiskIsNeverAPassAndLosesNothingThatWasJournaled) {
  // In blocks of 512 bytes; a write beyond them fails as it does on a full disk, with a signal.
  for (const int blocks : {0, 1, 5, 20, 60, 120, 200}) {
    const std::string out = "full" + std::to_string(blocks);
    fs::remove(path("steps"));
    const int status = run(out, "", "ulimit -f " + std::to_string(blocks) + "; ");
    EXPECT_EQ(status, 2) << blocks;
    const std::string results_file = path(out) + "/results.json";
    if (fs::exists(results_file)) {
      EXPECT_EQ(results(out), whole_) << blocks;
    }
    if (blocks > 0) {
      EXPECT_THAT(last_error(), HasSubstr(": expected ")) << blocks;
    }
    EXPECT_EQ(run(out, "--resume"), 0) << last_error();
    EXPECT_EQ(results(out), whole_) << blocks;
    EXPECT_LE(count("steps"), whole_steps_ + longest_case_) << blocks;
  }
}

TEST_F(HostileFiles, AJournalThatIsALinkOrAPipeIsRefused) {
  fs::create_directories(path("out"));
  std::ofstream(path("precious")) << "precious";
  fs::create_symlink(path("precious"), path("out/journal.jsonl"));
  for (const char* more : {"", "--resume"}) {
    EXPECT_EQ(run("out", more), 2);
    EXPECT_THAT(last_error(), HasSubstr("out/journal.jsonl: expected a writable file: "));
  }
  EXPECT_EQ(read_text(path("precious"), 100), "precious");
  fs::remove(path("out/journal.jsonl"));
  ASSERT_EQ(mkfifo(path("out/journal.jsonl").c_str(), 0600), 0);
  for (const char* more : {"", "--resume"}) {
    EXPECT_EQ(run("out", more), 2);
    EXPECT_THAT(last_error(), HasSubstr("out/journal.jsonl: expected a "));
  }
  EXPECT_FALSE(fs::exists(path("out/results.json")));
}

TEST_F(HostileFiles, AJournalThatHasAnotherNameIsNotEmptied) {
  fs::create_directories(path("out"));
  std::ofstream(path("precious")) << "precious";
  fs::create_hard_link(path("precious"), path("out/journal.jsonl"));
  EXPECT_EQ(run("out", ""), 2);
  EXPECT_THAT(last_error(), HasSubstr("journal.jsonl: expected a regular file of one name"));
  EXPECT_EQ(read_text(path("precious"), 100), "precious");
}

TEST_F(HostileFiles, AnInputThatIsAPipeOrADeviceIsRefused) {
  ASSERT_EQ(mkfifo(path("pipe.toml").c_str(), 0600), 0);
  fs::create_symlink("/dev/zero", path("endless.toml"));
  for (const char* name : {"pipe.toml", "endless.toml"}) {
    const std::string file = path(name);
    for (const std::string& arguments :
         {"report " + file, "diff " + file + " " + file, "import csv " + file,
          "import onnx " + file, "import npz-data " + file, "import idx " + file + " " + file,
          "profile show " + file, "run --target " + file, "run --suite " + file,
          "train --sizes 2-1 --activations sigmoid --loss bce --data " + file}) {
      const std::string line = std::string(LSGD_CONFORM_PROGRAM) + " " + arguments +
                               (arguments.starts_with("import") || arguments.starts_with("train")
                                    ? " --out " + path("unwritten")
                                    : "") +
                               " 2>" + path("stderr");
      EXPECT_EQ(WEXITSTATUS(std::system(("timeout 200 " + line).c_str())), 2) << line;
      EXPECT_EQ(last_error(), file + ": expected a file, but it is a pipe or a device\n") << line;
    }
  }
}

TEST_F(HostileFiles, AJournalWhoseVerdictsWereEditedIsRefused) {
  ASSERT_TRUE(run_and_kill("edited", "", 40'000));
  const std::string journal = path("edited/journal.jsonl");
  const std::string written = read_text(journal, longest_file);
  const auto refused = [&](const std::string& text) {
    write_file(journal, text);
    EXPECT_EQ(run("edited", "--resume"), 2);
    EXPECT_THAT(last_error(), HasSubstr("journal.jsonl:"));
    EXPECT_THAT(last_error(), HasSubstr("expected the entry that a run wrote here, unchanged"));
  };
  std::string edited = written;
  edited.replace(edited.find("\"elements\":") + 11, 1, "9");
  refused(edited);
  refused(written.substr(written.find('\n') + 1));  // the first entry taken out
  write_file(journal, written);
  EXPECT_EQ(run("edited", "--resume"), 0) << last_error();
  EXPECT_EQ(results("edited"), whole_);
}

TEST_F(HostileFiles, TwoRunsNeverWriteIntoTheSameDirectory) {
  {
    const DirectoryLock other(path("out"));
    EXPECT_EQ(run("out", ""), 2);
    EXPECT_EQ(last_error(),
              path("out") + ": expected a directory that no other run writes into, and process " +
                  std::to_string(getpid()) + " does\n");
    EXPECT_FALSE(fs::exists(path("out/journal.jsonl")));
  }
  EXPECT_EQ(run("out", ""), 0);
  EXPECT_EQ(results("out"), whole_);
}

TEST_F(HostileFiles, ASuiteOfOnesOwnNamedStandardGrantsNoClaim) {
  std::ofstream(path("standard.toml"))
      << "format = \"lsgd-suite/1\"\nname = \"standard\"\ndescription = \"Easy.\"\n"
         "conformance = true\nseed = 1\ngolden = [\"level0_float32\"]\n[[workload]]\n"
         "name = \"car\"\nmodel = \"vectors/models/car/model.json\"\ndata = \"car\"\n"
         "chunks = 1\nsteps = 1\nlearning_rate = 1e-20\n";
  const std::string line = std::string(LSGD_CONFORM_PROGRAM) + " run --suite " +
                           path("standard.toml") + " --target " + path("device.toml") + " --out " +
                           path("own") + " >" + path("stdout");
  EXPECT_EQ(WEXITSTATUS(std::system(line.c_str())), 0);
  EXPECT_EQ(results("own").at("suite").at("conformance"), false);
  EXPECT_THAT(read_text(path("stdout"), longest_file), HasSubstr("not enough to claim"));
  EXPECT_THAT(read_text(path("own/summary.md"), longest_file),
              HasSubstr("the standard suite is not the one of that name in the program"));
}

TEST_F(HostileFiles, AnEmptyArgumentIsRefused) {
  for (const char* arguments : {"run --out ''", "run --out= ", "run --filter ''", "report ''"}) {
    const std::string line =
        std::string(LSGD_CONFORM_PROGRAM) + " " + arguments + " 2>" + path("stderr");
    EXPECT_EQ(WEXITSTATUS(std::system(line.c_str())), 2) << arguments;
    EXPECT_THAT(last_error(), HasSubstr("expected a value, found an empty one")) << arguments;
  }
}

TEST_F(HostileFiles, AShortageOfDescriptorsIsNotBlamedOnTheDevice) {
  std::size_t named = 0;
  for (int limit = 13; limit < 24; ++limit) {  // the shell itself takes 10 to 12
    const int status =
        run("few", "--filter 'level0/*'", "ulimit -n " + std::to_string(limit) + ";");
    if (status == 0) continue;
    EXPECT_EQ(status, 2) << limit << ' ' << last_error();
    named +=
        last_error().find("on this machine and not on the device") == std::string::npos ? 0 : 1;
  }
  EXPECT_GE(named, 1U);
}

TEST_F(HostileFiles, OutputThatNobodyReceivesIsNoSuccess) {
  const std::string line =
      std::string(LSGD_CONFORM_PROGRAM) + " list suites >/dev/full 2>" + path("stderr");
  EXPECT_EQ(WEXITSTATUS(std::system(line.c_str())), 2);
  EXPECT_EQ(last_error(), "standard output: expected room to write: No space left on device\n");
}

TEST_F(HostileFiles, AnUnknownSubcommandIsNamed) {
  for (const char* arguments : {"fly", "vectors fly"}) {
    const std::string line =
        std::string(LSGD_CONFORM_PROGRAM) + " " + arguments + " 2>" + path("stderr");
    EXPECT_EQ(WEXITSTATUS(std::system(line.c_str())), 2);
    EXPECT_EQ(last_error(), "lsgd-conform: expected a subcommand, found \"fly\"\n");
  }
}

TEST_F(HostileFiles, ResultsAreNotResumedForOtherObjectsToMeasure) {
  const std::string budget =
      "[elf]\nport_object = \"object.o\"\n[[budget]]\nnetwork = \"car\"\ntext_bytes = 1\n";
  std::ofstream(path("device.toml"), std::ios::app) << budget;
  fs::copy_file(LSGD_ELF_SAMPLE, path("object.o"));
  EXPECT_TRUE(run_and_kill("objects", "--filter 'level[14]*'", 40'000));
  std::ofstream(path("object.o"), std::ios::app) << "changed";
  fs::remove(path("steps"));
  EXPECT_EQ(run("objects", "--resume --filter 'level[14]*'"), 1);
  const std::size_t resumed = count("steps");
  fs::remove(path("steps"));
  EXPECT_EQ(run("afresh", "--filter 'level[14]*'"), 1);
  EXPECT_EQ(resumed, count("steps"));
}

/// How many kills of each command; LSGD_KILLS sets another number.
std::size_t kills() { return number_from_environment("LSGD_KILLS", 12); }

/// Every file of a directory by its path in it; empty where there is none.
std::map<std::string, std::string> contents(const fs::path& directory) {
  std::map<std::string, std::string> files;
  if (!fs::exists(directory)) return files;
  for (const auto& entry : fs::recursive_directory_iterator(directory))
    if (entry.is_regular_file())
      files[entry.path().lexically_relative(directory)] = read_text(entry.path(), longest_file);
  return files;
}

/// Runs commands of the program and kills them after a random time.
class KilledCommands : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return (directory_.path() / name).string(); }

  /// Exit status, or -1 where it was killed after `time`.
  static int run(const std::string& arguments, std::optional<std::chrono::microseconds> time) {
    const pid_t child = fork();
    if (child == 0) {
      const std::string line =
          "exec " + std::string(LSGD_CONFORM_PROGRAM) + " " + arguments + " >/dev/null 2>&1";
      execl("/bin/sh", "sh", "-c", line.c_str(), nullptr);
      _exit(127);
    }
    if (time) {
      std::this_thread::sleep_for(*time);
      kill(child, SIGKILL);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  static std::chrono::microseconds time_of(const std::string& arguments) {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(run(arguments, std::nullopt), 0) << arguments;
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                 start);
  }

  /// Most are within `duration`.
  std::chrono::microseconds some_time(std::chrono::microseconds duration) {
    return std::chrono::microseconds(engine_() %
                                     static_cast<std::uint64_t>(duration.count() * 5 / 4));
  }

  enum class Unit { directory, file };

  /// `first` and `second` write different things to one place. Whenever they are killed, it, or
  /// each file in it, is of one or the other, whole, and nothing is left beside it in the end.
  void expect_one_or_the_other(const std::string& first, const std::string& second, Unit unit) {
    const fs::path out = directory_.path() / "kept" / "out";
    fs::create_directories(out.parent_path());
    time_of(second + out.string());
    const auto of_second = contents(out);
    const auto duration = time_of(first + out.string());
    const auto of_first = contents(out);
    ASSERT_NE(of_first, of_second);
    std::size_t killed = 0;
    for (std::size_t attempt = 0; killed < kills() && attempt < 10 * kills(); ++attempt) {
      killed += run((attempt % 2 == 0 ? second : first) + out.string(), some_time(duration)) == -1
                    ? 1
                    : 0;
      auto found = contents(out);
      if (unit == Unit::file)
        for (const auto& [name, text] : of_second) {
          ASSERT_TRUE(found[name] == of_first.at(name) || found[name] == text) << name << attempt;
        }
      else
        ASSERT_TRUE(found == of_first || found == of_second) << attempt;
    }
    EXPECT_GE(killed, kills() / 2);
    EXPECT_EQ(run(first + out.string(), std::nullopt), 0);
    EXPECT_EQ(contents(out), of_first);
    EXPECT_EQ(contents(out.parent_path()).size(), of_first.size());
  }

  TemporaryDirectory directory_;
  std::mt19937_64 engine_{5};
};

TEST_F(KilledCommands, VectorsGenerateLeavesTheOldSetOrTheNewOne) {
  const std::string generate = "vectors generate --model " +
                               (source_directory() / "vectors/models/car/model.json").string() +
                               " --data car --profile float32 --learning-rate 0.01 --steps ";
  expect_one_or_the_other(generate + "20 --out ", generate + "10 --out ", Unit::directory);
}

TEST_F(KilledCommands, ImportLeavesTheOldModelOrTheNewOne) {
  const std::string fixtures = LSGD_FIXTURES_DIRECTORY;
  expect_one_or_the_other("import onnx " + fixtures + "/gemm.onnx --out ",
                          "import onnx " + fixtures + "/matmul.onnx --out ", Unit::directory);
}

TEST_F(KilledCommands, ReportLeavesTheOldFilesOrTheNewOnes) {
  describe_device(directory_.path());
  for (const char* level : {"0", "4"})
    time_of("run --suite " LSGD_HOSTILE_SUITE " --target " + path("device.toml") +
            " --filter 'level" + level + "/*' --out " + path(level));
  expect_one_or_the_other("report " + path("0/results.json") + " --out ",
                          "report " + path("4/results.json") + " --out ", Unit::file);
}

TEST_F(KilledCommands, ARunThatIsResumedGivesTheResultsOfAnUndisturbedOne) {
  describe_device(directory_.path());
  const fs::path out = directory_.path() / "out";
  const auto entries = [&] {
    std::ifstream stream(out / "journal.jsonl");
    return std::count(std::istreambuf_iterator<char>(stream), {}, '\n');
  };
  const std::string afresh = "run --suite " LSGD_HOSTILE_SUITE " --target " + path("device.toml") +
                             " --filter 'level[0124]/*' --out " + out.string();
  const auto duration = time_of(afresh);
  const auto whole = comparable_results(out);
  fs::remove_all(out);
  std::size_t killed = 0, finished = 0;
  const char* resume = "";
  while (killed < kills() || finished == 0) {
    const auto before = entries();
    const int status =
        run(afresh + resume, killed < kills() ? std::optional(some_time(duration)) : std::nullopt);
    if (fs::exists(out / "results.json")) {
      ASSERT_EQ(comparable_results(out), whole);
    }
    if (status == -1) {
      ++killed;
      if (!fs::exists(out / "results.json")) {
        ASSERT_GE(entries(), before);
      }
      resume = " --resume";
    } else {
      ASSERT_EQ(status, 0);
      ++finished;
      EXPECT_FALSE(fs::exists(out / "journal.jsonl"));
      fs::remove_all(out);
      resume = "";
    }
  }
}

using Lines = std::vector<std::string>;

Lines lines_of(const fs::path& file) {
  std::ifstream stream(file);
  Lines lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line + '\n');
  return lines;
}

/// Empties, cuts, repeats, drops or reorders lines; true where the text has changed.
bool damage(Lines& lines, std::mt19937_64& engine) {
  const Lines before = lines;
  const auto any = [&] {
    return lines.begin() + static_cast<std::ptrdiff_t>(engine() % lines.size());
  };
  switch (engine() % 7) {
    case 0:
      lines.clear();
      break;
    case 1:
      lines.resize(1 + engine() % (lines.size() - 1));
      break;
    case 2:
      lines.resize(1 + engine() % (lines.size() - 1));
      lines.back().resize(lines.back().size() / 2);
      break;
    case 3:
      lines.insert(any(), *any());
      break;
    case 4:
      lines.erase(any());
      break;
    case 5:
      std::iter_swap(any(), any());
      break;
    default:
      lines.insert(lines.end(), before.begin(), before.end());
  }
  return lines != before;
}

/// Reads a set as a run does; the names of its cases.
std::vector<std::string> case_names(const fs::path& directory) {
  std::vector<std::string> names;
  if (read_vector_set(directory).level == 0)
    for (const auto& found : read_arithmetic_set(directory).cases) names.push_back(found.name);
  else
    for (const auto& found : read_golden_set(directory).cases) names.push_back(found.name);
  std::ranges::sort(names);
  return names;
}

/// The committed sets of every profile, in alphabetical order.
std::vector<fs::path> golden_sets() {
  std::vector<fs::path> sets;
  for (const auto& entry : fs::directory_iterator(golden_directory())) sets.push_back(entry.path());
  std::ranges::sort(sets);
  return sets;
}

// Also where the checksums have been brought up to date.
TEST(HostileVectors, DamagedFilesAreRefusedOrHoldTheSameCases) {
  std::mt19937_64 engine(3);
  std::size_t refused = 0, damaged = 0;
  for (const fs::path& set : golden_sets()) {
    const auto expected = case_names(set);
    for (int round = 0; round < 24; ++round) {
      const TemporaryDirectory directory;
      fs::copy(set, directory.path());
      const VectorManifest manifest = read_vector_set(directory.path());
      const fs::path file =
          directory.path() / manifest.files[engine() % manifest.files.size()].name;
      Lines lines = lines_of(file);
      if (!damage(lines, engine)) continue;
      ++damaged;
      std::string text;
      for (const std::string& line : lines) text += line;
      write_file(file, text);
      EXPECT_THROW(case_names(directory.path()), InputError);
      write_manifest(directory.path(), manifest);
      try {
        EXPECT_EQ(case_names(directory.path()), expected) << file;
      } catch (const InputError&) {
        ++refused;
      }
    }
  }
  EXPECT_GE(refused, damaged * 3 / 4);  // the rest are rows of level 0 in another order
}

TEST(HostileVectors, AManifestThatNamesMoreOrFewerCasesIsRefused) {
  for (const fs::path& set : golden_sets())
    for (const int difference : {-1, 1}) {
      const TemporaryDirectory directory;
      fs::copy(set, directory.path());
      VectorManifest manifest = read_vector_set(directory.path());
      for (VectorFile& file : manifest.files) {
        const auto cases = file.cases;
        if (cases == 0) continue;
        file.cases += static_cast<std::uint64_t>(difference);
        write_manifest(directory.path(), manifest);
        EXPECT_THROW(case_names(directory.path()), InputError) << set << ' ' << file.name;
        file.cases = cases;
      }
    }
}

}  // namespace
}  // namespace lsgd
