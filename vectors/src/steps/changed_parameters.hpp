// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lsgd {

/// How many of a network's parameters a training or a run of steps changed.
struct ParameterChange {
  std::size_t changed = 0;
  std::size_t parameters = 0;

  bool operator==(const ParameterChange&) const = default;
};

/// "25 of 1625 parameters changed"; where fewer than a tenth did, also that a device which leaves
/// the others alone shows nothing, and `remedy`.
std::string in_words(const ParameterChange& change, std::string_view remedy);

/// Counts the parameters that a run of steps ever changes, by the values in the lines of its files.
class ChangedParameters {
 public:
  /// A line of what the first step starts from: `tensor,index,bits,value`, and more or nothing.
  void take_first(std::string_view line) { take(line, 0); }
  /// A line of a step, with its number before that.
  void take_step(std::string_view line) { take(line, 1); }

  ParameterChange count() const;

 private:
  struct Parameter {
    std::string value;
    bool has_changed = false;
  };
  struct Tensor {
    std::vector<Parameter> parameters;
    std::size_t next = 0;  ///< of the step's elements, which come in their order
  };

  void take(std::string_view line, std::size_t tensor_field);

  std::map<std::string, Tensor, std::less<>> tensors_;
};

}  // namespace lsgd
