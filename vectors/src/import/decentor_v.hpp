// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "data/data_file.hpp"
#include "data/model_file.hpp"

namespace lsgd {

/// An experiment of the Decentor-V repository, the published L-SGD code: what its program trains.
struct PublishedExperiment {
  Model model;       ///< the pre-trained parameters its training starts from
  DataSet training;  ///< in the order of training
  DataSet validation;
  std::size_t program_training_rows = 0;  ///< rows its program takes of the training data
  std::size_t program_validation_rows = 0;
  std::size_t epochs = 0;
  float learning_rate = 0;
};

/// Reads an experiment from a checkout of Decentor-V, as the C preprocessor would for its
/// Src/main.c. `path` is the checkout or one of its variants' directories; `variant` ("float32",
/// "quantized_v0", "quantized_v1") chooses among those below a checkout. `data_set` is car,
/// cogdist, pd or wisdm. With `all_rows_of_lists` the data are whole, else the rows that the
/// program takes. The loss is binary cross-entropy, that of the published backward pass. Throws
/// InputError.
PublishedExperiment read_decentor_v(const std::filesystem::path& path, std::string_view variant,
                                    std::string_view data_set, bool all_rows_of_lists);

}  // namespace lsgd
