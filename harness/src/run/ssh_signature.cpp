// SPDX-License-Identifier: Apache-2.0
#include "run/ssh_signature.hpp"

#include <boost/process/args.hpp>
#include <boost/process/io.hpp>
#include <boost/process/search_path.hpp>
#include <boost/process/system.hpp>
#include <fmt/format.h>
#include <sstream>
#include <vector>

#include "files/atomic_file.hpp"
#include "files/input_error.hpp"
#include "files/scratch_directory.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_output = 1 << 20;

struct Answer {
  int status = 0;
  std::string output, error;
};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// Files that ssh-keygen reads and writes.
class SshKeygen {
 public:
  SshKeygen(std::string_view text, std::string_view signature) {
    write_file(text_, text);
    write_file(signature_, signature);
  }
  explicit SshKeygen(std::string_view text) { write_file(text_, text); }

  Answer run(std::vector<std::string> arguments) const {
    const auto program = boost::process::search_path("ssh-keygen");
    if (program.empty())
      throw InputError("ssh-keygen", 0, "OpenSSH's program for signatures, which was not found");
    const fs::path output = scratch_.path() / "output", error = scratch_.path() / "error";
    Answer answer;
    answer.status = boost::process::system(
        program, boost::process::args(arguments),
        boost::process::std_in<text_.string(), boost::process::std_out> output.string(),
        boost::process::std_err > error.string());
    answer.output = read_text(output, longest_output);
    answer.error = read_text(error, longest_output);
    return answer;
  }

  const fs::path& text() const { return text_; }
  const fs::path& signature() const { return signature_; }

 private:
  ScratchDirectory scratch_;
  fs::path text_ = scratch_.path() / "text";
  fs::path signature_ = scratch_.path() / "text.sig";
};

/// "ED25519 key SHA256:..." of what ssh-keygen says of a good signature.
std::string key_of(const std::string& output) {
  const std::size_t with = output.rfind(" with ");
  return with == std::string::npos ? first_line(output) : first_line(output.substr(with + 6));
}

}  // namespace

std::string signature_of(std::string_view text, const fs::path& key) {
  const SshKeygen keygen(text);
  const Answer answer = keygen.run(
      {"-Y", "sign", "-n", signature_namespace, "-f", key.string(), keygen.text().string()});
  if (answer.status != 0)
    throw InputError(
        key.string(), 0,
        fmt::format("a key to sign with; ssh-keygen says: {}", first_line(answer.error)));
  return read_text(keygen.signature(), longest_output);
}

Signer signer_of(std::string_view text, std::string_view signature, const fs::path& allowed_signers,
                 const std::string& shown) {
  const SshKeygen keygen(text, signature);
  const std::string of = keygen.signature().string();
  const Answer known = keygen.run({"-Y", "check-novalidate", "-n", signature_namespace, "-s", of});
  if (known.status != 0)
    throw InputError(shown, 0,
                     fmt::format("a signature of SHA256SUMS for {}; ssh-keygen says: {}",
                                 signature_namespace, first_line(known.error + known.output)));
  Signer signer{key_of(known.output), {}};
  if (allowed_signers.empty()) return signer;
  open_input(allowed_signers);
  const std::string allowed = fs::absolute(allowed_signers).string();
  std::istringstream identities(
      keygen.run({"-Y", "find-principals", "-s", of, "-f", allowed}).output);
  for (std::string identity; !signer.identity && std::getline(identities, identity);)
    if (keygen
            .run({"-Y", "verify", "-f", allowed, "-I", identity, "-n", signature_namespace, "-s",
                  of})
            .status == 0)
      signer.identity = identity;
  if (!signer.identity)
    throw InputError(shown, 0,
                     fmt::format("the signature of somebody whom {} allows now, found that of {}",
                                 allowed_signers.string(), signer.key));
  return signer;
}

}  // namespace lsgd
