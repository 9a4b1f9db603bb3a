// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace lsgd {

/// SHA-256 of the file of the running program.
const std::string& program_digest();

}  // namespace lsgd
