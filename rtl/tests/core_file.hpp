// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lsgd::rtl {

/// What the core of this program lacks, as a file of options; empty where it lacks nothing. The one
/// thing in which the programs that verify a core differ besides the core.
extern const char* const core_file;

}  // namespace lsgd::rtl
