// SPDX-License-Identifier: Apache-2.0
#include "description/target_file.hpp"

#include <fmt/format.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "description/built_in_targets.hpp"
#include "files/input_error.hpp"
#include "temporary_directory.hpp"

namespace lsgd {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string smallest_target = R"(format = "lsgd-target/1"
name = "mine"
port = "float32_mine"
platform = "board"
variant = "v1"
profile = "float32"
command = ["./run", "--fast"]
)";

std::string error_of_target(const std::string& text) {
  try {
    parse_target(text, "dir/mine.toml");
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(TargetFile, SmallestOneHasTheDefaultsOfTheArithmeticModel) {
  const Target target = parse_target(smallest_target, "dir/mine.toml");
  EXPECT_EQ(target.name, "mine");
  EXPECT_EQ(target.profile, &profile_named("float32"));
  EXPECT_EQ(target.kind, TargetKind::port);
  EXPECT_EQ(target.command, (std::vector<std::string>{"./run", "--fast"}));
  EXPECT_EQ(target.directory, "dir");
  EXPECT_EQ(target.arithmetic, ArithmeticModel{});
}

std::string with_tcp(const std::string& table) {
  return smallest_target.substr(0, smallest_target.find("command")) + table;
}

TEST(TargetFile, NamesTheServerOfADeviceThatIsReachedByTcp) {
  const Target target = parse_target(with_tcp("[tcp]\nhost = \"lab-7\"\nport = 4001\n"), "a.toml");
  EXPECT_EQ(target.transport->key, "tcp");
  EXPECT_EQ(target.command, (std::vector<std::string>{"lab-7", "4001"}));
  EXPECT_EQ(parse_target(smallest_target, "mine.toml").transport->key, "command");
}

TEST(TargetFile, RefusesServersThatAreNone) {
  EXPECT_THAT(error_of_target(with_tcp("[tcp]\nport = 1\n")), HasSubstr(":7: expected \"host\""));
  EXPECT_THAT(error_of_target(with_tcp("[tcp]\nhost = \"\"\nport = 1\n")),
              HasSubstr(":8: expected \"host\""));
  EXPECT_THAT(error_of_target(with_tcp("[tcp]\nhost = \"a\"\nport = 65536\n")),
              HasSubstr(":9: expected \"port\" from 1 to 65535"));
  EXPECT_THAT(error_of_target(with_tcp("[tcp]\nhost = \"a\"\nport = \"1\"\n")),
              HasSubstr(":9: expected \"port\""));
  EXPECT_THAT(error_of_target(with_tcp("[tcp]\nhost = \"a\"\nport = 1\nspeed = 9\n")),
              HasSubstr(":10: expected no key \"speed\""));
  EXPECT_THAT(error_of_target(with_tcp("tcp = 3\n")), HasSubstr(":7: expected a table [tcp]"));
  EXPECT_THAT(error_of_target(smallest_target + "[tcp]\nhost = \"a\"\nport = 1\n"),
              HasSubstr("either \"command\" or \"tcp\""));
}

TEST(TargetFile, NamesTheFirmwareThatADebuggerLoads) {
  const Target started = parse_target(
      with_tcp(
          "[debugger]\nelf = \"a.elf\"\nserver = [\"qemu\", \"-S\"]\nmonitor = [\"reset halt\"]\n"),
      "a.toml");
  EXPECT_EQ(started.transport->key, "debugger");
  EXPECT_EQ(started.command,
            (std::vector<std::string>{"a.elf", "load", "", "", "1", "reset halt", "qemu", "-S"}));
  const Target there =
      parse_target(with_tcp("[debugger]\nelf = \"a.elf\"\nport = 3333\nload = false\n"), "a.toml");
  EXPECT_EQ(there.command, (std::vector<std::string>{"a.elf", "loaded", "127.0.0.1", "3333", "0"}));
  EXPECT_THAT(error_of_target(with_tcp("[debugger]\nelf = \"a\"\n")),
              HasSubstr("expected \"port\""));
  EXPECT_THAT(error_of_target(with_tcp("[debugger]\nelf = \"a\"\nport = 1\nserver = [\"b\"]\n")),
              HasSubstr("either \"server\""));
  EXPECT_THAT(error_of_target(with_tcp("[debugger]\nport = 1\n")), HasSubstr("expected \"elf\""));
}

TEST(TargetFile, NamesCommandsThatSeeToABoard) {
  const Target target = parse_target(
      smallest_target +
          "[hooks]\nstart = [\"west\", \"flash\"]\nreset = [\"uhubctl\"]\ntimeout_seconds = 7\n",
      "a.toml");
  EXPECT_EQ(target.hooks.start, (std::vector<std::string>{"west", "flash"}));
  EXPECT_EQ(target.hooks.reset, std::vector<std::string>{"uhubctl"});
  EXPECT_TRUE(target.hooks.power_cycle.empty());
  EXPECT_EQ(target.hooks.timeout_seconds, 7);
  EXPECT_THAT(error_of_target(smallest_target + "[hooks]\nflash = [\"a\"]\n"),
              HasSubstr("no key \"flash\""));
  EXPECT_THAT(error_of_target(smallest_target + "[hooks]\nreset = [\"\"]\n"),
              HasSubstr("\"reset\" to name a program"));
  EXPECT_THAT(error_of_target(smallest_target + "[hooks]\nreset = []\n"), HasSubstr("reset"));
}

std::string network_table(const std::string& sizes, const std::string& activations) {
  return "[[network]]\nsizes = \"" + sizes + "\"\nactivations = \"" + activations +
         "\"\nloss = \"mse\"\n";
}

TEST(TargetFile, NamesTheNetworksOfAPortOfFixedShapes) {
  EXPECT_TRUE(parse_target(smallest_target, "dir/mine.toml").networks.empty());
  const Target target = parse_target(
      smallest_target + network_table("3-2", "tanh") + network_table("6-4-1", "relu-sigmoid"),
      "mine.toml");
  ASSERT_EQ(target.networks.size(), 2u);
  EXPECT_EQ(target.networks[0], (Network{{{3, 2, Activation::tanh}}, Loss::mse}));
  EXPECT_EQ(target.networks[1].layers[1], (Layer{4, 1, Activation::sigmoid}));
}

TEST(TargetFile, RefusesNetworksThatAreNone) {
  EXPECT_THAT(error_of_target(smallest_target + network_table("3-x", "tanh")),
              HasSubstr("expected sizes from 1"));
  EXPECT_THAT(error_of_target(smallest_target + network_table("3-2", "tan")),
              HasSubstr("expected activation"));
  EXPECT_THAT(error_of_target(smallest_target + network_table("3-2", "tanh") +
                              network_table("3-2", "tanh")),
              StartsWith("dir/mine.toml:13: expected each network once"));
  EXPECT_THAT(error_of_target(smallest_target + "[[network]]\nsizes = \"3-2\"\n"),
              HasSubstr("activations"));
  std::string many;
  for (int n = 1; n <= 17; ++n) many += network_table("3-" + std::to_string(n), "tanh");
  EXPECT_THAT(error_of_target(smallest_target + many),
              HasSubstr("expected no more than 16 networks"));
}

/// A target file whose line 8 is [capabilities], with lines of it replaced.
std::string with_capabilities(const std::string& from = "", const std::string& to = "") {
  std::string table =
      "[capabilities]\n"
      "activations = [\"relu\", \"sigmoid\"]\n"
      "losses = [\"mse\", \"bce\"]\n"
      "kernels = []\n"
      "counters = [\"cycles\"]\n";
  if (!from.empty()) table.replace(table.find(from), from.size(), to);
  return smallest_target + table;
}

TEST(TargetFile, StatesWhatTheDeviceCanDo) {
  EXPECT_FALSE(parse_target(smallest_target, "a.toml").capabilities);
  const auto stated = parse_target(with_capabilities(), "a.toml").capabilities;
  ASSERT_TRUE(stated);
  EXPECT_THAT(stated->activations, testing::ElementsAre("relu", "sigmoid"));
  EXPECT_THAT(stated->losses, testing::ElementsAre("mse", "bce"));
  EXPECT_THAT(stated->kernels, testing::IsEmpty());
  EXPECT_THAT(stated->counters, testing::ElementsAre("cycles"));
}

TEST(TargetFile, RefusesStatementsThatAreMissingUnknownOrSuperfluous) {
  const auto error = [](const char* from, const char* to) {
    return error_of_target(with_capabilities(from, to));
  };
  EXPECT_THAT(error("kernels = []\n", ""), HasSubstr("mine.toml:8: expected \"kernels\""));
  EXPECT_THAT(error("losses = [\"mse\", \"bce\"]", "losses = \"mse\""),
              HasSubstr(":10: expected \"losses\" to be an array of strings"));
  EXPECT_THAT(error("\"relu\"", "\"gelu\""),
              HasSubstr(":9: expected activations of float32, which are identity, relu"));
  EXPECT_THAT(error("kernels = []", "kernels = [\"fused\"]"),
              HasSubstr(":11: expected kernels of level 0"));
  EXPECT_THAT(
      error("\"cycles\"", "\"watts\""),
      HasSubstr(":12: expected counters of level 4, which are cycles, instructions, stack"));
  EXPECT_THAT(error("\"bce\"", "\"mse\""), HasSubstr(":10: expected \"mse\" once"));
  EXPECT_THAT(error("counters", "speed = 3\ncounters"),
              HasSubstr(":12: expected no key \"speed\""));
  // Softmax is no function of int8_hybrid.
  std::string other = with_capabilities("\"relu\"", "\"softmax\"");
  other.replace(other.find("float32\"\ncommand"), 7, "int8_hybrid");
  EXPECT_THAT(error_of_target(other),
              HasSubstr("expected activations of int8_hybrid, which are identity, relu, sigmoid, "
                        "tanh; found \"softmax\""));
}

TEST(TargetFile, RefusesStatementsThatItsNetworksOrBudgetsContradict) {
  const auto with_network = [](const char* activations, const char* loss) {
    return fmt::format("{}[[network]]\nsizes = \"3-2\"\nactivations = \"{}\"\nloss = \"{}\"\n",
                       with_capabilities("\"mse\", ", ""), activations, loss);
  };
  EXPECT_THAT(
      error_of_target(with_network("tanh", "mse")),
      HasSubstr(":9: expected \"tanh\" among activations, as a network of [[network]] has"));
  EXPECT_THAT(
      error_of_target(with_network("sigmoid", "bce")),
      HasSubstr(":9: expected only activations of the networks in [[network]], none of which "
                "has \"relu\""));
  EXPECT_THAT(
      error_of_target(with_capabilities() + "[[budget]]\nnetwork = \"car\"\nstack_bytes = 512\n"),
      HasSubstr(":12: expected \"stack\" among counters, as [[budget]] of car limits stack_bytes"));
  EXPECT_EQ(error_of_target(with_capabilities() +
                            "[[budget]]\nnetwork = \"car\"\ncycles_per_step = 512\n"),
            "accepted");
}

TEST(TargetFile, DeclaresSumsBySignAndWhatIsKeptWider) {
  const ArithmeticModel model = parse_target(smallest_target +
                                                 "[arithmetic]\nsummation_order = \"by_sign\"\n"
                                                 "kept_wider = \"everything\"\n",
                                             "mine.toml")
                                    .arithmetic;
  EXPECT_EQ(model.summation_order, SummationOrder::by_sign);
  EXPECT_EQ(model.kept_wider, KeptWider::everything);
  EXPECT_FALSE(model.order_is_declared());
}

TEST(TargetFile, RefusesADeclarationThatItsProfileHasNoUseFor) {
  std::string integers = smallest_target;
  integers.replace(integers.find("\"float32\""), 9, "\"int32_fixed\"");
  EXPECT_THAT(error_of_target(integers + "[arithmetic]\nkept_wider = \"activations\"\n"),
              HasSubstr("expected \"kept_wider\" in profile float32 alone"));
  EXPECT_THAT(error_of_target(integers + "[arithmetic]\nsum_bits = 30\n"),
              HasSubstr("expected \"sum_bits\" in profiles float32 and int8_hybrid alone"));
  EXPECT_EQ(parse_target(smallest_target + "[arithmetic]\nsum_bits = 25\n", "mine.toml")
                .arithmetic.sum_bits,
            25);
  EXPECT_THAT(error_of_target(smallest_target + "[arithmetic]\nsum_bits = 24\n"),
              HasSubstr("25 to 53"));
  EXPECT_TRUE(parse_target(integers + "[arithmetic]\nzero_cuts_from_half = true\n", "mine.toml")
                  .arithmetic.zero_cuts_from_half);
  EXPECT_THAT(error_of_target(smallest_target + "[arithmetic]\nzero_cuts_from_half = true\n"),
              HasSubstr("in profile int32_fixed alone"));
}

TEST(TargetFile, CanDeclareEverything) {
  const Target target = parse_target(smallest_target + R"(kind = "mutant"
timeout_seconds = 0.5
requests_ahead = true
build_identity = "0011223344556677"
[arithmetic]
significand_bits = 12
fused_multiply_add = "yes"
flush_to_zero = true
activation_ulps = 2.5
activation_absolute_error = 0.06
summation_order = "descending"
bias_position = "last"
update_product = "delta_times_activation"
[mutant]
description = "Biases not updated"
level = 1
erratum = 17
[toolchain]
compiler = "cc 1"
flags = "-O9"
[elf]
port_object = "port.o"
agent_object = "agent.o"
[[footprint]]
network = "car"
object = "car.o"
linked = "car-linked.o"
[[footprint]]
network = "tiny"
object = "tiny.o"
[[budget]]
network = "car"
text_bytes = 1
static_ram_bytes = 2
stack_bytes = 3
cycles_per_step = 4
instructions_per_step = 5
cycles_per_forward = 6
instructions_per_forward = 7000000000
[[budget]]
network = "fashion_mnist"
stack_bytes = 0
)",
                                     "dir/mine.toml");
  EXPECT_EQ(target.kind, TargetKind::mutant);
  ASSERT_TRUE(target.modification);
  EXPECT_EQ(target.modification->description, "Biases not updated");
  EXPECT_EQ(target.modification->level, 1);
  EXPECT_EQ(target.modification->erratum, 17);
  EXPECT_EQ(target.timeout_seconds, 0.5);
  EXPECT_TRUE(target.requests_ahead);
  EXPECT_EQ(target.build_identity, "0011223344556677");
  EXPECT_EQ(target.arithmetic.significand_bits, 12);
  EXPECT_EQ(target.arithmetic.fused_multiply_add, FusedMultiplyAdd::yes);
  EXPECT_TRUE(target.arithmetic.flush_to_zero);
  EXPECT_EQ(target.arithmetic.activation_ulps, 2.5);
  EXPECT_EQ(target.arithmetic.activation_absolute_error, 0.06);
  EXPECT_EQ(target.arithmetic.summation_order, SummationOrder::descending);
  EXPECT_EQ(target.arithmetic.bias_position, BiasPosition::last);
  EXPECT_EQ(target.arithmetic.update_product, UpdateProduct::delta_times_activation);
  EXPECT_EQ(target.toolchain.flags, "-O9");
  EXPECT_EQ(target.elf.port_object, "dir/port.o");
  EXPECT_EQ(target.footprints.at(0).object, "dir/car.o");
  EXPECT_EQ(target.footprints.at(0).linked, "dir/car-linked.o");
  EXPECT_EQ(target.footprints.at(1).linked, std::nullopt);
  ASSERT_EQ(target.budgets.size(), 2u);
  EXPECT_EQ(target.budgets[0].network, "car");
  EXPECT_EQ(target.budgets[0].limits.size(), budget_quantities.size());
  EXPECT_EQ(target.budgets[0].limits.at("static_ram_bytes"), 2u);
  EXPECT_EQ(target.budgets[0].limits.at("instructions_per_forward"), 7'000'000'000u);
  EXPECT_EQ(target.budgets[1].limits.at("stack_bytes"), 0u);
}

TEST(TargetFile, LegalVariantSaysHowItDiffers) {
  const Target target = parse_target(
      smallest_target + "kind = \"legal_variant\"\n[legal_variant]\ndescription = \"Bias last\"\n",
      "dir/mine.toml");
  ASSERT_TRUE(target.modification);
  EXPECT_EQ(target.modification->description, "Bias last");
  EXPECT_FALSE(target.modification->level);
}

struct BadInput {
  std::string text;
  std::string error;
};

std::string with(const std::string& line) { return smallest_target + line + "\n"; }

std::string without(const std::string& key) {
  const std::size_t start = smallest_target.find(key + " = ");
  return smallest_target.substr(0, start) +
         smallest_target.substr(smallest_target.find('\n', start) + 1);
}

std::string changed(const std::string& from, const std::string& to) {
  std::string text = smallest_target;
  return text.replace(text.find(from), from.size(), to);
}

class BadTargetFile : public testing::TestWithParam<BadInput> {};

TEST_P(BadTargetFile, IsRefusedWithFileLineAndExpectation) {
  const std::string error = error_of_target(GetParam().text);
  EXPECT_THAT(error, StartsWith("dir/mine.toml:"));
  EXPECT_THAT(error, HasSubstr(GetParam().error));
  EXPECT_EQ(error.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadTargetFile,
    testing::Values(
        BadInput{"", ":1: expected \"format\""},  //
        BadInput{"format = ", ":1: expected valid TOML"},
        BadInput{changed("target/1", "target/2"), ":1: expected format \"lsgd-target/1\""},
        BadInput{without("name"), "the key is missing"},
        BadInput{without("port"), "\"port\", a string: the key is missing"},
        BadInput{without("profile"), "the key is missing"},
        BadInput{without("command"),
                 "\"command\" or \"debugger\" or \"serial\" or \"tcp\", to reach the device"},
        BadInput{with("surprise = 1"), ":8: expected no key \"surprise\""},
        BadInput{with("[arithmetic]\nsurprise = 1"), ":9: expected no key \"surprise\""},
        BadInput{with("[[footprint]]\nnetwork = \"a\""), ":8: expected \"object\""},
        BadInput{changed("\"mine\"", "7"), ":2: expected \"name\" to be a string"},
        BadInput{changed("\"mine\"", "\"../mine\""), ":2: expected \"name\" of 1 to 100 letters"},
        BadInput{changed("\"mine\"", "\"<b>\""), ":2: expected \"name\" of 1 to 100 letters"},
        BadInput{changed("\"mine\"", "\"--out\""), ":2: expected \"name\" of 1 to 100 letters"},
        BadInput{changed("\"float32\"", "\"float16\""), ":6: expected \"profile\" to be"},
        BadInput{changed("[\"./run\", \"--fast\"]", "[]"), ":7: expected \"command\" to be"},
        BadInput{changed("[\"./run\", \"--fast\"]", "\"./run\""), ":7: expected \"command\" to be"},
        BadInput{changed("\"--fast\"", "3"), ":7: expected \"command\" to be"},
        BadInput{with("kind = \"spy\""), ":8: expected \"kind\" to be \"port\" or"},
        BadInput{with("kind = \"mutant\"\n[mutant]\nlevel = 1"), ":9: expected \"description\""},
        BadInput{with("kind = \"mutant\"\n[mutant]\ndescription = \"d\"\nlevel = 5"),
                 ":11: expected \"level\" from 0 to 4"},
        BadInput{with("kind = \"mutant\"\n[mutant]\ndescription = \"d\"\nerratum = 0"),
                 ":11: expected \"erratum\" from 1"},
        BadInput{with("kind = \"legal_variant\"\n[legal_variant]\ndescription = \"d\"\nlevel = 1"),
                 ":11: expected no key \"level\""},
        BadInput{with("[mutant]\ndescription = \"d\""), ":8: expected no key \"mutant\""},
        BadInput{with("kind = \"mutant\"\n[legal_variant]\ndescription = \"d\""),
                 ":9: expected no key \"legal_variant\""},
        BadInput{with("requests_ahead = 2"), ":8: expected \"requests_ahead\""},
        BadInput{with("timeout_seconds = 0"), ":8: expected \"timeout_seconds\" to be a number"},
        BadInput{with("timeout_seconds = nan"), ":8: expected \"timeout_seconds\" to be a number"},
        BadInput{with("timeout_seconds = inf"), ":8: expected \"timeout_seconds\" to be a number"},
        BadInput{with("arithmetic = 3"), ":8: expected a table [arithmetic]"},
        BadInput{with("footprint = 3"), ":8: expected tables [[footprint]]"},
        BadInput{with("[arithmetic]\nsignificand_bits = 1"), ":9: expected \"significand_bits\""},
        BadInput{with("[arithmetic]\nsignificand_bits = 25"), ":9: expected \"significand_bits\""},
        BadInput{with("[arithmetic]\nsignificand_bits = 24.0"),
                 ":9: expected \"significand_bits\""},
        BadInput{with("[arithmetic]\nflush_to_zero = 1"), ":9: expected \"flush_to_zero\""},
        BadInput{with("[arithmetic]\nactivation_ulps = -1"), ":9: expected \"activation_ulps\""},
        BadInput{with("budget = 3"), ":8: expected tables [[budget]]"},
        BadInput{with("[[budget]]\nstack_bytes = 1"), ":8: expected \"network\""},
        BadInput{with("[[budget]]\nnetwork = \"a\""), ":9: expected a budget to limit something"},
        BadInput{with("[[budget]]\nnetwork = \"a\"\nstack_bytes = -1"),
                 ":10: expected \"stack_bytes\" from 0"},
        BadInput{with("[[budget]]\nnetwork = \"a\"\nstack_bytes = 1.5"),
                 ":10: expected \"stack_bytes\" to be an integer"},
        BadInput{with("[[budget]]\nnetwork = \"a\"\nstack = 1"), ":10: expected no key \"stack\""},
        BadInput{with("[[budget]]\nnetwork = \"a\"\nstack_bytes = 1\n[[budget]]\nnetwork = "
                      "\"a\"\nstack_bytes = 2"),
                 ":12: expected one budget for a network"},
        BadInput{with("name = \"twice\""), ":8: expected valid TOML"}));

TEST(BuiltInTargets, AreFoundByTheirFiles) {
  const TemporaryDirectory directory;
  std::ofstream(directory.path() / "b.toml") << smallest_target;
  std::ofstream(directory.path() / "notes.txt") << "no target";
  const auto targets = targets_in(directory.path());
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_EQ(targets[0].selector, "mine");
}

TEST(BuiltInTargets, HaveNamesOfTheirOwn) {
  const TemporaryDirectory directory;
  std::ofstream(directory.path() / "a.toml") << smallest_target;
  std::ofstream(directory.path() / "b.toml") << smallest_target;
  EXPECT_THROW(targets_in(directory.path()), InputError);
}

}  // namespace
}  // namespace lsgd
