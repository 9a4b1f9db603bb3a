// SPDX-License-Identifier: Apache-2.0
#include "device/firmware_file.hpp"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <optional>
#include <string_view>
#include <unistd.h>

#include "device/device_error.hpp"

namespace lsgd {
namespace {

constexpr std::uint64_t most_segment_bytes = 64u << 20;

class Firmware {
 public:
  explicit Firmware(const std::filesystem::path& file) : name_(file.filename().string()) {
    elf_version(EV_CURRENT);
    descriptor_ = open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) fail("cannot be read");
    elf_ = elf_begin(descriptor_, ELF_C_READ, nullptr);
  }
  ~Firmware() {
    elf_end(elf_);
    if (descriptor_ >= 0) close(descriptor_);
  }
  Firmware(const Firmware&) = delete;
  Firmware& operator=(const Firmware&) = delete;

  FirmwareFile read() const {
    GElf_Ehdr header;
    if (elf_ == nullptr || elf_kind(elf_) != ELF_K_ELF || gelf_getehdr(elf_, &header) == nullptr)
      fail("is no ELF file");
    if (header.e_ident[EI_CLASS] != ELFCLASS32 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        (header.e_machine != EM_ARM && header.e_machine != EM_RISCV))
      fail(fmt::format("is for another processor (machine {}), not for a 32-bit Arm or RISC-V",
                       header.e_machine));
    if (header.e_type != ET_EXEC) fail("is no program that has been linked to its addresses");
    FirmwareFile firmware;
    firmware.machine = header.e_machine;
    firmware.entry = static_cast<std::uint32_t>(header.e_entry);
    firmware.segments = segments();
    firmware.mailbox = address_of("lsgd_mailbox");
    const std::uint32_t thumb_bit = header.e_machine == EM_ARM ? 1 : 0;
    firmware.wait = address_of("lsgd_mailbox_wait") & ~thumb_bit;
    firmware.resume = address_of("lsgd_mailbox_resume") & ~thumb_bit;
    return firmware;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw DeviceError(fmt::format("the firmware {} {}", name_, what));
  }

  std::vector<FirmwareFile::Segment> segments() const {
    std::size_t count = 0;
    if (elf_getphdrnum(elf_, &count) != 0) fail("has damaged program headers");
    std::size_t file_size = 0;
    const char* const contents = elf_rawfile(elf_, &file_size);
    std::vector<FirmwareFile::Segment> segments;
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < count; ++i) {
      GElf_Phdr header;
      if (gelf_getphdr(elf_, static_cast<int>(i), &header) == nullptr)
        fail("has damaged program headers");
      if (header.p_type != PT_LOAD || header.p_filesz == 0) continue;
      if (contents == nullptr || header.p_offset > file_size ||
          header.p_filesz > file_size - header.p_offset || header.p_paddr > UINT32_MAX ||
          (all += header.p_filesz) > most_segment_bytes)
        fail("has a segment that is not in the file");
      const char* const begin = contents + header.p_offset;
      segments.push_back(
          {static_cast<std::uint32_t>(header.p_paddr), {begin, begin + header.p_filesz}});
    }
    if (segments.empty()) fail("has nothing to load");
    return segments;
  }

  std::uint32_t address_of(std::string_view name) const {
    for (Elf_Scn* section = elf_nextscn(elf_, nullptr); section != nullptr;
         section = elf_nextscn(elf_, section)) {
      GElf_Shdr header;
      if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_SYMTAB ||
          header.sh_entsize == 0)
        continue;
      Elf_Data* const data = elf_getdata(section, nullptr);
      GElf_Sym symbol;
      for (int i = 0; data != nullptr && gelf_getsym(data, i, &symbol) != nullptr; ++i) {
        const char* const found = elf_strptr(elf_, header.sh_link, symbol.st_name);
        if (found != nullptr && name == found && symbol.st_shndx != SHN_UNDEF)
          return static_cast<std::uint32_t>(symbol.st_value);
      }
    }
    fail(fmt::format("has no symbol {}: stripped, or linked without platforms/mailbox/mailbox.c",
                     name));
  }

  std::string name_;
  int descriptor_ = -1;
  Elf* elf_ = nullptr;
};

}  // namespace

FirmwareFile read_firmware_file(const std::filesystem::path& file) { return Firmware(file).read(); }

}  // namespace lsgd
