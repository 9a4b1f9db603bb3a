// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>

#include "data/data_file.hpp"
#include "import/imported_data.hpp"

namespace lsgd {

/// Reads labelled images as read_idx_data_set does, their pixels as bytes. Classes are those of all
/// labels.
NumberSamples read_idx_samples(const std::filesystem::path& images,
                               const std::filesystem::path& labels, std::size_t rows = all_rows);

/// Reads labelled images in the IDX format of MNIST (magic 0x803: unsigned bytes [count][height]
/// [width]; labels, magic 0x801: unsigned bytes [count]), plain or compressed with gzip. A pixel
/// becomes the binary32 nearest to pixel / 255. Stops after `rows` samples, else the files must end
/// with the last one. Throws InputError (without line) for anything else.
DataSet read_idx_data_set(const std::filesystem::path& images, const std::filesystem::path& labels,
                          std::size_t rows = all_rows);

}  // namespace lsgd
