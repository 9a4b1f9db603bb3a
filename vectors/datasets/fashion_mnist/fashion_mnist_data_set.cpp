// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>
#include <string>

#include "data/built_in_data_set.hpp"
#include "import/idx_file.hpp"

namespace lsgd {

/// Fashion-MNIST (28 by 28 pixels, 10 classes) from the files of Debian's package
/// dataset-fashion-mnist, in their order: 60000 training and 10000 test images. LSGD_DATASETS names
/// the directory that holds the package's fashion-mnist/ elsewhere.
DataSet fashion_mnist_data_set(DataSetPart part, std::size_t rows) {
  const char* const chosen = std::getenv("LSGD_DATASETS");
  const auto directory =
      std::filesystem::path(chosen == nullptr ? "/usr/share/datasets" : chosen) / "fashion-mnist";
  const std::string prefix = part == DataSetPart::training ? "train" : "t10k";
  const auto images = directory / (prefix + "-images-idx3-ubyte.gz");
  if (!std::filesystem::exists(images))
    throw MissingDataSet(images.string(), 0,
                         "the Debian package dataset-fashion-mnist installed, or its directory "
                         "below the one that LSGD_DATASETS names");
  DataSet data = read_idx_data_set(images, directory / (prefix + "-labels-idx1-ubyte.gz"), rows);
  data.classes = 10;
  return data;
}

}  // namespace lsgd
