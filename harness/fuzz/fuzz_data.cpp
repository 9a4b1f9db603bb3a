// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include "data/data_file.hpp"
#include "files/number_text.hpp"
#include "fuzz_target.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(data) {
  const std::string_view text = text_of(bytes, size);
  require_only_input_error(text, [&] {
    std::istringstream stream{std::string(text)};
    const DataSet data = parse_data(stream, "fuzz");
    require(data.inputs_flat.size() == data.size() * data.inputs);
    for (const float value : data.inputs_flat) require(float_from_text(to_text(value)) == value);
    require(data.sample(data.size() - 1, data.classes).target.size() == data.classes);
  });
  return 0;
}
