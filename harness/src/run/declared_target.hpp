// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "description/target_file.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// Builds the port declared_c99 in the arithmetic of a profile for this machine, with gcc -O2:
/// writes declared_arithmetic.h, the program and its target file,
/// declared_c99_NAME-host-gcc_O2.toml, into `directory`. Throws InputError where the declaration
/// has no known order, so that no port follows from it, or the compiler fails, whose messages are
/// in build.log there.
Target build_declared_target(const Profile& profile, const std::filesystem::path& directory);

}  // namespace lsgd
