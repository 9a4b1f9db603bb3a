// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "steps/profile.hpp"

namespace lsgd {

/// The profile of an arithmetic: a built-in one by its name, or that of a declaration by the path
/// of a TOML file, which contains '/' or ends in ".toml". The same declaration gives the same
/// profile, and a profile lives as long as the program. Throws InputError: also where the steps of
/// the declaration are not computed here, where its tensors do not cross the interface of ports,
/// and where a profile of that name declares another arithmetic.
const Profile& profile_of(const std::string& name_or_file);

/// The same from the text of a declaration; `file` names it in errors.
const Profile& profile_of_text(std::string_view text, const std::string& file);

/// The profile of a change of a declaration (changed_arithmetics), which no name and no file finds:
/// a device that computes in it may declare the same under a name of its own. `name` names it in
/// errors.
const Profile& profile_of_change(Arithmetic change, const std::string& name);

/// Whether a profile comes from a declaration alone.
bool is_declared(const Profile& profile);

}  // namespace lsgd
