// SPDX-License-Identifier: Apache-2.0

// What the objects of the built images hold, read from their ELF sections.
#include <algorithm>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <fmt/core.h>
#include <functional>
#include <gelf.h>
#include <gtest/gtest.h>
#include <regex>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

/// An ELF file open for reading.
class ElfFile {
 public:
  explicit ElfFile(const std::filesystem::path& path) : descriptor_(open(path.c_str(), O_RDONLY)) {
    elf_version(EV_CURRENT);
    elf_ = elf_begin(descriptor_, ELF_C_READ, nullptr);
  }
  ElfFile(const ElfFile&) = delete;
  ElfFile& operator=(const ElfFile&) = delete;
  ~ElfFile() {
    elf_end(elf_);
    close(descriptor_);
  }

  /// Bytes of all sections that are loaded and, depending on `writable`, constant or variable.
  std::uint64_t loaded_bytes(bool writable) const {
    std::uint64_t bytes = 0;
    for_each_section([&](Elf_Scn*, const GElf_Shdr& header) {
      if ((header.sh_flags & SHF_ALLOC) && bool(header.sh_flags & SHF_WRITE) == writable)
        bytes += header.sh_size;
    });
    return bytes;
  }

  std::vector<std::string> undefined_symbols() const {
    std::vector<std::string> names;
    for_each_section([&](Elf_Scn* section, const GElf_Shdr& header) {
      if (header.sh_type != SHT_SYMTAB) return;
      Elf_Data* data = elf_getdata(section, nullptr);
      for (int i = 1; i < static_cast<int>(header.sh_size / header.sh_entsize); ++i) {
        GElf_Sym symbol;
        gelf_getsym(data, i, &symbol);
        if (symbol.st_shndx == SHN_UNDEF)
          names.emplace_back(elf_strptr(elf_, header.sh_link, symbol.st_name));
      }
    });
    return names;
  }

 private:
  void for_each_section(const std::function<void(Elf_Scn*, const GElf_Shdr&)>& visit) const {
    for (Elf_Scn* section = elf_nextscn(elf_, nullptr); section;
         section = elf_nextscn(elf_, section)) {
      GElf_Shdr header;
      gelf_getshdr(section, &header);
      visit(section, header);
    }
  }

  int descriptor_;
  Elf* elf_;
};

/// Objects in the directory of the images whose names match, sorted.
std::vector<std::filesystem::path> objects(const std::string& pattern) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(LSGD_TARGETS_DIRECTORY))
    if (std::regex_match(entry.path().filename().string(), std::regex(pattern)))
      found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

TEST(AgentObject, HasAtMost4KiBOfCodeAnd512BytesOfMemory) {
  const auto agents = objects("agent-.*\\.o");
  ASSERT_FALSE(agents.empty());
  for (const auto& path : agents) {
    const ElfFile agent(path);
    fmt::print("{}: {} bytes of code, {} of memory\n", path.filename().string(),
               agent.loaded_bytes(false), agent.loaded_bytes(true));
    EXPECT_LE(agent.loaded_bytes(false), 4096U) << path;
    EXPECT_LE(agent.loaded_bytes(true), 512U) << path;
  }
}

TEST(PortObject, NeedsNoHeapAndNoLibrary) {
  // Names with a point in the port are modified copies; those, and legal variants that are files of
  // their own (wider), may use the C library's activations.
  const auto ports = objects("port-(?!float32_wider)[^.]*\\.o");
  ASSERT_FALSE(ports.empty());
  const std::regex allowed(
      "memcpy|memmove|memset|"
      "_GLOBAL_OFFSET_TABLE_|__x86\\.get_pc_thunk\\..*|"  // position-independent code
      "__cpu_model|"  // what the processor has, in the compiler's runtime, too
      "__aeabi_[a-z0-9]+|__[a-z]+(sf|df|si|di)[a-z]*[0-9]?");  // compiler runtime
  for (const auto& path : ports)
    for (const std::string& symbol : ElfFile(path).undefined_symbols())
      EXPECT_TRUE(std::regex_match(symbol, allowed)) << path.filename() << " needs " << symbol;
}

TEST(FootprintObject, HoldsOneNetworkInTheMemoryThatLightweightMeans) {
  // 6-32-16-4: parameters, activations and two delta buffers in binary32, and a pointer.
  constexpr std::uint64_t parameters = 4 * 820;
  constexpr std::uint64_t state = parameters + 4 * (52 + 2 * 32) + 8;
  const ElfFile lightweight(objects("footprint-float32_c99-.*-car\\.o").at(0));
  const ElfFile classic(objects("footprint-sgd_classic-.*-car\\.o").at(0));
  EXPECT_LE(lightweight.loaded_bytes(true), state + 32);  // alignment
  EXPECT_GE(classic.loaded_bytes(true), state + parameters);
  const ElfFile int8(objects("footprint-int8_hybrid_c99-.*-car\\.o").at(0));
  EXPECT_LE(int8.loaded_bytes(true), std::uint64_t{820 + 52 + 6 + 4 * 2 * 32 + 4 * 3 + 8 + 64});
}

}  // namespace
