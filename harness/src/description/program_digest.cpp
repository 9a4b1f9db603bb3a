// SPDX-License-Identifier: Apache-2.0
#include "description/program_digest.hpp"

#include "files/sha256.hpp"

namespace lsgd {

const std::string& program_digest() {
  static const std::string digest = sha256_of_file("/proc/self/exe");
  return digest;
}

}  // namespace lsgd
