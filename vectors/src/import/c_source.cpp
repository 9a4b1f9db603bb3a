// SPDX-License-Identifier: Apache-2.0
#include "import/c_source.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

#include "files/number_text.hpp"
#include "files/text_file.hpp"

namespace lsgd {
namespace {

constexpr std::size_t longest_source = std::size_t{1} << 26;
constexpr std::size_t deepest_include = 32;
constexpr std::size_t deepest_macro = 64;
constexpr std::size_t deepest_expression = 64;
constexpr std::size_t most_tokens = std::size_t{1} << 24;
constexpr std::size_t most_replacements = std::size_t{1} << 20;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

/// A C constant without the suffixes that do not change its value.
struct Constant {
  std::string_view digits;
  bool is_float = false;  ///< suffix f
};

Constant constant_of(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  const bool floating = text.find_first_of(hexadecimal ? "pP." : "eE.") != std::string_view::npos;
  if (floating && (text.ends_with('f') || text.ends_with('F')))
    return {text.substr(0, text.size() - 1), true};
  while (!text.empty() && std::string_view("uUlL").find(text.back()) != std::string_view::npos)
    text.remove_suffix(1);
  return {text, false};
}

}  // namespace

/// Splits a text into logical lines of tokens.
class CSource::Lexer {
 public:
  Lexer(std::string_view text, std::uint32_t file) : text_(text), file_(file) {}

  /// The next logical line; false at the end of the text.
  bool next(Tokens& line) {
    line.clear();
    if (place_ == text_.size()) return false;
    while (place_ < text_.size()) {
      const char c = text_[place_];
      if (c == '\n') {
        ++line_;
        ++place_;
        return true;
      }
      if (is_space(c))
        ++place_;
      else if (!skip_comment() && !skip_continuation())
        line.push_back(token());
    }
    return true;
  }

 private:
  bool skip_continuation() {
    std::string_view rest = text_.substr(place_);
    if (!rest.starts_with("\\\n") && !rest.starts_with("\\\r\n")) return false;
    place_ = text_.find('\n', place_) + 1;
    ++line_;
    return true;
  }

  bool skip_comment() {
    const std::string_view rest = text_.substr(place_);
    if (rest.starts_with("//")) {
      place_ = std::min(text_.find('\n', place_), text_.size());
      return true;
    }
    if (!rest.starts_with("/*")) return false;
    const auto end = text_.find("*/", place_ + 2);
    const auto after = end == std::string_view::npos ? text_.size() : end + 2;
    line_ +=
        static_cast<std::size_t>(std::ranges::count(text_.substr(place_, after - place_), '\n'));
    place_ = after;
    return true;
  }

  Token token() {
    const auto first = place_;
    const char c = text_[place_];
    const char following = place_ + 1 < text_.size() ? text_[place_ + 1] : '\0';
    Kind kind = Kind::punctuation;
    if (is_letter(c)) {
      kind = Kind::identifier;
      while (place_ < text_.size() && (is_letter(text_[place_]) || is_digit(text_[place_])))
        ++place_;
    } else if (is_digit(c) || (c == '.' && is_digit(following))) {
      kind = Kind::number;
      skip_number();
    } else if (c == '"' || c == '\'') {
      kind = Kind::string;
      skip_string(c);
    } else {
      const std::string_view two = text_.substr(place_, 2);
      const bool is_pair =
          two == "==" || two == "!=" || two == "&&" || two == "||" || two == "<=" || two == ">=";
      place_ += is_pair ? 2 : 1;
    }
    return {text_.substr(first, place_ - first), kind, file_, line_};
  }

  void skip_number() {
    while (place_ < text_.size()) {
      const char c = text_[place_];
      const bool sign = (c == '+' || c == '-') &&
                        std::string_view("eEpP").find(text_[place_ - 1]) != std::string_view::npos;
      if (!sign && !is_letter(c) && !is_digit(c) && c != '.') return;
      ++place_;
    }
  }

  void skip_string(char quote) {
    ++place_;
    while (place_ < text_.size() && text_[place_] != quote && text_[place_] != '\n') {
      const bool escape =
          text_[place_] == '\\' && place_ + 1 < text_.size() && text_[place_ + 1] != '\n';
      place_ += escape ? 2 : 1;
    }
    if (place_ < text_.size() && text_[place_] == quote) ++place_;
  }

  std::string_view text_;
  std::uint32_t file_;
  std::size_t place_ = 0;
  std::size_t line_ = 1;
};

/// Evaluates an integer expression whose macros are replaced.
class CSource::Expression {
 public:
  Expression(const CSource& source, const Tokens& tokens, const Token& start, bool unknown_is_zero)
      : source_(source), tokens_(tokens), start_(start), unknown_is_zero_(unknown_is_zero) {}

  std::int64_t value() {
    const std::int64_t result = binary(0);
    if (place_ != tokens_.size()) throw error("the end of the expression");
    return result;
  }

 private:
  struct Operator {
    std::string_view text;
    int precedence;
  };
  static constexpr Operator operators[] = {{"||", 0}, {"&&", 1}, {"==", 2}, {"!=", 2},
                                           {"<", 3},  {">", 3},  {"<=", 3}, {">=", 3},
                                           {"+", 4},  {"-", 4},  {"*", 5},  {"/", 5}};
  static constexpr int highest_precedence = 5;

  bool at(std::string_view text) const {
    return place_ < tokens_.size() && tokens_[place_].text == text;
  }

  InputError error(const std::string& expected) const {
    if (place_ == tokens_.size()) return source_.error_at(start_, expected);
    return source_.error_at(tokens_[place_],
                            expected + ", found " + in_quotes(tokens_[place_].text));
  }

  std::int64_t binary(int precedence) {
    if (precedence > highest_precedence) return unary();
    std::int64_t left = binary(precedence + 1);
    for (;;) {
      const auto found = std::ranges::find_if(operators, [&](const Operator& candidate) {
        return candidate.precedence == precedence && at(candidate.text);
      });
      if (found == std::end(operators)) return left;
      ++place_;
      left = apply(found->text, left, binary(precedence + 1));
    }
  }

  std::int64_t apply(std::string_view name, std::int64_t left, std::int64_t right) const {
    std::int64_t result = 0;
    bool fits = true;
    if (name == "||") return left != 0 || right != 0;
    if (name == "&&") return left != 0 && right != 0;
    if (name == "==") return left == right;
    if (name == "!=") return left != right;
    if (name == "<") return left < right;
    if (name == ">") return left > right;
    if (name == "<=") return left <= right;
    if (name == ">=") return left >= right;
    if (name == "+") fits = !__builtin_add_overflow(left, right, &result);
    if (name == "-") fits = !__builtin_sub_overflow(left, right, &result);
    if (name == "*") fits = !__builtin_mul_overflow(left, right, &result);
    if (name == "/") {
      fits = right != 0 && right != -1;
      result = fits ? left / right : 0;
    }
    if (!fits) throw source_.error_at(start_, "an expression of 64-bit integers");
    return result;
  }

  std::int64_t unary() {
    if (++depth_ > deepest_expression) throw error("a simpler expression");
    std::int64_t result = 0;
    if (at("!")) {
      ++place_;
      result = unary() == 0;
    } else if (at("-")) {
      ++place_;
      result = apply("-", 0, unary());
    } else if (at("+")) {
      ++place_;
      result = unary();
    } else if (at("(")) {
      ++place_;
      result = binary(0);
      if (!at(")")) throw error("\")\"");
      ++place_;
    } else {
      result = operand();
    }
    --depth_;
    return result;
  }

  std::int64_t operand() {
    if (place_ == tokens_.size()) throw error("an integer expression");
    const Token& token = tokens_[place_];
    std::int64_t value = 0;
    if (token.kind == Kind::number) {
      std::string_view digits = constant_of(token.text).digits;
      const bool hexadecimal = digits.starts_with("0x") || digits.starts_with("0X");
      if (hexadecimal) digits.remove_prefix(2);
      const char* const end = digits.data() + digits.size();
      const auto result = std::from_chars(digits.data(), end, value, hexadecimal ? 16 : 10);
      if (result.ec != std::errc{} || result.ptr != end) throw error("an integer");
    } else if (token.kind != Kind::identifier || !unknown_is_zero_) {
      throw error("an integer");
    }
    ++place_;
    return value;
  }

  const CSource& source_;
  const Tokens& tokens_;
  Token start_;
  bool unknown_is_zero_;
  std::size_t place_ = 0;
  std::size_t depth_ = 0;
};

CSource::CSource(std::vector<std::filesystem::path> include_directories)
    : include_directories_(std::move(include_directories)) {}

void CSource::fix_macro(const std::string& name, std::string_view value) {
  fixed_[name] = true;
  texts_.emplace_back(value);
  texts_.emplace_back(name);
  files_.emplace_back(name);
  const auto file = static_cast<std::uint32_t>(files_.size() - 1);
  Tokens replacement;
  Lexer(texts_[texts_.size() - 2], file).next(replacement);
  replacement.insert(replacement.begin(), Token{texts_.back(), Kind::identifier, file, 0});
  macros_[name] = replacement;
}

void CSource::add_file(const std::filesystem::path& path) {
  add_text(read_text(path, longest_source), path.string());
}

void CSource::add_text(std::string text, const std::string& name) {
  texts_.push_back(std::move(text));
  files_.push_back(name);
  if (program_name_.empty()) program_name_ = name;
  const auto file = static_cast<std::uint32_t>(files_.size() - 1);
  if (program_.size() + texts_.back().size() / 2 > most_tokens)
    throw InputError(name, 0, "a smaller program");
  const std::size_t open = conditions_.size();
  Lexer lexer(texts_.back(), file);
  Tokens line;
  while (lexer.next(line)) add_line(line);
  if (conditions_.size() > open) throw error_at(conditions_.back().start, "an #endif to this #if");
  if (depth_ == 0) find_lists();
}

InputError CSource::error_at(const Token& token, const std::string& expected) const {
  return InputError(files_[token.file], token.line, expected);
}

void CSource::add_line(const Tokens& line) {
  if (line.empty()) return;
  if (line.front().text == "#")
    follow_directive(line);
  else if (is_active())
    program_.insert(program_.end(), line.begin(), line.end());
}

void CSource::follow_directive(const Tokens& line) {
  if (line.size() < 2) return;
  const std::string_view directive = line[1].text;
  if (directive == "if" || directive == "ifdef" || directive == "ifndef" || directive == "elif" ||
      directive == "else" || directive == "endif") {
    follow_condition(directive, line);
  } else if (!is_active()) {
    return;
  } else if (directive == "define") {
    define(line);
  } else if (directive == "undef" && line.size() > 2) {
    if (!fixed_.contains(line[2].text)) macros_.erase(std::string(line[2].text));
  } else if (directive == "include") {
    include(line);
  }
}

void CSource::follow_condition(std::string_view directive, const Tokens& line) {
  const bool opens = directive.starts_with("if");
  if (opens)
    conditions_.push_back({is_active(), false, false, line.front()});
  else if (conditions_.empty() || conditions_.back().start.file != line.front().file)
    throw error_at(line.front(), fmt::format("an #if before this #{}", directive));
  Condition& condition = conditions_.back();
  if (directive == "endif") {
    conditions_.pop_back();
    return;
  }
  condition.active = false;
  if (!condition.outer || condition.taken) return;
  bool holds = true;
  if (directive == "ifdef" || directive == "ifndef") {
    if (line.size() < 3) throw error_at(line.front(), fmt::format("a name after #{}", directive));
    holds = macros_.contains(line[2].text) == (directive == "ifdef");
  } else if (directive != "else") {
    Tokens expression;
    for (std::size_t i = 2; i < line.size(); ++i) {
      if (line[i].text != "defined") {
        expression.push_back(line[i]);
        continue;
      }
      const bool parentheses = i + 1 < line.size() && line[i + 1].text == "(";
      const std::size_t name = i + (parentheses ? 2 : 1);
      i = name + (parentheses ? 1 : 0);
      if (i >= line.size()) throw error_at(line.front(), "a name after \"defined\"");
      Token value = line[name];
      value.kind = Kind::number;
      value.text = macros_.contains(value.text) ? "1" : "0";
      expression.push_back(value);
    }
    holds = evaluate(expression, line.front(), true) != 0;
  }
  condition.active = holds;
  condition.taken = holds;
}

void CSource::define(const Tokens& line) {
  if (line.size() < 3 || line[2].kind != Kind::identifier)
    throw error_at(line.front(), "a name after #define");
  // A macro with parameters: "(" stands directly behind its name. No list or constant needs one.
  const char* const behind_name = line[2].text.data() + line[2].text.size();
  if (line.size() > 3 && line[3].text == "(" && line[3].text.data() == behind_name) return;
  if (fixed_.contains(line[2].text)) return;
  macros_[std::string(line[2].text)] = Tokens(line.begin() + 2, line.end());
}

void CSource::include(const Tokens& line) {
  if (line.size() < 3 || line[2].kind != Kind::string || line[2].text.size() < 3) return;
  const std::string name(line[2].text.substr(1, line[2].text.size() - 2));
  if (depth_ == deepest_include)
    throw error_at(line.front(), fmt::format("at most {} nested includes", deepest_include));
  std::vector<std::filesystem::path> candidates{
      std::filesystem::path(files_[line[2].file]).parent_path()};
  candidates.insert(candidates.end(), include_directories_.begin(), include_directories_.end());
  for (const auto& directory : candidates) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(directory / name, ignored)) continue;
    ++depth_;
    add_file(directory / name);
    --depth_;
    return;
  }
  not_found_.push_back(name);
}

void CSource::find_lists() {
  // name [ ... ] [ ... ] = {
  for (; searched_ < program_.size(); ++searched_) {
    if (program_[searched_].text != "{" || searched_ < 4 || program_[searched_ - 1].text != "=" ||
        program_[searched_ - 2].text != "]")
      continue;
    std::size_t place = searched_ - 2;
    while (place > 0 && program_[place].text == "]") {
      while (place > 0 && program_[place].text != "[") --place;
      if (place > 0) --place;
    }
    if (program_[place].kind != Kind::identifier) continue;
    lists_.emplace(std::string(program_[place].text), place);
  }
}

bool CSource::has_list(const std::string& name) const {
  if (lists_.contains(name)) return true;
  const auto macro = macros_.find(name);
  return macro != macros_.end() && macro->second.size() > 1 && macro->second[1].text == "{";
}

std::vector<std::string> CSource::list_names() const {
  std::vector<std::string> names;
  for (const auto& [name, place] : lists_) names.push_back(name);
  for (const auto& [name, tokens] : macros_)
    if (has_list(name) && !lists_.contains(name)) names.push_back(name);
  std::ranges::sort(names);
  return names;
}

const CSource::Token* CSource::token_of(const std::string& name) const {
  if (const auto found = lists_.find(name); found != lists_.end()) return &program_[found->second];
  if (const auto found = macros_.find(name); found != macros_.end()) return &found->second.front();
  return nullptr;
}

InputError CSource::error(const std::string& name, const std::string& expected) const {
  if (const Token* const token = token_of(name)) return error_at(*token, expected);
  std::string missing;
  for (const std::string& include : not_found_) {
    // Headers of the data and models lie in directories; a name alone is the toolchain's.
    if (include.find('/') != std::string::npos) missing += " (" + include + " was not found)";
  }
  return InputError(program_name_.empty() ? name : program_name_, 0,
                    fmt::format("{} to be defined{}", name, missing));
}

CSource::Tokens CSource::list(const std::string& name) const {
  if (!has_list(name)) throw error(name, "a list in braces");
  Tokens tokens;
  const auto found = lists_.find(name);
  if (found == lists_.end()) {
    const Tokens& macro = macros_.find(name)->second;
    tokens.assign(macro.begin() + 1, macro.end());
  } else {
    std::size_t place = found->second;
    while (program_[place].text != "{") ++place;
    for (std::size_t depth = 0; place < program_.size(); ++place) {
      if (program_[place].text == "{") ++depth;
      if (program_[place].text == "}") --depth;
      tokens.push_back(program_[place]);
      if (depth == 0) return tokens;
    }
  }
  std::ptrdiff_t depth = 0;
  for (const Token& token : tokens) depth += (token.text == "{") - (token.text == "}");
  if (depth != 0) throw error(name, "a \"}\" for every \"{\" of " + name);
  return tokens;
}

CSource::Tokens CSource::expanded(const Tokens& tokens) const {
  Tokens out;
  std::size_t replacements = 0;
  for (const Token& token : tokens) expand(token, 0, replacements, out);
  return out;
}

void CSource::expand(const Token& token, std::size_t depth, std::size_t& replacements,
                     Tokens& out) const {
  const auto macro = token.kind == Kind::identifier ? macros_.find(token.text) : macros_.end();
  if (macro == macros_.end()) {
    out.push_back(token);
    return;
  }
  if (depth == deepest_macro) throw error_at(token, "macros that do not nest so deeply");
  replacements += macro->second.size();
  if (replacements > most_replacements) throw error_at(token, "shorter macros");
  for (std::size_t i = 1; i < macro->second.size(); ++i)
    expand(macro->second[i], depth + 1, replacements, out);
}

std::int64_t CSource::evaluate(const Tokens& tokens, const Token& start,
                               bool unknown_is_zero) const {
  const Tokens values = expanded(tokens);
  return Expression(*this, values, start, unknown_is_zero).value();
}

std::int64_t CSource::integer(const std::string& macro) const {
  const auto found = macros_.find(macro);
  if (found == macros_.end()) throw error(macro, "an integer");
  return evaluate({found->second.begin() + 1, found->second.end()}, found->second.front(), false);
}

float CSource::float_of(const Token& token, bool negative) const {
  const Constant constant = constant_of(token.text);
  std::optional<float> value;
  if (token.kind == Kind::number && constant.is_float) {
    value = float_from_text(constant.digits);
  } else if (token.kind == Kind::number) {
    // `float x = 0.1;` rounds to binary64, then to binary32.
    const bool hexadecimal = constant.digits.starts_with("0x") || constant.digits.starts_with("0X");
    const std::string_view digits = constant.digits.substr(hexadecimal ? 2 : 0);
    double wide = 0;
    const char* const end = digits.data() + digits.size();
    const auto result =
        std::from_chars(digits.data(), end, wide,
                        hexadecimal ? std::chars_format::hex : std::chars_format::general);
    const float narrow = static_cast<float>(wide);
    const bool underflows =
        result.ec == std::errc::result_out_of_range && float_from_text(constant.digits) == 0.0f;
    if (result.ptr == end && ((result.ec == std::errc{} && std::isfinite(narrow)) || underflows))
      value = underflows ? 0.0f : narrow;
  }
  if (!value)
    throw error_at(token, "a number within binary32's range, found " + in_quotes(token.text));
  return negative ? -*value : *value;
}

std::vector<CSource::Tokens> CSource::elements(const Tokens& list) const {
  std::vector<Tokens> all;
  bool separated = true;  // a comma or an opening brace came last
  for (const Token& token : list) {
    if (token.text == "{") {
      if (!separated) throw error_at(token, "\",\" between two elements");
    } else if (token.text == "}") {
      separated = false;
    } else if (token.text == ",") {
      if (separated) throw error_at(token, "an element before \",\"");
      separated = true;
    } else {
      if (separated)
        all.emplace_back();
      else if (all.empty() || all.back().empty())
        throw error_at(token, "\",\" between two elements");
      separated = false;
      all.back().push_back(token);
    }
  }
  return all;
}

float CSource::number(const std::string& macro) const {
  const auto found = macros_.find(macro);
  if (found == macros_.end()) throw error(macro, "a number");
  Tokens tokens = expanded({found->second.begin() + 1, found->second.end()});
  std::erase_if(tokens, [](const Token& token) { return token.text == "(" || token.text == ")"; });
  const bool negative = !tokens.empty() && tokens.front().text == "-";
  if (tokens.size() != (negative ? 2U : 1U)) throw error(macro, "one number as " + macro);
  return float_of(tokens.back(), negative);
}

std::vector<float> CSource::numbers(const std::string& name) const {
  std::vector<float> values;
  for (const Tokens& element : elements(expanded(list(name)))) {
    const bool has_sign = element.front().text == "-" || element.front().text == "+";
    if (element.size() != (has_sign ? 2U : 1U)) {
      throw error_at(element.front(), "a number as element of " + name + ", found " +
                                          in_quotes(element.front().text));
    }
    values.push_back(float_of(element.back(), element.front().text == "-"));
  }
  return values;
}

std::vector<std::int64_t> CSource::integers(const std::string& name) const {
  std::vector<std::int64_t> values;
  for (const Tokens& element : elements(expanded(list(name))))
    values.push_back(evaluate(element, element.front(), false));
  return values;
}

std::vector<std::string> CSource::identifiers(const std::string& name) const {
  std::vector<std::string> values;
  for (const Tokens& element : elements(list(name))) {
    if (element.size() != 1 || element.front().kind != Kind::identifier)
      throw error_at(element.front(), "names as elements of " + name);
    values.emplace_back(element.front().text);
  }
  return values;
}

}  // namespace lsgd
