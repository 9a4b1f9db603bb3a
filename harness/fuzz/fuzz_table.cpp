// SPDX-License-Identifier: Apache-2.0

// The first byte chooses the options, the others are the table.
#include <algorithm>
#include <cmath>
#include <string>

#include "fuzz_target.hpp"
#include "import/table_file.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(table) {
  if (size == 0) return 0;
  const std::string_view text = text_of(bytes, size).substr(1);
  const auto has = [bytes](unsigned bit) { return (bytes[0] & bit) != 0; };
  TableOptions options;
  options.header = has(1) ? TableHeader::names : TableHeader::none;
  if (has(2)) options.categorical = {"all"};
  if (has(4)) options.scale = InputScale{.kind = InputScale::Kind::min_max};
  if (has(8)) options.label.assign(1, '0');
  if (has(16)) options.missing = has(2) ? MissingValues::name : MissingValues::mean;
  if (has(32)) options.missing = MissingValues::drop;
  if (has(64)) options.separator = has(1) ? ';' : ' ';
  options.decimal_comma = has(64);
  if (has(128)) options.targets = {"1"};
  // Lines may end in carriage returns alone.
  std::string lines(text);
  std::ranges::replace(lines, '\r', '\n');
  require_only_input_error(lines, [&] {
    const ImportedData imported = parse_table(text, "fuzz", options);
    const DataSet& data = imported.data;
    require(data.size() > 0 && data.inputs_flat.size() == data.size() * data.inputs);
    require(data.targets_flat.size() == data.size() * data.targets);
    for (const float value : data.inputs_flat) require(std::isfinite(value));
    for (const std::uint32_t label : data.labels)
      require(data.has_classes() ? label < data.classes : label == 0);
    require(!table_of(imported, 10).empty());
    // What a table was coded by codes it in the same way.
    TableOptions like = options;
    like.like = &imported.coding;
    require(parse_table(text, "fuzz", like).data == data);
  });
  return 0;
}
