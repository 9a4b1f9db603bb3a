// SPDX-License-Identifier: Apache-2.0
#include "fuzz_target.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>

#include "lsgd/data_file.hpp"
#include "lsgd/input_error.hpp"
#include "lsgd/json_file.hpp"
#include "lsgd/model_file.hpp"
#include "lsgd/network_text.hpp"
#include "lsgd/number_text.hpp"

namespace lsgd {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

/// The error's line lies inside the bytes, and its message is one line.
void require_good(const InputError& error, std::string_view bytes) {
  const auto lines = 1 + static_cast<std::size_t>(std::ranges::count(bytes, '\n'));
  require(error.line() <= lines);
  require(std::string_view(error.what()).find('\n') == std::string_view::npos);
}

template <class Parse>
void require_only_input_error(std::string_view bytes, Parse&& parse) {
  try {
    parse();
  } catch (const InputError& error) {
    require_good(error, bytes);
  }
}

}  // namespace

void fuzz_json(std::string_view bytes) {
  require_only_input_error(bytes, [&] {
    const JsonDocument document = parse_json(bytes, "fuzz");
    require(parse_json(document.value.dump(), "fuzz").value == document.value);
    for (const std::string_view schema : {"model", "manifest", "results"}) {
      require_only_input_error(bytes, [&] { validate_json(document, schema); });
    }
  });
}

void fuzz_model(std::string_view bytes) {
  require_only_input_error(bytes, [&] {
    const Network network = parse_model_description(bytes, "fuzz").network;
    require(network_from_text(sizes_text(network), activations_text(network),
                              to_text(network.loss)) == network);
  });
}

void fuzz_parameters(std::string_view bytes) {
  require_only_input_error(bytes, [&] {
    const Network network = network_from_text("2-2-1", "tanh-sigmoid", "bce");
    std::istringstream stream{std::string(bytes)};
    const auto parameters = parse_parameters(stream, "fuzz", network);
    require(parameters.size() == 2 && parameters[0].weights.size() == 4 &&
            parameters[1].biases.size() == 1);
  });
}

void fuzz_data(std::string_view bytes) {
  require_only_input_error(bytes, [&] {
    std::istringstream stream{std::string(bytes)};
    const DataSet data = parse_data(stream, "fuzz");
    require(data.inputs_flat.size() == data.size() * data.inputs);
    for (const float value : data.inputs_flat) {
      require(float_from_text(to_text(value)) == value);
    }
    require(data.sample(data.size() - 1, data.classes).target.size() == data.classes);
  });
}

}  // namespace lsgd
