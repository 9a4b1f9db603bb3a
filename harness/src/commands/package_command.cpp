// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <string>

#include "commands/commands.hpp"
#include "commands/number_option.hpp"
#include "commands/result_package.hpp"
#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "files/text_file.hpp"
#include "result/packed_results.hpp"
#include "run/evidence.hpp"
#include "run/run_summary.hpp"
#include "run/ssh_signature.hpp"

namespace lsgd {
namespace {

namespace fs = std::filesystem;

ArchiveMembers members_of_run(const fs::path& out) {
  const fs::path evidence = out / evidence_file;
  if (!fs::exists(evidence))
    throw InputError(evidence.string(), 0, "the evidence of a run with --evidence");
  ArchiveMembers members = members_of_tar(read_text(evidence, longest_evidence), evidence.string());
  std::vector<std::string> names = report_members();
  names.push_back(results_member);
  if (fs::exists(out / waivers_member)) names.push_back(waivers_member);
  for (const std::string& name : names) members[name] = read_text(out / name, longest_evidence);
  const std::string file = (out / results_member).string();
  const nlohmann::json results = read_whole_results(out / results_member).value;
  if (!results.at("tool").contains("sha256") || !results.at("suite").contains("files"))
    throw InputError(file, 0, "results that say which program judged, and by what");
  members[statement_member] = statement_of(results, members);
  return members;
}

void print_unchecked(const VerifiedPackage& verified) {
  for (const std::string& unchecked : verified.unchecked)
    fmt::print("not checked: {}\n", unchecked);
}

void package(const fs::path& out, const fs::path& key, fs::path file, unsigned jobs) {
  ArchiveMembers members = members_of_run(out);
  // Nothing is published that nobody could verify.
  verify_members(members, out.string(), jobs);
  members[sums_member] = sums_of(members);
  if (!key.empty()) members[signature_member] = signature_of(members.at(sums_member), key);
  if (file.empty()) file = out / "package.tar";
  write_file(file, tar_archive(members));
  fmt::print("package: {}{}\n", file.string(), key.empty() ? ", not signed" : "");
}

void verify(const std::string& file, const fs::path& allowed_signers, unsigned jobs) {
  ArchiveMembers members = members_of_tar(read_text(file, longest_evidence), file);
  const auto take = [&](const char* name) {
    const auto node = members.extract(name);
    return node.empty() ? std::string() : node.mapped();
  };
  const std::string sums = take(sums_member), signature = take(signature_member);
  if (sums != sums_of(members))
    throw InputError(fmt::format("{}:{}", file, sums_member), 0, "the digests of all members");
  std::string signer_text = "not signed: anybody may have made it";
  if (!signature.empty()) {
    const Signer signer =
        signer_of(sums, signature, allowed_signers, fmt::format("{}:{}", file, signature_member));
    signer_text = signer.identity
                      ? fmt::format("signed by {}, {}", *signer.identity, signer.key)
                      : fmt::format("signed by {}; --allowed-signers says whose it is", signer.key);
  } else if (!allowed_signers.empty()) {
    throw InputError(file, 0, "a signature");
  }
  const VerifiedPackage verified = verify_members(members, file, jobs);
  fmt::print("{}{}", run_summary(verified.results), capabilities_table(verified.results));
  fmt::print("{}: judged again from what the devices answered, with the same results\n{}\n", file,
             signer_text);
  print_unchecked(verified);
}

}  // namespace

void add_package_command(CLI::App& app, int&) {
  struct Options {
    std::string out, key, file;
    unsigned jobs = 1;
  };
  auto* command = app.add_subcommand(
      "package",
      "One archive of a run with --evidence, which others can verify without the device");
  const auto options = std::make_shared<Options>();
  command->add_option("OUT", options->out, "Directory of the run's report")->required();
  command->add_option("--sign", options->key, "SSH key to sign with");
  command->add_option("--out", options->file, "The archive; default: package.tar in OUT");
  add_jobs_option(*command, options->jobs, "Targets");
  command->callback(
      [options] { package(options->out, options->key, options->file, options->jobs); });
}

void add_verify_command(CLI::App& app, int&) {
  struct Options {
    std::string file, allowed_signers;
    unsigned jobs = 1;
  };
  auto* command = app.add_subcommand(
      "verify", "Judge the run of a package again from what its devices answered");
  const auto options = std::make_shared<Options>();
  command->add_option("PACKAGE", options->file, "The archive that `package` wrote")->required();
  command->add_option("--allowed-signers", options->allowed_signers,
                      "File of identities and their keys, as ssh-keygen(1) describes; the package "
                      "must be signed by one");
  add_jobs_option(*command, options->jobs, "Targets");
  command->callback([options] { verify(options->file, options->allowed_signers, options->jobs); });
}

}  // namespace lsgd
