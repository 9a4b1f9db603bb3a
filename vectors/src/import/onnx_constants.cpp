// SPDX-License-Identifier: Apache-2.0
#include "import/onnx_constants.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <set>
#include <utility>

#include "data/model_file.hpp"
#include "files/number_text.hpp"
#include "files/text_file.hpp"
#include "import/binary16.hpp"

namespace lsgd {
namespace {

constexpr auto most_elements = static_cast<std::int64_t>(most_tensor_elements);
constexpr std::size_t most_foldings = 64;
constexpr std::size_t most_tensor_dimensions = 32;

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

/// Those that change the shape of a tensor at most.
constexpr std::array<std::string_view, 6> reshaping_operators{"Identity", "Reshape",   "Flatten",
                                                              "Squeeze",  "Unsqueeze", "Dropout"};

const onnx::AttributeProto* attribute_of(const onnx::NodeProto& node, std::string_view name) {
  for (const auto& attribute : node.attribute())
    if (attribute.name() == name) return &attribute;
  return nullptr;
}

/// bfloat16 is the upper half of binary32.
struct UpperHalf {
  std::uint16_t bits = 0;
  explicit operator float() const { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
};

std::size_t element_size(std::int32_t type) {
  switch (type) {
    case onnx::TensorProto::FLOAT:
    case onnx::TensorProto::INT32:
      return 4;
    case onnx::TensorProto::DOUBLE:
    case onnx::TensorProto::INT64:
      return 8;
    case onnx::TensorProto::FLOAT16:
    case onnx::TensorProto::BFLOAT16:
      return 2;
  }
  return 0;
}

/// Elements of type T from their bytes, or from the list that has them instead. The elements of
/// 16-bit types stand in a list of 32-bit integers.
template <class T>
std::vector<float> elements(std::string_view raw, const auto& listed) {
  std::vector<float> values;
  for (std::size_t place = 0; place + sizeof(T) <= raw.size(); place += sizeof(T)) {
    T element{};
    std::memcpy(&element, raw.data() + place, sizeof(T));
    values.push_back(static_cast<float>(element));
  }
  if (!raw.empty()) return values;
  for (const auto number : listed) {
    if constexpr (std::is_class_v<T>)
      values.push_back(static_cast<float>(T{static_cast<std::uint16_t>(number)}));
    else
      values.push_back(static_cast<float>(number));
  }
  return values;
}

std::vector<float> elements_of(const onnx::TensorProto& proto, std::string_view raw) {
  switch (proto.data_type()) {
    case onnx::TensorProto::FLOAT:
      return elements<float>(raw, proto.float_data());
    case onnx::TensorProto::DOUBLE:
      return elements<double>(raw, proto.double_data());
    case onnx::TensorProto::FLOAT16:
      return elements<Binary16>(raw, proto.int32_data());
    case onnx::TensorProto::BFLOAT16:
      return elements<UpperHalf>(raw, proto.int32_data());
    case onnx::TensorProto::INT32:
      return elements<std::int32_t>(raw, proto.int32_data());
    case onnx::TensorProto::INT64:
      return elements<std::int64_t>(raw, proto.int64_data());
  }
  return {};
}

/// The number of elements, or 0 if there are none or too many.
std::int64_t count_of_elements(const std::vector<std::int64_t>& shape) {
  std::int64_t count = shape.size() > most_tensor_dimensions ? 0 : 1;
  for (const std::int64_t size : shape)
    count = size < 1 || size > most_elements || count > most_elements ? 0 : count * size;
  return count > most_elements ? 0 : count;
}

}  // namespace

InputError error_of_node(const std::string& file, const onnx::NodeProto& node,
                         const std::string& expected) {
  return InputError(file, 0,
                    fmt::format("{} (node {} of type {})", expected, in_quotes(node.name()),
                                in_quotes(node.op_type())));
}

OnnxConstants::OnnxConstants(const onnx::GraphProto& graph, std::filesystem::path directory,
                             std::string file)
    : directory_(std::move(directory)), file_(std::move(file)) {
  for (const auto& tensor : graph.initializer()) initializers_[tensor.name()] = &tensor;
}

bool OnnxConstants::contains(const std::string& name) const {
  return initializers_.contains(name) || nodes_.contains(name);
}

bool OnnxConstants::add(const onnx::NodeProto& node) {
  const std::string& type = node.op_type();
  const bool is_folded = type == "Transpose" || type == "Cast" ||
                         std::ranges::find(reshaping_operators, type) != reshaping_operators.end();
  const bool is_constant =
      type == "Constant" || (is_folded && node.input_size() > 0 && contains(node.input(0)));
  if (!is_constant || node.output_size() == 0) return false;
  nodes_[node.output(0)] = &node;
  return true;
}

OnnxTensor OnnxConstants::tensor(const onnx::NodeProto& user, const std::string& name) const {
  return tensor(user, name, 0);
}

OnnxTensor OnnxConstants::tensor(const onnx::NodeProto& user, const std::string& name,
                                 std::size_t depth) const {
  if (const auto found = initializers_.find(name); found != initializers_.end())
    return read(user, *found->second);
  const auto node = nodes_.find(name);
  if (node == nodes_.end())
    throw error_of_node(file_, user, fmt::format("{} to be an initializer", in_quotes(name)));
  if (depth == most_foldings)
    throw error_of_node(file_, user,
                        fmt::format("{} behind at most {} nodes", in_quotes(name), most_foldings));
  return computed(user, *node->second, depth);
}

OnnxTensor OnnxConstants::computed(const onnx::NodeProto& user, const onnx::NodeProto& node,
                                   std::size_t depth) const {
  const std::string& type = node.op_type();
  if (type == "Constant") return constant(node);
  OnnxTensor result = tensor(user, node.input(0), depth + 1);
  if (type == "Transpose") return transposed(node, result);
  if (type == "Cast") {
    const auto* const to = attribute_of(node, "to");
    const bool keeps_values = to != nullptr && (to->i() == onnx::TensorProto::FLOAT ||
                                                to->i() == onnx::TensorProto::DOUBLE);
    if (!keeps_values) throw error_of_node(file_, node, "a cast to float or double");
    return result;
  }
  if (type != "Reshape") return result;
  // What is reshaped keeps its elements in their order; a size of -1 is what is left of them.
  if (node.input_size() != 2) throw error_of_node(file_, node, "two inputs");
  std::vector<std::int64_t> shape;
  std::int64_t known = 1;
  for (const float size : tensor(user, node.input(1), depth + 1).values) {
    const bool is_copied = size == 0 && shape.size() < result.shape.size();
    shape.push_back(is_copied ? result.shape[shape.size()] : static_cast<std::int64_t>(size));
    if (shape.back() != -1) known = count_of_elements({known, shape.back()});
  }
  const auto count = static_cast<std::int64_t>(result.values.size());
  for (std::int64_t& size : shape)
    if (size == -1 && known > 0) size = count / known;
  if (count_of_elements(shape) != count)
    throw error_of_node(file_, node, fmt::format("a shape of {} elements", count));
  result.shape = shape;
  return result;
}

OnnxTensor OnnxConstants::transposed(const onnx::NodeProto& node, const OnnxTensor& tensor) const {
  const std::size_t rank = tensor.shape.size();
  std::vector<std::size_t> order(rank);
  for (std::size_t i = 0; i < rank; ++i) order[i] = rank - 1 - i;
  if (const auto* const permutation = attribute_of(node, "perm")) {
    const std::set<std::int64_t> different(permutation->ints().begin(), permutation->ints().end());
    const bool is_permutation =
        static_cast<std::size_t>(permutation->ints_size()) == rank && different.size() == rank &&
        (rank == 0 || (*different.begin() == 0 && *different.rbegin() < static_cast<int>(rank)));
    if (!is_permutation) throw error_of_node(file_, node, "a permutation of the dimensions");
    for (std::size_t i = 0; i < rank; ++i)
      order[i] = static_cast<std::size_t>(permutation->ints(static_cast<int>(i)));
  }
  std::vector<std::size_t> strides(rank, 1);
  for (std::size_t i = rank; i-- > 1;)
    strides[i - 1] = strides[i] * static_cast<std::size_t>(tensor.shape[i]);
  OnnxTensor result;
  for (const std::size_t dimension : order) result.shape.push_back(tensor.shape[dimension]);
  std::vector<std::int64_t> index(rank);
  for (std::size_t count = 0; count < tensor.values.size(); ++count) {
    std::size_t place = 0;
    for (std::size_t i = 0; i < rank; ++i)
      place += static_cast<std::size_t>(index[i]) * strides[order[i]];
    result.values.push_back(tensor.values[place]);
    for (std::size_t i = rank; i-- > 0 && ++index[i] == result.shape[i];) index[i] = 0;
  }
  return result;
}

OnnxTensor OnnxConstants::constant(const onnx::NodeProto& node) const {
  if (const auto* const value = attribute_of(node, "value")) return read(node, value->t());
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() == "value_float") return {{}, {attribute.f()}};
    if (attribute.name() == "value_int") return {{}, {static_cast<float>(attribute.i())}};
    if (attribute.name() == "value_floats")
      return {{attribute.floats_size()}, {attribute.floats().begin(), attribute.floats().end()}};
    if (attribute.name() != "value_ints") continue;
    OnnxTensor result{{attribute.ints_size()}, {}};
    for (const std::int64_t number : attribute.ints())
      result.values.push_back(static_cast<float>(number));
    return result;
  }
  throw error_of_node(file_, node, "a constant of numbers");
}

OnnxTensor OnnxConstants::read(const onnx::NodeProto& user, const onnx::TensorProto& proto) const {
  const std::string shown = in_quotes(proto.name());
  OnnxTensor result{{proto.dims().begin(), proto.dims().end()}, {}};
  const std::int64_t count = count_of_elements(result.shape);
  if (count == 0)
    throw error_of_node(file_, user,
                        fmt::format("{} to have at most {} dimensions and {} elements", shown,
                                    most_tensor_dimensions, most_elements));
  const std::size_t size = element_size(proto.data_type());
  if (size == 0)
    throw error_of_node(file_, user,
                        fmt::format("{} to be of type float, double, float16 or integer", shown));
  std::string external;
  std::string_view raw = proto.raw_data();
  if (proto.data_location() == onnx::TensorProto::EXTERNAL) {
    external = external_bytes(user, proto, static_cast<std::size_t>(count) * size);
    raw = external;
  }
  result.values = elements_of(proto, raw);
  const bool finite = std::ranges::all_of(result.values, [](float x) { return std::isfinite(x); });
  if (result.values.size() != static_cast<std::size_t>(count) || !finite)
    throw error_of_node(file_, user,
                        fmt::format("{} finite numbers in {}, found {} elements", count, shown,
                                    result.values.size()));
  return result;
}

std::string OnnxConstants::external_bytes(const onnx::NodeProto& user,
                                          const onnx::TensorProto& proto, std::size_t bytes) const {
  std::filesystem::path location;
  std::uint64_t offset = 0;
  for (const auto& entry : proto.external_data()) {
    if (entry.key() == "location") location = entry.value();
    if (entry.key() != "offset") continue;
    const auto number = integer_from_text(entry.value(), std::uint64_t{1} << 40);
    if (!number) throw error_of_node(file_, user, "an offset in external data");
    offset = *number;
  }
  // A model must not read what lies elsewhere.
  const bool is_outside = location.empty() || location.is_absolute() ||
                          std::ranges::find(location, "..") != location.end() ||
                          location.string().find('\0') != std::string::npos;
  if (is_outside || directory_.empty())
    throw error_of_node(file_, user,
                        fmt::format("external data of {} in a file beside the model, found {}",
                                    in_quotes(proto.name()), in_quotes(location.string())));
  const std::filesystem::path path = directory_ / location;
  std::ifstream stream = open_input(path);
  stream.seekg(static_cast<std::streamoff>(offset));
  std::string result(bytes, '\0');
  stream.read(result.data(), static_cast<std::streamsize>(bytes));
  if (static_cast<std::size_t>(stream.gcount()) != bytes)
    throw InputError(path.string(), 0,
                     fmt::format("{} bytes from offset {} for {}, found {}", bytes, offset,
                                 in_quotes(proto.name()), stream.gcount()));
  return result;
}

}  // namespace lsgd
