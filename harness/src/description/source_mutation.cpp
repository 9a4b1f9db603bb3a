// SPDX-License-Identifier: Apache-2.0
#include "description/source_mutation.hpp"

#include <fmt/format.h>

#include "files/sha256.hpp"

namespace lsgd {

std::string digest_of(const SourceMutation& mutation) {
  return sha256_of(fmt::format("{}\n{}\n{}\n{}\n{}", mutation.file, mutation.function,
                               mutation.original, mutation.replacement, mutation.occurrence));
}

std::string description_of(const SourceMutation& mutation) {
  const std::string change =
      mutation.replacement.empty() ? "is deleted" : fmt::format("becomes {}", mutation.replacement);
  return fmt::format("{} in {}: {} {}", mutation.function, mutation.file, mutation.original,
                     change);
}

SourceMutation read_source_mutation(TomlTable& table) {
  return {table.text("file"), table.text("function"), table.text("original"),
          table.text("replacement"),
          static_cast<int>(table.integer_or("occurrence", 1, 1'000'000, 1))};
}

}  // namespace lsgd
