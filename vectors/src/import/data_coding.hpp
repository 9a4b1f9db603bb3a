// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lsgd {

/// How inputs that are numbers are scaled.
struct InputScale {
  enum class Kind : std::uint8_t {
    none,     ///< as they are
    min_max,  ///< (x - smallest) / (largest - smallest), in binary64; 0 where all are equal
    divisor,  ///< x / divisor
  };
  Kind kind = Kind::none;
  float divisor = 1;  ///< finite and above 0

  bool operator==(const InputScale&) const = default;
};

/// What unsigned bytes, which are pixels, are divided by unless something else is asked for.
constexpr InputScale pixel_scale{InputScale::Kind::divisor, 255};

/// "none", "min-max" or the divisor. Throws std::invalid_argument, whose text completes
/// "expected ...", for anything else.
InputScale input_scale_from_text(std::string_view text);
std::string to_text(const InputScale& scale);

/// What an input is made from.
struct InputCoding {
  std::string column;
  /// Of a column of names, ordered as ordered_names does: a name becomes place / (count - 1), 0
  /// where there is one. Empty for numbers.
  std::vector<std::string> names = {};
  float smallest = 0, largest = 0;  ///< of the numbers learned from, before scaling
  float mean = 0;                   ///< of them, which stands for a missing number

  bool operator==(const InputCoding&) const = default;
};

/// How the samples of a file were made from another's: what its test data must be made by, too. A
/// file of format "lsgd-coding/1" beside the imported data.
struct DataCoding {
  InputScale scale;
  std::vector<InputCoding> inputs;
  std::string label = {};                 ///< column of the label, where there are classes
  std::vector<std::string> classes = {};  ///< by their numbers
  std::vector<std::string> targets = {};  ///< columns of real targets, where there are no classes
  std::vector<std::string> ignored = {};  ///< columns left out

  bool operator==(const DataCoding&) const = default;
};

/// A text with the letters of ASCII in small ones.
std::string in_small_letters(std::string text);

/// The number that a text is, such as "-2", "+1.5e+3" or "0x1p-3"; nothing for others.
std::optional<double> number_of(std::string_view text);

/// Different names of `texts` in the order of their codes: by number if all are numbers (2.0 and 2
/// are one), else by their bytes.
std::vector<std::string> ordered_names(std::vector<std::string> texts);

/// Names of classes by their numbers. Integers from 0 on stay what they are, so that there are
/// names for those between; all others are ordered_names. A real number is no class. Throws
/// std::invalid_argument, whose text completes "expected ...".
std::vector<std::string> class_names(const std::vector<std::string>& texts);

/// Finds texts among ordered names or classes; numbers may be written otherwise than there.
class NamePlaces {
 public:
  explicit NamePlaces(const std::vector<std::string>& names);
  std::optional<std::uint32_t> find(std::string_view text) const;

 private:
  std::map<std::string, std::uint32_t, std::less<>> places_;
  bool are_numbers_ = true;
};

/// A number of a column as the input becomes it.
float scaled(const InputCoding& input, const InputScale& scale, float value);

/// The path of the coding beside a data file, DATA.coding.json, or `path` if it is one.
std::filesystem::path coding_path(const std::filesystem::path& path);

/// Parses a file of format "lsgd-coding/1". `file` is the name that errors carry. Throws
/// InputError.
DataCoding parse_coding(std::string_view text, const std::string& file);
DataCoding read_coding(const std::filesystem::path& path);
/// Writes a file that read_coding reads back the same.
void write_coding(const std::filesystem::path& path, const DataCoding& coding);

}  // namespace lsgd
