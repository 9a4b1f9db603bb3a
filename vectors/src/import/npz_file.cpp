// SPDX-License-Identifier: Apache-2.0
#include "import/npz_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <map>
#include <utility>
#include <zip.h>

#include "files/input_error.hpp"
#include "files/number_text.hpp"
#include "files/text_file.hpp"
#include "import/binary16.hpp"

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
void append_elements(std::string_view bytes, bool is_big_endian, std::vector<float>& values) {
  values.reserve(bytes.size() / sizeof(T));
  for (std::size_t place = 0; place + sizeof(T) <= bytes.size(); place += sizeof(T)) {
    std::array<char, sizeof(T)> element_bytes{};
    std::ranges::copy(bytes.substr(place, sizeof(T)), element_bytes.begin());
    if (is_big_endian) std::ranges::reverse(element_bytes);
    values.push_back(static_cast<float>(std::bit_cast<T>(element_bytes)));
  }
}

struct ElementType {
  std::string_view name;  ///< without the byte order
  std::size_t size;
  void (*append)(std::string_view, bool, std::vector<float>&);
};

constexpr ElementType element_types[] = {
    {"f2", 2, append_elements<Binary16>},     {"f4", 4, append_elements<float>},
    {"f8", 8, append_elements<double>},       {"i1", 1, append_elements<std::int8_t>},
    {"u1", 1, append_elements<std::uint8_t>}, {"b1", 1, append_elements<std::uint8_t>},
    {"i2", 2, append_elements<std::int16_t>}, {"u2", 2, append_elements<std::uint16_t>},
    {"i4", 4, append_elements<std::int32_t>}, {"u4", 4, append_elements<std::uint32_t>},
    {"i8", 8, append_elements<std::int64_t>}, {"u8", 8, append_elements<std::uint64_t>}};

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
      throw InputError(file, 0, fmt::format("an array of at most {} bytes", longest));
  }
}

/// Names of the arrays of one layer.
struct LayerNames {
  std::string weights;
  std::string biases;  ///< empty where the layer has none
};

struct NamedLayers {
  WeightsLayout layout = WeightsLayout::outputs_inputs;
  std::vector<LayerNames> layers;
};

/// Layers whose arrays are numbered from `first` on, in steps of `step`; every array whose name is
/// `weights` and a number must be among them.
std::vector<LayerNames> numbered_layers(const NpzArchive& archive, std::string_view weights,
                                        std::string_view biases, std::size_t first,
                                        std::size_t step, std::size_t biases_after) {
  std::vector<LayerNames> layers;
  for (std::size_t number = first;; number += step) {
    const std::string name = fmt::format("{}{}", weights, number);
    if (!archive.contains(name)) break;
    layers.push_back({name, fmt::format("{}{}", biases, number + biases_after)});
  }
  for (const std::string& name : archive.names()) {
    const bool is_numbered =
        name.starts_with(weights) &&
        integer_from_text(std::string_view(name).substr(weights.size()), most_tensor_elements);
    const bool is_used = std::ranges::any_of(layers, [&](const LayerNames& layer) {
      return name == layer.weights || name == layer.biases;
    });
    if (is_numbered && !is_used && !layers.empty())
      throw InputError(
          archive.file(), 0,
          fmt::format("weights and biases of every layer, found {} alone", in_quotes(name)));
  }
  return layers;
}

/// The numbers within a name, whose digits are taken out of it.
std::vector<std::uint64_t> take_numbers(std::string& name) {
  std::vector<std::uint64_t> numbers;
  constexpr std::string_view digits = "0123456789";
  for (auto place = name.find_first_of(digits); place != name.npos;
       place = name.find_first_of(digits, place)) {
    const auto end = std::min(name.find_first_not_of(digits, place), name.size());
    const auto number =
        integer_from_text(std::string_view(name).substr(place, end - place), most_tensor_elements);
    numbers.push_back(number.value_or(most_tensor_elements));
    name.replace(place, end - place, "#");
  }
  return numbers;
}

/// An archive whose names were sorted as texts has layers.10 before layers.2.
void require_order(const NpzArchive& archive, const std::vector<LayerNames>& layers) {
  std::map<std::string, std::pair<std::vector<std::uint64_t>, std::string>> last;
  for (const LayerNames& layer : layers) {
    std::string pattern = layer.weights;
    const std::vector<std::uint64_t> numbers = take_numbers(pattern);
    auto& [before, name] = last[pattern];
    if (!name.empty() && numbers < before)
      throw InputError(archive.file(), 0,
                       fmt::format("layers in their order, but {} stands before {}",
                                   in_quotes(name), in_quotes(layer.weights)));
    before = numbers;
    name = layer.weights;
  }
}

/// Layers whose weights end in a word, which may have ":0" behind it as in TensorFlow.
std::vector<LayerNames> suffixed_layers(const NpzArchive& archive, std::string_view word) {
  std::vector<LayerNames> layers;
  for (const std::string& name : archive.names()) {
    const auto place = name.rfind(word);
    if (place == std::string::npos) continue;
    const std::string end = name.substr(place + word.size());
    const bool starts_word =
        place == 0 || name[place - 1] == '.' || name[place - 1] == '/' || name[place - 1] == '_';
    if (!starts_word || (!end.empty() && end != ":0")) continue;
    const std::string biases = name.substr(0, place) + "bias" + end;
    layers.push_back({name, archive.contains(biases) ? biases : ""});
  }
  require_order(archive, layers);
  return layers;
}

NamedLayers named_layers(const NpzArchive& archive) {
  constexpr auto outputs_first = WeightsLayout::outputs_inputs;
  constexpr auto inputs_first = WeightsLayout::inputs_outputs;
  for (const NamedLayers& found :
       {NamedLayers{outputs_first, numbered_layers(archive, "W", "b", 1, 1, 0)},
        NamedLayers{outputs_first, numbered_layers(archive, "arr_", "arr_", 0, 2, 1)},
        NamedLayers{inputs_first, numbered_layers(archive, "coefs_", "intercepts_", 0, 1, 0)},
        NamedLayers{outputs_first, suffixed_layers(archive, "weight")},
        NamedLayers{inputs_first, suffixed_layers(archive, "kernel")}})
    if (!found.layers.empty()) return found;
  throw InputError(archive.file(), 0,
                   fmt::format("arrays W1, b1, ..., arr_0, ..., fc1.weight, fc1.bias, ..., "
                               "coefs_0, intercepts_0, ... or dense/kernel, ..., found {}",
                               fmt::join(archive.names(), ", ")));
}

/// The class of each row from zeros and a one.
std::vector<float> one_hot_labels(const NumpyArray& array, const std::string& name,
                                  const std::string& file) {
  const std::size_t classes = array.shape[1];
  std::vector<float> labels;
  for (auto row = array.values.begin(); row != array.values.end();
       row += static_cast<std::ptrdiff_t>(classes)) {
    const auto end = row + static_cast<std::ptrdiff_t>(classes);
    const auto one = std::find(row, end, 1.0f);
    if (one == end || std::count(row, end, 0.0f) != static_cast<std::ptrdiff_t>(classes) - 1)
      throw InputError(file, 0,
                       fmt::format("a one and zeros in each row of {}, or one label per row (real "
                                   "targets: --targets)",
                                   in_quotes(name)));
    labels.push_back(static_cast<float>(one - row));
  }
  return labels;
}

void take_labels(const NumpyArray& array, const std::string& file, NumberSamples& samples) {
  const bool is_one_hot = array.shape.size() == 2 && array.shape[1] > 1;
  if (is_one_hot) {
    samples.labels = one_hot_labels(array, samples.label, file);
    for (std::size_t i = 0; i < array.shape[1]; ++i) samples.classes.push_back(std::to_string(i));
    if (samples.classes.size() > std::size_t{largest_label} + 1)
      throw InputError(file, 0, fmt::format("at most {} classes", largest_label + 1));
    return;
  }
  constexpr float largest_exact = 1 << 24;
  for (const float label : array.values)
    if (std::abs(label) > largest_exact)
      throw InputError(file, 0,
                       fmt::format("labels of at most {} in {}, found {}", largest_exact,
                                   in_quotes(samples.label), label));
  samples.labels = array.values;
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

  const std::string_view order = std::string_view(header.type).substr(0, 1);
  const std::string_view of_type = std::string_view(header.type).substr(1);
  const auto type = std::ranges::find(element_types, of_type, &ElementType::name);
  if (type == std::end(element_types) || std::string_view("<>|=").find(order) == order.npos)
    throw InputError(
        file, 0, fmt::format("numbers of at most 64 bits, found type {}", in_quotes(header.type)));
  const std::size_t count = product(header.shape);
  const std::string_view elements = bytes.substr(first);
  if (count > most_tensor_elements || elements.size() != count * type->size) {
    throw InputError(file, 0,
                     fmt::format("{} elements of {} bytes from offset {}, found {} bytes", count,
                                 type->size, first, elements.size()));
  }
  NumpyArray array{header.shape, {}, of_type == "u1"};
  type->append(elements, order == ">", array.values);
  const auto bad = std::ranges::find_if(array.values, [](float x) { return !std::isfinite(x); });
  if (bad != array.values.end()) {
    throw InputError(
        file, 0,
        fmt::format("finite binary32 numbers, but not element {}", bad - array.values.begin()));
  }
  if (header.fortran_order) array.values = in_c_order(array.values, array.shape);
  return array;
}

NpzArchive::NpzArchive(const std::filesystem::path& path)
    : file_(path.string()), archive_(nullptr, &zip_discard) {
  std::string start(format_bytes, '\0');
  open_input(path).read(start.data(), static_cast<std::streamsize>(start.size()));
  int code = 0;
  archive_.reset(zip_open(path.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
  if (archive_ == nullptr) throw other_model_format(file_, start, "a .npz archive (zip)");
  constexpr std::string_view suffix = ".npy";
  for (zip_int64_t i = 0; i < zip_get_num_entries(archive_.get(), 0); ++i) {
    const auto entry = static_cast<zip_uint64_t>(i);
    const char* const text = zip_get_name(archive_.get(), entry, 0);
    std::string name = text == nullptr ? "" : text;
    if (!name.ends_with(suffix)) continue;
    name.resize(name.size() - suffix.size());
    if (contains(name))
      throw InputError(file_, 0, fmt::format("array {} only once", in_quotes(name)));
    names_.push_back(name);
    entries_.push_back(entry);
  }
}

bool NpzArchive::contains(std::string_view name) const {
  return std::ranges::find(names_, name) != names_.end();
}

NumpyArray NpzArchive::array(std::string_view name) const {
  const auto found = std::ranges::find(names_, name);
  if (found == names_.end())
    throw InputError(
        file_, 0, fmt::format("an array {}, found {}", in_quotes(name), fmt::join(names_, ", ")));
  const std::uint64_t entry = entries_[static_cast<std::size_t>(found - names_.begin())];
  return parse_npy(read_entry(archive_.get(), entry, most_bytes, file_),
                   fmt::format("{}/{}.npy", file_, name));
}

ImportedModel read_npz_model(const std::filesystem::path& path, std::string_view activations,
                             std::string_view loss, std::optional<WeightsLayout> asked_layout) {
  const NpzArchive archive(path);
  const std::string& file = archive.file();
  const NamedLayers named = named_layers(archive);
  const WeightsLayout layout = asked_layout.value_or(named.layout);
  std::vector<LayerArrays> layers;
  for (const LayerNames& names : named.layers) {
    NumpyArray weights = archive.array(names.weights);
    layers.push_back(
        {names.weights, std::move(weights.shape), std::move(weights.values), names.biases, {}});
    if (!names.biases.empty()) layers.back().biases = archive.array(names.biases).values;
  }
  ImportedModel imported = model_of_layers(file, layers, layout, activations, loss);
  std::vector<std::string>& notes = imported.notes;
  const bool is_by_order = named.layers.front().biases.starts_with("arr_");
  const auto is_square = [](const LayerParameters<float>& layer) {
    return layer.weights.size() == layer.biases.size() * layer.biases.size();
  };
  if (is_by_order && !asked_layout && std::ranges::all_of(imported.model.parameters, is_square))
    notes.emplace_back(
        "every layer is square: if the arrays are [inputs][outputs], as Keras has "
        "them, --transposed says so");
  std::vector<std::string> unused;
  for (const std::string& name : archive.names())
    if (std::ranges::none_of(named.layers, [&](const LayerNames& layer) {
          return name == layer.weights || name == layer.biases;
        }))
      unused.push_back(name);
  if (!unused.empty()) notes.push_back(fmt::format("not used: {}", fmt::join(unused, ", ")));
  return imported;
}

NumberSamples read_npz_samples(const std::filesystem::path& path, const std::string& inputs_name,
                               const std::string& labels_name, bool are_targets) {
  const NpzArchive archive(path);
  const std::string& file = archive.file();
  const NumpyArray labels = archive.array(labels_name);
  NumpyArray inputs = archive.array(inputs_name);
  const std::size_t rows = labels.shape.empty() ? 0 : labels.shape.front();
  if (rows == 0 || labels.shape.size() > 2 || labels.values.empty())
    throw InputError(
        file, 0, fmt::format("{} to be one label, or one row, per sample", in_quotes(labels_name)));
  if (inputs.shape.size() < 2 || inputs.shape.front() != rows || inputs.values.empty())
    throw InputError(file, 0, fmt::format("{} rows of values in {}", rows, in_quotes(inputs_name)));
  NumberSamples samples{.columns = inputs_name,
                        .inputs = static_cast<std::uint32_t>(inputs.values.size() / rows),
                        .inputs_flat = std::move(inputs.values),
                        .are_bytes = inputs.are_bytes,
                        .label = labels_name};
  if (are_targets) {
    samples.targets = static_cast<std::uint32_t>(labels.values.size() / rows);
    samples.targets_flat = labels.values;
  } else {
    take_labels(labels, file, samples);
  }
  return samples;
}

}  // namespace lsgd
