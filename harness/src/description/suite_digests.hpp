// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace lsgd {

/// SHA-256 of everything that the built-in suites are made from, by name, as the program was built:
/// harness/suites/files.sha256, compiled in.
const std::map<std::string, std::string>& suite_digests();

}  // namespace lsgd
