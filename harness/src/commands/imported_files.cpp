// SPDX-License-Identifier: Apache-2.0
#include "commands/imported_files.hpp"

#include <fmt/format.h>

#include "data/network_text.hpp"
#include "files/atomic_file.hpp"

namespace lsgd {

void write_imported_model(const std::string& out, const Model& model) {
  AtomicDirectory directory(out, model_files);
  write_model(directory.path() / "model.json", model);
  directory.commit();
  fmt::print("{}/model.json: {} with {}\n", out, sizes_text(model.network),
             activations_text(model.network));
}

void write_imported_data(const std::string& out, const DataSet& data) {
  write_data(out, data);
  fmt::print("{}: {} rows of {} inputs, {} classes\n", out, data.size(), data.inputs, data.classes);
}

}  // namespace lsgd
