// SPDX-License-Identifier: Apache-2.0
#include "import/keras_file.hpp"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <utility>

#include <lsgd/network/activation.hpp>
#include <lsgd/network/loss.hpp>

#include "data/network_text.hpp"
#include "files/json_file.hpp"
#include "files/number_text.hpp"
#include "import/hdf5_file.hpp"

namespace lsgd {
namespace {

/// A layer with arrays.
struct KerasArrays {
  std::string layer;
  std::vector<const Hdf5Object*> arrays;  ///< kernel and bias, or what else the layer has
};

/// A dense layer as model_config has it.
struct KerasDense {
  std::string layer;
  Activation activation = Activation::identity;
};

std::string lower_case_letters(std::string_view name) {
  std::string letters;
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return letters;
}

InputError error_of_layer(const std::string& file, const std::string& layer,
                          const std::string& expected) {
  return {file, 0, fmt::format("{} (layer {})", expected, in_quotes(layer))};
}

/// The layers of model_config, and what each of them does to a sample.
class KerasConfig {
 public:
  KerasConfig(const nlohmann::json& config, const std::string& file) : file_(file) {
    const std::string type = config.at("class_name");
    const nlohmann::json& model = config.at("config");
    if (type != "Sequential" && type != "Functional" && type != "Model")
      throw InputError(file, 0,
                       fmt::format("a Sequential or Functional model, found {}", in_quotes(type)));
    note_shape(model, "");
    // Keras 1 has the layers of a Sequential alone.
    const nlohmann::json& layers = model.is_array() ? model : model.at("layers");
    for (const nlohmann::json& layer : layers) {
      const nlohmann::json& own = layer.at("config");
      const std::string name = own.value("name", layer.value("name", std::string("?")));
      if (type != "Sequential") require_chain(layer, name);
      take(layer.at("class_name"), own, layer, name);
      before_ = name;
    }
    if (type != "Sequential" && model.contains("output_layers")) {
      std::set<std::string> outputs;
      add_names(model.at("output_layers"), outputs);
      if (outputs != std::set{before_})
        throw InputError(file, 0, fmt::format("one output, that of the last layer, {}", before_));
    }
    if (dense_.empty()) throw InputError(file, 0, "at least one Dense layer in model_config");
  }

  std::vector<KerasDense>& dense() { return dense_; }
  const std::vector<std::string>& passed_over() const { return passed_over_; }

 private:
  InputError error(const std::string& layer, const std::string& expected) const {
    return error_of_layer(file_, layer, expected);
  }

  /// Names of layers in inbound_nodes or output_layers: [name, node, tensor, ...], in Keras 3 as
  /// "keras_history" somewhere below.
  static void add_names(const nlohmann::json& value, std::set<std::string>& names) {
    if (value.is_array() && value.size() >= 3 && value[0].is_string() && value[1].is_number()) {
      names.insert(value[0].get<std::string>());
    } else if (value.is_structured()) {
      for (const nlohmann::json& part : value) add_names(part, names);
    }
  }

  void require_chain(const nlohmann::json& layer, const std::string& name) const {
    const nlohmann::json nodes = layer.value("inbound_nodes", nlohmann::json::array());
    std::set<std::string> inputs;
    add_names(nodes, inputs);
    if (before_.empty() ? !inputs.empty() : inputs != std::set{before_} || nodes.size() != 1)
      throw error(name, fmt::format("a chain: a layer that takes {} alone",
                                    before_.empty() ? "the input" : in_quotes(before_)));
  }

  /// Takes note of the dimensions of one sample where the file tells them.
  void note_shape(const nlohmann::json& config, const std::string& name) {
    if (!config.is_object()) return;
    for (const char* const key : {"batch_input_shape", "batch_shape", "build_input_shape"}) {
      const auto shape = config.find(key);
      if (shape == config.end() || !shape->is_array() || shape->empty()) continue;
      // A functional model has a list of them where it has several inputs.
      if (shape->front().is_array()) throw error(name, "one input");
      dimensions_ = shape->size() - 1;
    }
  }

  void take(const std::string& type, const nlohmann::json& config, const nlohmann::json& layer,
            const std::string& name) {
    if (dense_.empty()) note_shape(config, name);
    const std::string format = config.value("data_format", nlohmann::json()).is_string()
                                   ? config.at("data_format").get<std::string>()
                                   : "channels_last";
    if (type == "InputLayer") return;
    if (type == "Dense") {
      start_layer(config, layer, name);
    } else if (type == "Activation") {
      activate(name, function(config.at("activation"), name));
    } else if (const auto activation = function_of_class(type, config, name)) {
      activate(name, *activation);
    } else if (type == "Flatten" && format == "channels_last") {
      dimensions_ = 1;
      passed_over_.push_back(name);
    } else if (type == "Reshape") {
      dimensions_ = config.at("target_shape").size();
      passed_over_.push_back(name);
    } else if (type == "Dropout" || type == "AlphaDropout" || type == "GaussianDropout" ||
               type == "GaussianNoise" || type == "ActivityRegularization") {
      passed_over_.push_back(name);
    } else {
      throw error(name,
                  fmt::format("Dense, Activation, ReLU, Softmax, Flatten, Reshape or Dropout, "
                              "found {}",
                              in_quotes(type)));
    }
  }

  void start_layer(const nlohmann::json& config, const nlohmann::json& layer,
                   const std::string& name) {
    if (const auto built = layer.find("build_config"); built != layer.end() && built->is_object())
      if (const auto shape = built->find("input_shape"); shape != built->end() && shape->is_array())
        dimensions_ = shape->empty() ? 0 : shape->size() - 1;
    if (dimensions_.value_or(1) != 1)
      throw error(name, fmt::format("samples of one dimension, found {} (a layer that takes each "
                                    "step of a sample alone is not read)",
                                    *dimensions_));
    dense_.push_back({name});
    const auto activation = config.find("activation");
    if (activation != config.end() && !activation->is_null())
      dense_.back().activation = function(*activation, name);
  }

  void activate(const std::string& name, Activation activation) {
    if (activation == Activation::identity) return;
    if (dense_.empty() || dense_.back().activation != Activation::identity)
      throw error(name, "one activation behind each Dense layer");
    if (dimensions_.value_or(1) != 1 && is_of_layer(activation))
      throw error(name, "outputs of one dimension");
    dense_.back().activation = activation;
  }

  /// A function by its name, with the parameters that it has there, or as a layer of its own.
  Activation function(const nlohmann::json& value, const std::string& name) const {
    if (value.is_object()) {
      const nlohmann::json& config = value.at("config");
      const std::string type = value.at("class_name");
      if (const auto activation =
              config.is_object() ? function_of_class(type, config, name) : std::nullopt)
        return *activation;
      throw error(name,
                  fmt::format("an activation of Keras, found {} of one's own",
                              in_quotes(config.is_string() ? config.get<std::string>() : type)));
    }
    const std::string text = value;
    if (text == "linear") return Activation::identity;
    try {
      const Activation activation = activation_from_text(text);
      require_slope(activation, 0.2, name);
      return activation;
    } catch (const std::invalid_argument& fault) {
      throw error(name, fmt::format("{}, or linear", fault.what()));
    }
  }

  /// The function of a layer such as ReLU or Softmax; nothing for other layers.
  std::optional<Activation> function_of_class(const std::string& type, const nlohmann::json& config,
                                              const std::string& name) const {
    for (const Activation activation : all_activations) {
      const auto onnx_name =
          with_activation(activation, [](auto definition) { return definition.onnx_name; });
      if (lower_case_letters(onnx_name) != lower_case_letters(type)) continue;
      const auto number = [&](const char* key, double absent) {
        const auto found = config.find(key);
        return found == config.end() || found->is_null() ? absent : found->get<double>();
      };
      const bool has_slope = config.contains("negative_slope") || config.contains("alpha");
      require_slope(activation, has_slope ? number("negative_slope", 0) + number("alpha", 0) : 0.3,
                    name);
      const bool may_have_slope = with_activation(activation, [](auto definition) {
        return requires { definition.alpha; };
      });
      const bool is_whole = config.value("max_value", nlohmann::json()).is_null() &&
                            number("threshold", 0) == 0 &&
                            (may_have_slope || number("negative_slope", 0) == 0);
      if (!is_whole) throw error(name, fmt::format("{} without limits and slopes", type));
      const nlohmann::json axis = config.value("axis", nlohmann::json(-1));
      if (axis != -1 && axis != 1 && axis != nlohmann::json{-1} && axis != nlohmann::json{1})
        throw error(name, "axis -1");
      return activation;
    }
    return std::nullopt;
  }

  void require_slope(Activation activation, double slope, const std::string& name) const {
    with_activation(activation, [&](auto definition) {
      if constexpr (requires { definition.alpha; })
        if (slope != definition.alpha)
          throw error(name,
                      fmt::format("a slope of {} below zero, found {}", definition.alpha, slope));
    });
  }

  const std::string& file_;
  std::string before_;                     ///< the layer before
  std::optional<std::size_t> dimensions_;  ///< of a sample
  std::vector<KerasDense> dense_;
  std::vector<std::string> passed_over_;
};

class KerasReader {
 public:
  KerasReader(const std::filesystem::path& path, const KerasOptions& options)
      : hdf5_(path), file_(hdf5_.file()), options_(options) {}

  ImportedModel read() {
    find_layers();
    if (layers_.empty()) throw InputError(file_, 0, "at least one layer with arrays");
    std::vector<LayerArrays> arrays;
    read_config();
    for (const KerasArrays& layer : layers_) arrays.push_back(arrays_of(layer));
    const std::string activations = activations_of_layers();
    const Activation output = activation_from_option(activations);
    ImportedModel imported = model_of_layers(file_, arrays, WeightsLayout::inputs_outputs,
                                             activations, name_of(loss_for(output)));
    std::ranges::move(notes_, std::back_inserter(imported.notes));
    note_unused(imported.notes);
    return imported;
  }

 private:
  /// An attribute of texts, in parts where it is long: name, or name0, name1, ...
  static std::optional<std::vector<std::string>> texts(const Hdf5Object& object,
                                                       const std::string& name) {
    if (const auto found = object.texts.find(name); found != object.texts.end())
      return found->second;
    std::optional<std::vector<std::string>> all;
    for (std::size_t part = 0;; ++part) {
      const auto found = object.texts.find(fmt::format("{}{}", name, part));
      if (found == object.texts.end()) return all;
      if (!all) all.emplace();
      all->insert(all->end(), found->second.begin(), found->second.end());
    }
  }

  static std::string joined(const std::string& group, const std::string& name) {
    return group.empty() ? name : group + "/" + name;
  }

  void find_layers() {
    for (const std::string group : {"model_weights", ""}) {
      const Hdf5Object* const object = hdf5_.find(group);
      if (object == nullptr) continue;
      if (const auto names = texts(*object, "layer_names")) {
        find_named_layers(group, *names);
        return;
      }
    }
    for (const std::string group : {"layers", "_layer_checkpoint_dependencies"})
      if (hdf5_.find(group) != nullptr) {
        find_numbered_layers(group);
        return;
      }
    throw InputError(file_, 0,
                     "a model that Keras saved, with layer_names or layers/dense/vars, which order "
                     "its layers");
  }

  /// Keras 1 and 2, and `model.save` of Keras 3.
  void find_named_layers(const std::string& group, const std::vector<std::string>& names) {
    group_ = group;
    for (const std::string& name : names) {
      const Hdf5Object* const layer = hdf5_.find(joined(group, name));
      const auto weights = layer == nullptr ? std::nullopt : texts(*layer, "weight_names");
      if (!weights) throw error_of_layer(file_, name, "a group with weight_names");
      if (weights->empty()) continue;
      KerasArrays& found = layers_.emplace_back(KerasArrays{name, {}});
      for (const std::string& weight : *weights) {
        const Hdf5Object* const array = hdf5_.find(layer->name + "/" + weight);
        if (array == nullptr || !array->shape)
          throw error_of_layer(file_, name, fmt::format("an array {}", in_quotes(weight)));
        found.arrays.push_back(array);
        const std::string last = weight.substr(weight.rfind('/') + 1);
        const std::string word = last.substr(0, last.find(':'));
        const bool is_first = found.arrays.size() == 1;
        if (found.arrays.size() > 2 ||
            (is_first ? word != "kernel" && !word.ends_with("_W") && !word.ends_with("_kernel")
                      : word != "bias" && !word.ends_with("_b") && !word.ends_with("_bias")))
          throw error_of_layer(
              file_, name,
              fmt::format("a dense layer, of a kernel and a bias, found {}", in_quotes(weight)));
      }
    }
  }

  /// Keras 3: layers/dense/vars/0, layers/dense_1/vars/0, ... Layers of different kinds are not
  /// ordered.
  void find_numbered_layers(const std::string& group) {
    group_ = group;
    std::map<std::size_t, KerasArrays> layers;
    for (const Hdf5Object& object : hdf5_.objects()) {
      const std::string_view name = object.name;
      if (!object.shape || !name.starts_with(group + "/") || is_random(name)) continue;
      const std::string_view inner = name.substr(group.size() + 1);
      const std::string layer(inner.substr(0, inner.find('/')));
      const auto vars = inner.find("/vars/");
      const auto place =
          vars == layer.size() ? integer_from_text(inner.substr(vars + 6), 1) : std::nullopt;
      constexpr std::string_view first = "dense";
      const auto number = layer == first ? std::optional<std::uint64_t>(0)
                          : layer.starts_with("dense_")
                              ? integer_from_text(std::string_view(layer).substr(first.size() + 1),
                                                  most_tensor_elements)
                              : std::nullopt;
      if (!number || !place)
        throw error_of_layer(
            file_, layer,
            fmt::format("dense, dense_1, ... with vars/0 and vars/1, whose numbers "
                        "order the layers, found {}",
                        in_quotes(inner)));
      KerasArrays& found = layers.try_emplace(*number, KerasArrays{layer, {}}).first->second;
      if (found.arrays.size() != *place)
        throw error_of_layer(file_, layer, "vars/0, the kernel, before vars/1");
      found.arrays.push_back(&object);
    }
    for (auto& [number, layer] : layers) {
      if (number != layers_.size())
        throw error_of_layer(file_, layer.layer,
                             fmt::format("the layer of number {} before", layers_.size()));
      layers_.push_back(std::move(layer));
    }
  }

  /// The state of a random generator, of dropout for instance.
  static bool is_random(std::string_view name) {
    return name.find("/seed_generator/") != std::string_view::npos;
  }

  static bool is_of_optimizer(std::string_view name) {
    return name.starts_with("optimizer_weights/") || name.starts_with("optimizer/") ||
           name.starts_with("_optimizer/");
  }

  LayerArrays arrays_of(const KerasArrays& layer) const {
    const Hdf5Object& kernel = *layer.arrays.front();
    if (kernel.shape->size() != 2 ||
        (layer.arrays.size() == 2 && layer.arrays[1]->shape->size() != 1))
      throw error_of_layer(
          file_, layer.layer,
          fmt::format("a dense layer, with a kernel of two dimensions and a bias of one, found {} "
                      "and {}",
                      kernel.shape->size(),
                      layer.arrays.size() == 2 ? layer.arrays[1]->shape->size() : 1));
    LayerArrays arrays{kernel.name, *kernel.shape, hdf5_.elements(kernel), {}, {}};
    if (layer.arrays.size() == 2) {
      arrays.biases_name = layer.arrays[1]->name;
      arrays.biases = hdf5_.elements(*layer.arrays[1]);
    }
    return arrays;
  }

  std::optional<nlohmann::json> json_attribute(const std::string& name) const {
    const Hdf5Object* const root = hdf5_.find("");
    const auto text = root == nullptr ? std::nullopt : texts(*root, name);
    if (!text || text->size() != 1) return std::nullopt;
    return parse_json(text->front(), fmt::format("{}, attribute {}", file_, name)).value;
  }

  void read_config() try {
    const auto config = json_attribute("model_config");
    if (!config) return;
    KerasConfig read(*config, file_);
    dense_ = std::move(read.dense());
    const auto same = [](const KerasDense& dense, const KerasArrays& layer) {
      return dense.layer == layer.layer;
    };
    if (!std::ranges::equal(dense_, layers_, same)) {
      const auto [dense, layer] = std::ranges::mismatch(dense_, layers_, same);
      throw error_of_layer(file_, layer == layers_.end() ? dense->layer : layer->layer,
                           "arrays of the Dense layers of model_config, in their order");
    }
    if (!read.passed_over().empty())
      notes_.push_back(fmt::format("passed over: {}", fmt::join(read.passed_over(), ", ")));
    if (const auto training = json_attribute("training_config"))
      loss_ = training->value("loss", nlohmann::json());
  } catch (const nlohmann::json::exception&) {
    throw InputError(file_, 0, "model_config and training_config as Keras writes them");
  }

  std::string activations_of_layers() const {
    if (dense_.empty()) {
      if (options_.activations.empty())
        throw InputError(file_, 0,
                         fmt::format("--activations, such as tanh-sigmoid, for the {} layers of a "
                                     "file without model_config",
                                     layers_.size()));
      if (options_.output)
        throw InputError(file_, 0, "--activations alone, without --output, for a file of weights");
      return options_.activations;
    }
    std::string activations;
    for (const KerasDense& dense : dense_)
      activations +=
          fmt::format("{}{}", activations.empty() ? "" : "-",
                      name_of(&dense == &dense_.back() ? output_of(dense) : dense.activation));
    if (!options_.activations.empty() && options_.activations != activations)
      throw InputError(
          file_, 0,
          fmt::format("no other --activations than those of model_config, {}", activations));
    return activations;
  }

  Activation output_of(const KerasDense& last) const {
    if (options_.output && last.activation != Activation::identity &&
        last.activation != *options_.output)
      throw error_of_layer(file_, last.layer,
                           fmt::format("no activation for --output {}, found {}",
                                       name_of(*options_.output), name_of(last.activation)));
    return options_.output.value_or(last.activation);
  }

  Activation activation_from_option(std::string_view activations) const {
    try {
      return activation_from_text(activations.substr(activations.rfind('-') + 1));
    } catch (const std::invalid_argument& fault) {
      throw InputError(file_, 0, fault.what());
    }
  }

  /// Keras' name of the loss that the model was compiled with; a layer's where there are several.
  static std::string loss_name(const nlohmann::json& loss) {
    if (loss.is_string()) return loss;
    if (loss.is_object() && loss.contains("class_name") && loss.at("class_name").is_string())
      return loss.at("class_name");
    if (loss.is_structured() && loss.size() == 1) return loss_name(*loss.begin());
    return {};
  }

  Loss loss_for(Activation output) {
    if (options_.loss) return *options_.loss;
    const std::string name = loss_name(loss_);
    const std::string letters = lower_case_letters(name);
    if (letters.empty()) return natural_loss(output);
    Loss loss = Loss::mse;
    if (letters == "binarycrossentropy")
      loss = Loss::bce;
    else if (letters == "categoricalcrossentropy" || letters == "sparsecategoricalcrossentropy")
      loss = Loss::cross_entropy;
    else if (letters != "mse" && letters != "meansquarederror")
      throw InputError(
          file_, 0,
          fmt::format("--loss mse, bce or cross_entropy: the model was compiled with {}",
                      in_quotes(name)));
    const auto required = required_output(loss);
    if (required && *required != output)
      throw InputError(
          file_, 0,
          fmt::format("{} outputs for the loss {}, found {} (--output {} if they are logits, or "
                      "another --loss)",
                      name_of(*required), in_quotes(name), name_of(output), name_of(*required)));
    notes_.push_back(fmt::format("loss {}: it was compiled with {}", name_of(loss), name));
    return loss;
  }

  void note_unused(std::vector<std::string>& notes) const {
    std::set<const Hdf5Object*> used;
    for (const KerasArrays& layer : layers_) used.insert(layer.arrays.begin(), layer.arrays.end());
    std::size_t of_optimizer = 0;
    std::vector<std::string> unused;
    for (const Hdf5Object& object : hdf5_.objects()) {
      if (!object.shape || used.contains(&object)) continue;
      const std::string& name = object.name;
      if (is_of_optimizer(name))
        ++of_optimizer;
      else if (name.starts_with(joined(group_, "")) && !is_random(name))
        throw InputError(file_, 0, fmt::format("arrays of dense layers alone, found {}", name));
      else
        unused.push_back(name);
    }
    if (of_optimizer > 0)
      notes.push_back(fmt::format("passed over: the optimizer's state, {} arrays", of_optimizer));
    if (!unused.empty()) notes.push_back(fmt::format("not used: {}", fmt::join(unused, ", ")));
  }

  Hdf5File hdf5_;
  const std::string& file_;
  const KerasOptions& options_;
  std::string group_;  ///< above the layers
  std::vector<KerasArrays> layers_;
  std::vector<KerasDense> dense_;  ///< of model_config, if it is there
  nlohmann::json loss_;
  std::vector<std::string> notes_;
};

}  // namespace

ImportedModel read_keras_model(const std::filesystem::path& path, const KerasOptions& options) {
  return KerasReader(path, options).read();
}

}  // namespace lsgd
