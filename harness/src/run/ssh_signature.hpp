// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace lsgd {

/// A signature is no good for anything but packages of this program.
constexpr const char* signature_namespace = "lsgd-conform-package";

/// Signs by `ssh-keygen -Y sign` with a private key, or a public one whose private key an agent
/// has. Throws InputError with what ssh-keygen says.
std::string signature_of(std::string_view text, const std::filesystem::path& key);

/// Whose signature it is.
struct Signer {
  std::string key;                      ///< such as ED25519 key SHA256:...
  std::optional<std::string> identity;  ///< that the file of allowed signers gives the key
};

/// Throws InputError where it is no signature of the text, or one of nobody who is allowed now.
/// @param allowed_signers  as ssh-keygen(1) describes; empty: anybody's key
/// @param shown            names the signature in errors
Signer signer_of(std::string_view text, std::string_view signature,
                 const std::filesystem::path& allowed_signers, const std::string& shown);

}  // namespace lsgd
