// SPDX-License-Identifier: Apache-2.0
#include "page_template.hpp"

#include <fmt/format.h>
#include <stdexcept>

#include "asset.hpp"
#include "printable_text.hpp"

namespace lsgd {
namespace {

namespace mustache = kainjow::mustache;

constexpr std::size_t longest_page_text = 240;

mustache::data data_of(const nlohmann::json& value, bool is_whole) {
  if (value.is_object()) {
    mustache::data object{mustache::data::type::object};
    for (const auto& [name, member] : value.items())
      object.set(name, data_of(member, name == "repeat"));
    return object;
  }
  if (value.is_array()) {
    mustache::data list{mustache::data::type::list};
    for (const auto& element : value) list.push_back(data_of(element, false));
    return list;
  }
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return is_whole ? printable_text(text) : page_text(text);
  }
  if (value.is_null()) return false;
  if (value.is_boolean()) return value.get<bool>();
  return value.dump();
}

}  // namespace

std::string page_text(std::string_view text) {
  return shortened(printable_text(text), longest_page_text);
}

mustache::data template_data(const nlohmann::json& value) { return data_of(value, false); }

std::string filled_template(std::string_view path, const mustache::data& data) {
  mustache::mustache page{std::string(asset(path))};
  if (!page.is_valid()) throw std::logic_error(fmt::format("{}: {}", path, page.error_message()));
  return page.render(data);
}

}  // namespace lsgd
