// SPDX-License-Identifier: Apache-2.0
#include "files/text_file.hpp"
#include "fuzz_directory.hpp"
#include "fuzz_target.hpp"
#include "import/data_coding.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(coding) {
  const std::string_view text = text_of(bytes, size);
  static const FuzzDirectory directory;
  require_only_input_error(text, [&] {
    const DataCoding coding = parse_coding(text, "fuzz");
    write_coding(directory.path() / "coding.json", coding);
    require(read_coding(directory.path() / "coding.json") == coding);
  });
  return 0;
}
