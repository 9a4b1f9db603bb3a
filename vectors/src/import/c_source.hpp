// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files/input_error.hpp"

namespace lsgd {

/// The constants and initialised arrays of a C program, as its preprocessor leaves them: comments,
/// continued lines, `#include "..."`, `#define` without parameters, `#if` with integer expressions.
/// Everything else of the language is passed over. Throws InputError for what it cannot read.
///
/// No compiler's preprocessor stands in for this one: the installed program imports where there is
/// no compiler, and `gcc -E` stops at the first vendor's header that is not there. Its output has
/// no macros either, whose values are asked for here.
class CSource {
 public:
  /// Where quoted includes are looked for after the including file's own directory. What is found
  /// nowhere (a vendor's headers) is passed over.
  explicit CSource(std::vector<std::filesystem::path> include_directories = {});

  /// Fixes a macro: what the source defines under this name is ignored.
  void fix_macro(const std::string& name, std::string_view value);

  void add_file(const std::filesystem::path& path);
  /// Adds a text as if it were file `name`.
  void add_text(std::string text, const std::string& name);

  bool has_macro(const std::string& name) const { return macros_.contains(name); }
  /// Whether `name` is an array with an initialiser in braces, or a macro that is such braces.
  bool has_list(const std::string& name) const;
  /// Names of everything has_list accepts, sorted.
  std::vector<std::string> list_names() const;

  /// Value of a macro that is an integer expression.
  std::int64_t integer(const std::string& macro) const;
  /// Value of a macro that is one number, maybe in parentheses, converted as C converts it to
  /// `float`.
  float number(const std::string& macro) const;
  /// The numbers of a list in order, inner braces dropped, converted as C converts them to `float`:
  /// a constant without suffix `f` is rounded to binary64 first. An array's declared length does
  /// not count: initialisers beyond it are delivered too.
  std::vector<float> numbers(const std::string& list) const;
  /// The elements of a list as integers.
  std::vector<std::int64_t> integers(const std::string& list) const;
  /// The elements of a list as they are spelled, each one identifier, macros left alone.
  std::vector<std::string> identifiers(const std::string& list) const;

  /// The error to throw about a list or macro: blames the line where it stands, or says that it is
  /// missing and which includes were not found.
  InputError error(const std::string& name, const std::string& expected) const;

 private:
  enum class Kind : std::uint8_t { identifier, number, string, punctuation };
  struct Token {
    std::string_view text;
    Kind kind = Kind::punctuation;
    std::uint32_t file = 0;
    std::size_t line = 0;
  };
  using Tokens = std::vector<Token>;
  struct Condition {
    bool outer = true;   ///< the lines around the condition count
    bool taken = false;  ///< one of its branches was chosen
    bool active = true;
    Token start;
  };
  class Lexer;
  class Expression;

  InputError error_at(const Token& token, const std::string& expected) const;
  bool is_active() const { return conditions_.empty() || conditions_.back().active; }
  void add_line(const Tokens& line);
  void follow_directive(const Tokens& line);
  void follow_condition(std::string_view directive, const Tokens& line);
  void define(const Tokens& line);
  void include(const Tokens& line);
  /// Remembers arrays with initialisers among the tokens of the program.
  void find_lists();
  Tokens list(const std::string& name) const;
  /// Replaces macros until none is left.
  Tokens expanded(const Tokens& tokens) const;
  void expand(const Token& token, std::size_t depth, std::size_t& replacements, Tokens& out) const;
  std::int64_t evaluate(const Tokens& tokens, const Token& start, bool unknown_is_zero) const;
  float float_of(const Token& token, bool negative) const;
  /// The comma-separated elements of a list, inner braces dropped.
  std::vector<Tokens> elements(const Tokens& list) const;
  const Token* token_of(const std::string& name) const;

  std::vector<std::filesystem::path> include_directories_;
  std::deque<std::string> texts_;
  std::vector<std::string> files_;
  std::string program_name_;  ///< the first file added
  std::vector<std::string> not_found_;
  std::map<std::string, Tokens, std::less<>> macros_;  ///< name token first, then the replacement
  std::map<std::string, bool, std::less<>> fixed_;
  std::vector<Condition> conditions_;
  Tokens program_;
  std::size_t searched_ = 0;                               ///< tokens that find_lists has seen
  std::map<std::string, std::size_t, std::less<>> lists_;  ///< place of the name in program_
  std::size_t depth_ = 0;
};

}  // namespace lsgd
