// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include <lsgd/arithmetic/arithmetic.hpp>

#include "files/json_file.hpp"

namespace lsgd {

/// The functions that a table by activation function has to name, as in "identity, relu and tanh".
std::string activations_in_words();

/// The formats of a declaration that fits the schema. All functions throw InputError.
class FormatReader {
 public:
  explicit FormatReader(const JsonDocument& document) : document_(document) {}

  /// The declared or predefined format of that name, which stands at `pointer`.
  NumberFormat named(const std::string& name, const std::string& pointer);

  /// Whether its table of fraction bits says those of the first layer's inputs.
  bool says_input(const std::string& name) const { return says_input_.contains(name); }

  /// Throws for a format that nothing has named, or whose name is not one.
  void require_all_used() const;

 private:
  NumberFormat declared(const std::string& name);
  NumberFormat base_of(const nlohmann::json& table, const std::string& pointer);
  void read_keys(const nlohmann::json& table, const std::string& pointer, NumberFormat& format);
  void read_float(const nlohmann::json& table, const std::string& pointer, NumberFormat& format);
  void read_fixed(const nlohmann::json& table, const std::string& pointer, NumberFormat& format);
  void read_set(const nlohmann::json& table, const std::string& pointer, NumberFormat& format);
  void read_scale(const nlohmann::json& table, const std::string& pointer, NumberFormat& format);
  void read_fraction_bits(const nlohmann::json& table, const std::string& pointer,
                          NumberFormat& format);

  const JsonDocument& document_;
  std::map<std::string, NumberFormat> formats_;
  std::set<std::string> says_input_;
  std::vector<std::string> open_;  ///< whose bases are being read
};

}  // namespace lsgd
