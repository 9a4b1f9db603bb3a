// SPDX-License-Identifier: Apache-2.0
#include "files/json_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <unordered_map>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>
#include <vector>

#include "built_in_schemas.hpp"
#include "files/atomic_file.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

using nlohmann::json;

constexpr std::size_t deepest_level = 64;

/// Counts the line of the last character the parser has consumed. A line end counts when the
/// character after it is consumed: the parser reads one character past a number.
struct LineCount {
  std::size_t line = 1;
  bool after_line_end = false;

  void consume(char c) {
    if (after_line_end) ++line;
    after_line_end = c == '\n';
  }
};

/// Input iterator over a text that counts lines as it is advanced.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* position, LineCount* count) : position_(position), count_(count) {}

  reference operator*() const { return *position_; }
  CountingIterator& operator++() {
    count_->consume(*position_++);
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return position_ == other.position_; }

 private:
  const char* position_;
  LineCount* count_;
};

std::string excerpt(const std::string& text) {
  constexpr std::size_t longest = 80;
  return text.size() <= longest ? text : text.substr(0, longest) + "...";
}

std::string pointer_token(std::string_view key) {
  std::string token(1, '/');
  for (const char c : key)
    if (c == '~')
      token += "~0";
    else if (c == '/')
      token += "~1";
    else
      token += c;
  return token;
}

/// Builds the document from parser events.
class DocumentBuilder : public nlohmann::json_sax<json> {
 public:
  DocumentBuilder(JsonDocument& document, const LineCount& count)
      : document_(document), count_(count) {}

  bool null() override { return scalar(nullptr); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(number_integer_t value) override { return scalar(value); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(value); }
  bool number_float(number_float_t value, const string_t&) override { return scalar(value); }
  bool string(string_t& value) override { return scalar(std::move(value)); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& value) override {
    auto [member, is_new] = open_.back()->emplace(value, nullptr);
    if (!is_new) throw error(fmt::format("each key once, but {} is repeated", in_quotes(value)));
    member_ = &*member;
    return true;
  }

  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception& problem) override {
    // "[id] parse error at ...: syntax error while parsing X - unexpected Y; expected Z"
    const std::string_view what = problem.what();
    const auto found = what.rfind("unexpected ");
    const auto expected = what.rfind("; expected ");
    if (found != std::string_view::npos && expected != std::string_view::npos && found < expected) {
      const auto end_of_found = found + std::string_view("unexpected ").size();
      throw error(fmt::format("{} in JSON, found {}",
                              what.substr(expected + std::string_view("; expected ").size()),
                              what.substr(end_of_found, expected - end_of_found)));
    }
    const auto detail = std::min(what.find("] "), what.size() - 2);
    throw error(fmt::format("valid JSON ({})", excerpt(std::string(what.substr(detail + 2)))));
  }

 private:
  InputError error(const std::string& expected) const {
    return InputError(document_.file, count_.line, expected);
  }

  json* place(json value) {
    if (open_.empty()) return &(document_.value = std::move(value));
    json& parent = *open_.back();
    if (!parent.is_array()) return &(*member_ = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }

  bool scalar(json value) {
    place(std::move(value));
    return true;
  }

  bool open(json value) {
    if (open_.size() == deepest_level)
      throw error(fmt::format("at most {} levels of nesting", deepest_level));
    open_.push_back(place(std::move(value)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  JsonDocument& document_;
  const LineCount& count_;
  std::vector<json*> open_;
  json* member_ = nullptr;  ///< of the innermost object, whose key was read last
};

/// Finds the line of a value, or of its nearest ancestor, in a text that was parsed before.
class LineFinder : public nlohmann::json_sax<json> {
 public:
  LineFinder(json::json_pointer pointer, const LineCount& count) : count_(count) {
    for (; !pointer.empty(); pointer.pop_back()) tokens_.insert(tokens_.begin(), pointer.back());
  }

  std::size_t line() const { return line_; }

  bool null() override { return visit(); }
  bool boolean(bool) override { return visit(); }
  bool number_integer(number_integer_t) override { return visit(); }
  bool number_unsigned(number_unsigned_t) override { return visit(); }
  bool number_float(number_float_t, const string_t&) override { return visit(); }
  bool string(string_t&) override { return visit(); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(false); }
  bool start_array(std::size_t) override { return open(true); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    key_ = std::move(value);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  struct Open {
    bool is_array;
    bool leads_there;
    std::size_t elements = 0;
  };

  /// False, which ends the search, where it is the value.
  bool visit() {
    leads_there_ = true;
    if (!open_.empty()) {
      Open& parent = open_.back();
      leads_there_ =
          parent.leads_there &&
          tokens_[open_.size() - 1] == (parent.is_array ? std::to_string(parent.elements++) : key_);
    }
    if (leads_there_) line_ = count_.line;
    return !leads_there_ || open_.size() < tokens_.size();
  }

  bool open(bool is_array) {
    if (!visit()) return false;
    open_.push_back({is_array, leads_there_});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::vector<std::string> tokens_;
  const LineCount& count_;
  std::vector<Open> open_;
  std::string key_;
  bool leads_there_ = true;
  std::size_t line_ = 0;
};

void parse(std::string_view text, LineCount& count, nlohmann::json_sax<json>& receiver) {
  json::sax_parse(CountingIterator(text.data(), &count),
                  CountingIterator(text.data() + text.size(), &count), &receiver);
}

/// A built-in schema, and the same as the validator wants it.
struct ParsedSchema {
  explicit ParsedSchema(std::string_view name) : source(json::parse(schema_text(name))) {
    valijson::SchemaParser().populateSchema(valijson::adapters::NlohmannJsonAdapter(source),
                                            compiled);
  }

  json source;
  valijson::Schema compiled;
};

/// The same for every caller, on whatever thread.
const ParsedSchema& parsed_schema(std::string_view name) {
  static std::mutex mutex;
  static std::unordered_map<std::string, std::unique_ptr<const ParsedSchema>> parsed;
  const std::scoped_lock lock(mutex);
  std::unique_ptr<const ParsedSchema>& schema = parsed[std::string(name)];
  if (schema == nullptr) schema = std::make_unique<const ParsedSchema>(name);
  return *schema;
}

/// Tokens of a place that the validator reports as "<root>", "[layers]", "[0]" (or with quotes).
std::vector<std::string> tokens_of(const std::vector<std::string>& context) {
  std::vector<std::string> tokens;
  for (std::size_t i = 1; i < context.size(); ++i) {
    std::string_view token = context[i];
    if (token.starts_with('[') && token.ends_with(']')) token = token.substr(1, token.size() - 2);
    if (token.size() > 1 && token.starts_with('"') && token.ends_with('"'))
      token = token.substr(1, token.size() - 2);
    tokens.emplace_back(token);
  }
  return tokens;
}

const json* resolved(const json& schema, const json* node) {
  while (node != nullptr && node->is_object() && node->contains("$ref")) {
    const auto reference = (*node)["$ref"].get<std::string>();
    node = &schema.at(json::json_pointer(reference.substr(1)));
  }
  return node;
}

/// The part of a schema that applies to a place, following properties, items and references;
/// nullptr where alternatives (anyOf and the like) decide.
const json* schema_at(const json& schema, const std::vector<std::string>& tokens) {
  const json* node = &schema;
  for (const auto& token : tokens) {
    node = resolved(schema, node);
    if (node->contains("properties") && (*node)["properties"].contains(token))
      node = &(*node)["properties"][token];
    else if (node->contains("items") && (*node)["items"].is_object())
      node = &(*node)["items"];
    else if (node->contains("additionalProperties") && (*node)["additionalProperties"].is_object())
      node = &(*node)["additionalProperties"];
    else
      return nullptr;
  }
  return resolved(schema, node);
}

std::string list_of(const json& values) {
  std::vector<std::string> texts;
  for (const auto& value : values) texts.push_back(value.dump());
  return fmt::format("{}", fmt::join(texts, ", "));
}

/// What a schema node asks of a value, in words.
std::string requirement(const json& node) {
  if (node.contains("const")) return node["const"].dump();
  if (node.contains("enum")) return fmt::format("one of {}", list_of(node["enum"]));
  if (node.contains("description")) return node["description"].get<std::string>();
  if (node.contains("type") && node["type"].is_string())
    return fmt::format("a value of type {}", node["type"].get<std::string>());
  return "a value that fits the schema";
}

struct Violation {
  std::string pointer;
  std::string expected;
};

Violation violation_at(const JsonDocument& document, const json& schema,
                       const valijson::ValidationResults::Error& error) {
  const auto tokens = tokens_of(error.context);
  std::string pointer;
  for (const auto& token : tokens) pointer += pointer_token(token);
  const json* const node = schema_at(schema, tokens);
  if (node == nullptr || !document.value.contains(json::json_pointer(pointer)))
    return {pointer,
            fmt::format("{} to fit the schema: {}", document.shown(pointer), error.description)};
  const json& value = document.value.at(json::json_pointer(pointer));
  if (value.is_object() && node->contains("properties")) {
    const json& properties = (*node)["properties"];
    const bool closed = node->contains("additionalProperties") &&
                        (*node)["additionalProperties"].is_boolean() &&
                        !(*node)["additionalProperties"].get<bool>();
    for (const auto& [key, member] : value.items()) {
      if (!closed || properties.contains(key)) continue;
      return {pointer + pointer_token(key),
              fmt::format("no key {} in {}", in_quotes(key), document.shown(pointer))};
    }
    for (const auto& key : node->value("required", json::array())) {
      if (value.contains(key.get<std::string>())) continue;
      return {pointer, fmt::format("key {} in {}", key.dump(), document.shown(pointer))};
    }
  }
  const std::string found = value.is_structured() ? value.type_name() : excerpt(value.dump());
  return {pointer,
          fmt::format("{} to be {}, found {}", document.shown(pointer), requirement(*node), found)};
}

template <class Json>
void write_indented(const std::filesystem::path& path, const Json& value) {
  write_file(path, value.dump(2) + "\n");
}

}  // namespace

std::size_t JsonDocument::line_of(const std::string& pointer) const {
  if (lines.empty()) {
    LineCount count;
    LineFinder finder(json::json_pointer(pointer), count);
    parse(text, count, finder);
    return finder.line();
  }
  std::string ancestor = pointer;
  for (;;) {
    if (const auto found = lines.find(ancestor); found != lines.end()) return found->second;
    const auto slash = ancestor.rfind('/');
    if (slash == std::string::npos) return 0;
    ancestor.resize(slash);
  }
}

std::string JsonDocument::shown(const std::string& pointer) const {
  if (pointer.empty()) return "the file";
  if (notation == JsonNotation::pointer) return pointer;
  std::string dotted;
  json::json_pointer rest(pointer);
  for (; !rest.empty(); rest.pop_back()) {
    const std::string token = rest.back();
    const bool is_position = token.find_first_not_of("0123456789") == std::string::npos;
    if (!is_position) dotted = dotted.empty() ? token : token + "." + dotted;
  }
  return dotted;
}

InputError JsonDocument::error(const std::string& pointer, const std::string& expected) const {
  return InputError(file, line_of(pointer), expected);
}

JsonDocument parse_json(std::string_view text, const std::string& file) {
  JsonDocument document{file, {}, {}, JsonNotation::pointer, std::string(text)};
  LineCount count;
  DocumentBuilder builder(document, count);
  parse(document.text, count, builder);
  return document;
}

void validate_json(const JsonDocument& document, std::string_view schema_name) {
  const ParsedSchema& schema = parsed_schema(schema_name);
  valijson::ValidationResults results;
  valijson::Validator validator;
  if (validator.validate(schema.compiled, valijson::adapters::NlohmannJsonAdapter(document.value),
                         &results))
    return;
  // The deepest place says most; the shallower ones only say that something below them failed.
  const valijson::ValidationResults::Error* deepest = &*results.begin();
  for (const auto& error : results)
    if (error.context.size() > deepest->context.size()) deepest = &error;
  const Violation violation = violation_at(document, schema.source, *deepest);
  throw document.error(violation.pointer, violation.expected);
}

std::string_view schema_text(std::string_view schema_name) {
  const std::string path = fmt::format("vectors/schema/{}.schema.json", schema_name);
  const auto found = std::ranges::find(built_in_schemas, path, &EmbeddedText::path);
  if (found == built_in_schemas.end())
    throw std::invalid_argument("no built-in schema named " + std::string(schema_name));
  return found->text;
}

JsonDocument read_json_document(const std::filesystem::path& path, std::string_view schema_name,
                                std::size_t longest) {
  JsonDocument document = parse_json(read_text(path, longest), path.string());
  validate_json(document, schema_name);
  return document;
}

json read_json(const std::filesystem::path& path, std::string_view schema_name) {
  return read_json_document(path, schema_name).value;
}

void write_json(const std::filesystem::path& path, const json& value) {
  write_indented(path, value);
}

void write_json(const std::filesystem::path& path, const nlohmann::ordered_json& value) {
  write_indented(path, value);
}

}  // namespace lsgd
