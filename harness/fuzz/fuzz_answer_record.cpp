// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <span>
#include <vector>

#include "device/answer_record.hpp"
#include "fuzz_target.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(answer_record) {
  const std::vector<std::uint8_t> request{4};
  if (auto record = AnswerRecord::from_text(text_of(bytes, size)))
    while (record->take(request)) continue;

  // The same bytes as replies, each behind its size.
  std::vector<std::vector<std::uint8_t>> replies;
  AnswerRecord record;
  for (std::span rest(bytes, size); rest.size() > 1 && rest[0] != 0;) {
    const auto reply = rest.subspan(1, std::min<std::size_t>(rest[0], rest.size() - 1));
    replies.emplace_back(reply.begin(), reply.end());
    record.add(request, reply);
    rest = rest.subspan(1 + reply.size());
  }
  auto read = AnswerRecord::from_text(record.text());
  require(read.has_value());
  for (const auto& reply : replies) require(read->take(request) == reply);
  require(read->is_exhausted());
  return 0;
}
