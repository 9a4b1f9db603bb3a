// SPDX-License-Identifier: Apache-2.0
#include "cost/elf_sizes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <system_error>
#include <unistd.h>

#include "files/input_error.hpp"

namespace lsgd {
namespace {

class ElfFile {
 public:
  explicit ElfFile(const std::filesystem::path& file) : name_(file.filename().string()) {
    elf_version(EV_CURRENT);
    std::error_code error;
    file_size_ = std::filesystem::file_size(file, error);
    if (!error) descriptor_ = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) throw InputError(name_, 0, "a readable ELF file");
    elf_ = elf_begin(descriptor_, ELF_C_READ, nullptr);
  }
  ~ElfFile() {
    elf_end(elf_);
    close(descriptor_);
  }
  ElfFile(const ElfFile&) = delete;
  ElfFile& operator=(const ElfFile&) = delete;

  ElfSizes sizes() const {
    std::size_t count = 0;
    if (elf_ == nullptr || elf_kind(elf_) != ELF_K_ELF || elf_getshdrnum(elf_, &count) != 0 ||
        count < 2)
      fail();
    ElfSizes sizes;
    for (std::size_t i = 1; i < count; ++i) {
      GElf_Shdr header;
      if (gelf_getshdr(elf_getscn(elf_, i), &header) == nullptr) fail();
      add(header, sizes);
    }
    return sizes;
  }

 private:
  // Unwind tables exist on hosts only and say nothing about a device.
  static bool is_unwind_table(const GElf_Shdr& header) {
    return header.sh_type == SHT_X86_64_UNWIND || header.sh_type == SHT_ARM_EXIDX;
  }

  void add(const GElf_Shdr& header, ElfSizes& sizes) const {
    if ((header.sh_flags & SHF_ALLOC) == 0 || is_unwind_table(header)) return;
    // No section of a device is as large, and sums of hostile sizes must not wrap.
    if (header.sh_size >= (std::uint64_t{1} << 40)) fail();
    if (header.sh_type != SHT_NOBITS &&
        (header.sh_offset > file_size_ || header.sh_size > file_size_ - header.sh_offset))
      fail();
    if (header.sh_type == SHT_NOBITS)
      sizes.bss += header.sh_size;
    else if ((header.sh_flags & SHF_WRITE) != 0)
      sizes.data += header.sh_size;
    else
      sizes.text += header.sh_size;
  }

  [[noreturn]] void fail() const { throw InputError(name_, 0, "a well-formed ELF file"); }

  std::string name_;
  int descriptor_ = -1;
  std::uint64_t file_size_ = 0;
  Elf* elf_ = nullptr;
};

}  // namespace

ElfSizes elf_sizes(const std::filesystem::path& file) { return ElfFile(file).sizes(); }

}  // namespace lsgd
