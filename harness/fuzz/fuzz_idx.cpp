// SPDX-License-Identifier: Apache-2.0

// The bytes are those of the image file's size (two, little-endian), the image file and the label
// file.
#include "fuzz_directory.hpp"
#include "fuzz_target.hpp"
#include "import/idx_file.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(idx) {
  if (size < 2) return 0;
  const std::string_view files = text_of(bytes, size).substr(2);
  const std::size_t images_size =
      std::min<std::size_t>(files.size(), static_cast<std::size_t>(bytes[0] | bytes[1] << 8));
  static const FuzzDirectory directory;
  const auto images = directory.file("images", files.substr(0, images_size));
  const auto labels = directory.file("labels", files.substr(images_size));
  require_only_input_error("", [&] {
    const DataSet data = read_idx_data_set(images, labels);
    require(data.size() > 0 && data.inputs_flat.size() == data.size() * data.inputs);
    for (const float value : data.inputs_flat) require(value >= 0 && value <= 1);
    for (const std::uint32_t label : data.labels) require(label < data.classes);
  });
  require_only_input_error("", [&] {
    const auto scale = InputScale{.kind = InputScale::Kind::min_max};
    const NumberSamples samples = read_idx_samples(images, labels, 1);
    require(code_samples(samples, "fuzz", scale, nullptr).data.size() == 1);
  });
  return 0;
}
