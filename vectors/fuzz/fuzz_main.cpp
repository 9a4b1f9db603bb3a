// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>

#include "fuzz_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  lsgd::LSGD_FUZZ_TARGET({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
