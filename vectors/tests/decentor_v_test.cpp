// SPDX-License-Identifier: Apache-2.0
#include "import/decentor_v.hpp"

#include <gmock/gmock.h>

#include "data/network_text.hpp"
#include "input_error_of.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;

/// A checkout with the published program's structure and syntax, and a network of 2-2-1.
class Checkout {
 public:
  Checkout() {
    float32_file("Src/main.c",
                 "#include \"pmsis.h\"\n#include \"NN_model.h\"\n"
                 "#define SETUP\tPRIVATE_DATASET\t\n#define PRIVATE_DATASET 1\n#define WISDM\t2\n"
                 "#define CAR_EVALUATION\t3\n"
                 "#if SETUP == PRIVATE_DATASET\n#define TRAIN_SIZE (1 * 1)\n"
                 "#include \"Datasets/PD/train_data_PD.h\"\n"
                 "#elif SETUP == CAR_EVALUATION\n"
                 "    #define TRAIN_SIZE          2\n    #define VALIDATION_SIZE     (1 * 1)\n"
                 "    #define EPOCHS          3\n    #define LEARNING_RATE   0.01\n"
                 "\t#include \"Datasets/CAR/train_data_car.h\"\n"
                 "\t#include \"Datasets/CAR/model_parameters_CAR.h\"\n#endif\n"
                 "int main() { return TRAIN_SIZE; }\n");
    float32_file(
        "Decentor_L-SGD/Inc/NN_model.h",
        "#define MODEL\tPD_MODEL\n#define PD_MODEL\t1\n#define CAR_EVAL\t2\n"
        "#if MODEL == CAR_EVAL\n\t#define INPUT_FEATURES 2\n"
        "\t#define LAYERS_DIMS\t{ INPUT_FEATURES, LAYER_0_DIM, 1 }\n"
        "\t#define LAYER_0_DIM 2\n\t#define ACTIVATION_FUNCS\t{ TANH, SIGMOID }\n#endif\n");
    float32_file("Decentor_L-SGD/Inc/Datasets/CAR/train_data_car.h",
                 "float train_samples[3 * 2] = {\n 0.1, 0.2,\n 0.3, 0.4,\n 0.5, 0.6 };\n"
                 "float train_labels[3] = { 0, 1, 1 };\n"
                 "float validation_samples[] = { 0.7, 0.8, 1, 0 };\n"
                 "float validation_labels[] = { 1, 0 };\n");
    float32_file(
        "Decentor_L-SGD/Inc/Datasets/CAR/model_parameters_CAR.h",
        "static float LAYER_0_WT[] = { 1, 2, 3, -4};\nstatic float LAYER_1_WT[] = { 5, 6 };\n"
        "static float LAYER_0_BS[] = { 0.5, 0.25 };\nstatic float LAYER_1_BS[] = {-1.5};\n");
    quantized_file("Src/main.c",
                   "#include \"nn_params.h\"\n#if MODEL == COGDIST\n"
                   "    #include \"DataSets/CogDist/CogDist_data_file.h\"\n"
                   "    #include \"DataSets/CogDist/CogDist_wt.h\"\n#endif\n"
                   "ann_model new_model = {.dense0_wt=LAYER_0_WT, .dense0_bias=LAYER_0_BS};\n");
    quantized_file("Decentor_L-SGD/Inc/nn_params.h",
                   "typedef enum { RELU = 0, SIGMOID = 1, TANH = 2 } activation;\n"
                   "#define MODEL CAR\n#define COGDIST 1\n#define CAR 2\n#if MODEL == COGDIST\n"
                   "#define LAYERS_DIMS { 2, 2, 1 }\n#define ACTIVATION_FUNCS { RELU, SIGMOID }\n"
                   "#endif\n");
    quantized_file("Decentor_L-SGD/Inc/DataSets/CogDist/CogDist_data_file.h",
                   "#define TOTAL_TRAIN_SAMPLES   1 //500\n#define TOTAL_TEST_SAMPLES    1\n"
                   "#define EPOCHS\t\t    24\n#define LEARNING_RATE\t0.01\n"
                   "float training_values[TOTAL_TRAIN_SAMPLES*2] = { 0.5, 0.5, 0.25, 1 };\n"
                   "float training_labels[TOTAL_TRAIN_SAMPLES] = { 1, 0 };\n"
                   "float testing_values[2] = { 1, 0 };\nfloat testing_labels[1] = { 0 };\n");
    quantized_file("Decentor_L-SGD/Inc/DataSets/CogDist/CogDist_wt.h",
                   "#define LAYER_0_WT { 1, 2, 3, -4}\n#define LAYER_1_WT { 5, 6 }\n"
                   "#define LAYER_0_BS { 0.5, 0.25 }\n#define LAYER_1_BS { -1.5 }\n");
  }

  void float32_file(const std::string& name, const std::string& text) {
    write("Decentor-V (Float32)/" + name, text);
  }
  void quantized_file(const std::string& name, const std::string& text) {
    write("Decentor-V (Quantized_v0)/" + name, text);
  }

  PublishedExperiment read(const std::string& variant, const std::string& data_set,
                           bool all_rows = false) const {
    return read_decentor_v(directory_ / "", variant, data_set, all_rows);
  }
  std::string error(const std::string& variant, const std::string& data_set) const {
    return input_error_of([&] { read(variant, data_set); });
  }
  std::filesystem::path path() const { return directory_ / "Decentor-V (Float32)"; }

 private:
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((directory_ / name).parent_path());
    directory_.file(name, text);
  }

  TemporaryDirectory directory_;
};

const Parameters<float> decentor_parameters{{{1, 2, 3, -4}, {0.5f, 0.25f}}, {{5, 6}, {-1.5f}}};

TEST(DecentorV, ReadsTheFloat32Program) {
  const PublishedExperiment car = Checkout().read("float32", "car");
  EXPECT_EQ(car.model,
            (Model{network_from_text("2-2-1", "tanh-sigmoid", "bce"), decentor_parameters}));
  EXPECT_EQ(car.training, (DataSet{2, 2, {0.1f, 0.2f, 0.3f, 0.4f}, {0, 1}}));
  EXPECT_EQ(car.validation, (DataSet{2, 2, {0.7f, 0.8f}, {1}}));
  EXPECT_EQ(car.epochs, 3u);
  EXPECT_EQ(car.learning_rate, 0.01f);
}

TEST(DecentorV, ReadsTheQuantizedPrograms) {
  const PublishedExperiment cogdist = Checkout().read("quantized_v0", "cogdist");
  EXPECT_EQ(cogdist.model,
            (Model{network_from_text("2-2-1", "relu-sigmoid", "bce"), decentor_parameters}));
  EXPECT_EQ(cogdist.training, (DataSet{2, 2, {0.5f, 0.5f}, {1}}));
  EXPECT_EQ(cogdist.epochs, 24u);
}

TEST(DecentorV, TakesAllRowsOrThoseOfTheProgram) {
  const PublishedExperiment all = Checkout().read("quantized_v0", "cogdist", true);
  EXPECT_EQ(all.training.size(), 2u);
  EXPECT_EQ(all.program_training_rows, 1u);
  EXPECT_EQ(Checkout().read("float32", "car", true).training.size(), 3u);
}

TEST(DecentorV, TakesAVariantsDirectoryToo) {
  const Checkout checkout;
  EXPECT_EQ(read_decentor_v(checkout.path(), "", "car", false).epochs, 3u);
}

TEST(DecentorV, NamesWhatIsWrong) {
  Checkout checkout;
  EXPECT_THAT(checkout.error("float64", "car"),
              EndsWith("expected Src/main.c, or a directory of variant float64 with it"));
  EXPECT_THAT(checkout.error("float32", "cogdist"),
              EndsWith("expected data set car, pd or wisdm, found \"cogdist\""));
  EXPECT_THAT(checkout.error("quantized_v0", "iris"),
              EndsWith("expected data set car, cogdist, pd or wisdm, found \"iris\""));
  EXPECT_THAT(checkout.error("quantized_v0", "car"),
              EndsWith("expected LAYERS_DIMS to be defined"));
  checkout.float32_file("Decentor_L-SGD/Inc/Datasets/CAR/model_parameters_CAR.h",
                        "\nstatic float LAYER_0_WT[] = { 1, 2, 3};\n");
  EXPECT_THAT(checkout.error("float32", "car"),
              EndsWith("model_parameters_CAR.h:2: expected 4 numbers in LAYER_0_WT, found 3"));
}

TEST(DecentorV, SaysThatParametersAreThoseOfAnotherNetwork) {
  // As WISDM of Quantized_v0: LAYERS_DIMS has 3-32-16-1, the lists are those of 3-40-32-1.
  Checkout checkout;
  checkout.quantized_file("Decentor_L-SGD/Inc/DataSets/CogDist/CogDist_wt.h",
                          "\n#define LAYER_0_WT {1, 2, 3, 4, 5, 6}\n#define LAYER_1_WT {1, 2, 3}\n"
                          "#define LAYER_0_BS {1, 2, 3}\n#define LAYER_1_BS {1}\n");
  EXPECT_THAT(checkout.error("quantized_v0", "cogdist"),
              EndsWith("CogDist_wt.h:2: expected parameters of the network in LAYERS_DIMS, 2-2-1, "
                       "but those of a network 2-3-1: the data set contradicts itself "
                       "(LAYERS_DIMS can be changed in the checkout)"));
}

TEST(DecentorV, ChecksTheData) {
  const auto error_with = [](const std::string& data) {
    Checkout checkout;
    checkout.float32_file("Decentor_L-SGD/Inc/Datasets/CAR/train_data_car.h", data);
    return checkout.error("float32", "car");
  };
  const std::string validation =
      "float validation_samples[] = { 0.7, 0.8 };\nfloat validation_labels[] = { 1 };\n";
  EXPECT_THAT(error_with("float train_samples[] = {1, 2};\nfloat train_labels[] = {2};\n"),
              EndsWith("train_data_car.h:2: expected labels from 0 to 1, found 2"));
  EXPECT_THAT(error_with("float train_samples[] = {1, 2, 3};\nfloat train_labels[] = {1, 0};\n"),
              EndsWith("train_data_car.h:1: expected 2 values for each of 2 labels, found 3"));
  EXPECT_THAT(
      error_with("float train_samples[] = {1, 2};\nfloat train_labels[] = {1};\n" + validation),
      EndsWith("main.c:11: expected TRAIN_SIZE to be at most 1, the rows there are, "
               "found 2"));
}

}  // namespace
}  // namespace lsgd
