// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <lsgd/arithmetic/changed_arithmetics.hpp>

#include "description/target_file.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// Builds the port declared_c99 in the arithmetic of a profile for this machine, with gcc -O2: the
/// program, and its target file declared_c99_NAME-host-gcc_O2.toml. Writes into `directory`, also
/// the header it was made with and the compiler's messages, build.log. Throws InputError where the
/// declaration has no known order, so that no port follows from it, or the compiler fails.
Target build_declared_target(const Profile& profile, const std::filesystem::path& directory);

/// The same of a mutant: a port that states the profile's arithmetic and computes in a changed one.
Target build_declared_mutant(const Profile& profile, const ChangedArithmetic& change,
                             const std::filesystem::path& directory);

/// The same of a legal variant: a port that computes the same bits in another way
/// (equal_arithmetics).
Target build_declared_variant(const Profile& profile, const ChangedArithmetic& other,
                              const std::filesystem::path& directory);

/// Why declared_c99 cannot be a mutant of this change; nothing where it can.
std::optional<std::string> no_declared_mutant(const ChangedArithmetic& change);

}  // namespace lsgd
