// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "steps/profile.hpp"

namespace lsgd {

/// What an arithmetic computes, as a page in Markdown: its numbers, each rounding of a training
/// step in a sentence beside its formula (SPEC 15), what is judged, bytes of training state, and
/// one step of a network of two inputs with numbers. It follows from the declaration and nothing
/// else.
std::string arithmetic_page(const Profile& profile);

}  // namespace lsgd
