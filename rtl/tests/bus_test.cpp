// SPDX-License-Identifier: Apache-2.0
// Every bus shim with random accesses, hesitation of the manager and stalls of the memory: each
// access takes effect once, in order, as on an array of bytes. The assertions on both sides stop
// the program.
#include <array>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <verilated.h>

#include "Vbus_test.h"

namespace lsgd::rtl {
namespace {

constexpr std::uint32_t kRamBytes = 4096;

struct Access {
  std::uint32_t address = 0;  // of a word
  bool write = false;
  bool fetch = false;
  unsigned bytes = 15;  // enables
  std::uint32_t data = 0;
};

struct Answer {
  std::uint32_t data = 0;
  bool error = false;
  unsigned cycles = 0;
  unsigned writes = 0;  // that reached the memory
};

class BusTest : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    model_.bus_i = static_cast<std::uint8_t>(GetParam());
    model_.rst_ni = 1;
    model_.eval();
    model_.rst_ni = 0;
    for (int i = 0; i < 3; ++i) clock();
    model_.rst_ni = 1;
    clock();
  }
  void TearDown() override {
    model_.final();
#if VM_COVERAGE  // of the model that hdl_coverage.sh builds
    static unsigned tests = 0;
    context_.coveragep()->write(("run_" + std::to_string(tests++) + ".dat").c_str());
#endif
  }

  void clock() {
    model_.clk_i = 0;
    model_.eval();
    model_.clk_i = 1;
    model_.eval();
  }

  // Holds the access until it is answered; `disturbed` draws stalls and hesitation.
  Answer access(const Access& access, bool disturbed) {
    model_.valid_i = 1;
    model_.instr_i = access.fetch;
    model_.addr_i = access.address;
    model_.we_i = access.write;
    model_.be_i = static_cast<std::uint8_t>(access.bytes);
    model_.wdata_i = access.data;
    Answer answer;
    while (true) {
      disturb(disturbed);
      ++answer.cycles;
      model_.clk_i = 0;
      model_.eval();
      answer.writes += model_.write_o;
      const bool ready = model_.ready_o != 0;
      if (ready) {
        answer.data = model_.rdata_o;
        answer.error = model_.error_o != 0;
      }
      model_.clk_i = 1;
      model_.eval();
      if (ready || answer.cycles == 1000) break;
    }
    model_.valid_i = 0;
    return answer;
  }

  unsigned idle(unsigned cycles, bool disturbed) {
    unsigned writes = 0;
    for (unsigned i = 0; i < cycles; ++i) {
      disturb(disturbed);
      model_.clk_i = 0;
      model_.eval();
      writes += model_.write_o;
      model_.clk_i = 1;
      model_.eval();
    }
    return writes;
  }

  Access random_access() {
    constexpr std::array<unsigned, 7> kBytes{1, 2, 4, 8, 3, 12, 15};
    Access access;
    // One in sixteen lies anywhere, so that no bit of an address is always zero.
    const std::uint64_t anywhere = random_() % 16 == 0 ? 1ULL << 32U : kRamBytes;
    access.address = static_cast<std::uint32_t>(random_() % anywhere) & ~3U;
    access.fetch = random_() % 4 == 0;
    access.write = !access.fetch && random_() % 2 == 0;
    access.bytes = access.fetch ? 15 : kBytes.at(random_() % kBytes.size());
    access.data = static_cast<std::uint32_t>(random_());
    return access;
  }

  std::mt19937_64 random_{42};

 private:
  void disturb(bool disturbed) {
    const std::uint64_t bits = disturbed ? random_() : 0;
    model_.stall_i = static_cast<std::uint8_t>(bits & 15U);
    model_.hesitate_i = bits >> 4U & bits >> 5U & 1U;
  }

  VerilatedContext context_;
  Vbus_test model_{&context_};
};

TEST_P(BusTest, EveryAccessTakesEffectOnceAndInOrder) {
  std::array<std::uint8_t, kRamBytes> memory{};
  for (const bool disturbed : {false, true}) {
    for (int i = 0; i < 20'000; ++i) {
      const Access wanted = random_access();
      const Answer answer = access(wanted, disturbed);
      ASSERT_LT(answer.cycles, 1000U) << "access " << i << " was not answered";
      const bool outside = wanted.address >= kRamBytes;
      ASSERT_EQ(answer.error, outside) << "access " << i;
      const unsigned later = idle(static_cast<unsigned>(random_() % 3), disturbed);
      ASSERT_EQ(answer.writes + later, wanted.write && !outside ? 1U : 0U) << "access " << i;
      if (outside) continue;
      for (unsigned lane = 0; lane < 4; ++lane) {
        if ((wanted.bytes >> lane & 1U) == 0) continue;
        std::uint8_t& byte = memory.at(wanted.address + lane);
        const auto shown =
            static_cast<std::uint8_t>((wanted.write ? wanted.data : answer.data) >> (8 * lane));
        if (wanted.write)
          byte = shown;
        else
          ASSERT_EQ(byte, shown) << "access " << i << ", byte " << lane;
      }
    }
  }
}

TEST_P(BusTest, AnAccessTakesTheCyclesOfItsShimWhereNothingWaits) {
  // Reads; of writes this manager's AXI4-Lite has the address and the data one after the other.
  constexpr std::array<unsigned, 5> kCycles{2, 3, 4, 3, 2};
  constexpr std::array<unsigned, 5> kCyclesOfWrite{2, 3, 5, 3, 2};
  const auto bus = static_cast<std::size_t>(GetParam());
  for (std::uint32_t word = 0; word < 10; ++word) {
    EXPECT_EQ(access({.address = 4 * word, .write = true, .data = word}, false).cycles,
              kCyclesOfWrite.at(bus));
    EXPECT_EQ(access({.address = 4 * word}, false).cycles, kCycles.at(bus));
  }
}

std::string bus_name(const testing::TestParamInfo<int>& test) {
  constexpr std::array kNames{"Obi", "AhbLite", "Axi4Lite", "Wishbone", "PicoRv32"};
  return kNames.at(static_cast<std::size_t>(test.param));
}

INSTANTIATE_TEST_SUITE_P(All, BusTest, testing::Range(0, 5), bus_name);

}  // namespace
}  // namespace lsgd::rtl
