// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "steps/profile.hpp"
#include "steps/tensor_set.hpp"

namespace lsgd {

/// Gives parameters other scales and zero points than a training starts with, from half to one and
/// a half of them, the same on every machine for a name: a device takes those that it is given.
/// Codes stay, but for those of floats that hold more than binary32 does: the numbers that a
/// training starts with get digits behind their 24, and in every other draw tensors of them move
/// towards either end of the format. Nothing happens where an arithmetic has neither.
void draw_scales(const Profile& profile, std::string_view name, TensorSet& parameters);

}  // namespace lsgd
