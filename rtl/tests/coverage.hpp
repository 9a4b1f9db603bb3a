// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "instruction_set_model.hpp"
#include "instruction_table.hpp"

namespace lsgd::rtl {

/// Which instructions, hazards, branch outcomes and traps a set of programs has exercised.
class Coverage {
 public:
  explicit Coverage(InstructionSet instruction_set = InstructionSet::rv32imc)
      : instruction_set_(instruction_set) {}

  /// @param rs1, rs2 registers read, 0 where none
  void retired(const InstructionSetModel::Retirement& retirement, unsigned rs1, unsigned rs2,
               bool interrupted);
  void merge(const Coverage& other);

  /// Names of what has never happened; empty when coverage is complete.
  [[nodiscard]] std::vector<std::string> missing() const;
  [[nodiscard]] std::string report() const;

 private:
  [[nodiscard]] std::vector<std::string_view> events() const;

  InstructionSet instruction_set_;
  std::array<std::uint64_t, kEncodings.size()> instructions_{};
  std::map<std::string, std::uint64_t> events_;
  InstructionSetModel::Retirement last_;
  unsigned before_last_rd_ = 0;
};

}  // namespace lsgd::rtl
