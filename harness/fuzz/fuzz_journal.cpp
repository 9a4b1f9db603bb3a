// SPDX-License-Identifier: Apache-2.0
#include "fuzz_directory.hpp"
#include "fuzz_target.hpp"
#include "run/journal.hpp"

using namespace lsgd;

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const FuzzDirectory directory;
  const std::string_view text = text_of(bytes, size);
  require_only_input_error(text, [&] {
    const auto file = directory.file("journal", text);
    const FinishedCase finished{{{"id", "level0/quantize"}}, 1, 2};
    Journal(file, true).append("fresh key", "level0/quantize", finished);
    const auto found = Journal(file, true).find("fresh key", "level0/quantize");
    require(found && found->json == finished.json && found->heap_bytes == finished.heap_bytes);
  });
  return 0;
}
