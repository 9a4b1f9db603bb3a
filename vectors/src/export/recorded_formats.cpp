// SPDX-License-Identifier: Apache-2.0
#include "export/recorded_formats.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "export/export_format_stream.hpp"
#include "files/sha256.hpp"
#include "format_digest_texts.hpp"

namespace lsgd {
namespace {

constexpr int most_bits_of_every_direction = 16;

/// Random bits and mappings of the recorded stochastic roundings.
struct RecordedDraw {
  int bits;
  RandomMapping mapping;
};
constexpr std::array recorded_draws{
    RecordedDraw{4, RandomMapping::truncate}, RecordedDraw{8, RandomMapping::truncate},
    RecordedDraw{8, RandomMapping::midpoint}, RecordedDraw{8, RandomMapping::nearest}};

/// The streams of one operation with all roundings.
class StreamList {
 public:
  StreamList(std::string format_name, const NumberFormat& format)
      : format_name_(std::move(format_name)), format_(format) {}

  void add_operation(FormatOperation operation) {
    operation_ = operation;
    if (operation == FormatOperation::decode) {
      add({.format = format_});
      return;
    }
    const std::vector<Overflow> rules = overflow_rules(format_);
    if (format_.bits > most_bits_of_every_direction) {
      add({.format = format_, .overflow = rules.back()});
      return;
    }
    for (const Overflow rule : rules)
      for (const RoundingDirection direction : streamed_directions())
        add_direction(direction, rule);
    add_flushing(rules.back());
  }

  std::vector<FormatStream> take() { return std::move(streams_); }

 private:
  void add(const Rounding& rounding) {
    FormatStream stream{format_name_, operation_, rounding};
    if (!why_not_streamed(stream)) streams_.push_back(std::move(stream));
  }

  void add_direction(RoundingDirection direction, Overflow rule) {
    Rounding rounding{.format = format_, .direction = direction, .overflow = rule};
    if (direction != RoundingDirection::stochastic) {
      add(rounding);
      return;
    }
    for (const RecordedDraw& draw : recorded_draws) {
      rounding.random_bits = draw.bits;
      rounding.mapping = draw.mapping;
      add(rounding);
    }
  }

  void add_flushing(Overflow rule) {
    if (format_.kind != FormatKind::floating || format_.bits % 8 != 0) return;
    for (const Subnormals subnormals :
         {Subnormals::flush_results, Subnormals::flush_operands, Subnormals::flush_both}) {
      Rounding rounding{.format = format_, .overflow = rule};
      rounding.format.subnormals = subnormals;
      add(rounding);
    }
  }

  std::string format_name_;
  NumberFormat format_;
  FormatOperation operation_ = FormatOperation::decode;
  std::vector<FormatStream> streams_;
};

constexpr std::string_view digest_header =
    "operation,rounding,random_bits,mapping,overflow,subnormals,rows,sha256\n";

std::set<std::string, std::less<>> lines_of(std::string_view text) {
  std::set<std::string, std::less<>> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

const std::vector<std::string>& recorded_formats() {
  static const std::vector<std::string> names{"e5m2",
                                              "e4m3",
                                              "e3m2",
                                              "e2m3",
                                              "e2m1",
                                              "e8m0",
                                              "int8_0",
                                              "int8_4",
                                              "int8_7",
                                              "power_of_two:seen",
                                              "power_of_two_logarithm:seen",
                                              "power_of_two_pair:seen",
                                              "binary16",
                                              "bfloat16",
                                              "int16_8",
                                              "int16_15",
                                              "e5m6:e5m6",
                                              "tf32"};
  return names;
}

std::vector<FormatStream> recorded_streams(const std::string& format_name) {
  StreamList list(format_name, named_format(format_name));
  for (const std::string_view name : EnumeratorNames<FormatOperation>::names)
    list.add_operation(from_name<FormatOperation>(name).value());
  return list.take();
}

std::string digest_line(const FormatStream& stream) {
  const Rounding& rounding = stream.rounding;
  const bool rounds = stream.operation != FormatOperation::decode;
  const bool draws = rounds && rounding.direction == RoundingDirection::stochastic;
  const StreamText csv = stream_text(stream, StreamFileFormat::csv);
  return fmt::format(
      "{},{},{},{},{},{},{},{}", name_of(stream.operation),
      rounds ? name_of(rounding.direction) : "", draws ? std::to_string(rounding.random_bits) : "",
      draws ? name_of(rounding.mapping) : "", rounds ? name_of(rounding.overflow) : "",
      rounding.format.kind == FormatKind::floating ? name_of(rounding.format.subnormals) : "",
      csv.rows, sha256_of(csv.bytes));
}

std::string digest_table(const std::string& format_name) {
  std::string table(digest_header);
  for (const FormatStream& stream : recorded_streams(format_name))
    table += digest_line(stream) + "\n";
  return table;
}

std::string digest_file_name(const std::string& format_name) {
  std::string name = format_name + ".csv";
  std::ranges::replace(name, ':', '-');
  return name;
}

std::string_view recorded_digests(const std::string& format_name) {
  const std::string path = "vectors/formats/" + digest_file_name(format_name);
  const auto found = std::ranges::find(format_digest_texts, path, &EmbeddedText::path);
  return found == format_digest_texts.end() ? std::string_view() : found->text;
}

std::vector<std::string> lines_missing_in(std::string_view other, std::string_view text) {
  const auto known = lines_of(other);
  std::vector<std::string> missing;
  for (const std::string& line : lines_of(text))
    if (!known.contains(line)) missing.push_back(line);
  return missing;
}

}  // namespace lsgd
