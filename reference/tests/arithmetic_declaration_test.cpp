// SPDX-License-Identifier: Apache-2.0
// Declarations of arithmetics: what is accepted, what is refused and with which words, and that
// their digests differ exactly where their meanings do.
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <lsgd/arithmetic/judgement.hpp>
#include <lsgd/arithmetic/read_arithmetic.hpp>

#include "files/input_error.hpp"
#include "files/json_file.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

using nlohmann::json;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

/// Files of the four profiles and of the arithmetics that are only tests.
std::vector<std::string> declaration_files() {
  std::vector<std::string> files;
  for (const std::filesystem::path& directory :
       {std::filesystem::path(LSGD_ARITHMETICS_DIRECTORY),
        std::filesystem::path(LSGD_ARITHMETICS_README).parent_path()})
    for (const auto& entry : std::filesystem::directory_iterator(directory))
      if (entry.path().extension() == ".toml") files.push_back(entry.path().string());
  std::ranges::sort(files);
  return files;
}

std::string text_of_file(const std::string& file) { return read_text(file, 1 << 20); }

/// The line that a bad declaration costs its user; empty where it is accepted.
std::string complaint_about(const std::string& text) {
  try {
    parse_arithmetic(text, "my.toml");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

// ---------------------------------------------------------------------------------------------

const std::string good = R"(format = "lsgd-arithmetic/1"
name = "mine"

[formats.q4]
kind = "fixed"
bits = 8
fraction_bits = 4

[formats.sum]
kind = "fixed"
bits = 32
fraction_bits = "operands"

[at.input]
format = "q4"
rounding = "nearest_away"

[at.forward_sum]
format = "sum"
rounding = "none"
overflow = "outside_domain"

[at.activation]
format = "q4"

[at.delta]
format = "int16_12"

[at.weight]
format = "q4"

[at.bias]
format = "q4"
)";

/// A text with one part replaced.
std::string but(const std::string& text, const std::string& part, const std::string& replacement) {
  const std::size_t at = text.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  return text.substr(0, at) + replacement + text.substr(at + part.size());
}
std::string good_but(const std::string& part, const std::string& replacement) {
  return but(good, part, replacement);
}
std::string good_and(const std::string& more) { return good + "\n" + more; }

struct BadDeclaration {
  std::string name;
  std::string text;
  std::string complaint;
};

void PrintTo(const BadDeclaration& bad, std::ostream* out) { *out << bad.name; }

std::string million_numbers() {
  std::string values = "0";
  for (int i = 1; i < 100'000; ++i) values += fmt::format(", {}", i);
  return values;
}

std::vector<BadDeclaration> bad_declarations() {
  const std::string q4 = "kind = \"fixed\"\nbits = 8\nfraction_bits = 4";
  const std::string weight = "[at.weight]\nformat = \"q4\"";
  const std::string activation = "[at.activation]\nformat = \"q4\"";
  return {
      {"NoToml", "format = ",
       "my.toml:1: expected valid TOML: Error while parsing key-value pair: encountered "
       "end-of-file"},
      {"AnotherFormat", good_but("arithmetic/1", "arithmetic/2"),
       "my.toml:1: expected format to be one of \"lsgd-arithmetic/1\", found "
       "\"lsgd-arithmetic/2\""},
      {"NoName", good_but("name = \"mine\"", ""), "my.toml:1: expected key \"name\" in the file"},
      {"RepeatedKey", good_but("bits = 8", "bits = 8\nbits = 8"),
       "my.toml:7: expected valid TOML: Error while parsing key-value pair: cannot redefine "
       "existing "
       "integer 'bits'"},
      {"UnknownKey", good_but("bits = 8", "bits = 8\nwidth = 8"),
       "my.toml:7: expected no key \"width\" in formats.q4"},
      {"UnknownTable", good_and("[rounding]\nall = \"up\""),
       "my.toml:35: expected no key \"rounding\" in the file"},
      {"UnknownPoint", good_and("[at.gradient]\nformat = \"q4\""),
       "my.toml:35: expected no key \"gradient\" in at"},
      {"UnknownRounding", good_but("\"nearest_away\"", "\"half_up\""),
       "my.toml:16: expected at.input.rounding to be one of \"nearest_even\", \"nearest_away\", "
       "\"nearest_up\", \"nearest_down\", \"nearest_zero\", \"zero\", \"up\", \"down\", \"away\", "
       "\"odd\", \"stochastic\", \"any\", \"none\", found \"half_up\""},
      {"UnknownFormat", good_but("int16_12", "int12_4"),
       "my.toml:27: expected a format that is declared in [formats.int12_4] or predefined "
       "(binary32, bfloat16, e4m3, int8_7, int16_12, ...), found \"int12_4\""},
      {"DateForNumber", good_but("bits = 8", "bits = 2026-01-01"),
       "my.toml:6: expected no date or time"},
      {"NotANumber", good_and("[activation.tanh]\ndefinition = \"within\"\nulps = nan"),
       "my.toml:37: expected a finite number"},
      {"InfiniteError",
       good_and("[activation.tanh]\ndefinition = \"within\"\nulps = 1\nabsolute_error = inf"),
       "my.toml:38: expected a finite number"},
      {"PredefinedName", good_but("[formats.q4]", "[formats.binary32]"),
       "my.toml:15: expected a format that is declared in [formats.q4] or predefined (binary32, "
       "bfloat16, e4m3, int8_7, int16_12, ...), found \"q4\""},
      {"RedefinedName",
       good_and("[formats.bfloat16]\n" + q4 +
                "\n[at.target]\nformat = "
                "\"bfloat16\""),
       "my.toml:35: expected another name than bfloat16, which is a predefined format"},
      {"NameOfDigits", good_and("[formats.8bit]\n" + q4 + "\n[at.target]\nformat = \"8bit\""),
       "my.toml:35: expected a format's name to be 1 to 64 letters, digits and '_', starting with "
       "a "
       "letter, found \"8bit\""},
      {"UnusedFormat", good_and("[formats.other]\n" + q4),
       "my.toml:35: expected no format \"other\": nothing in the file uses it"},
      {"BaseOfItself", good_but(q4, "base = \"q4\""),
       "my.toml:5: expected bases that end at a predefined format or one with a kind, but q4 leads "
       "back to itself"},
      {"BasesInACycle",
       good_but(q4,
                "base = \"a\"\n[formats.a]\nbase = \"b\"\n[formats.b]\nbase = "
                "\"q4\""),
       "my.toml:5: expected bases that end at a predefined format or one with a kind, but q4 leads "
       "back to itself"},
      {"KindOfNoBase", good_but(q4, "base = \"e4m3\"\nkind = \"fixed\""),
       "my.toml:6: expected kind \"float\", which is that of base e4m3"},
      {"NoKind", good_but("kind = \"fixed\"\nbits = 8\n", ""),
       "my.toml:4: expected kind = \"float\", \"fixed\", \"affine\", \"set\" or \"exact\", or a "
       "base, "
       "in formats.q4"},
      {"NoBits", good_but("bits = 8\n", ""), "my.toml:4: expected key bits in formats.q4"},
      {"NoFractionBits", good_but("fraction_bits = 4\n", ""),
       "my.toml:4: expected key fraction_bits in formats.q4"},
      {"WidthOf65", good_but("bits = 8", "bits = 65"),
       "my.toml:6: expected formats.q4.bits to be an integer from 1 to 64: float: sign, exponent "
       "and "
       "fraction; fixed, affine: width, found 65"},
      {"WidthOf1", good_but("bits = 8", "bits = 1"),
       "my.toml:6: expected at least 2 bits of a fixed format"},
      {"FixedWithPrecision", good_but("fraction_bits = 4", "fraction_bits = 4\nprecision = 4"),
       "my.toml:8: expected no key precision in a format of kind \"fixed\""},
      {"UnsignedAndSymmetric",
       good_but("fraction_bits = 4", "fraction_bits = 4\nsigned = false\nsymmetric = true"),
       "my.toml:9: expected symmetric only where the format is signed"},
      {"FractionBitsOfThreeFunctions",
       good_but("fraction_bits = 4", "fraction_bits = { identity = 4, relu = 4, tanh = 7 }"),
       "my.toml:7: expected fraction_bits of all of identity, relu, sigmoid and tanh, but sigmoid "
       "is "
       "missing"},
      {"FractionBitsWithoutInput",
       good_but("fraction_bits = 4",
                "fraction_bits = { identity = 4, relu = 4, sigmoid = 7, tanh = 7 }"),
       "my.toml:15: expected fraction_bits of format \"q4\" to have a number for input, too: "
       "at.input sees the first layer's"},
      {"FractionBitsOfParametersByFunction",
       good_but(weight,
                "[at.weight]\nformat = \"w\"\n[formats.w]\nkind = \"fixed\"\nbits = "
                "8\nfraction_bits = { identity = 4, relu = 4, sigmoid = 7, tanh = 7, input "
                "= 7 }"),
       "my.toml:30: expected a format whose fraction_bits do not depend on a function: at.weight "
       "follows none"},
      {"FractionBitsMixed",
       good_but("fraction_bits = 4", "fraction_bits = { operands = 0, relu = 4 }"),
       "my.toml:7: expected { operands = N } alone, or a table by activation function"},
      {"FractionBitsUnknown", good_but("fraction_bits = 4", "fraction_bits = \"layer\""),
       "my.toml:7: expected formats.q4.fraction_bits to be a number from -64 to 128, \"tensor\" "
       "(state "
       "kept with it), \"operands\" (the sum of theirs), a table by function { identity, relu, "
       "sigmoid, tanh, leaky_relu, softmax, input } or { operands = -32 }: fixed, found \"layer\""},
      {"RangeOfConstantFractionBits",
       good_but("fraction_bits = 4", "fraction_bits = 4\nfraction_bits_range = [0, 7]"),
       "my.toml:8: expected no fraction_bits_range where fraction_bits is not \"tensor\""},
      {"RangeUpsideDown",
       good_but("fraction_bits = 4", "fraction_bits = \"tensor\"\nfraction_bits_range = [7, 0]"),
       "my.toml:8: expected fraction_bits_range [0, 7], the lowest first"},
      {"OperandsOfATensor",
       good_but("[at.weight]\nformat = \"q4\"", "[at.weight]\nformat = \"sum\""),
       "my.toml:30: expected a format of its own at.weight: only products and sums of products "
       "take "
       "theirs from \"operands\""},
      {"OperandsThatAreFloats", good_but(activation, "[at.activation]\nformat = \"binary32\""),
       "my.toml:19: expected operands of kind \"fixed\" at.activation, since at.forward_sum takes "
       "its "
       "format from them"},
      {"PrecisionAboveBits", good_but(q4, "kind = \"float\"\nbits = 8\nprecision = 9"),
       "my.toml:7: expected a precision that leaves 1 to 11 exponent bits: bits - precision, which "
       "is "
       "8 - 9"},
      {"NoPrecision", good_but(q4, "kind = \"float\"\nbits = 8"),
       "my.toml:4: expected key precision in formats.q4"},
      {"NoRoomForNan", good_but(q4, "kind = \"float\"\nbits = 4\nprecision = 1"),
       "my.toml:7: expected at least 2 exponent bits and precision 2 with specials \"ieee\", or "
       "specials = \"finite\""},
      {"BiasBeyondBinary64",
       good_but(q4, "kind = \"float\"\nbits = 16\nprecision = 8\nbias = 1090"),
       "my.toml:8: expected a bias with which every number is a binary64 number, but they reach "
       "from "
       "2^-1096 to 2^-836"},
      {"MillionElements", good_but(q4, "kind = \"set\"\nvalues = [" + million_numbers() + "]"),
       "my.toml:6: expected formats.q4.values to be an array of 2 to 256 ascending numbers: set, "
       "found "
       "array"},
      {"TooManyPowers", good_but(q4, "kind = \"set\"\npowers = [-1000, 1000]"),
       "my.toml:6: expected a set of 2 to 256 numbers, found 4003"},
      {"PowersUpsideDown", good_but(q4, "kind = \"set\"\npowers = [0, -7]"),
       "my.toml:6: expected powers [-7, 0], the lowest first"},
      {"RepeatedValue", good_but(q4, "kind = \"set\"\nvalues = [-1, 0, 0, 1]"),
       "my.toml:6: expected ascending values, each once"},
      {"NanInASet", good_but(q4, "kind = \"set\"\nvalues = [0, nan]"),
       "my.toml:6: expected a finite number"},
      {"EmptySet", good_but(q4, "kind = \"set\""),
       "my.toml:4: expected either values = [...] or powers = [LOWEST, HIGHEST] of a set"},
      {"SetOfBoth", good_but(q4, "kind = \"set\"\nvalues = [0, 1]\npowers = [0, 1]"),
       "my.toml:7: expected either values = [...] or powers = [LOWEST, HIGHEST] of a set"},
      {"ZeroWithoutPowers", good_but(q4, "kind = \"set\"\nvalues = [0, 1]\nzero = true"),
       "my.toml:7: expected no key zero without powers"},
      {"LogarithmOfThree", good_but(q4, "kind = \"set\"\nvalues = [1, 3]\nnearest = \"logarithm\""),
       "my.toml:7: expected nearest = \"value\": only between powers of two is there a middle of "
       "logarithms"},
      {"TiesToEvenInASet",
       good_and("[formats.t]\nkind = \"set\"\nvalues = [0, 1]\n[at.target]\nformat = \"t\""),
       "my.toml:38: expected rounding = \"nearest_zero\" or another direction: the numbers of a "
       "set "
       "are neither even nor odd"},
      {"AffineWithoutScale",
       good_and("[formats.a]\nkind = \"affine\"\nbits = 8\nscale = \"none\"\n[at.target]\nformat = "
                "\"a\""),
       "my.toml:38: expected scale = \"tensor\", \"row\", \"block:N\" or \"operands\": without a "
       "scale "
       "a format is of kind \"fixed\""},
      {"ScaleFormatWithoutScale",
       good_and("[formats.t]\nkind = \"set\"\nvalues = [0, 1]\nscale_format = "
                "\"e8m0\"\n[at.target]\nformat = \"t\""),
       "my.toml:38: expected no scale_format where no scale is stored with the numbers"},
      {"NoFormatAtAPoint", good_but("format = \"int16_12\"", "rounding = \"up\""),
       "my.toml:26: expected key \"format\" in at.delta"},
      {"NoStoredFormat", good_but("[at.delta]\nformat = \"int16_12\"\n", ""),
       "my.toml:14: expected [at.delta] with the format in which a port stores it"},
      {"FiveRoundings",
       good_but(activation,
                "[at]\nactivation = [{ format = \"q4\" }, { format = \"q4\" }, { format = "
                "\"q4\" }, { format = \"q4\" }, { format = \"q4\" }]"),
       "my.toml:24: expected at.activation to be a table of a rounding, or an array of tables: one "
       "rounding after the other, found array"},
      {"RandomBitsOfNearest",
       good_but("format = \"int16_12\"",
                "format = \"int16_12\"\nrandom_bits = "
                "8"),
       "my.toml:28: expected rounding = \"stochastic\" where there are random_bits"},
      {"StochasticWithoutBits",
       good_but("format = \"int16_12\"", "format = \"int16_12\"\nrounding = \"stochastic\""),
       "my.toml:26: expected random_bits = \"all\" or a number of a stochastic rounding"},
      {"StochasticWithoutGenerator",
       good_but("format = \"int16_12\"",
                "format = \"int16_12\"\nrounding = \"stochastic\"\nrandom_bits = 8"),
       "my.toml:28: expected [random] with generator = \"lcg32/1\" or another one that gives the "
       "random bits, or \"device\" where it is unknown"},
      {"GeneratorOfNothing", good_and("[random]\ngenerator = \"lcg32/1\""),
       "my.toml:35: expected no [random]: nothing is rounded at random"},
      {"AllBitsOfAFloat",
       good_but("format = \"int16_12\"",
                "format = \"int16_12\"\n[at.change]\nformat = \"int16_12\"\nrounding = "
                "\"stochastic\"\nrandom_bits = \"all\"\n[random]\ngenerator = \"lcg32/1\""),
       "my.toml:31: expected a number of random_bits: \"all\" needs operands at.change of fixed "
       "formats, so that their last bit is known"},
      {"MappingOfAllBits",
       good_but("format = \"int16_12\"",
                "format = \"int16_12\"\nrounding = "
                "\"stochastic\"\nrandom_bits = \"all\"\nmapping = "
                "\"nearest\""),
       "my.toml:30: expected a mapping only with a number of random_bits, since \"all\" leave "
       "nothing "
       "to cut or round"},
      {"NoRoundingOfAFloat", good_and("[at.target]\nformat = \"binary16\"\nrounding = \"none\""),
       "my.toml:37: expected a rounding other than \"none\" to a format of kind \"float\""},
      {"NoRoundingOfBinary32", good_but("\"nearest_away\"", "\"none\""),
       "my.toml:16: expected a rounding other than \"none\" at.input, which gets binary32 numbers"},
      {"InfinityOfIntegers", good_but("\"nearest_away\"", "\"zero\"\noverflow = \"infinity\""),
       "my.toml:17: expected overflow = \"saturate\": the format has no infinity"},
      {"InfinityOfE4m3", good_and("[at.target]\nformat = \"e4m3\"\noverflow = \"infinity\""),
       "my.toml:37: expected overflow = \"saturate\": the format has no infinity"},
      {"NanOfE2m1", good_and("[at.target]\nformat = \"e2m1\"\noverflow = \"infinity_or_nan\""),
       "my.toml:37: expected overflow = \"saturate\": the format has neither infinity nor NaN"},
      {"WrapOfAFloat", good_and("[at.target]\nformat = \"binary16\"\noverflow = \"wrap\""),
       "my.toml:37: expected overflow = \"saturate\": only a fixed format that is not symmetric "
       "wraps "
       "to itself"},
      {"WrapOfASymmetricFormat",
       good_but("fraction_bits = 4", "fraction_bits = 4\nsymmetric = true") +
           "overflow = \"wrap\"\n",
       "my.toml:35: expected overflow = \"saturate\": only a fixed format that is not symmetric "
       "wraps "
       "to itself"},
      {"WrapOfTensorsOf64Bits",
       good_and(
           "[formats.w]\nkind = \"fixed\"\nbits = 64\nfraction_bits = 4\n[at.target]\nformat = "
           "\"w\"\noverflow = \"wrap\""),
       "my.toml:41: expected at most 32 bits of what wraps at.target"},
      {"SaturationWithoutOrder", good_but("\"outside_domain\"", "\"saturate\""),
       "my.toml:18: expected order.sum = \"ascending\", since at.forward_sum saturates between "
       "terms; "
       "or order.saturate = \"end\", or overflow = \"outside_domain\" where no sum gets so far"},
      {"SaturationWithoutPlaceOfTheBias",
       good_but("\"outside_domain\"", "\"saturate\"") + "[order]\nsum = \"tree:4\"",
       "my.toml:18: expected order.bias = \"first\", since at.forward_sum saturates between terms; "
       "or "
       "order.saturate = \"end\", or overflow = \"outside_domain\" where no sum gets so far"},
      {"WrapWithFreeOrder",
       good_but("rounding = \"none\"\noverflow = \"outside_domain\"",
                "rounding = \"none\"\noverflow = \"wrap\"\n[at.forward_product]\nformat = "
                "\"q4\"\nrounding = \"down\""),
       "my.toml:21: expected overflow = \"saturate\" or \"outside_domain\" at.forward_sum, or "
       "known "
       "bits there: products may be fused into additions, and what wraps has no bound"},
      {"WrapBehindEitherNeighbour",
       good_but("rounding = \"none\"\noverflow = \"outside_domain\"",
                "rounding = \"none\"\noverflow = \"wrap\"\n[at.forward_product]\nformat = "
                "\"q4\"\nrounding = \"any\"\n[order]\nfused = false"),
       "my.toml:21: expected overflow = \"saturate\" or \"outside_domain\" at.forward_sum, or "
       "known "
       "bits there: at.forward_product may go to either neighbour, and what wraps has no bound"},
      {"LanesOfOne", good_and("[order]\nsum = \"lanes:1\""),
       "my.toml:36: expected tree:N and lanes:N with N from 2 to 64"},
      {"UnknownOrder", good_and("[order]\nsum = \"pairwise\""),
       "my.toml:36: expected order.sum to be \"ascending\", \"descending\", \"tree:N\", "
       "\"lanes:N\" or "
       "\"any\", the order in which terms are added; default any, found \"pairwise\""},
      {"SaturationOfNoLanes", good_and("[order]\nsum = \"ascending\"\nsaturate = \"lane\""),
       "my.toml:37: expected saturate = \"lane\" only with sum = \"tree:N\" or \"lanes:N\""},
      {"ProductThatIsNeverMade",
       good_and("[at.delta_times_activation]\nformat = \"int16_12\"\n[order]\nupdate = "
                "\"learning_rate_times_delta\""),
       "my.toml:35: expected no [at.delta_times_activation] with order.update = "
       "\"learning_rate_times_delta\""},
      {"OtherProductThatIsNeverMade",
       good_and("[at.learning_rate_times_delta]\nformat = \"int16_12\"\n[order]\nupdate = "
                "\"delta_times_activation\""),
       "my.toml:35: expected no [at.learning_rate_times_delta] with order.update = "
       "\"delta_times_activation\""},
      {"ErrorOfRelu", good_and("[activation.relu]\ndefinition = \"within\""),
       "my.toml:35: expected no key \"relu\" in activation"},
      {"WithinNothing", good_and("[activation.tanh]\ndefinition = \"within\""),
       "my.toml:35: expected key ulps in activation.tanh"},
      {"UlpsOfCorrectRounding",
       good_and("[activation.tanh]\ndefinition = \"correctly_rounded\"\nulps = 1"),
       "my.toml:37: expected definition = \"within\" where there is ulps"},
      {"UlpsOfASet",
       but(good_but("fraction_bits = \"operands\"", "fraction_bits = 8"), activation,
           "[formats.t]\nkind = \"set\"\nvalues = [0, 1]\n[at.activation]\nformat = "
           "\"t\"\nrounding = \"zero\"\n[activation.tanh]\ndefinition = \"within\"\nulps = 1"),
       "my.toml:31: expected key ulp_exponent: an activation that is neither float nor fixed has "
       "no "
       "ulp"},
      {"ShortTable",
       good_and("[at.pre_activation]\nformat = \"q4\"\n[activation.tanh]\ndefinition = "
                "\"table\"\ntable = [0, 1]"),
       "my.toml:39: expected 256 codes, one for each code of the pre-activation, found 2"},
      {"TableOfWhat", good_and("[activation.tanh]\ndefinition = \"table\"\ntable = [0, 1]"),
       "my.toml:37: expected [at.pre_activation] with a fixed or affine format of at most 12 bits, "
       "which a table is indexed with"},
      {"CodeBeyondTheFormat",
       good_and(
           "[formats.q]\nkind = \"fixed\"\nbits = 2\nfraction_bits = 0\n[at.pre_activation]\n"
           "format = \"q\"\n[activation.tanh]\ndefinition = \"table\"\ntable = [0, 1, 2, 128]"),
       "my.toml:43: expected codes of at.activation, -128 to 127, found 128"},
      {"TensorWithoutRule", good_but("fraction_bits = 4", "fraction_bits = \"tensor\""),
       "my.toml:15: expected [scale.input] with a rule for the fraction bits of format \"q4\""},
      {"RuleOfAFloat",
       good_and("[at.target]\nformat = \"binary32\"\n[scale.target]\nrule = \"max_abs\""),
       "my.toml:37: expected no [scale.target]: format \"binary32\" of at.target has neither a "
       "scale "
       "nor fraction bits \"tensor\""},
      {"RuleOfNoTensor", good_and("[scale.forward_sum]\nrule = \"max_abs\""),
       "my.toml:35: expected no key \"forward_sum\" in scale"},
      {"MeanOfFractionBits",
       good_but("int16_12", "d") + "\n[formats.d]\nkind = \"fixed\"\nbits = 8\nfraction_bits = "
                                   "\"tensor\"\n[scale.delta]\nrule = \"mean_abs\"",
       "my.toml:40: expected rule = \"max_abs_power_of_two\", \"given\" or "
       "\"widen_on_saturation\": "
       "fraction bits are powers of two"},
      {"WideningDeltas",
       good_but("int16_12", "d") +
           "\n[formats.d]\nkind = \"fixed\"\nbits = 8\nfraction_bits = "
           "\"tensor\"\n[scale.delta]\nrule = \"widen_on_saturation\"\nminimum = 5",
       "my.toml:40: expected rule = \"widen_on_saturation\" only for weight, with a fixed format"},
      {"MinimumWithoutWidening", good_and("[scale.weight]\nrule = \"given\"\nminimum = 5"),
       "my.toml:37: expected no minimum with rule \"given\": fraction_bits_range of the format "
       "limits "
       "it"},
      {"WidenedWithoutRule", good_and("[at.weight_widened]\nformat = \"q4\""),
       "my.toml:35: expected no [at.weight_widened] without scale.weight.rule = "
       "\"widen_on_saturation\""},
      {"ScaleOfAProduct",
       good_and("[formats.d]\nkind = \"fixed\"\nbits = 8\nfraction_bits = "
                "\"tensor\"\n[at.derivative]\nformat = \"d\""),
       "my.toml:40: expected a format whose scale and fraction bits are not those of a tensor: "
       "at.derivative is none"},
      {"StartInAnotherFormat", good_and("[at.initial_weight]\nformat = \"int16_12\""),
       "my.toml:36: expected the format of at.weight at.initial_weight, too: both are numbers of "
       "the "
       "same tensor"},
      {"StartIsNotSaid", good_but(weight, weight + "\nrounding = \"down\""),
       "my.toml:14: expected [at.initial_weight], how parameters given in binary32 are rounded: "
       "at.weight does not round to nearest"},
      {"RequantizationOfFixed",
       good_and("[at.pre_activation]\nformat = \"q4\"\nrequantization = \"double\""),
       "my.toml:37: expected requantization only first at.pre_activation with a format of kind "
       "\"affine\""},
      {"ScaleFromNowhere",
       good_and("[formats.u]\nkind = \"affine\"\nbits = 8\n[at.target]\nformat = \"u\"\n"
                "[scale.target]\nrule = \"fixed\""),
       "my.toml:40: expected key range in scale.target, what its codes reach"},
      {"RangeOfAScaleThatFollows",
       but(good_but("fraction_bits = \"operands\"", "fraction_bits = 8"), weight,
           "[at.weight]\nformat = \"w\"\n[formats.w]\nkind = \"affine\"\nbits = 8\n"
           "[scale.weight]\nrule = \"max_abs\"\nrange = [-2, 2]"),
       "my.toml:36: expected no range in scale.weight: its scale follows from its numbers"},
      {"RangeOfFractionBits",
       good_but(weight,
                "[at.weight]\nformat = \"w\"\n[formats.w]\nkind = \"fixed\"\nbits = 8\n"
                "fraction_bits = \"tensor\"\n[scale.weight]\nrule = \"given\"\nrange = [-2, 2]"),
       "my.toml:37: expected no range in scale.weight: its scale follows from its numbers"},
      {"FixedScaleOfWeights",
       but(good_but("fraction_bits = \"operands\"", "fraction_bits = 8"), weight,
           "[at.weight]\nformat = \"w\"\n[formats.w]\nkind = \"affine\"\nbits = 8\n"
           "[scale.weight]\nrule = \"fixed\"\nrange = [-2, 2]"),
       "my.toml:35: expected rule = \"fixed\" only for affine tensors that are neither weights nor "
       "biases"},
      {"RangeWithoutZero",
       good_and("[formats.u]\nkind = \"affine\"\nbits = 8\n[at.target]\nformat = \"u\"\n"
                "[scale.target]\nrule = \"fixed\"\nrange = [1, 2]"),
       "my.toml:42: expected a range [lowest, highest] around 0, from 2^-40 to 2^40 wide"},
      {"MaskOfNoClamp", good_and("[training]\nclamp_mask = true"),
       "my.toml:36: expected [at.pre_activation] with overflow = \"saturate\", which a clamp_mask "
       "looks at"},
      {"LayersTwice", good_and("[training]\ntrained_layers = [2, 2]"),
       "my.toml:36: expected ascending layer numbers, each once"},
      {"ErrorWithoutLossScale", good_and("[at.scaled_error]\nformat = \"int16_8\""),
       "my.toml:35: expected no [at.scaled_error] without training.loss_scale, which multiplies "
       "errors"},
      {"ScaleOfGradients", good_and("[training]\ngradient_scale = \"inverse_square_of_scale\""),
       "my.toml:36: expected gradient_scale = \"none\": the weights have no scale to divide by"},
      {"ProjectionWithoutGenerator", good_and("[training]\nalgorithm = \"target_projection\""),
       "my.toml:36: expected key projection_generator, which draws the fixed matrices"},
      {"SeedOfNoProjection", good_and("[training]\nprojection_seed = 7"),
       "my.toml:36: expected no projection_seed without algorithm = \"target_projection\""},
      {"TooLong", good + std::string(1 << 20, '#'),
       "my.toml: expected a declaration of at most 1 MiB"},
  };
}

class BadDeclarations : public testing::TestWithParam<BadDeclaration> {};

TEST_P(BadDeclarations, CostOneLineThatSaysWhatToWrite) {
  EXPECT_EQ(complaint_about(GetParam().text), GetParam().complaint);
}

INSTANTIATE_TEST_SUITE_P(Arithmetic, BadDeclarations, testing::ValuesIn(bad_declarations()),
                         [](const auto& parameter) { return parameter.param.name; });

TEST(ArithmeticDeclaration, TheOneThatBadOnesAreMadeFromIsGood) {
  EXPECT_EQ(complaint_about(good), "");
}

TEST(ArithmeticDeclaration, IsFoundByNameOrPath) {
  EXPECT_EQ(read_arithmetic("int32_fixed").name, "int32_fixed");
  EXPECT_EQ(read_arithmetic(LSGD_ARITHMETICS_DIRECTORY "/ternary.toml").name, "ternary");
  try {
    read_arithmetic("int9");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(
        error.what(),
        "int9: expected an arithmetic that `lsgd-conform list profiles` shows or a file that "
        "ends in .toml");
  }
}

class EveryDeclaration : public testing::TestWithParam<std::string> {
 protected:
  const std::string& file() const { return GetParam(); }
  std::string text() const { return text_of_file(file()); }
};

INSTANTIATE_TEST_SUITE_P(Arithmetic, EveryDeclaration, testing::ValuesIn(declaration_files()),
                         [](const auto& parameter) {
                           return std::filesystem::path(parameter.param).stem().string();
                         });

TEST_P(EveryDeclaration, HasTheNameOfItsFile) {
  EXPECT_EQ(parse_arithmetic(text(), file()).name, std::filesystem::path(file()).stem());
}

TEST_P(EveryDeclaration, IsReadAgainFromItsCanonicalForm) {
  const std::string canonical = canonical_text(parse_arithmetic(text(), file()));
  EXPECT_EQ(canonical_text(parse_arithmetic("name = \"again\"\n" + canonical, "canonical")),
            canonical);
}

/// The same declaration in other words: no comments but new ones, tables and keys in random order,
/// other names of formats, another name and description.
std::string reworded(const std::string& text, std::mt19937& generator) {
  std::vector<std::vector<std::string>> tables(1);
  for (std::string line : lines_of(text)) {
    line = line.substr(0, line.find('#'));
    line.erase(line.find_last_not_of(' ') + 1);
    if (line.empty()) continue;
    if (line.front() == '[') tables.emplace_back();
    if (line.starts_with("[formats.")) line.insert(9, "renamed_");
    tables.back().push_back(line);
  }
  std::set<std::string> declared;
  for (const std::string& line : lines_of(text))
    if (line.starts_with("[formats.")) declared.insert(line.substr(9, line.find(']') - 9));
  for (auto& table : tables) {
    if (table.front().front() == '[') std::shuffle(table.begin() + 1, table.end(), generator);
    for (std::string& line : table) {
      for (const std::string& name : declared)
        for (const std::string key : {"format", "base"})
          if (line.starts_with(fmt::format("{} = \"{}\"", key, name)))
            line = fmt::format("{} = \"renamed_{}\"", key, name);
      if (line.starts_with("name")) line = "name = \"other\"";
      if (line.starts_with("description")) line = "description = \"in other words\"";
      line += "  # said otherwise";
    }
  }
  // The roundings of [[at.POINT]] keep their order; everything else has none.
  std::vector<std::size_t> order(tables.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin() + 1, order.end(), generator);
  std::map<std::string, std::vector<std::size_t>> arrays;
  for (std::size_t i = 0; i < tables.size(); ++i)
    if (tables[i].front().starts_with("[[")) arrays[tables[i].front()].push_back(i);
  std::map<std::string, std::size_t> taken;
  std::string shuffled;
  for (const std::size_t i : order) {
    const std::string& header = tables[i].front();
    const std::size_t table = header.starts_with("[[") ? arrays[header][taken[header]++] : i;
    shuffled += text_of(tables[table]) + "\n";
  }
  return shuffled;
}

TEST_P(EveryDeclaration, HasTheSameDigestInOtherWords) {
  std::mt19937 generator(1);
  const std::string digest = digest_of(parse_arithmetic(text(), file()));
  for (int i = 0; i < 20; ++i) {
    const std::string other = reworded(text(), generator);
    ASSERT_EQ(digest_of(parse_arithmetic(other, "other.toml")), digest) << other;
  }
}

/// Whether the schema admits a value as TOML writes it, its range aside.
bool is_of_type(const json& schema, const std::string& value) {
  const std::map<char, std::string> types{
      {'"', "string"}, {'[', "array"}, {'{', "object"}, {'t', "boolean"}, {'f', "boolean"}};
  const auto found = types.find(value.front());
  const std::string type = found == types.end() ? "number" : found->second;
  const std::string first_line = value.substr(0, value.find('\n'));
  if (schema.contains("enum"))
    return type == "string" &&
           std::ranges::find(schema["enum"], json::parse(first_line)) != schema["enum"].end();
  const json& admitted = schema.at("type");
  const json list = admitted.is_array() ? admitted : json::array({admitted});
  return std::ranges::any_of(list, [&](const json& name) {
    return name == type || (name == "integer" && type == "number");
  });
}

/// Other values of a key, with the keys that they need.
std::vector<std::string> other_values(const json& schema, const std::string& value) {
  std::vector<std::string> values{"\"tensor\"",
                                  "\"operands\"",
                                  "{ operands = -7 }",
                                  "5",
                                  "\"all\"",
                                  "7",
                                  "\"ascending\"",
                                  "\"descending\"",
                                  "\"tree:3\"",
                                  "\"lanes:3\"",
                                  "\"any\"",
                                  "true",
                                  "false",
                                  "\"row\"",
                                  "\"block:8\"",
                                  "\"none\"",
                                  "[1, 2]",
                                  "[-1, 0, 2]",
                                  "[1, 7]",
                                  "[0, 6]",
                                  "0.25",
                                  "{ identity = 4, relu = 4, sigmoid = 6, tanh = 7, input = 7 }",
                                  "\"e3m2\"",
                                  "\"int16_5\"",
                                  "\"within\"\nulps = 3",
                                  "\"target_projection\"\nprojection_generator = \"lcg32/1\""};
  if (schema.contains("enum"))
    for (const json& name : schema["enum"]) values.push_back(name.dump());
  double number = 0;
  if (std::istringstream(value) >> number)
    for (const double step : {1.0, -1.0}) values.push_back(fmt::format("{}", number + step));
  // A table with its last code changed.
  if (value.starts_with('[')) values.push_back(value.substr(0, value.find_last_of(' ')) + " 0]");
  std::erase_if(values, [&](const std::string& other) {
    const bool is_synonym = value == "{ operands = 0 }" && other == "\"operands\"";
    return other == value || is_synonym || !is_of_type(schema, other);
  });
  return values;
}

/// The part of the schema that describes a key of a table header, e.g. "at.weight".
json schema_of(const json& schema, const std::string& header, const std::string& key) {
  const std::string table = header.substr(0, header.find('.'));
  json node = schema.at("properties").at(table);
  if (header != table) {
    const std::map<std::string, std::string> definitions{
        {"formats", "format"}, {"at", "point"}, {"activation", "activation"}, {"scale", "scale"}};
    node = schema.at("definitions").at(definitions.at(table));
  }
  return node.at("properties").at(key);
}

/// The four profiles, one with a loss of its own, one with calibrated scales, and the arithmetics
/// that are only tests: they have every key.
bool has_keys_of_its_own(const std::string& file) {
  const std::filesystem::path path(file);
  constexpr std::array profiles{"float32",     "float32_mean_loss", "int32_fixed",
                                "int8_hybrid", "int8_integer",      "int8_affine_calibrated"};
  return path.parent_path() == LSGD_ARITHMETICS_DIRECTORY ||
         std::ranges::find(profiles, path.stem().string()) != profiles.end();
}

/// Every key of the canonical forms of declarations is given every other value that makes a
/// declaration: its digest must be another one.
TEST(ArithmeticDigest, ChangesWithEveryKey) {
  const json schema = json::parse(schema_text("arithmetic"));
  std::set<std::string> changed;
  std::size_t count = 0;
  for (const std::string& file : declaration_files()) {
    if (!has_keys_of_its_own(file)) continue;
    const std::string canonical = canonical_text(parse_arithmetic(text_of_file(file), file));
    std::vector<std::string> lines = lines_of(canonical);
    std::string header;
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const std::string line = lines[i];
      if (line.starts_with('[')) {
        const std::size_t begin = line.find_first_not_of('[');
        header = line.substr(begin, line.find(']') - begin);
      }
      const std::size_t equals = line.find(" = ");
      if (line.starts_with('[') || equals == std::string::npos) continue;
      const std::string key = line.substr(0, equals);
      const std::string value = line.substr(equals + 3);
      for (const std::string& other : other_values(schema_of(schema, header, key), value)) {
        lines[i] = key + " = " + other;
        try {
          const Arithmetic arithmetic =
              parse_arithmetic("name = \"changed\"\n" + text_of(lines), "changed.toml");
          ASSERT_NE(canonical_text(arithmetic), canonical)
              << file << " [" << header << "] " << line << " -> " << other;
          changed.insert(header.substr(0, header.find('.')) + "." + key);
          ++count;
        } catch (const InputError&) {
          // Not a declaration.
        }
      }
      lines[i] = line;
    }
  }
  std::set<std::string> keys;
  for (const auto& [table, definition] : {std::pair{"formats", "format"},
                                          {"at", "point"},
                                          {"activation", "activation"},
                                          {"scale", "scale"}})
    for (const auto& [key, node] : schema["definitions"][definition]["properties"].items())
      keys.insert(fmt::format("{}.{}", table, key));
  for (const std::string table : {"order", "random", "training"})
    for (const auto& [key, node] : schema["properties"][table]["properties"].items())
      keys.insert(table + "." + key);
  // Other words for `values`, and for what a base has; whose kinds differ have different keys.
  for (const std::string key :
       {"formats.base", "formats.powers", "formats.zero", "formats.negative", "formats.kind"})
    keys.erase(key);
  for (const std::string& key : changed) EXPECT_EQ(keys.erase(key), 1U) << key;
  EXPECT_EQ(keys, std::set<std::string>());
  EXPECT_GT(count, 1000U);
}

TEST(ArithmeticDigest, DiffersBetweenAllDeclarations) {
  std::set<std::string> digests;
  for (const std::string& file : declaration_files())
    digests.insert(digest_of(parse_arithmetic(text_of_file(file), file)));
  EXPECT_EQ(digests.size(), declaration_files().size());
  for (const std::string& digest : digests) EXPECT_EQ(digest.size(), 64U);
}

// ---------------------------------------------------------------------------------------------

template <Named Enumeration>
void expect_names(const json& node, std::size_t first = 0) {
  std::vector<std::string> names;
  for (std::size_t i = first; i < EnumeratorNames<Enumeration>::names.size(); ++i)
    names.emplace_back(EnumeratorNames<Enumeration>::names.at(i));
  EXPECT_EQ(node.at("enum").get<std::vector<std::string>>(), names);
}

TEST(ArithmeticSchema, HasTheNamesOfTheEnumerators) {
  const json schema = json::parse(schema_text("arithmetic"));
  const json& format = schema.at("definitions").at("format").at("properties");
  const json& point = schema.at("definitions").at("point").at("properties");
  const json& order = schema.at("properties").at("order").at("properties");
  const json& training = schema.at("properties").at("training").at("properties");
  const json& random = schema.at("properties").at("random").at("properties");
  expect_names<FormatKind>(format.at("kind"));
  expect_names<Specials>(format.at("specials"));
  expect_names<Subnormals>(format.at("subnormals"));
  expect_names<NearestPower>(format.at("nearest"));
  expect_names<ScaleFormat>(format.at("scale_format"));
  expect_names<RoundingDirection>(point.at("rounding"));
  expect_names<Overflow>(point.at("overflow"));
  expect_names<RandomMapping>(point.at("mapping"));
  expect_names<Requantization>(point.at("requantization"));
  expect_names<BiasPosition>(order.at("bias"));
  expect_names<SumSaturation>(order.at("saturate"));
  expect_names<UpdateProduct>(order.at("update"));
  expect_names<DerivativeForm>(order.at("derivative"));
  expect_names<Intermediates>(order.at("intermediates"));
  expect_names<ActivationRule>(
      schema.at("definitions").at("activation").at("properties").at("definition"));
  expect_names<ScaleRule>(schema.at("definitions").at("scale").at("properties").at("rule"));
  expect_names<RandomGenerator>(random.at("generator"), 1);
  expect_names<DrawOrder>(random.at("order"));
  expect_names<FirstLayerInput>(training.at("first_layer_input"));
  expect_names<LossScale>(training.at("loss_scale"));
  expect_names<GradientScale>(training.at("gradient_scale"));
  expect_names<TrainingAlgorithm>(training.at("algorithm"));

  std::set<std::string> points;
  for (const std::string_view name : EnumeratorNames<Point>::names) points.emplace(name);
  std::set<std::string> declared;
  for (const auto& [name, node] : schema["properties"]["at"]["properties"].items())
    declared.insert(name);
  EXPECT_EQ(declared, points);
  std::set<std::string> tensors;
  for (std::size_t p = 0; p < point_count; ++p)
    if (is_tensor(static_cast<Point>(p))) tensors.emplace(name_of(static_cast<Point>(p)));
  declared.clear();
  for (const auto& [name, node] : schema["properties"]["scale"]["properties"].items())
    declared.insert(name);
  EXPECT_EQ(declared, tensors);
}

/// The keys that a table by function may have.
std::set<std::string> functions_of(const json& table) {
  std::set<std::string> keys;
  for (const auto& [key, node] : table.at("properties").items()) keys.insert(key);
  return keys;
}

TEST(ArithmeticSchema, HasTablesByEveryActivationFunction) {
  const json definitions = json::parse(schema_text("arithmetic"))["definitions"];
  std::set<std::string> names;
  for (const Activation function : all_activations) names.emplace(name_of(function));
  EXPECT_EQ(functions_of(definitions["scale"]["properties"]["range"]), names);
  names.insert({"input", "operands"});
  EXPECT_EQ(functions_of(definitions["format"]["properties"]["fraction_bits"]), names);
}

/// The declaration of these tests with fraction bits by function.
Arithmetic by_function(const std::string& leaky_relu) {
  return parse_arithmetic(
      good_but("[at.activation]\nformat = \"q4\"",
               "[at.activation]\nformat = \"a\"\n[formats.a]\nkind = \"fixed\"\nbits = 8\n"
               "fraction_bits = { identity = 4, relu = 4, sigmoid = 7, tanh = 7, " +
                   leaky_relu + "input = 7 }"),
      "my.toml");
}

TEST(LeakyRelu, IsLeftOutByATableThatDoesNotNameIt) {
  EXPECT_TRUE(parse_arithmetic(good, "my.toml").has(Activation::leaky_relu));
  EXPECT_TRUE(by_function("leaky_relu = 4, ").has(Activation::leaky_relu));
  EXPECT_FALSE(by_function("").has(Activation::leaky_relu));
  EXPECT_TRUE(by_function("").has(Activation::relu));
  EXPECT_TRUE(read_arithmetic("float32").has(Activation::leaky_relu));
  for (const char* name : {"int8_hybrid", "int8_integer", "int32_fixed"})
    EXPECT_FALSE(read_arithmetic(name).has(Activation::leaky_relu)) << name;
}

TEST(LeakyRelu, IsPartOfTheDigestWhereATableNamesIt) {
  EXPECT_NE(digest_of(by_function("leaky_relu = 4, ")), digest_of(by_function("")));
  EXPECT_NE(digest_of(by_function("leaky_relu = 4, ")), digest_of(by_function("leaky_relu = 5, ")));
}

/// The rows that the page about the language must have, and no others: a key and what it takes.
std::set<std::string> rows_of_the_schema() {
  const json schema = json::parse(schema_text("arithmetic"));
  std::set<std::string> rows;
  const auto add = [&](const json& properties) {
    for (const auto& [key, node] : properties.items()) {
      std::vector<std::string> names;
      for (const json& name : node.value("enum", json::array())) names.push_back(name);
      const std::string values =
          names.empty() ? "" : fmt::format("`{}`: ", fmt::join(names, "` `"));
      rows.insert(
          fmt::format("| `{}` | {}{} |", key, values, node.at("description").get<std::string>()));
    }
  };
  for (const auto& [name, definition] : schema["definitions"].items())
    add(definition.at("properties"));
  for (const std::string table : {"at", "order", "random", "training"})
    add(schema["properties"][table]["properties"]);
  return rows;
}

TEST(ArithmeticReadme, ListsTheKeysOfTheSchema) {
  std::set<std::string> rows;
  for (const std::string& line : lines_of(text_of_file(LSGD_ARITHMETICS_README)))
    if (line.starts_with("| `")) rows.insert(line);
  for (const std::string& row : rows_of_the_schema()) EXPECT_TRUE(rows.contains(row)) << row;
  for (const std::string& row : rows) EXPECT_TRUE(rows_of_the_schema().contains(row)) << row;
}

TEST(ArithmeticReadme, ShowsDeclarationsThatAreAccepted) {
  const std::string page = text_of_file(LSGD_ARITHMETICS_README);
  std::size_t examples = 0;
  for (std::size_t at = page.find("```toml\n"); at != std::string::npos;
       at = page.find("```toml\n", at + 1)) {
    const std::size_t begin = at + 8;
    EXPECT_EQ(complaint_about(page.substr(begin, page.find("```", begin) - begin)), "");
    ++examples;
  }
  EXPECT_GE(examples, 1U);
}

// ---------------------------------------------------------------------------------------------

TEST(PredefinedFormats, AreThoseOfTheirStandards) {
  const auto format = [](const std::string& name) {
    const std::string text = good_but("int16_12", name);
    return *parse_arithmetic(text, "my.toml").format(Point::delta);
  };
  // Largest finite numbers: IEEE 754 table 3.5, OCP 8-bit floating point 1.0 and microscaling 1.0.
  const std::map<std::string, double> largest{{"binary64", 0x1.fffffffffffffp+1023},
                                              {"binary32", 0x1.fffffep+127},
                                              {"binary16", 65504},
                                              {"bfloat16", 0x1.fep+127},
                                              {"tf32", 0x1.ffcp+127},
                                              {"e5m2", 57344},
                                              {"e4m3", 448},
                                              {"e3m2", 28},
                                              {"e2m3", 7.5},
                                              {"e2m1", 6}};
  for (const auto& [name, number] : largest)
    EXPECT_EQ(range_of(format(name), 0).highest, number) << name;
  EXPECT_EQ(range_of(format("int8_7"), 7).highest, 127.0 / 128);
  EXPECT_EQ(range_of(format("int8_7"), 7).lowest, -1);
  EXPECT_EQ(range_of(format("int32_27"), 27).highest, 16 - 0x1p-27);
}

std::map<Point, VerdictKind> verdicts(const std::string& profile) {
  std::map<Point, VerdictKind> kinds;
  for (const TensorJudgement& judgement : judgements_of(read_arithmetic(profile)))
    kinds[judgement.tensor] = judgement.kind;
  return kinds;
}

TEST(Judgement, IsThatOfSpecForTheFourProfiles) {
  using enum VerdictKind;
  using enum Point;
  // SPEC 6.1, 4.6 and 4.8, 11.11, 13.9.
  EXPECT_EQ(verdicts("float32"), (std::map<Point, VerdictKind>{{pre_activation, bound},
                                                               {activation, bound},
                                                               {delta, bound},
                                                               {weight, bound},
                                                               {bias, bound}}));
  EXPECT_EQ(verdicts("int8_hybrid"), (std::map<Point, VerdictKind>{{pre_activation, bits},
                                                                   {activation, bits},
                                                                   {delta, bound},
                                                                   {weight, acceptance_set},
                                                                   {bias, acceptance_set}}));
  EXPECT_EQ(verdicts("int8_integer"), (std::map<Point, VerdictKind>{{pre_activation, bits},
                                                                    {activation, bits},
                                                                    {delta, bits},
                                                                    {weight, bits},
                                                                    {bias, bits}}));
  EXPECT_EQ(verdicts("int32_fixed"), (std::map<Point, VerdictKind>{{pre_activation, bound},
                                                                   {activation, bound},
                                                                   {delta, bound},
                                                                   {weight, bound},
                                                                   {bias, bound}}));
}

TEST(Judgement, IsOfBitsWhereOnlyTheFunctionsOwnErrorIsFree) {
  using enum VerdictKind;
  const auto kinds = verdicts(LSGD_ARITHMETICS_DIRECTORY "/bfloat16_weights.toml");
  EXPECT_EQ(kinds.at(Point::pre_activation), bits);
  EXPECT_EQ(kinds.at(Point::activation), bound);
  EXPECT_EQ(kinds.at(Point::weight), bits);
  const auto wrapping = verdicts(LSGD_ARITHMETICS_DIRECTORY "/q6_10_wrapping.toml");
  for (const auto& [tensor, kind] : wrapping) EXPECT_EQ(kind, bits) << name_of(tensor);
}

TEST(Judgement, AcceptsBothNeighboursOfAnUnknownDraw) {
  const auto kinds = verdicts(LSGD_ARITHMETICS_DIRECTORY "/int4_device_draws.toml");
  EXPECT_EQ(kinds.at(Point::activation), VerdictKind::bits);
  EXPECT_EQ(kinds.at(Point::weight), VerdictKind::neighbours);
}

TEST(TrainingState, IsCountedByHand) {
  const Network network{
      {{6, 32, Activation::tanh}, {32, 16, Activation::tanh}, {16, 4, Activation::sigmoid}},
      Loss::bce};
  // 768 weights, 52 biases, 6 inputs, 52 activations, two rows of 32 deltas.
  const auto bytes = [&](const char* profile) {
    return training_state_bytes(read_arithmetic(profile), network);
  };
  EXPECT_EQ(bytes("float32").total(), 4U * (768 + 52 + 6 + 52 + 64));
  EXPECT_EQ(bytes("int32_fixed").total(), 4U * (768 + 52 + 6 + 52 + 64));
  // One byte of fraction bits for each weight and bias tensor; the sample stays in binary32.
  EXPECT_EQ(bytes("int8_hybrid").total(), 768U + 52 + 4 * 6 + 52 + 4 * 64 + 6);
  EXPECT_EQ(bytes("int8_integer").total(), 768U + 2 * 52 + 6 + 52 + 2 * 64 + 3 + 4);
}

}  // namespace
}  // namespace lsgd
