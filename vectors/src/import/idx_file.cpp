// SPDX-License-Identifier: Apache-2.0
#include "import/idx_file.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "files/input_error.hpp"
#include "import/compressed_file.hpp"

namespace lsgd {
namespace {

constexpr std::uint32_t images_magic = 0x803;
constexpr std::uint32_t labels_magic = 0x801;
constexpr std::uint64_t largest_image = 1'000'000;

/// Reads what an IDX file must have.
class IdxReader {
 public:
  explicit IdxReader(const std::filesystem::path& path) : file_(path) {}

  void read(std::span<char> bytes, std::string_view what) {
    if (file_.read(bytes) != bytes.size())
      throw error(fmt::format("{}, but the file ends too early", what));
  }

  std::uint32_t read_word(std::string_view what) {
    std::array<char, 4> bytes{};
    read(bytes, what);
    std::uint32_t word = 0;
    for (const char byte : bytes) word = word << 8 | static_cast<unsigned char>(byte);
    return word;
  }

  void require_end(std::string_view what) {
    std::array<char, 1> byte{};
    if (file_.read(byte) > 0) throw error(fmt::format("{}, but the file goes on", what));
  }

  InputError error(std::string expected) const {
    return InputError(file_.name(), 0, std::move(expected));
  }

 private:
  CompressedFile file_;
};

void require_magic(IdxReader& reader, std::uint32_t magic, std::string_view what) {
  const std::uint32_t found = reader.read_word("an IDX header");
  if (found != magic) {
    throw reader.error(
        fmt::format("IDX {} (magic 0x{:08x}), found magic 0x{:08x}", what, magic, found));
  }
}

}  // namespace

NumberSamples read_idx_samples(const std::filesystem::path& images_path,
                               const std::filesystem::path& labels_path, std::size_t rows) {
  IdxReader images(images_path);
  require_magic(images, images_magic, "images");
  const std::uint32_t count = images.read_word("an IDX header");
  const std::uint64_t height = images.read_word("an IDX header");
  const std::uint64_t width = images.read_word("an IDX header");
  if (height == 0 || width == 0 || height * width > largest_image) {
    throw images.error(
        fmt::format("images of 1 to {} pixels, found {} by {}", largest_image, height, width));
  }
  IdxReader labels(labels_path);
  require_magic(labels, labels_magic, "labels");
  const std::uint32_t label_count = labels.read_word("an IDX header");
  if (label_count != count)
    throw labels.error(fmt::format("{} labels, one per image, found {}", count, label_count));
  if (count == 0) throw images.error("at least one image");

  const auto images_expected = fmt::format("{} images of {} by {} bytes", count, height, width);
  const auto labels_expected = fmt::format("{} labels", count);
  NumberSamples samples{.columns = "pixel",
                        .inputs = static_cast<std::uint32_t>(height * width),
                        .are_bytes = true,
                        .label = "label"};
  std::vector<char> image(height * width);
  const std::size_t wanted = std::min<std::size_t>(rows, count);
  std::set<unsigned char> classes;
  for (std::size_t row = 0; row < count; ++row) {
    std::array<char, 1> label{};
    labels.read(label, labels_expected);
    classes.insert(static_cast<unsigned char>(label[0]));
    if (row >= wanted) continue;
    images.read(image, images_expected);
    for (const char pixel : image)
      samples.inputs_flat.push_back(static_cast<float>(static_cast<unsigned char>(pixel)));
    samples.labels.push_back(static_cast<float>(static_cast<unsigned char>(label[0])));
  }
  if (wanted == count) images.require_end(images_expected);
  labels.require_end(labels_expected);
  std::vector<std::string> names;
  for (const unsigned char label : classes) names.push_back(std::to_string(label));
  samples.classes = class_names(names);
  return samples;
}

DataSet read_idx_data_set(const std::filesystem::path& images, const std::filesystem::path& labels,
                          std::size_t rows) {
  NumberSamples samples = read_idx_samples(images, labels, rows);
  DataSet data{samples.inputs, 2, std::move(samples.inputs_flat), {}};
  for (float& pixel : data.inputs_flat) pixel /= pixel_scale.divisor;
  for (const float label : samples.labels) {
    data.labels.push_back(static_cast<std::uint32_t>(label));
    data.classes = std::max(data.classes, data.labels.back() + 1);
  }
  return data;
}

}  // namespace lsgd
