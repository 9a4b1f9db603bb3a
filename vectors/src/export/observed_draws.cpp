// SPDX-License-Identifier: Apache-2.0
#include "export/observed_draws.hpp"

#include <cstdint>
#include <fmt/format.h>
#include <string_view>

#include "files/input_error.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

constexpr std::size_t longest_draws = std::size_t{1} << 25;

}  // namespace

std::string draws_to_make() {
  std::string text = "fraction\n";
  for (const std::uint32_t fraction : fractions_to_draw()) text += fmt::format("{}\n", fraction);
  return text;
}

std::vector<ObservedDraw> read_observed_draws(const std::filesystem::path& file) {
  const std::string text = read_text(file, longest_draws);
  std::string_view rest = text;
  std::size_t line_number = 0;
  const auto next_line = [&] {
    ++line_number;
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  };
  if (next_line() != "fraction,up") throw InputError(file.string(), 1, "the columns fraction,up");
  std::vector<ObservedDraw> draws;
  for (const std::uint32_t fraction : fractions_to_draw()) {
    const std::string_view line = next_line();
    const std::string start = fmt::format("{},", fraction);
    const bool goes_up = line == start + "1";
    if (!goes_up && line != start + "0")
      throw InputError(file.string(), line_number, fmt::format("{0}0 or {0}1", start));
    draws.push_back({fraction, goes_up});
  }
  if (!rest.empty()) throw InputError(file.string(), line_number + 1, "the end of the file");
  return draws;
}

}  // namespace lsgd
