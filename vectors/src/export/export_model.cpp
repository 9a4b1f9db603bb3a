// SPDX-License-Identifier: Apache-2.0
#include "export/export_model.hpp"

#include <bit>
#include <cstdint>
#include <fmt/format.h>
#include <memory>
#include <new>
#include <onnx/onnx_pb.h>
#include <string_view>
#include <vector>
#include <zip.h>

#include <lsgd/network/activation.hpp>

#include "export/npy_file.hpp"

namespace lsgd {
namespace {

static_assert(std::endian::native == std::endian::little, "parameters are little-endian");

std::string bytes_of(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

void add_tensor(onnx::GraphProto& graph, const std::string& name,
                const std::vector<std::uint32_t>& shape, const std::vector<float>& values) {
  onnx::TensorProto& tensor = *graph.add_initializer();
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  for (const std::uint32_t size : shape) tensor.add_dims(size);
  tensor.set_raw_data(bytes_of(values));
}

onnx::NodeProto& add_node(onnx::GraphProto& graph, std::string_view type,
                          const std::vector<std::string>& inputs, const std::string& output) {
  onnx::NodeProto& node = *graph.add_node();
  node.set_op_type(std::string(type));
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(output);
  return node;
}

void add_gemm(onnx::GraphProto& graph, const std::vector<std::string>& inputs,
              const std::string& output) {
  onnx::AttributeProto& transposed = *add_node(graph, "Gemm", inputs, output).add_attribute();
  transposed.set_name("transB");
  transposed.set_type(onnx::AttributeProto::INT);
  transposed.set_i(1);
}

void add_activation(onnx::GraphProto& graph, Activation activation, const std::string& input,
                    const std::string& output) {
  with_activation(activation, [&](auto function) {
    onnx::NodeProto& node = add_node(graph, function.onnx_name, {input}, output);
    if constexpr (requires { function.alpha; }) {
      onnx::AttributeProto& alpha = *node.add_attribute();
      alpha.set_name("alpha");
      alpha.set_type(onnx::AttributeProto::FLOAT);
      alpha.set_f(static_cast<float>(function.alpha));
    }
  });
}

/// Any number of samples of `values` numbers.
void set_samples(onnx::ValueInfoProto& info, const std::string& name, std::uint32_t values) {
  info.set_name(name);
  auto& type = *info.mutable_type()->mutable_tensor_type();
  type.set_elem_type(onnx::TensorProto::FLOAT);
  type.mutable_shape()->add_dim()->set_dim_param("N");
  type.mutable_shape()->add_dim()->set_dim_value(values);
}

/// An archive in memory. Throws std::bad_alloc, which is all that can go wrong.
class MemoryArchive {
 public:
  MemoryArchive() : source_(zip_source_buffer_create(nullptr, 0, 0, nullptr)) {
    if (source_ == nullptr) throw std::bad_alloc();
    zip_source_keep(source_);
    archive_ = zip_open_from_source(source_, ZIP_TRUNCATE, nullptr);
    if (archive_ == nullptr) {
      zip_source_free(source_);
      zip_source_free(source_);
      throw std::bad_alloc();
    }
  }
  ~MemoryArchive() {
    if (archive_ != nullptr) zip_discard(archive_);
    zip_source_free(source_);
  }
  MemoryArchive(const MemoryArchive&) = delete;
  MemoryArchive& operator=(const MemoryArchive&) = delete;

  /// `bytes` must outlive the archive.
  void add(const std::string& name, const std::string& bytes) {
    zip_source_t* const entry = zip_source_buffer(archive_, bytes.data(), bytes.size(), 0);
    const zip_int64_t index = zip_file_add(archive_, name.c_str(), entry, 0);
    if (index < 0) {
      zip_source_free(entry);
      throw std::bad_alloc();
    }
    const auto place = static_cast<zip_uint64_t>(index);
    zip_set_file_compression(archive_, place, ZIP_CM_STORE, 0);
    // The first date that the format has: the same model must give the same bytes.
    constexpr zip_uint16_t first_day = 1 << 5 | 1;
    zip_file_set_dostime(archive_, place, 0, first_day, 0);
  }

  std::string bytes() {
    if (zip_close(archive_) != 0) throw std::bad_alloc();
    archive_ = nullptr;
    zip_stat_t stat;
    if (zip_source_stat(source_, &stat) != 0 || zip_source_open(source_) != 0)
      throw std::bad_alloc();
    std::string result(stat.size, '\0');
    const zip_int64_t count = zip_source_read(source_, result.data(), result.size());
    zip_source_close(source_);
    if (count != static_cast<zip_int64_t>(result.size())) throw std::bad_alloc();
    return result;
  }

 private:
  zip_source_t* source_;
  zip_t* archive_ = nullptr;
};

}  // namespace

std::string onnx_model(const Model& model) {
  constexpr int ir_version = 8, operator_set = 13;
  onnx::ModelProto proto;
  proto.set_ir_version(ir_version);
  proto.set_producer_name("lsgd-conform");
  proto.add_opset_import()->set_version(operator_set);
  onnx::GraphProto& graph = *proto.mutable_graph();
  graph.set_name("network");
  set_samples(*graph.add_input(), "x", model.network.inputs());
  set_samples(*graph.add_output(), "y", model.network.outputs());
  std::string value = "x";
  for (std::size_t l = 0; l < model.network.layers.size(); ++l) {
    const Layer& layer = model.network.layers[l];
    const auto name = [l](char letter) { return fmt::format("{}{}", letter, l + 1); };
    add_tensor(graph, name('W'), {layer.outputs, layer.inputs}, model.parameters[l].weights);
    add_tensor(graph, name('b'), {layer.outputs}, model.parameters[l].biases);
    add_gemm(graph, {value, name('W'), name('b')}, name('z'));
    value = l + 1 == model.network.layers.size() ? "y" : name('a');
    add_activation(graph, layer.activation, name('z'), value);
  }
  return proto.SerializeAsString();
}

std::string npz_model(const Model& model) {
  std::vector<std::string> arrays;
  arrays.reserve(2 * model.parameters.size());
  MemoryArchive archive;
  for (std::size_t l = 0; l < model.parameters.size(); ++l) {
    const Layer& layer = model.network.layers[l];
    arrays.push_back(
        npy_file("'<f4'", {layer.outputs, layer.inputs}, bytes_of(model.parameters[l].weights)));
    archive.add(fmt::format("W{}.npy", l + 1), arrays.back());
    arrays.push_back(npy_file("'<f4'", {layer.outputs}, bytes_of(model.parameters[l].biases)));
    archive.add(fmt::format("b{}.npy", l + 1), arrays.back());
  }
  return archive.bytes();
}

}  // namespace lsgd
