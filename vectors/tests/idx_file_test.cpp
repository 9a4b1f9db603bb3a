// SPDX-License-Identifier: Apache-2.0
#include "import/idx_file.hpp"

#include <gmock/gmock.h>
#include <zlib.h>

#include "files/text_file.hpp"
#include "input_error_of.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using ::testing::EndsWith;

std::string word(std::uint32_t value) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

std::string images(std::uint32_t count, std::uint32_t height, std::uint32_t width,
                   const std::string& pixels) {
  return word(0x803) + word(count) + word(height) + word(width) + pixels;
}

std::string labels(const std::string& bytes) {
  return word(0x801) + word(static_cast<std::uint32_t>(bytes.size())) + bytes;
}

const std::string good_images = images(2, 1, 2, std::string("\x00\xff\x33\x80", 4));
const std::string good_labels = labels(std::string("\x00\x09", 2));

struct Files {
  TemporaryDirectory directory;

  DataSet read(const std::string& image_bytes, const std::string& label_bytes,
               std::size_t rows = all_rows) {
    return read_idx_data_set(directory.file("images", image_bytes),
                             directory.file("labels", label_bytes), rows);
  }
  std::string error(const std::string& image_bytes, const std::string& label_bytes) {
    return input_error_of([&] { read(image_bytes, label_bytes); });
  }
};

std::string compressed(const TemporaryDirectory& directory, const std::string& bytes) {
  const auto path = directory / "compressed";
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  return read_text(path, 1 << 20);
}

TEST(IdxFile, ReadsPixelsAsFractions) {
  Files files;
  const DataSet expected{2, 10, {0, 1, 0.2f, 128 / 255.0f}, {0, 9}};
  EXPECT_EQ(files.read(good_images, good_labels), expected);
}

TEST(IdxFile, ReadsCompressedFiles) {
  Files files;
  EXPECT_EQ(files.read(compressed(files.directory, good_images),
                       compressed(files.directory, good_labels)),
            files.read(good_images, good_labels));
}

TEST(IdxFile, ReadsAsManyImagesAsAsked) {
  Files files;
  const DataSet expected{2, 2, {0, 1}, {0}};
  EXPECT_EQ(files.read(good_images, good_labels, 1), expected);
}

TEST(IdxFile, LabelsFromOneOnAreAsManyClasses) {
  // As EMNIST has its letters.
  const TemporaryDirectory directory;
  std::string letters;
  for (char letter = 1; letter <= 26; ++letter) letters += letter;
  const ImportedData imported = code_samples(
      read_idx_samples(directory.file("images", images(26, 1, 1, std::string(26, '3'))),
                       directory.file("labels", labels(letters)), all_rows),
      "labels", {}, nullptr);
  EXPECT_EQ(imported.data.classes, 26u);
  EXPECT_EQ(imported.data.labels.front(), 0u);
  EXPECT_EQ(imported.data.labels.back(), 25u);
  EXPECT_EQ(imported.coding.classes.front(), "1");
}

TEST(IdxFile, NamesWhatIsWrong) {
  Files files;
  EXPECT_THAT(files.error(good_labels, good_labels),
              EndsWith("images: expected IDX images (magic 0x00000803), found magic 0x00000801"));
  EXPECT_THAT(files.error(good_images, good_images),
              EndsWith("labels: expected IDX labels (magic 0x00000801), found magic 0x00000803"));
  EXPECT_THAT(files.error(good_images, labels("\x01")),
              EndsWith("labels: expected 2 labels, one per image, found 1"));
  EXPECT_THAT(files.error(images(2, 0, 2, ""), good_labels),
              EndsWith("images: expected images of 1 to 1000000 pixels, found 0 by 2"));
  EXPECT_THAT(files.error(images(2, 0xffffffff, 0xffffffff, ""), good_labels),
              EndsWith("found 4294967295 by 4294967295"));
  EXPECT_THAT(files.error(images(0, 1, 2, ""), labels("")),
              EndsWith("images: expected at least one image"));
  EXPECT_THAT(files.error("", good_labels),
              EndsWith("images: expected an IDX header, but the file ends too early"));
  EXPECT_THAT(files.error(good_images + "x", good_labels),
              EndsWith("images: expected 2 images of 1 by 2 bytes, but the file goes on"));
  EXPECT_THAT(files.error(good_images, good_labels + "x"),
              EndsWith("labels: expected 2 labels, but the file goes on"));
}

TEST(IdxFile, EveryTruncationIsRefused) {
  Files files;
  for (std::size_t length = 0; length < good_images.size(); ++length)
    EXPECT_THAT(files.error(good_images.substr(0, length), good_labels), EndsWith("too early"));
  for (std::size_t length = 0; length < good_labels.size(); ++length)
    EXPECT_THAT(files.error(good_images, good_labels.substr(0, length)), EndsWith("too early"));
  const std::string packed = compressed(files.directory, good_images);
  for (std::size_t length = 0; length < packed.size(); ++length)
    EXPECT_NE(files.error(packed.substr(0, length), good_labels), "") << length;
}

TEST(IdxFile, DamagedCompressionIsRefused) {
  Files files;
  std::string packed = compressed(files.directory, good_images);
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);
  EXPECT_THAT(files.error(packed, good_labels), EndsWith("images: expected intact gzip data"));
}

}  // namespace
}  // namespace lsgd
