// SPDX-License-Identifier: Apache-2.0

// The first byte chooses the options, the others are the table.
#include <cmath>
#include <sstream>

#include "fuzz_target.hpp"
#include "import/table_file.hpp"

using namespace lsgd;

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = text_of(bytes, size).substr(1);
  TableOptions options;
  options.has_header = (bytes[0] & 1) != 0;
  if ((bytes[0] & 2) != 0) options.categorical = {"all"};
  if ((bytes[0] & 4) != 0) options.scaling = ColumnScaling::min_max;
  if ((bytes[0] & 8) != 0) options.label.assign(1, '0');
  require_only_input_error(text, [&] {
    std::istringstream stream{std::string(text)};
    const DataSet data = parse_table(stream, "fuzz", options);
    require(data.size() > 0 && data.inputs_flat.size() == data.size() * data.inputs);
    for (const float value : data.inputs_flat) require(std::isfinite(value));
    for (const std::uint32_t label : data.labels) require(label < data.classes);
  });
  return 0;
}
