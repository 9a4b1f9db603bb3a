// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "elf_image.hpp"
#include "inlined_functions.hpp"

namespace lsgd::rtl {

/// Where the calls of one function spend their cycles: by the chain of functions that were active,
/// from that function on, inlined ones included where the program has debug information. A cycle
/// belongs to the instruction that retires next, so that the cycles of all chains together are
/// those from the last retirement before the call to the function's last one.
class CallProfile {
 public:
  /// An instruction that retired, in terms of RVFI.
  struct Retirement {
    std::uint64_t cycle = 0;
    std::uint32_t pc = 0;
    std::uint32_t instruction = 0;
    std::uint32_t next_pc = 0;
    unsigned rd = 0;
    std::uint32_t rd_value = 0;
  };

  /// @param elf_file  of the image, for its debug information
  /// @throws ElfError if the image has no function of that name
  CallProfile(const ElfImage& image, const std::string& elf_file, const std::string& function);

  /// Returns whether a call has ended.
  bool retired(const Retirement& retirement);

  /// {format, function, calls, chains: [{chain: [names], cycles, instructions}]}; calls are those
  /// that returned.
  [[nodiscard]] nlohmann::ordered_json json();

  /// Writes that to a file.
  /// @throws std::runtime_error if it cannot be written
  void write(const std::string& path);

 private:
  struct Count {
    std::uint64_t cycles = 0;
    std::uint64_t instructions = 0;
  };
  struct Frame {
    std::uint32_t return_address = 0;
    std::uint32_t pc = 0;  ///< of its last instruction
  };

  [[nodiscard]] std::vector<std::string> names_of(const std::vector<std::uint32_t>& pcs);

  std::map<std::uint32_t, std::string> functions_;
  InlinedFunctions inlined_;
  std::string function_;
  std::uint32_t begin_ = 0;
  std::vector<Frame> frames_;
  std::map<std::vector<std::uint32_t>, Count> counts_;  ///< by the frames' instructions
  std::uint64_t calls_ = 0;
  std::uint64_t last_cycle_ = 0;
  bool called_ = false;     ///< the last instruction was a call ...
  std::uint32_t link_ = 0;  ///< ... that returns to this address
};

}  // namespace lsgd::rtl
