// SPDX-License-Identifier: Apache-2.0
#include "elf_image.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>
#include <memory>
#include <string_view>
#include <unistd.h>

namespace lsgd::rtl {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(const std::string& path)
      : value_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (value_ >= 0) close(value_);
  }
  [[nodiscard]] int value() const { return value_; }

 private:
  int value_;
};

class ElfReader {
 public:
  ElfReader(const std::string& path, const RamRange& ram) : path_(path), ram_(ram), file_(path) {
    require(file_.value() >= 0, "a readable file");
    require(elf_version(EV_CURRENT) != EV_NONE, "a libelf that knows the current ELF version");
    elf_.reset(elf_begin(file_.value(), ELF_C_READ, nullptr));
    require(elf_ != nullptr && elf_kind(elf_.get()) == ELF_K_ELF, "an ELF file");
  }

  ElfImage read() {
    const Elf32_Ehdr* header = elf32_getehdr(elf_.get());
    require(header != nullptr, "a 32-bit ELF file");
    require(header->e_ident[EI_DATA] == ELFDATA2LSB, "a little-endian ELF file");
    require(header->e_machine == EM_RISCV, "a RISC-V ELF file");
    require(header->e_type == ET_EXEC, "an executable, linked to fixed addresses");
    image_.entry = header->e_entry;
    read_segments(*header);
    require(entry_is_loaded(),
            fmt::format("the entry point {:#010x} in a loaded segment", image_.entry));
    read_symbols();
    return std::move(image_);
  }

 private:
  void require(bool condition, const std::string& expected) const {
    if (!condition) throw ElfError(fmt::format("{}: expected {}", path_, expected));
  }

  void read_segments(const Elf32_Ehdr& elf_header) {
    std::size_t count = 0;
    require(elf_getphdrnum(elf_.get(), &count) == 0, "a valid program header table");
    const Elf32_Phdr* headers = elf32_getphdr(elf_.get());
    require(count > 0 && headers != nullptr, "program headers");
    std::size_t file_size = 0;
    const char* file = elf_rawfile(elf_.get(), &file_size);
    require(file != nullptr, "readable contents");
    // A file cut short would otherwise only lack symbols.
    require(elf_header.e_shoff <= file_size &&
                elf_header.e_shnum * sizeof(Elf32_Shdr) <= file_size - elf_header.e_shoff,
            "the section header table inside the file");
    std::uint32_t bytes_left = ram_.bytes;
    for (std::size_t i = 0; i < count; ++i) {
      const Elf32_Phdr& header = headers[i];
      if (header.p_type != PT_LOAD || header.p_memsz == 0) continue;
      require(header.p_filesz <= header.p_memsz && header.p_offset <= file_size &&
                  header.p_filesz <= file_size - header.p_offset,
              fmt::format("the contents of segment {} inside the file", i));
      const std::uint32_t offset = header.p_paddr - ram_.base;
      require(offset < ram_.bytes && header.p_memsz <= ram_.bytes - offset,
              fmt::format("segment {} ({} bytes at {:#010x}) inside the RAM ({} bytes at {:#010x})",
                          i, header.p_memsz, header.p_paddr, ram_.bytes, ram_.base));
      require(header.p_memsz <= bytes_left, "segments that do not overlap");
      bytes_left -= header.p_memsz;
      ElfImage::Segment segment;
      segment.address = header.p_paddr;
      segment.bytes.assign(file + header.p_offset, file + header.p_offset + header.p_filesz);
      segment.bytes.resize(header.p_memsz);
      image_.segments.push_back(std::move(segment));
    }
    require(!image_.segments.empty(), "a loadable segment");
  }

  [[nodiscard]] bool entry_is_loaded() const {
    for (const auto& segment : image_.segments)
      if (image_.entry - segment.address < segment.bytes.size() && image_.entry % 2 == 0)
        return true;
    return false;
  }

  void read_symbols() {
    Elf_Scn* section = nullptr;
    while ((section = elf_nextscn(elf_.get(), section)) != nullptr) {
      const Elf32_Shdr* header = elf32_getshdr(section);
      if (header == nullptr || header->sh_type != SHT_SYMTAB) continue;
      Elf_Data* data = elf_getdata(section, nullptr);
      require(data != nullptr && data->d_type == ELF_T_SYM, "a valid symbol table");
      const auto* symbols = static_cast<const Elf32_Sym*>(data->d_buf);
      const std::size_t count = data->d_buf == nullptr ? 0 : data->d_size / sizeof(Elf32_Sym);
      for (std::size_t i = 0; i < count; ++i) {
        if (symbols[i].st_shndx == SHN_UNDEF) continue;
        const char* name = elf_strptr(elf_.get(), header->sh_link, symbols[i].st_name);
        require(name != nullptr, "valid symbol names");
        // Assemblers for RISC-V keep the compiler's own labels of debug information.
        if (*name == '\0' || std::string_view(name).starts_with(".L")) continue;
        image_.symbols.emplace(name, symbols[i].st_value);
        if (GELF_ST_TYPE(symbols[i].st_info) != STT_FUNC) continue;
        std::string& function = image_.functions[symbols[i].st_value];
        if (function.empty() || name < function) function = name;
      }
    }
  }

  struct EndElf {
    void operator()(Elf* elf) const { elf_end(elf); }
  };

  std::string path_;
  RamRange ram_;
  FileDescriptor file_;
  std::unique_ptr<Elf, EndElf> elf_;
  ElfImage image_;
};

}  // namespace

std::optional<std::uint32_t> ElfImage::symbol(const std::string& name) const {
  const auto found = symbols.find(name);
  if (found == symbols.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> ElfImage::place(std::uint32_t address) const {
  std::optional<std::uint32_t> distance;
  std::string nearest;
  for (const auto& [name, value] : symbols)
    if (value <= address && (!distance || address - value < *distance)) {
      distance = address - value;
      nearest = name;
    }
  if (!distance) return std::nullopt;
  return fmt::format("{}+{:#x}", nearest, *distance);
}

ElfImage read_elf(const std::string& path, const RamRange& ram) {
  return ElfReader(path, ram).read();
}

}  // namespace lsgd::rtl
