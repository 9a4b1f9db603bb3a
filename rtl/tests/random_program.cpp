// SPDX-License-Identifier: Apache-2.0
#include "random_program.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <random>
#include <string_view>
#include <vector>

#include "instruction_table.hpp"

namespace lsgd::rtl {
namespace {

constexpr unsigned kSp = 2, kGp = 3, kS0 = 8;  // pointers set by the runtime; the loop counter
// The registers a program may write: all but those, x0 and the runtime's tp.
constexpr std::array kFree{1U,  5U,  6U,  7U,  9U,  10U, 11U, 12U, 13U, 14U, 15U, 16U, 17U, 18U,
                           19U, 20U, 21U, 22U, 23U, 24U, 25U, 26U, 27U, 28U, 29U, 30U, 31U};
constexpr std::uint32_t kNowhere = 0x0020'0000;  // unmapped on lsgd_soc and on QEMU's virt machine

// Illegal on every RV32IMC implementation, whatever other extensions it has.
constexpr std::array<std::uint32_t, 12> kIllegal{0x0000,     0x4002,     0x6081,     0x8002,
                                                 0xffffffff, 0x0005b503, 0x0005e503, 0x00a5b023,
                                                 0x00b52063, 0x00051067, 0xc0001073, 0x5c0025f3};

std::uint32_t field(std::uint32_t value, unsigned high, unsigned low, unsigned to) {
  return (value >> low & ((1U << (high - low + 1)) - 1)) << to;
}

std::uint32_t branch_offset(std::uint32_t offset) {
  return field(offset, 12, 12, 31) | field(offset, 10, 5, 25) | field(offset, 4, 1, 8) |
         field(offset, 11, 11, 7);
}

std::uint32_t jal_offset(std::uint32_t offset) {
  return field(offset, 20, 20, 31) | field(offset, 10, 1, 21) | field(offset, 11, 11, 20) |
         field(offset, 19, 12, 12);
}

std::uint32_t cb_offset(std::uint32_t offset) {
  return field(offset, 8, 8, 12) | field(offset, 4, 3, 10) | field(offset, 7, 6, 5) |
         field(offset, 2, 1, 3) | field(offset, 5, 5, 2);
}

std::uint32_t cj_offset(std::uint32_t offset) {
  return field(offset, 11, 11, 12) | field(offset, 4, 4, 11) | field(offset, 9, 8, 9) |
         field(offset, 10, 10, 8) | field(offset, 6, 6, 7) | field(offset, 7, 7, 6) |
         field(offset, 3, 1, 3) | field(offset, 5, 5, 2);
}

const Encoding& encoding_named(std::string_view name) {
  return *std::find_if(kEncodings.begin(), kEncodings.end(),
                       [&](const Encoding& e) { return e.name == name; });
}

class Program {
 public:
  Program(std::uint64_t seed, std::uint32_t address, const BatchOptions& options)
      : random_(seed),
        address_(address),
        encodings_(encoding_count(options.instruction_set)),
        fence_i_(options.fence_i) {}

  // Code at `address`, ending with a jump to `done`.
  std::vector<std::uint8_t> generate(std::uint32_t done) {
    for (const unsigned rd : kFree) load_immediate(rd, interesting_value());
    const unsigned units = 40 + below(120);
    for (unsigned i = 0; i < units; ++i) {
      starts_.push_back(here());
      unit();
    }
    starts_.push_back(here());
    resolve();
    emit(0x6f | jal_offset(done - here()));
    return code_;
  }

 private:
  // A jump over some units, its offset still missing.
  struct Fixup {
    std::size_t at;      // in code_
    std::uint32_t from;  // address the offset counts from
    std::size_t target_unit;
    Format format;
  };

  std::uint32_t below(std::uint32_t bound) {
    // Rejection keeps the draw uniform and the same everywhere.
    const std::uint64_t limit = ~std::uint64_t{0} - ~std::uint64_t{0} % bound;
    std::uint64_t value = random_();
    while (value >= limit) value = random_();
    return static_cast<std::uint32_t>(value % bound);
  }

  bool chance(unsigned percent) { return below(100) < percent; }
  std::uint32_t bits32() { return static_cast<std::uint32_t>(random_()); }

  std::uint32_t interesting_value() {
    constexpr std::array<std::uint32_t, 8> kCorners{0,           1,      ~0U,     0x8000'0000,
                                                    0x7fff'ffff, 0xffff, 0x10000, 2};
    return chance(30) ? kCorners.at(below(kCorners.size()))
                      : bits32() >> (chance(50) ? 0 : below(32));
  }

  [[nodiscard]] std::uint32_t here() const {
    return address_ + static_cast<std::uint32_t>(code_.size());
  }

  void emit(std::uint32_t instruction) {
    const unsigned bytes = (instruction & 3U) == 3U ? 4 : 2;
    for (unsigned i = 0; i < bytes; ++i)
      code_.push_back(static_cast<std::uint8_t>(instruction >> (8 * i)));
  }

  // A destination; remembered, so that sources depend on it often.
  unsigned destination() {
    recent_ = chance(3) ? 0 : kFree.at(below(kFree.size()));
    return recent_;
  }
  unsigned nonzero_destination() {
    recent_ = kFree.at(below(kFree.size()));
    return recent_;
  }
  unsigned short_destination() {
    recent_ = 9 + below(7);
    return recent_;
  }
  unsigned source() { return chance(45) ? recent_ : below(32); }
  unsigned nonzero_source() { return chance(45) && recent_ != 0 ? recent_ : 1 + below(31); }
  unsigned short_source() {
    return chance(45) && recent_ >= 8 && recent_ < 16 ? recent_ : 8 + below(8);
  }

  void load_immediate(unsigned rd, std::uint32_t value) {
    const std::uint32_t low = value & 0xfffU;
    emit(0x37 | rd << 7U | ((value + 0x800U) & 0xffff'f000U));
    emit(0x13 | rd << 7U | rd << 15U | low << 20U);
  }

  void unit() {
    const unsigned kind = below(100);
    if (kind < 68)
      ordinary(kEncodings.at(below(static_cast<std::uint32_t>(encodings_))));
    else if (kind < 84)
      forward_branch();
    else if (kind < 89)
      start_or_end_loop();
    else if (kind < 93)
      call();
    else if (kind < 98)
      exception();
    else if (fence_i_)
      modify_code();
  }

  // An instruction that changes registers or memory only; control flow is drawn elsewhere.
  void ordinary(const Encoding& encoding) {
    const std::uint32_t match = encoding.match;
    const auto rd_rs1 = [](unsigned rd, unsigned rs1) { return rd << 7U | rs1 << 15U; };
    switch (encoding.format) {
      case Format::u:
        return emit(match | destination() << 7U | (bits32() & ~0xfffU));
      case Format::r: {
        const unsigned rs1 = source(), rs2 = source();
        return emit(match | rs2 << 20U | rd_rs1(destination(), rs1));
      }
      case Format::accumulate: {
        const unsigned rs1 = source(), rs2 = source();
        const unsigned rd = chance(45) ? recent_ : destination();
        return emit(match | rs2 << 20U | rd_rs1(rd, rs1));
      }
      case Format::i: {
        const unsigned rs1 = source();
        return emit(match | below(4096) << 20U | rd_rs1(destination(), rs1));
      }
      case Format::shift: {
        const unsigned rs1 = source();
        return emit(match | below(32) << 20U | rd_rs1(destination(), rs1));
      }
      case Format::load:
      case Format::store: {
        // sp is the start of the 256 bytes, s0 their middle.
        const bool middle = chance(50);
        const unsigned size = 1U << (match >> 12U & 3U);
        const std::uint32_t offset = (below(256) & ~(size - 1)) - (middle ? 128 : 0);
        const unsigned base = middle ? kS0 : kSp;
        if (encoding.format == Format::load)
          return emit(match | offset << 20U | rd_rs1(destination(), base));
        return emit(match | source() << 20U | base << 15U | field(offset, 11, 5, 25) |
                    field(offset, 4, 0, 7));
      }
      case Format::csr: {
        const unsigned rs1 = source();
        return emit(match | 0x340U << 20U | rd_rs1(destination(), rs1));
      }
      case Format::csr_immediate:
        return emit(match | 0x340U << 20U | rd_rs1(destination(), below(32)));
      case Format::fixed:
        if (encoding.name == "fence" || (encoding.name == "fence.i" && fence_i_)) emit(match);
        return;
      case Format::cr: {
        const unsigned rs2 = nonzero_source();
        return emit(match | nonzero_destination() << 7U | rs2 << 2U);
      }
      case Format::ci:
      case Format::ci_lui: {
        const unsigned rd = nonzero_destination();
        return emit(match | rd << 7U | (1 + below(31)) << 2U | below(2) << 12U);
      }
      case Format::ci_shift:
        return emit(match | nonzero_destination() << 7U | below(32) << 2U);
      case Format::ci_sp:
        return;  // would move sp
      case Format::lwsp:
        return emit(match | nonzero_destination() << 7U | word_offset_sp());
      case Format::css: {
        const std::uint32_t offset = below(64) * 4;
        return emit(match | source() << 2U | field(offset, 5, 2, 9) | field(offset, 7, 6, 7));
      }
      case Format::ciw:
        return emit(match | (short_destination() - 8) << 2U | (1 + below(255)) << 5U);
      case Format::cl:
      case Format::cs: {
        const std::uint32_t offset = below(32) * 4;
        const std::uint32_t fields = field(offset, 6, 6, 5) | field(offset, 5, 3, 10) |
                                     field(offset, 2, 2, 6) | (kS0 - 8) << 7U;
        const unsigned data = encoding.format == Format::cl ? short_destination() : short_source();
        return emit(match | fields | (data - 8) << 2U);
      }
      case Format::ca: {
        const unsigned rs2 = short_source();
        return emit(match | (rs2 - 8) << 2U | (short_destination() - 8) << 7U);
      }
      case Format::cb_shift:
        return emit(match | (short_destination() - 8) << 7U | below(32) << 2U);
      case Format::cb_and:
        return emit(match | (short_destination() - 8) << 7U | below(32) << 2U | below(2) << 12U);
      default:
        return;  // control flow
    }
  }

  std::uint32_t word_offset_sp() {
    const std::uint32_t offset = below(64) * 4;
    return field(offset, 5, 5, 12) | field(offset, 4, 2, 4) | field(offset, 7, 6, 2);
  }

  void fix_later(std::uint32_t instruction, Format format, unsigned units_at_most) {
    fixups_.push_back({code_.size(), here(), starts_.size() + 1 + below(units_at_most), format});
    emit(instruction);
  }

  void forward_branch() {
    switch (below(4)) {
      case 0: {
        constexpr std::array<std::string_view, 6> kBranches{"beq", "bne",  "blt",
                                                            "bge", "bltu", "bgeu"};
        const std::uint32_t match = encoding_named(kBranches.at(below(6))).match;
        return fix_later(match | source() << 15U | source() << 20U, Format::branch, 12);
      }
      case 1:
        return fix_later((chance(50) ? 0xc001U : 0xe001U) | (short_source() - 8) << 7U, Format::cb,
                         6);
      case 2:
        return fix_later(chance(50) ? 0xa001 : 0x2001, Format::cj, 12);
      default:
        return fix_later(0x6f | destination() << 7U, Format::jal, 12);
    }
  }

  // Loops count gp down. Entering one from outside is harmless: gp is then small, zero or negative.
  void start_or_end_loop() {
    if (!loop_) {
      emit(0x13 | kGp << 7U | (1 + below(6)) << 20U);
      loop_ = here();
      return;
    }
    emit(0xfff0'0013 | kGp << 7U | kGp << 15U);
    const std::uint32_t offset = *loop_ - here();
    if (static_cast<std::int32_t>(offset) >= -4096) {
      if (chance(50) && static_cast<std::int32_t>(offset) >= -250) {
        emit(0x0000'4063 | kGp << 20U | branch_offset(8));  // blt zero, gp, the jump back
        emit(0x6f | jal_offset(6));
        emit(0xa001 | cj_offset(*loop_ - here()));
      } else {
        emit(0x0000'4063 | kGp << 20U | branch_offset(offset));
      }
    }
    loop_.reset();
  }

  // Calls by computed address, forward: t = pc + distance, jump and link, or a plain jump.
  void call() {
    const unsigned t = 5 + below(3);
    const unsigned variant = below(3);
    emit(0x17 | t << 7U);
    // The addition completes the address: its immediate is the distance from the auipc.
    fixups_.push_back({code_.size(), here() - 4, starts_.size() + 1 + below(10), Format::i});
    emit(0x13 | t << 7U | t << 15U);
    if (chance(50))
      emit(0x0001 | short_destination() << 7U);  // c.addi of another register, by zero
    if (variant == 0) return emit(0x67 | (chance(50) ? 1U : 0U) << 7U | t << 15U);
    emit((variant == 1 ? 0x8002U : 0x9002U) | t << 7U);
  }

  void exception() {
    switch (below(6)) {
      case 0:
        return emit(0x73);
      case 1:
        return emit(chance(50) ? 0x00100073 : 0x9002);
      case 2:
        return emit(kIllegal.at(below(kIllegal.size())));
      case 3: {
        const unsigned base = 5 + below(3);
        emit(0x37 | base << 7U | kNowhere);
        constexpr std::array<std::string_view, 3> kLoads{"lw", "lhu", "lb"};
        return emit(encoding_named(kLoads.at(below(3))).match | destination() << 7U | base << 15U |
                    below(64) * 4 << 20U);
      }
      case 4: {
        const unsigned base = 5 + below(3);
        emit(0x37 | base << 7U | kNowhere);
        constexpr std::array<std::string_view, 3> kStores{"sw", "sh", "sb"};
        return emit(encoding_named(kStores.at(below(3))).match | source() << 20U | base << 15U |
                    below(8) * 4 << 7U);
      }
      default: {  // a call to nowhere; the handler returns to ra
        const unsigned base = 5 + below(3);
        emit(0x37 | base << 7U | kNowhere);
        return emit(chance(50) ? 0x67U | 1U << 7U | base << 15U : 0x9002U | base << 7U);
      }
    }
  }

  // Replaces an instruction further down with another one before it runs.
  void modify_code() {
    if (here() % 4 != 0) emit(0x0001);
    const unsigned a = 10, b = 11;
    load_immediate(b, 0x13U | a << 7U | a << 15U | below(2048) << 20U);  // addi a0, a0, ...
    emit(0x17 | a << 7U);
    emit(0x0000'2023 | a << 15U | b << 20U | 16U << 7U);  // sw b, 16(a)
    emit(0x100f);
    emit(0x13 | a << 7U);  // a0 no longer holds an address
    emit(0x0000'0013);     // replaced
  }

  void resolve() {
    for (const Fixup& fixup : fixups_) {
      std::uint32_t target = starts_.at(std::min(fixup.target_unit, starts_.size() - 1));
      std::uint32_t offset = target - fixup.from;
      // Compressed branches reach 254 bytes only; the unit behind is always in reach.
      if (fixup.format == Format::cb && offset > 254) offset = 2;
      std::uint32_t fields = 0;
      switch (fixup.format) {
        case Format::branch:
          fields = branch_offset(offset);
          break;
        case Format::cb:
          fields = cb_offset(offset);
          break;
        case Format::cj:
          fields = cj_offset(offset);
          break;
        case Format::i:
          fields = offset << 20U;
          break;
        default:
          fields = jal_offset(offset);
          break;
      }
      const unsigned bytes = fixup.format == Format::cb || fixup.format == Format::cj ? 2 : 4;
      for (unsigned i = 0; i < bytes; ++i)
        code_.at(fixup.at + i) |= static_cast<std::uint8_t>(fields >> (8 * i));
    }
  }

  std::mt19937_64 random_;
  std::uint32_t address_;
  std::size_t encodings_;  // of kEncodings, from the first
  bool fence_i_;
  std::vector<std::uint8_t> code_;
  std::vector<std::uint32_t> starts_;
  std::vector<Fixup> fixups_;
  std::optional<std::uint32_t> loop_;
  unsigned recent_ = 0;
};

void append_word(std::vector<std::uint8_t>& bytes, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::uint32_t required_symbol(const ElfImage& runtime, const std::string& name) {
  const auto address = runtime.symbol(name);
  if (!address)
    throw ElfError(fmt::format("runtime of random programs: expected the symbol {}", name));
  return *address;
}

}  // namespace

ElfImage make_batch(const ElfImage& runtime, const BatchOptions& options) {
  const std::uint32_t batch = required_symbol(runtime, "batch");
  const std::uint32_t done = required_symbol(runtime, "done");
  std::vector<std::uint8_t> header, code;
  append_word(header, options.programs);
  append_word(header,
              options.timer_interrupts ? static_cast<std::uint32_t>(options.seed) | 1U : 0U);
  const std::uint32_t start = batch + 8 + 4 * options.programs;
  for (unsigned i = 0; i < options.programs; ++i) {
    const std::uint32_t address = start + static_cast<std::uint32_t>(code.size());
    append_word(header, address);
    const auto program = Program(options.seed + i, address, options).generate(done);
    code.insert(code.end(), program.begin(), program.end());
  }
  header.insert(header.end(), code.begin(), code.end());
  ElfImage image = runtime;
  image.segments.push_back({batch, std::move(header)});
  return image;
}

}  // namespace lsgd::rtl
