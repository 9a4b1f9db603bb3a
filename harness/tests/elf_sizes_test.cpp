// SPDX-License-Identifier: Apache-2.0
#include "cost/elf_sizes.hpp"

#include <cstdint>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <string>

#include "files/input_error.hpp"
#include "files/text_file.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

std::string sample_bytes() { return read_text(LSGD_ELF_SAMPLE, 1 << 20); }

TEST(ElfSizes, CountWhatTheDeviceHolds) {
  // elf_sample.c: 400 bytes of constants, 80 initialised, 4000 zero; its code is short.
  const ElfSizes sizes = elf_sizes(LSGD_ELF_SAMPLE);
  EXPECT_GE(sizes.text, 400u);
  EXPECT_LT(sizes.text, 600u);
  EXPECT_EQ(sizes.data, 80u);
  EXPECT_EQ(sizes.bss, 4000u);
}

class DamagedElf : public testing::Test {
 protected:
  /// Sizes or an InputError; anything else, a crash first of all, is wrong.
  void read(const std::string& bytes) {
    const auto file = directory_.path() / "damaged.o";
    std::ofstream(file, std::ios::binary) << bytes;
    try {
      elf_sizes(file);
    } catch (const InputError&) {
      ++refused_;
    }
  }

  TemporaryDirectory directory_;
  int refused_ = 0;
};

TEST_F(DamagedElf, MissingEmptyOrTextIsRefused) {
  EXPECT_THROW(elf_sizes(directory_.path() / "none.o"), InputError);
  EXPECT_THROW(elf_sizes(directory_.path()), InputError);
  read("");
  read("int main() {}\n");
  EXPECT_EQ(refused_, 2);
}

TEST_F(DamagedElf, CutOffAnywhereIsRefused) {
  const std::string sample = sample_bytes();
  for (std::size_t size = 0; size < sample.size(); size += 37) read(sample.substr(0, size));
  EXPECT_EQ(refused_, static_cast<int>((sample.size() + 36) / 37));
}

TEST_F(DamagedElf, WithRandomBytesNeverCrashes) {
  std::mt19937_64 engine(1);
  for (int i = 0; i < 300; ++i) {
    std::string bytes = sample_bytes();
    for (int k = 0; k < 8; ++k) bytes[engine() % bytes.size()] = static_cast<char>(engine());
    read(bytes);
  }
}

}  // namespace
}  // namespace lsgd
