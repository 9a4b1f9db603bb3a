// SPDX-License-Identifier: Apache-2.0
#include "find_mutations.hpp"

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace lsgd {
namespace {

using Json = nlohmann::json;

const Json& kind_of(const Json& node) {
  static const Json none = "";
  const auto found = node.find("kind");
  return found == node.end() ? none : *found;
}

const Json& children_of(const Json& node) {
  static const Json none = Json::array();
  const auto found = node.find("inner");
  return found == node.end() ? none : *found;
}

bool is_pointer(const std::string& type) { return type.find('*') != std::string::npos; }

/// The type behind any typedef; constants have that of variables.
std::string type_of(const Json& node) {
  const Json& type = node.at("type");
  std::string name = type.value("desugaredQualType", type.at("qualType").get<std::string>());
  if (!is_pointer(name) && name.starts_with("const ")) name.erase(0, 6);
  return name;
}

/// The expression that an implicit conversion starts from.
const Json& without_conversion(const Json& node) {
  const Json* inner = &node;
  while (kind_of(*inner) == "ImplicitCastExpr") inner = &children_of(*inner).at(0);
  return *inner;
}

bool is_operation(const Json& node) {
  static const std::set<std::string> operations{"BinaryOperator", "CompoundAssignOperator",
                                                "ConditionalOperator"};
  return operations.contains(kind_of(without_conversion(node)).get<std::string>());
}

bool is_expression(const Json& node) {
  const std::string kind = kind_of(node);
  return kind.ends_with("Operator") || kind.ends_with("Expr");
}

struct Extent {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// A place in the source itself: where a macro is used, not where its text stands.
const Json& place_of(const Json& location) {
  const auto expansion = location.find("expansionLoc");
  return expansion == location.end() ? location : *expansion;
}

bool has_extent(const Json& node) {
  const auto range = node.find("range");
  return range != node.end() && place_of(range->at("begin")).contains("offset");
}

Extent extent_of(const Json& node) {
  const Json& begin = place_of(node.at("range").at("begin"));
  const Json& end = place_of(node.at("range").at("end"));
  return {begin.at("offset"),
          end.at("offset").get<std::size_t>() + end.at("tokLen").get<std::size_t>()};
}

/// Whether the whole node comes from one use of a macro.
bool is_macro(const Json& node) {
  const Json& begin = node.at("range").at("begin");
  const Json& end = node.at("range").at("end");
  return begin.contains("expansionLoc") && end.contains("expansionLoc") &&
         place_of(begin).at("offset") == place_of(end).at("offset");
}

std::string with_single_blanks(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t';
    if (!blank)
      result += c;
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
  }
  return result;
}

struct Variable {
  std::string name;
  std::string type;
};

/// Collects the mutations of one function.
class FunctionMutations {
 public:
  FunctionMutations(const std::string& source, std::string file, std::string function,
                    std::vector<Mutation>& mutations)
      : source_(source),
        file_(std::move(file)),
        function_(std::move(function)),
        mutations_(mutations) {}

  void visit_function(const Json& function) {
    for (const Json& child : children_of(function)) {
      if (kind_of(child) == "ParmVarDecl") declare(child);
      if (kind_of(child) == "CompoundStmt") visit(child, function);
    }
  }

 private:
  void declare(const Json& variable) {
    if (variable.contains("name")) variables_.push_back({variable.at("name"), type_of(variable)});
  }

  std::string text(const Json& node) const {
    const Extent extent = extent_of(node);
    return source_.substr(extent.begin, extent.end - extent.begin);
  }

  /// The text of an operand that any operator may follow or precede.
  std::string operand(const Json& node) const {
    return is_operation(node) ? fmt::format("({})", text(node)) : text(node);
  }

  void replace(const Json& node, std::string replacement) {
    const Extent extent = extent_of(node);
    SourceMutation identity{file_, function_, with_single_blanks(text(node)),
                            with_single_blanks(replacement), 1};
    identity.occurrence = ++occurrences_[{identity.original, identity.replacement}];
    mutations_.push_back({std::move(identity), extent.begin, extent.end - extent.begin});
  }

  /// Replaces an expression by an operation, which its surroundings must not tear apart.
  void replace_operation(const Json& node, const Json& parent, const std::string& replacement) {
    static const std::set<std::string> binding{"BinaryOperator", "CompoundAssignOperator",
                                               "UnaryOperator",  "ConditionalOperator",
                                               "CStyleCastExpr", "ArraySubscriptExpr"};
    replace(node, binding.contains(kind_of(parent).get<std::string>())
                      ? fmt::format("({})", replacement)
                      : replacement);
  }

  /// @param is_statement  whether the node stands where a statement does
  void visit(const Json& node, const Json& parent, bool is_statement = false) {
    if (!has_extent(node)) return;
    const std::string kind = kind_of(node);
    if (kind == "ImplicitCastExpr") return visit(children_of(node).at(0), parent);
    if (is_macro(node) && kind != "IntegerLiteral") return;
    if (kind == "UnaryExprOrTypeTraitExpr") return;  // sizeof
    if (kind == "VarDecl") return visit_variable(node);

    const std::size_t visible = variables_.size();
    if (kind == "BinaryOperator") binary(node, parent);
    if (kind == "CompoundAssignOperator") compound_assignment(node);
    if (kind == "UnaryOperator") unary(node);
    if (kind == "CStyleCastExpr") replace(node, operand(children_of(node).at(0)));
    if (kind == "IntegerLiteral") integer(node);
    if (kind == "FloatingLiteral") floating(node);
    if (kind == "DeclRefExpr") reference(node);
    if (kind == "ArraySubscriptExpr") subscript(node);
    if (kind == "CallExpr") call(node);
    if (kind == "IfStmt" || kind == "WhileStmt" || kind == "ConditionalOperator")
      condition(children_of(node).at(0));
    if (kind == "ForStmt" && has_extent(children_of(node).at(2)))
      condition(children_of(node).at(2));
    if (kind == "BreakStmt" || (is_statement && is_expression(node))) replace(node, "");
    const Json& children = children_of(node);
    for (std::size_t i = 0; i < children.size(); ++i)
      visit(children.at(i), node, is_statement_place(node, i));
    if (kind == "CompoundStmt" || kind == "ForStmt") variables_.resize(visible);
  }

  /// Whether a node's i-th child is a statement and not, say, a condition.
  static bool is_statement_place(const Json& node, std::size_t i) {
    const std::string kind = kind_of(node);
    if (kind == "CompoundStmt") return true;
    if (kind == "IfStmt") return i > 0;
    static const std::set<std::string> with_body{"ForStmt", "WhileStmt", "CaseStmt", "DefaultStmt"};
    return with_body.contains(kind) && i + 1 == children_of(node).size();
  }

  void visit_variable(const Json& variable) {
    for (const Json& child : children_of(variable)) visit(child, variable);
    declare(variable);
  }

  void binary(const Json& node, const Json& parent) {
    static const std::map<std::string, std::vector<std::string>> replacements{
        {"+", {"-"}},       {"-", {"+"}},        {"*", {"+", "/"}},  {"/", {"*"}},
        {"%", {"*"}},       {"<", {"<=", ">="}}, {"<=", {"<", ">"}}, {">", {">=", "<="}},
        {">=", {">", "<"}}, {"==", {"!="}},      {"!=", {"=="}},     {"&", {"|", "^"}},
        {"|", {"&", "^"}},  {"^", {"&", "|"}},   {"<<", {">>"}},     {">>", {"<<"}},
        {"&&", {"||"}},     {"||", {"&&"}}};
    const std::string operation = node.at("opcode");
    const Json& left = children_of(node).at(0);
    const Json& right = children_of(node).at(1);
    if (operation == "&&" || operation == "||" || operation == ",") {
      replace(node, text(left));
      replace(node, text(right));
    }
    const auto found = replacements.find(operation);
    if (found == replacements.end()) return;
    for (const std::string& other : found->second)
      replace_operation(node, parent, operand(left) + " " + other + " " + operand(right));
  }

  void compound_assignment(const Json& node) {
    static const std::map<std::string, std::vector<std::string>> replacements{
        {"+=", {"-=", "="}}, {"-=", {"+=", "="}}, {"*=", {"/="}},
        {"/=", {"*="}},      {"<<=", {">>="}},    {">>=", {"<<="}},
        {"|=", {"&=", "="}}, {"&=", {"|=", "="}}, {"^=", {"|=", "="}}};
    const auto found = replacements.find(node.at("opcode"));
    if (found == replacements.end()) return;
    for (const std::string& other : found->second)
      if (other != "=" || !is_pointer(type_of(node)))
        replace(node,
                text(children_of(node).at(0)) + " " + other + " " + text(children_of(node).at(1)));
  }

  void unary(const Json& node) {
    const std::string operation = node.at("opcode");
    const std::string inner = text(children_of(node).at(0));
    if (operation == "-" || operation == "~" || operation == "!") replace(node, inner);
    if (operation != "++" && operation != "--") return;
    const std::string other = operation == "++" ? "--" : "++";
    replace(node, node.at("isPostfix") ? inner + other : other + inner);
  }

  void integer(const Json& node) {
    const std::string literal = text(node);
    const std::int64_t value = std::stoll(node.at("value").get<std::string>());
    std::set<std::int64_t> seen{value};
    const auto add = [&](std::int64_t other, const std::string& replacement) {
      if (seen.insert(other).second) replace(node, replacement);
    };
    add(0, "0");
    add(1, "1");
    add(value + 1, fmt::format("({} + 1)", literal));
    add(value - 1, fmt::format("({} - 1)", literal));
    add(-value, fmt::format("(-{})", literal));
  }

  void floating(const Json& node) {
    const std::string literal = text(node);
    replace(node, "0");
    replace(node, fmt::format("(-{})", literal));
    replace(node, fmt::format("({} * 1.001f)", literal));
  }

  void reference(const Json& node) {
    const Json& declaration = node.at("referencedDecl");
    const std::string name = declaration.at("name");
    if (kind_of(declaration) == "EnumConstantDecl")
      return replace(node, fmt::format("({} + 1)", name));
    const auto same_name = [&](const Variable& variable) { return variable.name == name; };
    const auto self = std::ranges::find_if(variables_, same_name);
    if (self == variables_.end()) return;
    // The next variable of the type, round the list.
    std::vector<Variable> others(std::next(self), variables_.end());
    others.insert(others.end(), variables_.begin(), self);
    const auto other = std::ranges::find(others, self->type, &Variable::type);
    if (other != others.end()) replace(node, other->name);
  }

  void subscript(const Json& node) {
    const Json& index = children_of(node).at(1);
    replace(index, operand(index) + " + 1");
    replace(index, operand(index) + " - 1");
  }

  void call(const Json& node) {
    const Json& parts = children_of(node);  // the function, then the arguments
    for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
      const Json& first = parts.at(i);
      const Json& second = parts.at(i + 1);
      if (type_of(first) != type_of(second) || is_macro(first) || is_macro(second)) continue;
      if (text(first) == text(second)) continue;
      Json pair = first;
      pair["range"]["end"] = second.at("range").at("end");
      replace(pair, text(second) + ", " + text(first));
    }
  }

  void condition(const Json& node) {
    static const std::set<std::string> relations{"<", "<=", ">", ">=", "==", "!="};
    const Json& inner = without_conversion(node);
    const bool has_opposite = kind_of(inner) == "BinaryOperator" &&
                              relations.contains(inner.at("opcode").get<std::string>());
    if (!has_opposite) replace(node, fmt::format("!({})", text(node)));
    replace(node, "1");
    replace(node, "0");
  }

  const std::string& source_;
  std::string file_;
  std::string function_;
  std::vector<Mutation>& mutations_;
  std::vector<Variable> variables_;
  std::map<std::pair<std::string, std::string>, int> occurrences_;
};

bool is_defined_here(const Json& node) {
  return kind_of(node) == "FunctionDecl" && !node.at("loc").contains("includedFrom") &&
         std::ranges::any_of(children_of(node),
                             [](const Json& child) { return kind_of(child) == "CompoundStmt"; });
}

}  // namespace

std::string mutated(const std::string& source, const Mutation& mutation) {
  std::string text = source;
  return text.replace(mutation.offset, mutation.length, mutation.identity.replacement);
}

std::vector<Mutation> find_mutations(const std::string& source, const std::string& file,
                                     const nlohmann::json& tree) {
  std::vector<Mutation> mutations;
  for (const Json& node : children_of(tree))
    if (is_defined_here(node))
      FunctionMutations(source, file, node.at("name"), mutations).visit_function(node);
  return mutations;
}

}  // namespace lsgd
