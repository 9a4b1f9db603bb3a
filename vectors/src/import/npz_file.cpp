// SPDX-License-Identifier: Apache-2.0
#include "import/npz_file.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <memory>
#include <stdexcept>
#include <zip.h>

#include "data/network_text.hpp"
#include "files/input_error.hpp"
#include "files/number_text.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 28;
constexpr std::size_t most_dimensions = 32;
constexpr std::string_view magic = "\x93NUMPY";

static_assert(std::endian::native == std::endian::little, "elements are little-endian");

std::size_t product(const std::vector<std::size_t>& shape) {
  std::size_t count = 1;
  for (const std::size_t size : shape) count = count > most_tensor_elements ? count : count * size;
  return count;
}

/// The dictionary in front of the elements: {'descr': '<f4', 'fortran_order': False, 'shape':
/// (2,)}.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  std::string type;
  bool fortran_order = false;
  std::vector<std::size_t> shape;

  void read() {
    take("{");
    for (std::size_t keys = 0; !try_take("}"); ++keys) {
      const std::string key = string();
      take(":");
      if (keys < 3 && key == "descr") {
        type = string();
      } else if (keys < 3 && key == "fortran_order") {
        fortran_order = try_take("True");
        if (!fortran_order) take("False");
      } else if (keys < 3 && key == "shape") {
        read_shape();
      } else {
        throw error(fmt::format("descr, fortran_order and shape, found {}", in_quotes(key)));
      }
      if (!try_take(",")) {
        take("}");
        break;
      }
    }
    if (type.empty()) throw error("descr");
  }

 private:
  InputError error(const std::string& expected) const {
    return InputError(file_, 0,
                      expected + fmt::format(" at offset {} of the NumPy header", place_));
  }

  void skip_space() {
    while (place_ < text_.size() && (text_[place_] == ' ' || text_[place_] == '\n')) ++place_;
  }

  bool try_take(std::string_view token) {
    skip_space();
    if (!text_.substr(place_).starts_with(token)) return false;
    place_ += token.size();
    return true;
  }

  void take(std::string_view token) {
    if (!try_take(token)) throw error(in_quotes(token));
  }

  std::string string() {
    take("'");
    const auto end = text_.find('\'', place_);
    if (end == std::string_view::npos) throw error("the end of a string");
    const std::string result(text_.substr(place_, end - place_));
    place_ = end + 1;
    return result;
  }

  void read_shape() {
    take("(");
    while (!try_take(")")) {
      skip_space();
      const auto end = std::min(text_.find_first_not_of("0123456789", place_), text_.size());
      const auto size = integer_from_text(text_.substr(place_, end - place_), most_tensor_elements);
      if (!size || shape.size() == most_dimensions)
        throw error(
            fmt::format("at most {} sizes up to {}", most_dimensions, most_tensor_elements));
      shape.push_back(*size);
      place_ = end;
      if (!try_take(",")) {
        take(")");
        return;
      }
    }
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t place_ = 0;
};

template <class T>
void append_elements(std::string_view bytes, std::vector<float>& values) {
  for (std::size_t place = 0; place + sizeof(T) <= bytes.size(); place += sizeof(T)) {
    T element{};
    std::memcpy(&element, bytes.data() + place, sizeof(T));
    values.push_back(static_cast<float>(element));
  }
}

struct ElementType {
  std::string_view name;
  std::size_t size;
  void (*append)(std::string_view, std::vector<float>&);
};

constexpr ElementType element_types[] = {
    {"<f4", 4, append_elements<float>},         {"<f8", 8, append_elements<double>},
    {"|i1", 1, append_elements<std::int8_t>},   {"|u1", 1, append_elements<std::uint8_t>},
    {"|b1", 1, append_elements<std::uint8_t>},  {"<i2", 2, append_elements<std::int16_t>},
    {"<u2", 2, append_elements<std::uint16_t>}, {"<i4", 4, append_elements<std::int32_t>},
    {"<u4", 4, append_elements<std::uint32_t>}, {"<i8", 8, append_elements<std::int64_t>},
    {"<u8", 8, append_elements<std::uint64_t>}};

/// Elements in C order from Fortran order, where the first index changes fastest.
std::vector<float> in_c_order(const std::vector<float>& values,
                              const std::vector<std::size_t>& shape) {
  std::vector<float> ordered(values.size());
  std::vector<std::size_t> index(shape.size());
  for (const float value : values) {
    std::size_t place = 0;
    for (std::size_t d = 0; d < shape.size(); ++d) place = place * shape[d] + index[d];
    ordered[place] = value;
    for (std::size_t d = 0; d < shape.size() && ++index[d] == shape[d]; ++d) index[d] = 0;
  }
  return ordered;
}

using Archive = std::unique_ptr<zip_t, decltype(&zip_discard)>;

std::string read_entry(zip_t* archive, zip_uint64_t index, std::size_t longest,
                       const std::string& file) {
  const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> entry(zip_fopen_index(archive, index, 0),
                                                                 &zip_fclose);
  if (entry == nullptr) throw InputError(file, 0, "an archive entry that can be read");
  std::string bytes;
  std::vector<char> block(std::size_t{1} << 16);
  for (;;) {
    const auto count = zip_fread(entry.get(), block.data(), block.size());
    if (count < 0) throw InputError(file, 0, "intact data in the archive");
    if (count == 0) return bytes;
    bytes.append(block.data(), static_cast<std::size_t>(count));
    if (bytes.size() > longest)
      throw InputError(file, 0, fmt::format("arrays of at most {} bytes in all", most_bytes));
  }
}

const NumpyArray& array_in(const std::map<std::string, NumpyArray>& arrays, const std::string& name,
                           const std::string& file) {
  const auto found = arrays.find(name);
  if (found == arrays.end()) throw InputError(file, 0, fmt::format("an array {}", in_quotes(name)));
  return found->second;
}

}  // namespace

NumpyArray parse_npy(std::string_view bytes, const std::string& file) {
  constexpr std::size_t before_length = 8;
  const std::string_view start = bytes.substr(0, before_length);
  if (start.size() < before_length || !start.starts_with(magic) || start[6] < 1 || start[6] > 3)
    throw InputError(file, 0, "a NumPy array (format 1 to 3)");
  const std::size_t length_bytes = start[6] == 1 ? 2 : 4;
  std::size_t length = 0;
  if (bytes.size() >= before_length + length_bytes)
    std::memcpy(&length, bytes.data() + before_length, length_bytes);
  const std::size_t first = before_length + length_bytes + length;
  if (length == 0 || first > bytes.size())
    throw InputError(file, 0, fmt::format("a NumPy header of {} bytes", length));
  HeaderReader header(bytes.substr(before_length + length_bytes, length), file);
  header.read();

  const auto type = std::ranges::find(element_types, header.type, &ElementType::name);
  if (type == std::end(element_types)) {
    throw InputError(file, 0,
                     fmt::format("little-endian numbers of at most 64 bits, found type {}",
                                 in_quotes(header.type)));
  }
  const std::size_t count = product(header.shape);
  const std::string_view elements = bytes.substr(first);
  if (count > most_tensor_elements || elements.size() != count * type->size) {
    throw InputError(file, 0,
                     fmt::format("{} elements of {} bytes from offset {}, found {} bytes", count,
                                 type->size, first, elements.size()));
  }
  NumpyArray array{header.shape, {}};
  type->append(elements, array.values);
  const auto bad = std::ranges::find_if(array.values, [](float x) { return !std::isfinite(x); });
  if (bad != array.values.end()) {
    throw InputError(
        file, 0,
        fmt::format("finite binary32 numbers, but not element {}", bad - array.values.begin()));
  }
  if (header.fortran_order) array.values = in_c_order(array.values, array.shape);
  return array;
}

std::map<std::string, NumpyArray> read_npz(const std::filesystem::path& path) {
  const std::string file = path.string();
  open_input(path);
  int code = 0;
  const Archive archive(zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code), &zip_discard);
  if (archive == nullptr) throw InputError(file, 0, "a .npz archive (zip)");
  std::map<std::string, NumpyArray> arrays;
  std::size_t total = 0;
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive.get(), 0); ++i) {
    const char* const entry = zip_get_name(archive.get(), static_cast<zip_uint64_t>(i), 0);
    std::string name = entry == nullptr ? "" : entry;
    if (!name.ends_with(".npy"))
      throw InputError(file, 0, fmt::format("only .npy arrays, found {}", in_quotes(name)));
    const std::string bytes =
        read_entry(archive.get(), static_cast<zip_uint64_t>(i), most_bytes - total, file);
    total += bytes.size();
    const std::string blamed = file + "/" + name;
    name.resize(name.size() - std::string_view(".npy").size());
    if (!arrays.emplace(name, parse_npy(bytes, blamed)).second)
      throw InputError(file, 0, fmt::format("array {} only once", in_quotes(name)));
  }
  return arrays;
}

Model read_npz_model(const std::filesystem::path& path, std::string_view activations,
                     std::string_view loss, WeightsLayout layout) {
  const std::string file = path.string();
  const auto arrays = read_npz(path);
  const bool numbered = arrays.contains("arr_0");
  if (arrays.empty() || arrays.size() % 2 != 0) {
    throw InputError(
        file, 0, fmt::format("weights and biases of each layer, found {} arrays", arrays.size()));
  }
  std::string sizes;
  Parameters<float> parameters;
  for (std::size_t l = 0; l < arrays.size() / 2; ++l) {
    const std::string weights_name =
        numbered ? fmt::format("arr_{}", 2 * l) : fmt::format("W{}", l + 1);
    const std::string biases_name =
        numbered ? fmt::format("arr_{}", 2 * l + 1) : fmt::format("b{}", l + 1);
    const NumpyArray& weights = array_in(arrays, weights_name, file);
    const NumpyArray& biases = array_in(arrays, biases_name, file);
    if (weights.shape.size() != 2 || weights.values.empty())
      throw InputError(file, 0, fmt::format("{} to have two dimensions", in_quotes(weights_name)));
    const bool outputs_first = layout == WeightsLayout::outputs_inputs;
    const std::size_t outputs = weights.shape[outputs_first ? 0 : 1];
    const std::size_t inputs = weights.shape[outputs_first ? 1 : 0];
    const std::string end = sizes.substr(sizes.rfind('-') + 1);
    if (biases.values.size() != outputs || (l > 0 && end != fmt::format("{}", inputs))) {
      throw InputError(
          file, 0,
          fmt::format("layer {} to have {} biases and the outputs of the layer before, {}, as "
                      "inputs, found {} and {}",
                      l + 1, outputs, l > 0 ? end : "any", biases.values.size(), inputs));
    }
    sizes += l == 0 ? fmt::format("{}-{}", inputs, outputs) : fmt::format("-{}", outputs);
    parameters.push_back(
        {outputs_first ? weights.values : in_c_order(weights.values, {outputs, inputs}),
         biases.values});
  }
  try {
    return {network_from_text(sizes, activations, loss), std::move(parameters)};
  } catch (const std::invalid_argument& fault) {
    throw InputError(file, 0, fault.what());
  }
}

DataSet read_npz_data(const std::filesystem::path& path, const std::string& inputs_name,
                      const std::string& labels_name) {
  const std::string file = path.string();
  const auto arrays = read_npz(path);
  const NumpyArray& inputs = array_in(arrays, inputs_name, file);
  const NumpyArray& labels = array_in(arrays, labels_name, file);
  const std::size_t rows = labels.values.size();
  if (rows == 0 || labels.shape.empty() || labels.shape.front() != rows)
    throw InputError(file, 0, fmt::format("{} to be one label per row", in_quotes(labels_name)));
  if (inputs.shape.size() < 2 || inputs.shape.front() != rows || inputs.values.empty())
    throw InputError(file, 0, fmt::format("{} rows of values in {}", rows, in_quotes(inputs_name)));
  DataSet data{static_cast<std::uint32_t>(inputs.values.size() / rows), 2, inputs.values, {}};
  for (const float label : labels.values) {
    if (!(label >= 0 && label <= static_cast<float>(largest_label)) || label != std::floor(label)) {
      throw InputError(file, 0,
                       fmt::format("integers from 0 to {} in {}, found {}", largest_label,
                                   in_quotes(labels_name), label));
    }
    data.labels.push_back(static_cast<std::uint32_t>(label));
    data.classes = std::max(data.classes, data.labels.back() + 1);
  }
  return data;
}

}  // namespace lsgd
