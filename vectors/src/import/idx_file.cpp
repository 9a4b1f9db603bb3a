// SPDX-License-Identifier: Apache-2.0
#include "import/idx_file.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <memory>
#include <span>
#include <vector>
#include <zlib.h>

#include "files/input_error.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

constexpr std::uint32_t images_magic = 0x803;
constexpr std::uint32_t labels_magic = 0x801;
constexpr std::uint64_t largest_image = 1'000'000;

/// A file's bytes, decompressed if they are compressed.
class ByteReader {
 public:
  explicit ByteReader(const std::filesystem::path& path) : name_(path.string()) {
    open_input(path);
    file_.reset(gzopen(path.c_str(), "rb"));
    if (file_ == nullptr) throw error("a readable file");
  }

  void read(std::span<unsigned char> bytes, std::string_view what) {
    const int count = gzread(file_.get(), bytes.data(), static_cast<unsigned>(bytes.size()));
    if (count < 0) throw error("intact gzip data");
    if (static_cast<std::size_t>(count) != bytes.size())
      throw error(fmt::format("{}, but the file ends too early", what));
  }

  std::uint32_t read_word(std::string_view what) {
    std::array<unsigned char, 4> bytes{};
    read(bytes, what);
    return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
           std::uint32_t{bytes[2]} << 8 | bytes[3];
  }

  void require_end(std::string_view what) {
    unsigned char byte = 0;
    const int count = gzread(file_.get(), &byte, 1);
    int status = Z_OK;
    gzerror(file_.get(), &status);
    if (count < 0 || status == Z_BUF_ERROR) throw error("intact gzip data");
    if (count > 0) throw error(fmt::format("{}, but the file goes on", what));
  }

  InputError error(std::string expected) const { return InputError(name_, 0, std::move(expected)); }

 private:
  std::string name_;
  std::unique_ptr<gzFile_s, decltype(&gzclose)> file_{nullptr, &gzclose};
};

void require_magic(ByteReader& reader, std::uint32_t magic, std::string_view what) {
  const std::uint32_t found = reader.read_word("an IDX header");
  if (found != magic) {
    throw reader.error(
        fmt::format("IDX {} (magic 0x{:08x}), found magic 0x{:08x}", what, magic, found));
  }
}

}  // namespace

DataSet read_idx_data_set(const std::filesystem::path& images_path,
                          const std::filesystem::path& labels_path, std::size_t rows) {
  ByteReader images(images_path);
  require_magic(images, images_magic, "images");
  const std::uint32_t count = images.read_word("an IDX header");
  const std::uint64_t height = images.read_word("an IDX header");
  const std::uint64_t width = images.read_word("an IDX header");
  if (height == 0 || width == 0 || height * width > largest_image) {
    throw images.error(
        fmt::format("images of 1 to {} pixels, found {} by {}", largest_image, height, width));
  }
  ByteReader labels(labels_path);
  require_magic(labels, labels_magic, "labels");
  const std::uint32_t label_count = labels.read_word("an IDX header");
  if (label_count != count)
    throw labels.error(fmt::format("{} labels, one per image, found {}", count, label_count));
  if (count == 0) throw images.error("at least one image");

  const auto images_expected = fmt::format("{} images of {} by {} bytes", count, height, width);
  const auto labels_expected = fmt::format("{} labels", count);
  DataSet data{static_cast<std::uint32_t>(height * width), 2, {}, {}};
  std::vector<unsigned char> image(height * width);
  const std::size_t wanted = std::min<std::size_t>(rows, count);
  for (std::size_t row = 0; row < wanted; ++row) {
    images.read(image, images_expected);
    for (const unsigned char pixel : image)
      data.inputs_flat.push_back(static_cast<float>(pixel) / 255.0f);
    std::array<unsigned char, 1> label{};
    labels.read(label, labels_expected);
    data.labels.push_back(label[0]);
    data.classes = std::max(data.classes, label[0] + 1U);
  }
  if (wanted == count) {
    images.require_end(images_expected);
    labels.require_end(labels_expected);
  }
  return data;
}

}  // namespace lsgd
