// SPDX-License-Identifier: Apache-2.0
#include "fuzz_directory.hpp"
#include "fuzz_target.hpp"
#include "import/npz_file.hpp"

using namespace lsgd;

LSGD_FUZZ_TARGET(npz) {
  const std::string_view text = text_of(bytes, size);
  require_only_input_error("", [&] {
    const NumpyArray array = parse_npy(text, "fuzz");
    std::size_t count = 1;
    for (const std::size_t length : array.shape) count *= length;
    require(array.values.size() == count);
  });
  static const FuzzDirectory directory;
  const auto archive = directory.file("fuzz.npz", text);
  require_only_input_error("", [&] {
    const ImportedModel imported = read_npz_model(archive, "tanh-sigmoid", "bce");
    require(imported.model.parameters.size() == 2);
  });
  require_only_input_error("", [&] {
    const DataSet data =
        code_samples(read_npz_samples(archive, "x", "y"), "fuzz", std::nullopt, nullptr).data;
    require(data.inputs_flat.size() == data.size() * data.inputs);
  });
  require_only_input_error("", [&] {
    const NumberSamples samples = read_npz_samples(archive, "x", "y", true);
    require(samples.inputs_flat.size() * samples.targets ==
            samples.targets_flat.size() * samples.inputs);
  });
  return 0;
}
