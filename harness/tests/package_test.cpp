// SPDX-License-Identifier: Apache-2.0

// Packages of runs on a real agent, whole, mutated and forged, by the command line.
//   LSGD_MUTATIONS=10000 hostile_tests --gtest_filter='Packages*'
// tries that many; LSGD_SEED draws others.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <vector>

#include "files/atomic_file.hpp"
#include "files/sha256.hpp"
#include "files/tar_archive.hpp"
#include "files/text_file.hpp"
#include "number_from_environment.hpp"
#include "run/journal.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;

constexpr std::size_t longest_package_file = std::size_t{64} << 20;
constexpr const char* answers = "evidence/answers.jsonl";

const fs::path& directory() {
  static const TemporaryDirectory created;
  return created.path();
}

std::string path(const std::string& name) { return (directory() / name).string(); }
std::string text(const std::string& name) { return read_text(path(name), longest_package_file); }

/// Exit status; `before` are commands and variables of the shell.
int run(const std::string& arguments, const std::string& before = "") {
  const int status = std::system(fmt::format("{} {} {} >{} 2>{}", before, LSGD_CONFORM_PROGRAM,
                                             arguments, path("stdout"), path("stderr"))
                                     .c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// @param arithmetic  what it declares of itself
void describe_packed_device(const std::string& fault, const std::string& arithmetic = "") {
  std::ofstream(path("device.toml"))
      << "format = \"lsgd-target/1\"\nname = \"honest\"\nport = \"float32_c99\"\nplatform = \"q\"\n"
         "variant = \"r\"\nprofile = \"float32\"\ncommand = [\"" LSGD_HOSTILE_DEVICE "float32\", \""
      << fault << "\", \"3\", \"1000\", \"" << path("device") << "\"]\n"
      << arithmetic;
}

/// An order of sums that the device has not.
constexpr const char* wrong_declaration =
    "[arithmetic]\nfused_multiply_add = \"no\"\nsummation_order = \"descending\"\nbias_position = "
    "\"first\"\nupdate_product = \"learning_rate_times_delta\"\n";

/// The package of a few cases on the honest device, drawn with a seed.
const std::string& package(const std::string& seed, const std::string& sign = "") {
  static std::map<std::string, std::string> made;
  const auto [place, is_new] = made.emplace(seed + sign, "");
  if (!is_new) return place->second;
  fs::create_directories(path("device"));
  describe_packed_device("none");
  EXPECT_EQ(run(fmt::format("run --suite smoke --filter 'level[01]/*_[0-9]*' --target {} --seed {} "
                            "--evidence --out {}",
                            path("device.toml"), seed, path("out"))),
            0)
      << text("stderr");
  EXPECT_EQ(run(fmt::format("package {} {} --out {}", path("out"), sign, path("made.tar"))), 0)
      << text("stderr");
  return place->second = text("made.tar");
}

int verify(const std::string& archive, const std::string& options = "") {
  write_file(path("some.tar"), archive);
  return run("verify " + path("some.tar") + " " + options);
}

ArchiveMembers members_of(const std::string& archive) { return members_of_tar(archive, "a test"); }

/// As somebody would make it who has no key.
std::string sealed(ArchiveMembers members) {
  members.erase("SHA256SUMS.sig");
  members.erase("SHA256SUMS");
  std::string sums;
  for (const auto& [name, content] : members) sums += sha256_of(content) + "  " + name + "\n";
  members["SHA256SUMS"] = sums;
  return tar_archive(members);
}

std::vector<nlohmann::ordered_json> entries_of(const std::string& journal) {
  std::vector<nlohmann::ordered_json> entries;
  std::istringstream lines(journal);
  for (std::string line; std::getline(lines, line);)
    entries.push_back(nlohmann::ordered_json::parse(line));
  return entries;
}

std::string journal_of(std::vector<nlohmann::ordered_json> entries) {
  std::string journal, chain;
  for (auto& entry : entries) {
    entry.erase("chain");
    entry["chain"] = chain = sha256_of(chain + Journal::text(entry));
    journal += Journal::text(entry) + "\n";
  }
  return journal;
}

void replace(std::string& in, const std::string& from, const std::string& to) {
  const auto at = in.find(from);
  ASSERT_NE(at, in.npos) << from;
  in.replace(at, from.size(), to);
}

TEST(Packages, AreVerifiedWithoutTheDeviceAndOpenedByTarAndSha256sum) {
  write_file(path("whole.tar"), package("7"));
  fs::remove(path("device.toml"));
  ASSERT_EQ(run("verify " + path("whole.tar")), 0) << text("stderr");
  EXPECT_THAT(text("stdout"),
              AllOf(HasSubstr("honest"), HasSubstr("with the same results\nnot signed"),
                    HasSubstr("not checked: that the answers are those of the devices named")));
  fs::create_directories(path("open"));
  EXPECT_EQ(
      std::system(fmt::format("cd {} && tar xf ../whole.tar && sha256sum --quiet -c SHA256SUMS",
                              path("open"))
                      .c_str()),
      0);
}

TEST(Packages, AreTheSameBytesOfTheSameAnswers) {
  const ArchiveMembers one = members_of(package("7"));
  describe_packed_device("none");
  ASSERT_EQ(run(fmt::format("run --suite smoke --filter 'level[01]/*_[0-9]*' --target {} --seed 7 "
                            "--evidence --out {}",
                            path("device.toml"), path("again"))),
            0);
  const ArchiveMembers again =
      members_of(read_text(path("again/evidence.tar"), longest_package_file));
  for (const auto& [name, content] : again) EXPECT_EQ(content, one.at(name)) << name;
}

TEST(Packages, ShowFailuresAsTheyAre) {
  fs::create_directories(path("device"));
  describe_packed_device("false_result");
  ASSERT_EQ(run(fmt::format("run --suite smoke --filter 'level[01]/*_[0-9]*' --target {} --seed 7 "
                            "--evidence --out {}",
                            path("device.toml"), path("failing"))),
            1);
  ASSERT_EQ(run("package " + path("failing")), 0) << text("stderr");
  ASSERT_EQ(run("verify " + path("failing/package.tar")), 0) << text("stderr");
  EXPECT_THAT(text("stdout"), HasSubstr("fail of float32_c99 on q"));
  EXPECT_THAT(members_of(text("failing/package.tar")).at("statement.json"),
              HasSubstr("\"result\": \"FAILED\""));
}

TEST(Packages, StateThatLessThanTheSuiteWasRun) {
  const auto statement =
      nlohmann::json::parse(members_of(package("7")).at("statement.json")).at("predicate");
  EXPECT_EQ(statement.at("result"), "WARNED");
  EXPECT_EQ(statement.at("warnedTests"),
            nlohmann::json::array({"only of filter level[01]/*_[0-9]*"}));
}

class SignedPackages : public testing::Test {
 protected:
  SignedPackages() {
    for (const char* key : {"key", "stranger"}) {
      if (fs::exists(path(key))) continue;
      EXPECT_EQ(std::system(fmt::format("ssh-keygen -q -t ed25519 -N '' -f {}", path(key)).c_str()),
                0);
    }
    allow("ada@acme.example", "", "key");
    archive_ = package("7", "--sign " + path("key"));
  }
  static void allow(const std::string& identity, const std::string& options,
                    const std::string& key) {
    write_file(path("allowed"), fmt::format("{} {} {}", identity, options, text(key + ".pub")));
  }
  static std::string allowed() { return "--allowed-signers " + path("allowed"); }

  std::string archive_;
};

TEST_F(SignedPackages, SayWhoSignedThem) {
  EXPECT_EQ(verify(archive_, allowed()), 0) << text("stderr");
  EXPECT_THAT(text("stdout"), HasSubstr("signed by ada@acme.example, ED25519 key SHA256:"));
  EXPECT_EQ(verify(archive_), 0);
  EXPECT_THAT(text("stdout"), HasSubstr("--allowed-signers says whose it is"));
}

TEST_F(SignedPackages, OfNobodyWhoIsAllowedAreRefused) {
  const auto expect_refused = [&](const std::string& archive, const char* expected) {
    EXPECT_EQ(verify(archive, allowed()), 2);
    EXPECT_THAT(text("stderr"), HasSubstr(expected));
  };
  expect_refused(package("7"), "expected a signature");
  allow("eve@acme.example", "", "stranger");
  expect_refused(archive_, "somebody whom");
  allow("ada@acme.example", "valid-before=\"20200101\"", "key");
  expect_refused(archive_, "somebody whom");
  allow("ada@acme.example", "namespaces=\"git\"", "key");
  expect_refused(archive_, "somebody whom");
  EXPECT_EQ(run("verify " + path("some.tar") + " --allowed-signers " + path("nowhere")), 2);
}

TEST_F(SignedPackages, WithTheSignatureOfAnotherAreRefused) {
  const std::string other = package("8", "--sign " + path("key"));
  ArchiveMembers members = members_of(archive_);
  members["SHA256SUMS.sig"] = members_of(other).at("SHA256SUMS.sig");
  EXPECT_EQ(verify(tar_archive(members), allowed()), 2);
  EXPECT_EQ(verify(tar_archive(members)), 2);
  members["SHA256SUMS.sig"] = "a signature\n";
  EXPECT_EQ(verify(tar_archive(members)), 2);
}

// Archives are read and changed here by POSIX's description of ustar, not by the program's code.
constexpr std::size_t block = 512;

/// A member in an archive: its header and content, padded.
struct Extent {
  std::size_t offset, size;
};

std::vector<Extent> extents_of(const std::string& archive) {
  std::vector<Extent> extents;
  for (std::size_t at = 0; archive.at(at) != '\0';) {
    const std::size_t content = std::stoull(archive.substr(at + 124, 11), nullptr, 8);
    extents.push_back({at, block + (content + block - 1) / block * block});
    at += extents.back().size;
  }
  return extents;
}

/// Makes the checksum of the header at `at` fit.
void seal_header(std::string& archive, std::size_t at) {
  archive.replace(at + 148, 8, "        ");
  unsigned sum = 0;
  for (std::size_t i = 0; i < block; ++i) sum += static_cast<unsigned char>(archive[at + i]);
  archive.replace(at + 148, 8, fmt::format("{:06o}", sum) + '\0' + ' ');
}

/// A kind of change of an archive.
struct Mutation {
  const char* name;
  std::function<void(std::string& archive, std::mt19937& engine)> apply;
};

/// @param other  the package of another run, signed by the same key
std::vector<Mutation> mutations_of_packages(const std::string& other) {
  const auto below = [](std::mt19937& engine, std::size_t limit) { return engine() % limit; };
  const auto any_block = [=](const std::string& of, std::mt19937& engine) {
    return block * below(engine, of.size() / block);
  };
  const auto any_extent = [=](const std::string& of, std::mt19937& engine) {
    const std::vector<Extent> extents = extents_of(of);
    return extents[below(engine, extents.size())];
  };
  return {{"a bit changed",
           [=](auto& archive, auto& engine) {
             const std::size_t at = below(engine, archive.size());
             archive[at] = static_cast<char>(archive[at] ^ (1 << below(engine, 8)));
           }},
          {"16 bytes overwritten by noise",
           [=](auto& archive, auto& engine) {
             for (std::size_t i = 0, at = below(engine, archive.size());
                  i < 16 && at + i < archive.size(); ++i)
               archive[at + i] = static_cast<char>(engine());
           }},
          {"the tail cut off",
           [=](auto& archive, auto& engine) { archive.resize(below(engine, archive.size())); }},
          {"noise behind the end",
           [=](auto& archive, auto& engine) {
             for (std::size_t i = 0, end = 1 + below(engine, 2 * block); i < end; ++i)
               archive += static_cast<char>(engine());
           }},
          {"a block twice",
           [=](auto& archive, auto& engine) {
             archive.insert(any_block(archive, engine), archive, any_block(archive, engine), block);
           }},
          {"a block lost",
           [=](auto& archive, auto& engine) { archive.erase(any_block(archive, engine), block); }},
          {"a block in place of another",
           [=](auto& archive, auto& engine) {
             archive.replace(any_block(archive, engine), block,
                             archive.substr(any_block(archive, engine), block));
           }},
          {"a member twice",
           [=](auto& archive, auto& engine) {
             const auto [from, size] = any_extent(archive, engine);
             archive.insert(any_extent(archive, engine).offset, archive.substr(from, size));
           }},
          {"a member lost",
           [=](auto& archive, auto& engine) {
             const auto [at, size] = any_extent(archive, engine);
             archive.erase(at, size);
           }},
          {"a member in another place",
           [=](auto& archive, auto& engine) {
             const auto [from, size] = any_extent(archive, engine);
             const std::string member = archive.substr(from, size);
             archive.erase(from, size);
             archive.insert(any_extent(archive, engine).offset, member);
           }},
          {"a member of another package",
           [=](auto& archive, auto& engine) {
             const auto [to, old_size] = any_extent(archive, engine);
             const auto [from, size] = any_extent(other, engine);
             archive.replace(to, old_size, other.substr(from, size));
           }},
          {"a name that leads elsewhere",
           [=](auto& archive, auto& engine) {
             constexpr std::array names{"../results.json", "/etc/passwd", "evidence/../../x", "./x",
                                        "evidence//x",     "evidence/",   "index.html/x"};
             const std::size_t at = any_extent(archive, engine).offset;
             std::string name = names.at(below(engine, names.size()));
             name.resize(100);
             archive.replace(at, name.size(), name);
             seal_header(archive, at);
           }},
          {"a link, a device or a directory in place of a file",
           [=](auto& archive, auto& engine) {
             const std::size_t at = any_extent(archive, engine).offset;
             archive[at + 156] = static_cast<char>('1' + below(engine, 6));
             seal_header(archive, at);
           }},
          {"a member of 8 GiB, or of no number",
           [=](auto& archive, auto& engine) {
             constexpr std::array sizes{"77777777777", "17777777777", "-0000000001", "           "};
             const std::size_t at = any_extent(archive, engine).offset;
             archive.replace(at + 124, 11, sizes.at(below(engine, sizes.size())));
             seal_header(archive, at);
           }},
          {"a byte of a member, and digests that fit",
           [=](auto& archive, auto& engine) {
             ArchiveMembers members = members_of(archive);
             const std::string signature = members.at("SHA256SUMS.sig");
             auto changed = std::next(members.begin(),
                                      static_cast<std::ptrdiff_t>(below(engine, members.size())));
             if (!changed->second.empty()) {
               char& byte = changed->second[below(engine, changed->second.size())];
               byte = static_cast<char>(byte ^ (1 << below(engine, 8)));
             }
             archive = sealed(members);
             members = members_of(archive);
             members["SHA256SUMS.sig"] = signature;
             archive = tar_archive(members);
           }},
          {"the signature of another package", [=](auto& archive, auto&) {
             ArchiveMembers members = members_of(archive);
             members["SHA256SUMS.sig"] = members_of(other).at("SHA256SUMS.sig");
             archive = tar_archive(members);
           }}};
}

TEST_F(SignedPackages, MutatedAreRefusedOrSayTheSame) {
  ASSERT_EQ(verify(archive_, allowed()), 0);
  const std::string honest = text("stdout");
  const auto kinds = mutations_of_packages(package("8", "--sign " + path("key")));
  std::mt19937 engine(
      static_cast<std::mt19937::result_type>(number_from_environment("LSGD_SEED", 20)));
  const std::uint64_t mutations = number_from_environment("LSGD_MUTATIONS", 160);
  struct Outcomes {
    std::uint64_t refused = 0, same = 0, unchanged = 0;
  };
  std::map<std::string, Outcomes> outcomes;
  for (std::uint64_t m = 0; m < mutations; ++m) {
    const Mutation& kind = kinds[m % kinds.size()];
    Outcomes& found = outcomes[kind.name];
    std::string archive = archive_;
    kind.apply(archive, engine);
    if (archive == archive_) {
      ++found.unchanged;
      continue;
    }
    const int status = verify(archive, allowed());
    EXPECT_TRUE(status == 2 || (status == 0 && text("stdout") == honest))
        << kind.name << ": " << status;
    ++(status == 0 ? found.same : found.refused);
    EXPECT_LE(std::ranges::count(text("stderr"), '\n'), 1) << text("stderr");
  }
  std::uint64_t refused = 0;
  for (const auto& [name, found] : outcomes) {
    refused += found.refused;
    if (std::getenv("LSGD_MUTATIONS") != nullptr)
      fmt::print("| {} | {} | {} | {} |\n", name, found.refused, found.same, found.unchanged);
  }
  EXPECT_GT(refused, mutations * 9 / 10);
}

/// An edit of members whose digests are made to fit, and what the refusal says.
struct Forgery {
  const char* name;
  std::function<void(ArchiveMembers&)> edit;
  const char* expected;
};

TEST(Packages, ForgedAreRefused) {
  const auto in = [](const char* member, const char* from, const char* to) {
    return [=](ArchiveMembers& members) { replace(members.at(member), from, to); };
  };
  const auto in_answers =
      [](const std::function<void(std::vector<nlohmann::ordered_json>&)>& edit) {
        return [=](ArchiveMembers& members) {
          auto entries = entries_of(members.at(answers));
          edit(entries);
          members[answers] = journal_of(entries);
        };
      };
  const std::string other = package("8");
  const std::vector<Forgery> forgeries{
      {"a figure of the results", in("results.json", "\"elements\":", "\"elements\":1"),
       "results.json"},
      {"a space in the results", in("results.json", "\"seed\": 7", "\"seed\":  7"),
       "the text that follows"},
      {"another seed", in("results.json", "\"seed\": 7", "\"seed\": 8"), "expected"},
      {"a wider filter", in("results.json", "level[01]", "level[0-1]"), "expected"},
      {"another suite", in("results.json", "\"name\": \"smoke\"", "\"name\": \"full\""),
       "expected"},
      {"a report", in("index.html", "<h1>", "<h1 >"), "index.html as this program renders"},
      {"a JUnit report", in("junit.xml", "errors=\"0\"", "errors=\"1\""), "junit.xml as this"},
      {"the statement", in("statement.json", "WARNED", "PASSED"), "the statement that"},
      {"a wider declaration",
       [](ArchiveMembers& members) {
         members.at("evidence/targets/honest.toml") += "[arithmetic]\nsignificand_bits = 20\n";
       },
       "expected"},
      {"another firmware",
       [](ArchiveMembers& members) {
         for (auto& [name, content] : members)
           if (name.starts_with("evidence/files/")) content += "x";
       },
       "a file of that digest"},
      {"another build identity",
       [](ArchiveMembers& members) {
         auto run = nlohmann::ordered_json::parse(members.at("evidence/run.json"));
         std::string statement = run["targets"][0]["statement"];
         // The name of the port is the end, the identity stands before it.
         char& digit = statement[statement.size() - 2 * 11 - 2];
         digit = digit == '0' ? '1' : '0';
         run["targets"][0]["statement"] = statement;
         members["evidence/run.json"] = run.dump(2) + "\n";
       },
       "expected"},
      {"a statement that ends early",
       [](ArchiveMembers& members) {
         auto run = nlohmann::ordered_json::parse(members.at("evidence/run.json"));
         run["targets"][0]["statement"] = "00";
         members["evidence/run.json"] = run.dump(2) + "\n";
       },
       "a whole reply to HELLO"},
      {"answers of another case",
       in_answers([](auto& entries) { std::swap(entries[1]["answers"], entries[2]["answers"]); }),
       "answers.jsonl:"},
      {"a case without answers",
       in_answers([](auto& entries) { entries.erase(entries.begin() + 3); }), "expected"},
      {"a verdict beside the answers",
       in_answers([](auto& entries) { entries[1]["case"]["elements"] = 7; }),
       "answers.jsonl:2: expected what the answers of the device"},
      {"an entry out of the chain",
       [](ArchiveMembers& members) {
         auto entries = entries_of(members.at(answers));
         entries.erase(entries.begin() + 1);
         members[answers].clear();
         for (const auto& entry : entries) members[answers] += Journal::text(entry) + "\n";
       },
       "unchanged"},
      {"the answers of another run",
       [&](ArchiveMembers& members) { members[answers] = members_of(other).at(answers); },
       "expected"},
      {"the results of another run",
       [&](ArchiveMembers& members) {
         members["results.json"] = members_of(other).at("results.json");
       },
       "expected"},
      {"a member of one's own", [](ArchiveMembers& members) { members["readme.txt"] = "trust me"; },
       "no member but those of a package"},
      {"evidence that nothing names",
       [](ArchiveMembers& members) { members["evidence/more"] = "x"; },
       "no member that nothing names"},
      {"no report", [](ArchiveMembers& members) { members.erase("summary.md"); },
       "a member summary.md"},
      {"no answers", [](ArchiveMembers& members) { members.erase(answers); }, "a member evidence"},
      {"waivers that results do not have",
       [](ArchiveMembers& members) { members["waivers.toml"] = "format = \"lsgd-waivers/1\"\n"; },
       "waivers.toml where"}};
  ASSERT_EQ(verify(sealed(members_of(package("7")))), 0) << text("stderr");
  for (const Forgery& forgery : forgeries) {
    ArchiveMembers members = members_of(package("7"));
    forgery.edit(members);
    EXPECT_EQ(verify(sealed(members)), 2) << forgery.name << '\n' << text("stdout");
    // The last line: before it stands how far the judging was.
    const std::string error = text("stderr");
    EXPECT_THAT(error.substr(error.rfind('\n', error.size() - 2) + 1),
                AllOf(HasSubstr(forgery.expected), EndsWith("\n")))
        << forgery.name;
  }
}

TEST(Packages, WhoseDigestsDoNotFitAreRefused) {
  ArchiveMembers members = members_of(package("7"));
  members["results.json"] += " ";
  EXPECT_EQ(verify(tar_archive(members)), 2);
  EXPECT_THAT(text("stderr"), HasSubstr("SHA256SUMS: expected the digests of all members"));
}

TEST(Packages, AreMadeOfRunsWithEvidenceAlone) {
  describe_packed_device("none");
  ASSERT_EQ(run(fmt::format("run --suite smoke --filter 'level0/*' --target {} --out {}",
                            path("device.toml"), path("bare"))),
            0);
  EXPECT_EQ(run("package " + path("bare")), 2);
  EXPECT_THAT(text("stderr"), HasSubstr("evidence.tar: expected the evidence of a run"));
}

/// results.json without what depends on a clock.
std::string but_times(const std::string& results) {
  auto of = nlohmann::ordered_json::parse(results);
  of.erase("timing");
  return of.dump(2);
}

/// Runs a few cases of all levels on the device, whole and in shards, and merges these.
class MergedPackages : public testing::Test {
 protected:
  static constexpr const char* cases = "--suite smoke --filter 'level[0123]/*_[0-9]*' --seed 7 ";

  MergedPackages() { fs::create_directories(path("device")); }

  static int run_part(const std::string& out, const std::string& options) {
    return run(fmt::format("run {} --target {} --out {} {}", cases, path("device.toml"), path(out),
                           options));
  }
  static void run_shards(int expected) {
    for (const char* shard : {"1", "2", "3"})
      ASSERT_THAT(
          run_part(std::string("shard") + shard, fmt::format("--evidence --shard {}/3", shard)),
          testing::AnyOf(0, expected))
          << text("stderr");
  }
  static std::string merge_command() {
    return fmt::format("merge {}/results.json {}/results.json {}/results.json --out {}",
                       path("shard3"), path("shard1"), path("shard2"), path("merged"));
  }
  static int merge() { return run(merge_command()); }
};

TEST_F(MergedPackages, AreThoseOfTheWholeRun) {
  // Right, and with an order of sums that the device has not.
  for (const auto& [status, arithmetic] : {std::pair{0, ""}, std::pair{1, wrong_declaration}}) {
    describe_packed_device("none", arithmetic);
    ASSERT_EQ(run_part("whole", "--evidence"), status) << text("stderr");
    run_shards(status);
    ASSERT_EQ(merge(), status) << text("stderr");
    EXPECT_TRUE(text("merged/evidence.tar") == text("whole/evidence.tar"));
    EXPECT_EQ(but_times(text("merged/results.json")), but_times(text("whole/results.json")));
    EXPECT_EQ(text("merged/results.json").find("\"explanation\"") != std::string::npos,
              status == 1);
    EXPECT_EQ(text("merged/cases.csv"), text("whole/cases.csv"));
    for (const char* out : {"merged", "whole"}) {
      ASSERT_EQ(run("package " + path(out)), 0) << text("stderr");
      ASSERT_EQ(run(fmt::format("verify {}/package.tar", path(out))), 0) << text("stderr");
    }
    ArchiveMembers merged = members_of(text("merged/package.tar"));
    ArchiveMembers whole = members_of(text("whole/package.tar"));
    for (ArchiveMembers* of : {&merged, &whole}) {
      // What holds durations, or digests of such files.
      for (const char* member : {"SHA256SUMS", "index.html", "junit.xml"}) of->erase(member);
      of->at("results.json") = but_times(of->at("results.json"));
      std::string& summary = of->at("summary.md");
      const auto digest = summary.find("SHA-256 of results.json");
      ASSERT_NE(digest, summary.npos);
      summary.erase(digest, summary.find('\n', digest) - digest);
      auto statement = nlohmann::ordered_json::parse(of->at("statement.json"));
      statement["subject"].erase(0);
      of->at("statement.json") = statement.dump();
    }
    for (const auto& [name, content] : whole) {
      ASSERT_TRUE(merged.contains(name)) << name;
      EXPECT_TRUE(merged.at(name) == content) << name;
    }
    EXPECT_EQ(merged.size(), whole.size());
  }
}

TEST_F(MergedPackages, AreRefusedWhereAShardHasNoEvidenceOrThatOfAnother) {
  describe_packed_device("none");
  run_shards(0);
  ASSERT_EQ(merge(), 0) << text("stderr");
  const auto expect_refused = [](const std::string& expected) {
    EXPECT_EQ(merge(), 2);
    EXPECT_THAT(text("stderr"), HasSubstr(expected));
  };
  const std::string honest = text("shard2/evidence.tar");
  fs::remove(path("shard2/evidence.tar"));
  expect_refused("shard2/evidence.tar: expected evidence, which other shards have");
  write_file(path("shard2/evidence.tar"), text("shard1/evidence.tar"));
  expect_refused("shard2/evidence.tar: expected answers to the cases of its results, found level");
  ArchiveMembers members = members_of(honest);
  members.at(answers).erase(members.at(answers).find('\n', 1000) + 1, 1);
  write_file(path("shard2/evidence.tar"), tar_archive(members));
  expect_refused("answers.jsonl:");
  members = members_of(honest);
  replace(members.at("evidence/run.json"), "\"statement\": \"00", "\"statement\": \"01");
  write_file(path("shard2/evidence.tar"), tar_archive(members));
  expect_refused("shard2/evidence.tar: expected evidence of the same targets, unchanged");
  members.erase("evidence/run.json");
  write_file(path("shard2/evidence.tar"), tar_archive(members));
  expect_refused("shard2/evidence.tar: expected a member evidence/run.json");
  // What nobody kept is not there, nor is that of an earlier merge.
  for (const char* shard : {"1", "2", "3"})
    fs::remove(path(std::string("shard") + shard + "/evidence.tar"));
  EXPECT_TRUE(fs::exists(path("merged/evidence.tar")));
  EXPECT_EQ(merge(), 0) << text("stderr");
  EXPECT_FALSE(fs::exists(path("merged/evidence.tar")));
}

/// Files below a directory of the test, with what they hold.
std::map<std::string, std::string> files_of_output(const std::string& name) {
  std::map<std::string, std::string> files;
  if (fs::exists(path(name)))
    for (const auto& entry : fs::recursive_directory_iterator(path(name)))
      if (entry.is_regular_file())
        files[entry.path().lexically_relative(path(name)).string()] =
            read_text(entry.path(), longest_package_file);
  return files;
}

TEST_F(MergedPackages, AreWholeOrRefusedOnAFullDiskAndWhenKilled) {
  describe_packed_device("none");
  run_shards(0);
  const std::string command = merge_command();
  fs::remove_all(path("merged"));
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(run(command), 0) << text("stderr");
  const std::chrono::duration<double> duration = std::chrono::steady_clock::now() - start;
  const auto whole = files_of_output("merged");
  const auto shards = files_of_output("shard2");

  std::vector<std::string> befores;
  // In blocks of 512 bytes; a write beyond them fails as it does on a full disk.
  for (const int blocks : {0, 1, 20, 120, 400})
    befores.push_back(fmt::format("ulimit -f {};", blocks));
  for (const double part : {0.1, 0.3, 0.5, 0.7, 0.8, 0.9})
    befores.push_back(fmt::format("timeout -s KILL {:.3f}", part * duration.count()));
  for (const std::string& before : befores) {
    fs::remove_all(path("merged"));
    const int status = run(command, before);
    if (before.starts_with("ulimit")) {
      EXPECT_EQ(status, 2) << before;
    }
    // What a verdict is read from is whole, and so is what it rests on.
    for (const auto& [name, content] : files_of_output("merged"))
      if (whole.contains(name)) {
        EXPECT_TRUE(content == whole.at(name)) << before << name;
      }
    if (fs::exists(path("merged/results.json"))) {
      EXPECT_TRUE(fs::exists(path("merged/evidence.tar"))) << before;
    } else {
      EXPECT_EQ(run("package " + path("merged")), 2);
    }
    ASSERT_EQ(run(command), 0) << text("stderr");
    EXPECT_TRUE(files_of_output("merged") == whole) << before;
    EXPECT_TRUE(files_of_output("shard2") == shards) << before;
  }
}

TEST_F(MergedPackages, ResultsWithoutEvidenceAreWholeOrRefusedOnAFullDisk) {
  describe_packed_device("none");
  run_shards(0);
  for (const char* shard : {"shard1", "shard2", "shard3"})
    fs::remove(path(shard) + "/evidence.tar");
  const std::string command = merge_command();
  fs::remove_all(path("merged"));
  ASSERT_EQ(run(command), 0) << text("stderr");
  const auto whole = files_of_output("merged");
  ASSERT_FALSE(whole.contains("evidence.tar"));
  std::uintmax_t largest = 0;
  for (const auto& [name, content] : whole)
    largest = std::max<std::uintmax_t>(largest, content.size());
  const std::uintmax_t results = whole.at("results.json").size();
  // No file, half of the results, all but the end of them, and no room for the largest report.
  for (const std::uintmax_t bytes : {std::uintmax_t{0}, results / 2, results - 1, largest - 1}) {
    fs::remove_all(path("merged"));
    EXPECT_EQ(run(command, fmt::format("ulimit -f {};", bytes / 512)), 2) << bytes;
    for (const auto& [name, content] : files_of_output("merged"))
      if (whole.contains(name)) {
        EXPECT_TRUE(content == whole.at(name)) << bytes << name;
      }
    EXPECT_EQ(fs::exists(path("merged/results.json")), bytes > results) << bytes;
    ASSERT_EQ(run(command), 0) << text("stderr");
    EXPECT_TRUE(files_of_output("merged") == whole) << bytes;
  }
}

TEST_F(MergedPackages, AreNotJudgedByWhatAShardSaysOfItself) {
  // The answers of a case that failed, and a result that passes, both in a shard.
  describe_packed_device("none", wrong_declaration);
  run_shards(1);
  const std::string honest = text("shard1/evidence.tar");
  ASSERT_EQ(merge(), 1) << text("stderr");
  describe_packed_device("none");
  run_shards(0);
  write_file(path("shard1/evidence.tar"), honest);
  EXPECT_EQ(merge(), 2);
  EXPECT_THAT(text("stderr"), HasSubstr("expected evidence"));
}

TEST(Packages, AreVerifiedByWhicheverNameTheProgramWasCalled) {
  fs::create_directories(path("device"));
  describe_packed_device("none", wrong_declaration);
  const std::string a_run = fmt::format(
      "run --suite smoke --filter 'level[01]/*_[0-9]*' --target {} --seed 7 --evidence "
      "--out {} ",
      path("device.toml"), path("called"));
  const char* const by_script = "LSGD_CALLED_BY=./conform";
  ASSERT_EQ(run(a_run, by_script), 1);
  EXPECT_THAT(text("called/results.json"), HasSubstr("\"./conform run --suite"));
  ASSERT_EQ(run("package " + path("called")), 0) << text("stderr");
  EXPECT_EQ(run(fmt::format("verify {}/package.tar", path("called"))), 0) << text("stderr");
  EXPECT_EQ(run(fmt::format("verify {}/package.tar", path("called")), by_script), 0);

  // So is a run resumed that a full disk ended.
  ASSERT_EQ(run(a_run, fmt::format("ulimit -f 120; {}", by_script)), 2);
  EXPECT_THAT(text("called/journal.jsonl"), HasSubstr("./conform run --suite"));
  EXPECT_EQ(run(a_run + "--resume"), 1) << text("stderr");
}

}  // namespace
}  // namespace lsgd
