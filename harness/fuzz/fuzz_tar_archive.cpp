// SPDX-License-Identifier: Apache-2.0
#include "files/tar_archive.hpp"
#include "fuzz_target.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(tar_archive) {
  const std::string_view text = text_of(bytes, size);
  require_only_input_error("",
                           [&] { require(tar_archive(members_of_tar(text, "fuzz.tar")) == text); });
  return 0;
}
