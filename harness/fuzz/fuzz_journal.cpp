// SPDX-License-Identifier: Apache-2.0
#include "fuzz_directory.hpp"
#include "fuzz_target.hpp"
#include "run/journal.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(journal) {
  static const FuzzDirectory directory;
  const std::string_view text = text_of(bytes, size);
  require_only_input_error(text, [&] {
    const auto file = directory.file("journal", text);
    const nlohmann::ordered_json judged{{"id", "level0/quantize"}};
    AnswerRecord answers;
    const std::vector<std::uint8_t> request{7, 1}, reply{0, 42};
    answers.add(request, reply);
    Journal(file, true).append("fresh key", "level0/quantize", judged, answers);
    auto found = Journal(file, true).find("fresh key", "level0/quantize");
    require(found && found->judged == Journal::text(judged));
    require(found->answers.take(request) == reply && found->answers.is_exhausted());
  });
  return 0;
}
