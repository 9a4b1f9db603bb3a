// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <string>
#include <sys/wait.h>

#include "files/text_file.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using testing::HasSubstr;

/// Imports with the real program, and goes on with what it wrote.
class ImportCommand : public testing::Test {
 protected:
  int run(const std::string& arguments) {
    const std::string command = std::string(LSGD_CONFORM_PROGRAM) + " " + arguments + " >" +
                                file("stdout") + " 2>" + file("stderr");
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::string file(const std::string& name) const { return (directory_.path() / name).string(); }
  std::string text(const std::string& name) const { return read_text(file(name), 1 << 26); }
  void write(const std::string& name, const std::string& bytes) const {
    const std::filesystem::path path = file(name);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
  }

  /// Vectors can be generated from the model and the data, and verify.
  void expect_vectors(const std::string& model, const std::string& data) {
    EXPECT_EQ(run("vectors generate --model " + file(model) + " --data " + file(data) +
                  " --profile float32 --steps 2 --out " + file("vectors")),
              0)
        << text("stderr");
    EXPECT_EQ(run("vectors verify " + file("vectors")), 0) << text("stderr");
    EXPECT_THAT(text("stdout"), HasSubstr("cases verified"));
  }

  void expect_refused(const std::string& arguments, const std::string& message) {
    EXPECT_EQ(run("import " + arguments + " --out " + file("out")), 2);
    EXPECT_THAT(text("stderr"), HasSubstr(message));
    EXPECT_FALSE(std::filesystem::exists(file("out")));
  }

  void write_published_program() const {
    write(
        "checkout/Src/main.c",
        "#include \"nn_params.h\"\n#if MODEL == CAR\n"
        "#include \"DataSets/CAR/CAR_data_file.h\"\n#include \"DataSets/CAR/CAR_wt.h\"\n#endif\n");
    write("checkout/Decentor_L-SGD/Inc/nn_params.h",
          "#define MODEL COGDIST\n#define COGDIST 1\n#define CAR 2\n#define LAYERS_DIMS {2, 2, 1}\n"
          "#define ACTIVATION_FUNCS {TANH, SIGMOID}\n");
    write("checkout/Decentor_L-SGD/Inc/DataSets/CAR/CAR_data_file.h",
          "#define TOTAL_TRAIN_SAMPLES 2\n#define TOTAL_TEST_SAMPLES 1\n#define EPOCHS 50\n"
          "#define LEARNING_RATE 0.01\nfloat training_values[] = {0.5, 1, 0.25, 0};\n"
          "float training_labels[] = {1, 0};\nfloat testing_values[] = {1, 1};\n"
          "float testing_labels[] = {1};\n");
    write("checkout/Decentor_L-SGD/Inc/DataSets/CAR/CAR_wt.h",
          "#define LAYER_0_WT {0.5, 1, -1, 0.25}\n#define LAYER_1_WT {0.5, -0.5}\n"
          "#define LAYER_0_BS {0.125, 0}\n#define LAYER_1_BS {1}\n");
  }

 private:
  TemporaryDirectory directory_;
};

TEST_F(ImportCommand, PublishedExperimentGoesOnToVerifiedVectors) {
  write_published_program();
  ASSERT_EQ(run("import decentor-v " + file("checkout") + " --data-set car --out " + file("car")),
            0)
      << text("stderr");
  EXPECT_THAT(text("stdout"), HasSubstr("network 2-2-1 (tanh-sigmoid), 2 training rows, 1 test"));
  EXPECT_THAT(text("stdout"), HasSubstr("50 epochs, learning rate 0.01"));
  EXPECT_THAT(text("stdout"), HasSubstr("names class 1 where the single output is above 0.45: test "
                                        "accuracy 1.0000 of the model as it comes"));
  EXPECT_EQ(text("car/train.csv"), "x0,x1,label\n0.5,1,1\n0.25,0,0\n");
  expect_vectors("car/model.json", "car/train.csv");
}

TEST_F(ImportCommand, ImportedModelAndTableGoOnToVerifiedVectors) {
  const std::string fixtures = LSGD_FIXTURES_DIRECTORY;
  write("table.csv", "colour,size,class\nred,3,0\nblue,1,3\n");
  ASSERT_EQ(run("import csv " + file("table.csv") + " --categorical colour --min-max --out " +
                file("data.csv")),
            0)
      << text("stderr");
  EXPECT_EQ(text("data.csv"), "x0,x1,label\n1,1,0\n0,0,3\n");
  ASSERT_EQ(run("import onnx " + fixtures + "/gemm.onnx --out " + file("onnx")), 0)
      << text("stderr");
  expect_vectors("onnx/model.json", "data.csv");
  ASSERT_EQ(run("import npz-model " + fixtures +
                "/model.npz --activations tanh-sigmoid --loss bce "
                "--out " +
                file("npz")),
            0)
      << text("stderr");
  expect_vectors("npz/model.json", "data.csv");
  ASSERT_EQ(run("import npz-data " + fixtures + "/images.npz --out " + file("images.csv")), 0)
      << text("stderr");
  EXPECT_THAT(text("images.csv"), HasSubstr("x0,x1,x2,x3,label\n0,0.003921569,0.007843138,"));
  EXPECT_THAT(text("stdout"), HasSubstr("inputs are divided by 255, as they are bytes"));
  ASSERT_EQ(
      run("import npz-data " + fixtures + "/images.npz --scale none --out " + file("images.csv")),
      0)
      << text("stderr");
  EXPECT_THAT(text("images.csv"), HasSubstr("x0,x1,x2,x3,label\n0,1,2,3,7\n"));
}

TEST_F(ImportCommand, TestDataAreCodedAsTrainingDataAreTogetherOrApart) {
  // A class and a name that the test data lack, a range that they do not fill.
  write("train.csv", "size,colour,kind\n1,red,cat\n5,blue,dog\n3,green,eel\n");
  write("test.csv", "size,colour,kind\n2,red,cat\n3,green,eel\n");
  const std::string options = " --categorical colour --min-max --out ";
  ASSERT_EQ(run("import csv " + file("train.csv") + options + file("a.csv") + " --test " +
                file("test.csv") + " --test-out " + file("b.csv")),
            0)
      << text("stderr");
  EXPECT_EQ(text("b.csv"), "x0,x1,label\n0.25,1,0\n0.5,0.5,2\n");
  EXPECT_THAT(text("stdout"), HasSubstr("warning: 1 of 2 rows have the inputs of a training row"));
  ASSERT_EQ(run("import csv " + file("train.csv") + options + file("c.csv")), 0);
  EXPECT_EQ(text("c.csv"), text("a.csv"));
  EXPECT_EQ(text("c.csv.coding.json"), text("a.csv.coding.json"));
  for (const char* const like : {"c.csv", "c.csv.coding.json"}) {
    ASSERT_EQ(
        run("import csv " + file("test.csv") + " --like " + file(like) + " --out " + file("d.csv")),
        0)
        << text("stderr");
    EXPECT_EQ(text("d.csv"), text("b.csv"));
  }
  EXPECT_THAT(text("stdout"), HasSubstr("  x1     colour  blue, green, red"));
}

TEST_F(ImportCommand, AColumnWithoutANameIsIgnoredByItsEmptyName) {
  write("table.csv", ",a,label\n0,0.5,0\n1,0.25,1\n");
  expect_refused("csv " + file("table.csv"), "--ignore '' leaves it out");
  ASSERT_EQ(run("import csv " + file("table.csv") + " --ignore '' --out " + file("data.csv")), 0)
      << text("stderr");
  EXPECT_EQ(text("data.csv"), "x0,label\n0.5,0\n0.25,1\n");
}

TEST_F(ImportCommand, RealTargetsAreTrainedByMseAlone) {
  // y = 0.75 x - 0.25, which a linear network learns to the last bit or two.
  std::string table = "x,y\n";
  for (int i = 0; i <= 8; ++i)
    table +=
        std::to_string(i * 0.25 - 1) + "," + std::to_string(0.75 * (i * 0.25 - 1) - 0.25) + "\n";
  write("line.csv", table);
  expect_refused("csv " + file("line.csv"), "real targets: --targets");
  ASSERT_EQ(run("import csv " + file("line.csv") + " --targets y --out " + file("data.csv")), 0)
      << text("stderr");
  EXPECT_THAT(text("data.csv"), HasSubstr("x0,y0\n-1,-1\n-0.75,-0.8125\n"));
  const std::string train = "train --data " + file("data.csv") + " --test-data " +
                            file("data.csv") + " --sizes 1-1 --epochs 300 --learning-rate 0.1 " +
                            "--out " + file("model") + " --activations ";
  ASSERT_EQ(run(train + "identity --loss mse"), 0) << text("stderr");
  EXPECT_THAT(text("stdout"), HasSubstr("epoch 300: loss 0.000000, test loss 0.000000\n"));
  EXPECT_THAT(text("stdout"), HasSubstr("model.json: 2 of 2 parameters changed"));
  EXPECT_EQ(run(train + "sigmoid --loss bce"), 2);
  EXPECT_THAT(text("stderr"), HasSubstr("data.csv:1: expected the column label"));
  expect_vectors("model/model.json", "data.csv");
  EXPECT_EQ(run("converge --model " + file("model/model.json") + " --data " + file("data.csv") +
                " --target float32_c99-host-gcc_O2"),
            2);
  EXPECT_THAT(text("stderr"), HasSubstr("labels of classes, whose accuracy is judged"));
}

TEST_F(ImportCommand, AModelThatHardlyMovesIsSaidTo) {
  const std::string fixtures = LSGD_FIXTURES_DIRECTORY;
  write("data.csv", "x0,x1,label\n0.5,1,0\n0.25,-1,1\n");
  ASSERT_EQ(run("import onnx " + fixtures + "/tools/torch.onnx --loss mse --out " + file("m")), 0)
      << text("stderr");
  const auto generate = [&](const std::string& rate) {
    EXPECT_EQ(
        run("vectors generate --model " + file("m/model.json") + " --data " + file("data.csv") +
            " --profile float32 --steps 2 --learning-rate " + rate + " --out " + file("vectors")),
        0)
        << text("stderr");
    return text("stdout");
  };
  EXPECT_THAT(
      generate("1e-30"),
      HasSubstr("\n0 of 25 parameters changed: it hardly moves, and a device that leaves the "
                "others alone would do as well (more --steps, "));
  EXPECT_THAT(generate("16"), testing::Not(HasSubstr("hardly moves")));
  EXPECT_EQ(
      run("train --data " + file("data.csv") + " --test-data " + file("data.csv") +
          " --sizes 2-3-1 --activations tanh-sigmoid --loss bce --learning-rate 1e-30 --out " +
          file("trained")),
      0)
      << text("stderr");
  // The biases alone, which begin at 0.
  EXPECT_THAT(text("stdout"), HasSubstr("4 of 13 parameters changed\n"));
}

TEST_F(ImportCommand, ExportedModelsComputeTheSameInOtherPrograms) {
  if (std::getenv("LSGD_OTHER_PROGRAMS") == nullptr)
    GTEST_SKIP() << "on demand: LSGD_OTHER_PROGRAMS=1, with Debian's python3-torch, python3-opencv";
  const std::string script =
      std::string(LSGD_FIXTURES_DIRECTORY) + "/tools/check_exported_models.py ";
  EXPECT_EQ(std::system((script + LSGD_CONFORM_PROGRAM).c_str()), 0);
}

TEST_F(ImportCommand, BadInputIsOneLineAndLeavesNothing) {
  write_published_program();
  write("checkout/Decentor_L-SGD/Inc/DataSets/CAR/CAR_wt.h", "\n#define LAYER_0_WT {1, 2, 3, x}\n");
  expect_refused("decentor-v " + file("checkout") + " --data-set car",
                 "CAR_wt.h:2: expected a number within binary32's range, found \"x\"\n");
  write("car.data", "vhigh,vhigh,2,2,small,low,unacc\n");
  expect_refused("car-data " + file("car.data"), "car.data: expected SHA-256 ");
  expect_refused("csv " + file("car.data"),
                 "car.data:1: expected names of columns, found \"2\" (--no-header if this row");
  expect_refused("csv " + file("car.data") + " --like " + file("none.csv"),
                 "none.csv.coding.json: expected the coding that import writes beside a data file");
  expect_refused("csv " + file("car.data") + " --scale big", "--scale: expected none, min-max");
  expect_refused("onnx " + file("car.data"), "car.data: expected an ONNX model\n");
  expect_refused("npz-data " + file("car.data"), "car.data: expected a .npz archive (zip)\n");
  expect_refused("idx " + file("car.data") + " " + file("car.data"),
                 "car.data: expected IDX images");
}

}  // namespace
}  // namespace lsgd
