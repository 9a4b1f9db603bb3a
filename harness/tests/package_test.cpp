// SPDX-License-Identifier: Apache-2.0

// Packages of runs on a real agent, whole, mutated and forged, by the command line.
//   LSGD_MUTATIONS=10000 hostile_tests --gtest_filter='Packages*'
// tries that many; LSGD_SEED draws others.
#include <algorithm>
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

constexpr std::size_t longest_file = std::size_t{64} << 20;
constexpr const char* answers = "evidence/answers.jsonl";

const fs::path& directory() {
  static const TemporaryDirectory created;
  return created.path();
}

std::string path(const std::string& name) { return (directory() / name).string(); }
std::string text(const std::string& name) { return read_text(path(name), longest_file); }

int run(const std::string& arguments) {
  const int status = std::system(
      fmt::format("{} {} >{} 2>{}", LSGD_CONFORM_PROGRAM, arguments, path("stdout"), path("stderr"))
          .c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void describe_device(const std::string& fault) {
  std::ofstream(path("device.toml"))
      << "format = \"lsgd-target/1\"\nname = \"honest\"\nport = \"float32_c99\"\nplatform = \"q\"\n"
         "variant = \"r\"\nprofile = \"float32\"\ncommand = [\"" LSGD_HOSTILE_DEVICE "float32\", \""
      << fault << "\", \"3\", \"1000\", \"" << path("device") << "\"]\n";
}

/// The package of a few cases on the honest device, drawn with a seed.
const std::string& package(const std::string& seed, const std::string& sign = "") {
  static std::map<std::string, std::string> made;
  const auto [place, is_new] = made.emplace(seed + sign, "");
  if (!is_new) return place->second;
  fs::create_directories(path("device"));
  describe_device("none");
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

std::string chained(std::vector<nlohmann::ordered_json> entries) {
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
  describe_device("none");
  ASSERT_EQ(run(fmt::format("run --suite smoke --filter 'level[01]/*_[0-9]*' --target {} --seed 7 "
                            "--evidence --out {}",
                            path("device.toml"), path("again"))),
            0);
  const ArchiveMembers again = members_of(read_text(path("again/evidence.tar"), longest_file));
  for (const auto& [name, content] : again) EXPECT_EQ(content, one.at(name)) << name;
}

TEST(Packages, ShowFailuresAsTheyAre) {
  fs::create_directories(path("device"));
  describe_device("false_result");
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

std::string mutated(std::string archive, std::mt19937& engine) {
  const auto below = [&](std::size_t limit) { return engine() % limit; };
  const std::size_t blocks = archive.size() / 512;
  switch (below(6)) {
    case 0: {  // a bit
      const std::size_t at = below(archive.size());
      archive[at] = static_cast<char>(archive[at] ^ (1 << below(8)));
      break;
    }
    case 1:  // the tail
      archive.resize(below(archive.size()));
      break;
    case 2:  // a block twice
      archive.insert(512 * below(blocks), archive, 512 * below(blocks), 512);
      break;
    case 3:  // a block lost
      archive.erase(512 * below(blocks), 512);
      break;
    case 4:  // one block in place of another
      archive.replace(512 * below(blocks), 512, archive.substr(512 * below(blocks), 512));
      break;
    default:  // bytes that change no length
      for (std::size_t i = 0, at = below(archive.size()); i < 16 && at + i < archive.size(); ++i)
        archive[at + i] = static_cast<char>(engine());
  }
  return archive;
}

TEST_F(SignedPackages, MutatedAreRefusedOrSayTheSame) {
  ASSERT_EQ(verify(archive_), 0);
  const std::string honest = text("stdout");
  std::mt19937 engine(
      static_cast<std::mt19937::result_type>(number_from_environment("LSGD_SEED", 20)));
  const std::uint64_t mutations = number_from_environment("LSGD_MUTATIONS", 300);
  std::uint64_t refused = 0;
  for (std::uint64_t m = 0; m < mutations; ++m) {
    const std::string archive = mutated(archive_, engine);
    const int status = verify(archive);
    EXPECT_TRUE(status == 2 || (status == 0 && text("stdout") == honest)) << status;
    refused += status == 0 ? 0 : 1;
    EXPECT_LE(std::ranges::count(text("stderr"), '\n'), 1) << text("stderr");
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
          members[answers] = chained(entries);
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
      {"the statement", in("statement.json", "PASSED", "WARNED"), "the statement that"},
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
  describe_device("none");
  ASSERT_EQ(run(fmt::format("run --suite smoke --filter 'level0/*' --target {} --out {}",
                            path("device.toml"), path("bare"))),
            0);
  EXPECT_EQ(run("package " + path("bare")), 2);
  EXPECT_THAT(text("stderr"), HasSubstr("evidence.tar: expected the evidence of a run"));
}

}  // namespace
}  // namespace lsgd
