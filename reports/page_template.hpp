// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <kainjow/mustache.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace lsgd {

/// Text as a page shows it: printable, and of at most 240 characters.
std::string page_text(std::string_view text);

/// What a template shows. Every string on its way into a page passes here; a member called `repeat`
/// is not shortened. Null is absent.
kainjow::mustache::data template_data(const nlohmann::json& value);

/// Fills the embedded template of this path below reports/. Throws std::logic_error where it is no
/// template.
std::string filled_template(std::string_view path, const kainjow::mustache::data& data);

}  // namespace lsgd
