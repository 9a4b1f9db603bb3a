// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "files/json_file.hpp"

namespace lsgd {

/// A TOML text as the JSON value of the same tables, so that a JSON Schema can validate it; every
/// value keeps its line, and errors name it as TOML does (`at.weight.format`). Dates, times, NaN
/// and infinities are errors. `file` names the text in errors. Throws InputError.
JsonDocument parse_toml_as_json(std::string_view text, const std::string& file);

}  // namespace lsgd
