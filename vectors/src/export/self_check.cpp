// SPDX-License-Identifier: Apache-2.0
#include "export/self_check.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <optional>

#include <lsgd/port.h>

#include "cases/golden_set.hpp"
#include "export/vector_table.hpp"
#include "files/input_error.hpp"
#include "self_check_texts.hpp"
#include "steps/step_vectors.hpp"

namespace lsgd {
namespace {

/// What the runner itself takes of the flash, compiled for size: a test measures it.
constexpr std::uint64_t runner_bytes = 4096;

/// Kinds of cases and of what is expected, as self_check.c reads them.
enum CaseKind : std::uint8_t { operation_case, step_case };
enum ExpectedKind : std::uint8_t { exact_codes, binary32_range, integer_range };

constexpr std::uint32_t any_code = 0xffffffff;

/// Bytes of a case, little-endian.
class CaseBytes {
 public:
  void add(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) bytes_.push_back(static_cast<char>(value >> (8 * i)));
  }
  /// Seven bits to a byte, the low ones first.
  void add_distance(std::uint32_t value) {
    for (; value >= 128; value >>= 7) bytes_.push_back(static_cast<char>((value & 127) | 128));
    bytes_.push_back(static_cast<char>(value));
  }
  void add_name(const std::string& name) { bytes_.append(name.c_str(), name.size() + 1); }
  void append(const std::string& bytes) { bytes_ += bytes; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// Capacities that a case needs.
struct Needs {
  std::size_t layers = 1, inputs = 1, width = 1, activations = 1, parameters = 1;
  std::uint64_t ram = 0;

  void include(const Needs& other) {
    layers = std::max(layers, other.layers);
    inputs = std::max(inputs, other.inputs);
    width = std::max(width, other.width);
    activations = std::max(activations, other.activations);
    parameters = std::max(parameters, other.parameters);
  }
};

struct PackedCase {
  std::string name;
  std::string bytes;
  Needs needs;
};

/// A tensor of the port's interface.
struct InterfaceTensor {
  lsgd_tensor tensor = LSGD_TENSOR_WEIGHTS;
  std::uint8_t layer = 0;
};

/// That of a name such as W1, b2.fraction_bits or random_state; nothing for what a port does not
/// show.
std::optional<InterfaceTensor> interface_tensor(std::string_view name) {
  if (name == "random_state") return InterfaceTensor{LSGD_TENSOR_RANDOM_STATE, 0};
  if (name == "x.scale") return InterfaceTensor{LSGD_TENSOR_INPUT_SCALE, 0};
  if (name == "x.zero_point") return InterfaceTensor{LSGD_TENSOR_INPUT_ZERO_POINT, 0};
  const std::size_t digits = name.find_first_of("0123456789");
  if (digits == std::string_view::npos) return std::nullopt;
  InterfaceTensor found;
  const char* const end = name.data() + name.size();
  const auto [behind, error] = std::from_chars(name.data() + digits, end, found.layer);
  const std::string kind = std::string(name.substr(0, digits)) +
                           std::string(behind, static_cast<std::size_t>(end - behind));
  static constexpr std::array<std::pair<std::string_view, lsgd_tensor>, 9> kinds{
      {{"W", LSGD_TENSOR_WEIGHTS},
       {"b", LSGD_TENSOR_BIASES},
       {"a", LSGD_TENSOR_ACTIVATIONS},
       {"W.fraction_bits", LSGD_TENSOR_WEIGHT_FRACTION_BITS},
       {"b.fraction_bits", LSGD_TENSOR_BIAS_FRACTION_BITS},
       {"W.scale", LSGD_TENSOR_WEIGHT_SCALES},
       {"W.zero_point", LSGD_TENSOR_WEIGHT_ZERO_POINTS},
       {"a.scale", LSGD_TENSOR_ACTIVATION_SCALES},
       {"a.zero_point", LSGD_TENSOR_ACTIVATION_ZERO_POINTS}}};
  const auto* const known =
      std::ranges::find(kinds, kind, &std::pair<std::string_view, lsgd_tensor>::first);
  if (error != std::errc() || known == kinds.end()) return std::nullopt;
  found.tensor = known->second;
  return found;
}

void add_tensor(CaseBytes& bytes, const InterfaceTensor& place, int element_bits,
                std::size_t count) {
  bytes.add(place.tensor, 1);
  bytes.add(place.layer, 1);
  bytes.add(static_cast<std::uint64_t>(element_bits) / 8, 1);
  bytes.add(count, 4);
}

/// Codes in the order of the numbers they stand for, and back.
std::uint32_t key_of(std::uint32_t code, ExpectedKind kind) {
  return kind == integer_range || (code >> 31) == 0 ? code ^ 0x80000000U : ~code;
}
std::uint32_t code_of(std::uint32_t key, ExpectedKind kind) {
  return kind == integer_range || (key >> 31) == 1 ? key ^ 0x80000000U : ~key;
}

/// The codes from expected - below to expected + above, in the order of their numbers.
struct CodeRange {
  std::uint32_t below = 0;
  std::uint32_t above = 0;
};

/// The codes whose values lie within a bound of the exact value.
class CodesWithin {
 public:
  /// @param fraction_bits  of integers
  CodesWithin(ExpectedKind kind, int fraction_bits) : kind_(kind), fraction_bits_(fraction_bits) {}

  CodeRange range(std::uint32_t expected, double exact, double bound) const {
    if (bound > 1e60) return {any_code, any_code};
    const std::uint32_t middle = key_of(expected, kind_);
    // How many codes from the expected one on, in one direction, are not too far.
    const auto reach = [&](auto key_at, std::uint32_t most, auto is_near) {
      std::uint32_t least = 0;
      while (least < most) {
        const std::uint32_t distance = least + (most - least + 1) / 2;
        if (is_near(value(key_at(distance)) - exact))
          least = distance;
        else
          most = distance - 1;
      }
      return least;
    };
    const std::uint32_t lowest = kind_ == binary32_range ? key_of(0xff800000U, kind_) : 0;
    const std::uint32_t highest =
        kind_ == binary32_range ? key_of(0x7f800000U, kind_) : 0xffffffffU;
    return {reach([&](std::uint32_t d) { return middle - d; }, middle - lowest,
                  [&](double difference) { return difference >= -bound; }),
            reach([&](std::uint32_t d) { return middle + d; }, highest - middle,
                  [&](double difference) { return difference <= bound; })};
  }

 private:
  double value(std::uint32_t key) const {
    const std::uint32_t code = code_of(key, kind_);
    if (kind_ == binary32_range) return static_cast<double>(std::bit_cast<float>(code));
    return std::ldexp(static_cast<double>(std::bit_cast<std::int32_t>(code)), -fraction_bits_);
  }

  ExpectedKind kind_;
  int fraction_bits_;
};

void add_expected(CaseBytes& bytes, const InterfaceTensor& place, const ExpectedTensor& tensor) {
  const bool has_bounds = std::ranges::any_of(
      tensor.elements, [](const ExpectedElement& element) { return element.bound.has_value(); });
  const ExpectedKind kind = !has_bounds            ? exact_codes
                            : tensor.fraction_bits ? integer_range
                                                   : binary32_range;
  add_tensor(bytes, place, tensor.element_bits, tensor.elements.size());
  bytes.add(kind, 1);
  const CodesWithin codes(kind, tensor.fraction_bits.value_or(0));
  std::vector<std::pair<std::uint32_t, std::uint32_t>> also;
  for (std::uint32_t i = 0; i < tensor.elements.size(); ++i) {
    const ExpectedElement& element = tensor.elements[i];
    bytes.add(element.bits, tensor.element_bits / 8);
    if (has_bounds) {
      CodeRange range;
      if (element.bound) {
        const ExportedBound bound = exported_bound(element);
        range = codes.range(static_cast<std::uint32_t>(element.bits), bound.exact, bound.bound);
      }
      bytes.add_distance(range.below);
      bytes.add_distance(range.above);
    }
    for (const std::uint64_t code : element.also)
      also.emplace_back(i, static_cast<std::uint32_t>(code));
  }
  bytes.add(also.size(), 2);
  for (const auto& [index, code] : also) {
    bytes.add(index, 4);
    bytes.add(code, 4);
  }
}

/// Those that a port shows after a step, or after the forward pass that follows ("next.").
void add_expected(CaseBytes& bytes, const std::vector<ExpectedTensor>& expected, bool is_next) {
  CaseBytes tensors;
  std::size_t count = 0;
  for (const ExpectedTensor& tensor : expected) {
    constexpr std::string_view next = "next.";
    std::string_view name = tensor.name;
    if (name.starts_with(next) != is_next) continue;
    if (is_next) name.remove_prefix(next.size());
    if (const auto place = interface_tensor(name)) {
      add_expected(tensors, *place, tensor);
      ++count;
    }
  }
  bytes.add(count, 1);
  bytes.append(tensors.bytes());
}

struct Step {
  std::string name;
  const Network& network;
  const Sample& sample;
  float learning_rate = 0;
  const TensorSet& given;
  const std::vector<ExpectedTensor>& expected;
};

Needs needs_of(const Step& step) {
  Needs needs;
  needs.layers = step.network.layers.size();
  needs.inputs = step.network.inputs();
  for (const Layer& layer : step.network.layers) {
    needs.width = std::max<std::size_t>(needs.width, layer.outputs);
    needs.activations += layer.outputs;
    needs.parameters += static_cast<std::size_t>(layer.outputs) * (layer.inputs + 1);
  }
  --needs.activations;
  --needs.parameters;
  for (const Tensor& tensor : step.given) needs.ram += tensor.codes.size() * tensor.format.bytes();
  for (const ExpectedTensor& tensor : step.expected)
    if (tensor.name.starts_with("a"))
      needs.ram += tensor.elements.size() * static_cast<std::size_t>(tensor.element_bits) / 8;
  needs.ram += 4 * (2 * needs.width + needs.inputs + step.network.outputs());
  return needs;
}

PackedCase packed(const Step& step) {
  CaseBytes bytes;
  bytes.add(step_case, 1);
  bytes.add_name(step.name);
  bytes.add(static_cast<std::uint8_t>(step.network.loss), 1);
  bytes.add(step.network.layers.size(), 1);
  bytes.add(step.network.inputs(), 2);
  for (const Layer& layer : step.network.layers) {
    bytes.add(layer.outputs, 2);
    bytes.add(static_cast<std::uint8_t>(layer.activation), 1);
  }
  bytes.add(std::bit_cast<std::uint32_t>(step.learning_rate), 4);
  for (const float value : step.sample.inputs) bytes.add(std::bit_cast<std::uint32_t>(value), 4);
  for (const float value : step.sample.target) bytes.add(std::bit_cast<std::uint32_t>(value), 4);
  bytes.add(step.given.size(), 1);
  for (const Tensor& tensor : step.given) {
    const auto place = interface_tensor(tensor.name);
    if (!place) throw InputError(step.name, 0, "parameters of a port, not " + tensor.name);
    add_tensor(bytes, *place, tensor.format.bits, tensor.codes.size());
    for (const std::uint64_t code : tensor.codes) bytes.add(code, tensor.format.bits / 8);
  }
  add_expected(bytes, step.expected, false);
  add_expected(bytes, step.expected, true);
  return {step.name, bytes.bytes(), needs_of(step)};
}

PackedCase packed(const ArithmeticCase& operation) {
  CaseBytes bytes;
  bytes.add(operation_case, 1);
  bytes.add_name(operation.name);
  bytes.add(operation.operation, 1);
  bytes.add(operation.a, 4);
  bytes.add(operation.b, 4);
  bytes.add(operation.bits, 4);
  bytes.add(operation.also.size(), 1);
  for (const std::uint32_t code : operation.also) bytes.add(code, 4);
  return {operation.name, bytes.bytes(), {}};
}

std::vector<PackedCase> packed_cases(const std::filesystem::path& directory,
                                     const VectorManifest& manifest) {
  std::vector<PackedCase> cases;
  if (manifest.level == 0) {
    for (const ArithmeticCase& row : read_arithmetic_set(directory).cases)
      cases.push_back(packed(row));
  } else if (manifest.level == 1) {
    for (const GoldenCase& row : read_golden_set(directory).cases)
      cases.push_back(packed(
          {row.name, row.network, row.sample, row.learning_rate, row.parameters, row.expected}));
  } else {
    const StepVectors vectors = read_step_vectors(directory);
    TensorSet given = first_parameters(vectors);
    for_each_step(vectors, [&](std::size_t step, const Sample& sample,
                               const std::vector<ExpectedTensor>& expected) {
      cases.push_back(packed({fmt::format("step_{}", step), vectors.model.network, sample,
                              vectors.learning_rate, given, expected}));
      given = parameters_after(vectors.profile->formats(), vectors.model.network, expected);
    });
  }
  return cases;
}

/// What a case takes in its part.
std::uint64_t size_of(const PackedCase& row) { return 4 + row.bytes.size(); }

std::string rows_of(const std::string& bytes) {
  constexpr std::size_t width = 24;
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % width == 0) text += "\n    ";
    text += fmt::format("{},", static_cast<unsigned char>(bytes[i]));
  }
  return text;
}

std::string part_text(const VectorManifest& manifest, const std::vector<const PackedCase*>& cases,
                      std::size_t number, std::uint64_t bytes) {
  std::string text = fmt::format(
      "/* SPDX-License-Identifier: Apache-2.0 */\n/* Part {} of {}: {} cases, {} bytes. Written by "
      "{}. */\n#include \"self_check.h\"\n\nstatic const unsigned char bytes[] = {{",
      number, manifest.suite, cases.size(), bytes, vector_generator_version);
  for (const PackedCase* row : cases) {
    CaseBytes size;
    size.add(row->bytes.size(), 4);
    text += fmt::format("\n    /* {} */{}", row->name, rows_of(size.bytes() + row->bytes));
  }
  return text + fmt::format(
                    "\n}};\n\nconst struct lsgd_self_check_part lsgd_self_check_part = {{bytes, "
                    "{}}};\n",
                    cases.size());
}

std::string flags_text(const std::vector<const PackedCase*>& cases) {
  Needs needs;
  for (const PackedCase* row : cases) needs.include(row->needs);
  return fmt::format(
      "-DLSGD_CAPACITY_LAYERS={}\n-DLSGD_CAPACITY_INPUTS={}\n-DLSGD_CAPACITY_WIDTH={}\n"
      "-DLSGD_CAPACITY_ACTIVATIONS={}\n-DLSGD_CAPACITY_PARAMETERS={}\n",
      needs.layers, needs.inputs, needs.width, needs.activations, needs.parameters);
}

}  // namespace

SelfCheck self_check(const std::filesystem::path& directory, const VectorManifest& manifest,
                     const SelfCheckLimits& limits) {
  SelfCheck written;
  for (const EmbeddedText& file : self_check_texts)
    written.files.emplace_back(file.path.substr(file.path.rfind('/') + 1), file.text);
  const std::uint64_t room = limits.flash > runner_bytes ? limits.flash - runner_bytes : 0;
  const std::vector<PackedCase> all = packed_cases(directory, manifest);
  std::vector<const PackedCase*> part;
  std::uint64_t bytes = 0;
  const auto end_part = [&] {
    if (part.empty()) return;
    const std::string name = fmt::format("part_{}", ++written.parts);
    written.files.emplace_back(name + ".c", part_text(manifest, part, written.parts, bytes));
    written.files.emplace_back(name + ".flags", flags_text(part));
    written.cases += part.size();
    part.clear();
    bytes = 0;
  };
  for (const PackedCase& row : all) {
    if (size_of(row) > room || row.needs.ram > limits.ram) {
      written.left_out.push_back(row.name);
      continue;
    }
    if (bytes + size_of(row) > room) end_part();
    part.push_back(&row);
    bytes += size_of(row);
  }
  end_part();
  if (written.parts == 0)
    throw InputError(
        directory.string(), 0,
        fmt::format("room for a case: the runner takes {} bytes of flash, the smallest "
                    "case {} more, and {} of memory",
                    runner_bytes, size_of(*std::ranges::min_element(all, {}, size_of)),
                    std::ranges::min_element(all, {}, [](const PackedCase& row) {
                      return row.needs.ram;
                    })->needs.ram));
  return written;
}

}  // namespace lsgd
