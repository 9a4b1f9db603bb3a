// SPDX-License-Identifier: Apache-2.0
#include "explanation/explanation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <numeric>
#include <stdexcept>
#include <string_view>
#include <tuple>
#include <utility>

#include <lsgd/arithmetic/changed_arithmetics.hpp>
#include <lsgd/arithmetic/declared_step.hpp>
#include <lsgd/step/int32_fixed.hpp>

#include "data/model_file.hpp"
#include "explanation/element_condition.hpp"
#include "steps/declared_profile.hpp"

namespace lsgd {
namespace {

constexpr std::size_t most_hypotheses = 5;

// Pairs are made of the deviations that mend most when they are tried alone.
constexpr std::size_t most_parts_of_pairs = 10;
constexpr std::size_t cases_tried_for_parts = 24;
constexpr std::size_t steps_tried_for_parts = 4;

// A change that explains none of so many failing cases, spread over all, is not tried on the
// others.
constexpr std::size_t cases_tried_first = 16;

// Functions that are farther off than any approximation in use say little beside another cause.
constexpr double largest_approximation = 0x1p-4;

// A table with no more other entries than these says what is wrong with it.
constexpr std::size_t few_table_entries = 8;

// Changes in some places only whose places are looked at.
constexpr std::size_t most_in_places = 16;

// The best hypotheses, which the device is asked about.
constexpr std::size_t most_in_doubt = 12;
constexpr std::size_t most_asked_parameters = 2000;
constexpr std::size_t most_asked_networks = 8;
constexpr std::size_t most_asked_wrong_steps = 16;

// Elements that tell where changes are made.
constexpr std::size_t most_places = 200'000;

// As many biases of a layer that is trained do not stay by chance.
constexpr std::size_t least_biases_that_stay = 16;

// So many new weights below what they should be, and none above, tell cutting from rounding.
constexpr std::size_t least_weights_below = 32;

// Shares of changed elements that differ by less than a sixteenth are alike, unless one is twice
// the other.
constexpr double share_steps = 16;

// Bounds that differ by less than a quarter of a binary digit are alike.
constexpr double vagueness_steps = 4;

struct NamedChanges {
  Changes changes;
  Hypothesis hypothesis;
  ArithmeticModel model;  ///< with the order whose bits are compared
  /// A declaration in which it might be legal, and its line in a target file.
  std::optional<ArithmeticModel> wider = {};
  std::string declaration = {};
  std::vector<const OperationChange*> operations = {};  ///< what it does to operations of level 0
  bool allocates = false;                               ///< memory from the heap
  bool accepts_fraction_bits = false;                   ///< that it has to refuse
  bool is_pair = false;
  bool is_in_places = false;   ///< each element is right, or as the changes make it
  std::string condition = {};  ///< what these places share
  /// Of the elements that it would change everywhere, the share that the device shows changed.
  double share = 1;
  bool is_fitted = false;
  bool is_error = false;  ///< an error that may be anything, which says little beside another
  bool is_approximation = false;               ///< a function that may be off by so much
  bool is_of_any_value = false;                ///< likewise, by as much as there is between 0 and 1
  bool is_wide = false;                        ///< legal where wider numbers are declared
  bool is_contradicted_by_operations = false;  ///< of level 0, which other code may answer
  bool is_any_table = false;                   ///< entries that may be anything, likewise
  bool is_now_and_then = false;                ///< it chooses the steps in which it happens
  double vagueness = 0;  ///< binary exponent of the bounds in what it explains, mean
};

/// A way to evaluate that a target may declare, and what is said of a device that takes it.
template <class Value>
struct Order {
  Value value;
  std::string_view name, sentence, declaration;
};
template <class Value>
Order(Value, const char*, const char*, const char*) -> Order<Value>;

/// A tensor that is wrong in a step of a right device, and how many elements of it are judged.
struct WrongTensor {
  std::size_t step = 0;
  std::string name;
  std::size_t elements = 0;
};

/// Deltas are concluded from biases, and judged with them.
bool is_compared(const TensorAgreement& tensor) { return !tensor.tensor.starts_with("delta"); }

/// Weights, biases or activations, which have places in a layer.
bool has_places(const TensorAgreement& tensor) {
  return std::string_view("Wba").find(tensor.tensor.front()) != std::string_view::npos &&
         tensor.tensor.find('.') == std::string::npos;  // no fraction bits
}

/// It goes by what a device shows whether it happens in a step.
bool is_now_and_then(Deviation deviation) {
  return deviation == Deviation::update_lost || deviation == Deviation::sample_of_an_earlier_step ||
         deviation == Deviation::input_overwritten || deviation == Deviation::target_overwritten ||
         deviation == Deviation::learning_rate_of_its_own ||
         deviation == Deviation::forward_pass_lost ||
         deviation == Deviation::address_of_the_input_kept;
}

/// Whether what a clause is about comes before a part of the step: what is wrong there shows first,
/// and is no cause of what goes wrong behind it.
bool is_before(std::string_view clause, Stage stage) {
  constexpr std::array forward{"2.4", "4.4", "4.5", "5.5", "11.4", "13.3", "13.4"};
  constexpr std::array outputs{"2.5", "11.5"};
  constexpr std::array hidden{"2.6", "11.6"};
  const auto is_among = [&](const auto& clauses) {
    return std::ranges::find(clauses, clause) != clauses.end();
  };
  return (stage > Stage::functions && is_among(forward)) ||
         (stage > Stage::output_delta && is_among(outputs)) ||
         (stage > Stage::hidden_delta && is_among(hidden));
}

/// Deviations of one element of a row or a layer, which say themselves what their places share.
bool says_where(const Changes& changes) {
  constexpr std::array of_one_element{
      Deviation::last_input_dropped,           Deviation::remainder_dropped,
      Deviation::last_neuron_not_computed,     Deviation::leftover_neurons_not_computed,
      Deviation::last_neuron_not_updated,      Deviation::last_input_not_updated,
      Deviation::leftover_weights_not_updated, Deviation::last_neuron_left_out_of_the_hidden_delta};
  return std::ranges::any_of(of_one_element,
                             [&](Deviation deviation) { return changes.makes(deviation); });
}

/// What leaves so much room that it explains much by accident.
bool may_be_much(Deviation deviation) {
  return deviation == Deviation::other_random_bits || deviation == Deviation::maximum_too_low;
}

/// Deviations that leave out or exchange elements of some kind say themselves where they happen,
/// and what may be of any size says nothing beside what is right.
bool may_be_in_places(const DeviationEntry& entry) {
  switch (entry.fit) {
    case Fit::function_error:
    case Fit::saturation_start:
    case Fit::table_entries:
      return false;
    case Fit::none:
    case Fit::slope_below_zero:
    case Fit::limit_above:
    case Fit::output_delta_limit:
    case Fit::hidden_delta_limit:
    case Fit::hidden_delta_factor:
    case Fit::target_limit:
    case Fit::hidden_sum_limit:
    case Fit::input_limit:
    case Fit::lost_change:
    case Fit::overflow_start:
    case Fit::rate_factor:
    case Fit::rate_factor_of_wrong:
    case Fit::rate:
    case Fit::rate_limit:
      break;
  }
  return !is_now_and_then(entry.deviation) && entry.deviation != Deviation::gradients_accumulate &&
         entry.deviation != Deviation::gradients_of_the_step_before;
}

/// Whether another deviation is the same with this number.
bool is_said_otherwise(const DeviationEntry& entry, double number) {
  switch (entry.fit) {
    case Fit::rate_factor:
    case Fit::rate_factor_of_wrong:
      return number == 1 || number == 0 || number == -1;  // right, nothing updated, ascent
    case Fit::rate:
    case Fit::output_delta_limit:
    case Fit::hidden_delta_limit:
    case Fit::hidden_sum_limit:
    case Fit::rate_limit:
      return number == 0;
    case Fit::none:
    case Fit::function_error:
    case Fit::saturation_start:
    case Fit::slope_below_zero:
    case Fit::limit_above:
    case Fit::table_entries:
    case Fit::hidden_delta_factor:
    case Fit::target_limit:
    case Fit::input_limit:
    case Fit::overflow_start:
    case Fit::lost_change:
      break;
  }
  return false;
}

/// Of a step in which each element is either as the reference has it or as a deviation does.
StepAgreement either(const StepAgreement& right, StepAgreement deviating) {
  for (std::size_t t = 0; t < deviating.size() && t < right.size(); ++t) {
    TensorAgreement& tensor = deviating[t];
    std::vector<std::size_t> wrong;
    std::ranges::set_intersection(tensor.wrong_elements, right[t].wrong_elements,
                                  std::back_inserter(wrong));
    tensor.wrong_elements = std::move(wrong);
    tensor.wrong = tensor.wrong_elements.size();
    tensor.elements = std::min(tensor.elements, right[t].elements);
    tensor.vagueness =
        std::max(tensor.vagueness, right[t].vagueness) + static_cast<double>(tensor.elements);
  }
  return deviating;
}

/// Whether all elements of a tensor are judged that are judged in a right device.
bool judges(const StepAgreement& agreement, const WrongTensor& wrong) {
  return std::ranges::any_of(agreement, [&](const TensorAgreement& tensor) {
    return tensor.tensor == wrong.name && tensor.elements >= wrong.elements;
  });
}

/// How an answer to an operation compares with a right device's (SPEC 7.1).
enum class Correctness : std::uint8_t { right, wrong, undefined };

Correctness answer_of(const ShownOperation& shown, const ArithmeticModel& model) {
  try {
    return arithmetic_accepts(shown.operation, shown.a, shown.b, shown.result, model)
               ? Correctness::right
               : Correctness::wrong;
  } catch (const std::invalid_argument&) {
    return Correctness::undefined;  // operands that a port refuses
  }
}

/// What a hypothesis of this name does to operations.
std::vector<const OperationChange*> operations_of(std::string_view name) {
  std::vector<const OperationChange*> changes;
  for (const OperationChange& change : operation_changes())
    if (change.name == name) changes.push_back(&change);
  return changes;
}

/// Elements of a tensor that a step changes.
std::size_t changed_elements(const Tensor& before, const Tensor& after) {
  std::size_t changed = 0;
  for (std::size_t i = 0; i < after.codes.size() && i < before.codes.size(); ++i)
    changed += std::size_t{before.codes[i] != after.codes[i]};
  return changed;
}

/// Whether in some layer all biases keep their bits in every step that changes most of its weights,
/// and these are enough to be no accident. Each may be legal where few bits are declared.
bool has_biases_that_stay(const CaseEvidence& evidence) {
  std::map<std::size_t, std::pair<std::size_t, std::size_t>> kept_and_changed;  // by layer
  for (const ShownStep& step : evidence.steps) {
    if (!step.trains) continue;
    std::map<std::size_t, bool> are_weights_changed;
    for (std::size_t t = 0; t < step.after.size(); ++t)
      if (step.after[t].kind == TensorKind::weights)
        are_weights_changed[step.after[t].layer] =
            2 * changed_elements(step.before[t], step.after[t]) > step.after[t].count;
    for (std::size_t t = 0; t < step.after.size(); ++t) {
      const Tensor& after = step.after[t];
      if (after.kind != TensorKind::biases || !are_weights_changed[after.layer]) continue;
      auto& [kept, changed] = kept_and_changed[after.layer];
      const std::size_t moved = changed_elements(step.before[t], after);
      changed += moved;
      kept += after.codes.size() - std::min(moved, after.codes.size());
    }
  }
  return std::ranges::any_of(kept_and_changed, [](const auto& layer) {
    return layer.second.first >= least_biases_that_stay && layer.second.second == 0;
  });
}

/// How what a case shows compares.
struct CaseAgreement {
  bool is_within = true;
  bool has_equal_bits = true;
  bool says_what_is_wrong =
      false;             ///< judges the whole of a tensor that is wrong in a right device
  double vagueness = 0;  ///< of all elements together
  std::size_t elements = 0;
};

class Explainer {
 public:
  Explainer(const Profile& profile, const ArithmeticModel& model,
            const std::vector<CaseEvidence>& cases, const AskDevice& ask_device)
      : profile_(profile), model_(model), cases_(cases), ask_device_(ask_device) {}

  Explanation explain(const std::string& shown_case) {
    Explanation explanation;
    for (const CaseEvidence& evidence : cases_) {
      if (!evidence.shows_something()) continue;
      (evidence.failed ? failing_ : passing_).push_back(&evidence);
    }
    explanation.failing = failing_.size();
    if (failing_.empty() || !deviating_device(profile_, model_, Changes())) return explanation;
    if (ExplainedCase first = shown(shown_case); !first.tensors.empty())
      explanation.shown = std::move(first);
    explanation.stage = compare_reference();
    explanation.passing = passing_.size();
    explanation.wrong = static_cast<std::size_t>(std::ranges::count(is_visible_, true));
    try_deviations();
    if (is_declared(profile_))
      try_declarations();
    else
      try_placed_changes();
    try_operations();
    try_what_is_beside_steps();
    if (profile_.has_int8_preactivations()) try_narrow_sums();
    if (profile_.name() == "int32_fixed") try_wrapping_sums();
    // The backward pass of int8_hybrid is one of binary32.
    if (profile_.has_binary32_weights() || profile_.has_int8_preactivations())
      try_flushed_operands();
    if (profile_.has_binary32_weights()) try_fewer_bits();
    if (profile_.has_binary32_weights() || profile_.name() == "int32_fixed")
      try_operations_of_fewer_bits();
    if (profile_.has_binary32_weights()) try_kept_wider();
    const bool is_left = std::ranges::count(is_visible_, false) > 0 || !is_explained();
    // What is flushed may be an operand or a result.
    const bool is_flushed = std::ranges::any_of(
        tried_, [](const NamedChanges& tried) { return tried.changes.flushed.has_value(); });
    if ((is_left || is_flushed) && profile_.has_binary32_weights()) try_roundings();
    if (is_left && profile_.has_binary32_weights()) try_other_orders();
    if (is_left && profile_.has_binary32_weights()) try_few_bits();
    if (!is_explained()) try_pairs();
    keep_places();
    rank(explanation);
    if (ask_device_ && says_little())
      return explain_with_answers(std::move(explanation), shown_case);
    if (ask_device_ && leaves_a_doubt(explanation)) ask(explanation);
    return explanation;
  }

 private:
  /// Whether nothing explains what cases show, or only what may be anything.
  bool says_little() const {
    if (tried_.empty()) return true;
    const NamedChanges& first = tried_.front();
    return !explains_all_visible(first) && (first.is_approximation || may_be_anything(first));
  }

  /// A case starts with memory that it does not show. The questions to a device that was just
  /// started show all of it, step by step, so that they are explained with the cases.
  Explanation explain_with_answers(Explanation without, const std::string& shown_case) const {
    std::vector<CaseEvidence> cases = cases_;
    std::size_t asked = 0, answered_wrongly = 0;
    for (std::vector<ShownStep>& steps :
         ask_device_(telling_questions(profile_, wrong_networks(), wrong_steps()))) {
      CaseEvidence answer{fmt::format("question {}", ++asked)};
      answer.steps = std::move(steps);
      std::vector<WrongTensor> wrong;
      compare_steps(answer, wrong);
      answer.is_answer = true;
      answer.failed = !wrong.empty();
      answered_wrongly += std::size_t{answer.failed};
      cases.push_back(std::move(answer));
    }
    if (answered_wrongly == 0) return without;
    const AskDevice nobody;
    Explainer explainer(profile_, model_, cases, nobody);
    Explanation with = explainer.explain(without.shown ? without.shown->id : shown_case);
    if (with.hypotheses.empty()) return without;
    for (std::size_t h = 0; h < with.hypotheses.size(); ++h)
      explainer.count_answers_apart(explainer.tried_[h], with.hypotheses[h]);
    with.failing = without.failing;
    with.passing = without.passing;
    if (without.stage) with.stage = without.stage;  // with the number of cases
    with.asked = asked;
    with.answered_wrongly = answered_wrongly;
    return with;
  }

  /// Takes what questions say for and against a hypothesis from what cases say.
  void count_answers_apart(const NamedChanges& tried, Hypothesis& hypothesis) const {
    NamedChanges answered = tried;
    answered.hypothesis.asked_explained = answered.hypothesis.asked_contradicted = 0;
    for (std::size_t c = 0; c < failing_.size(); ++c)
      if (failing_[c]->is_answer) judge_answer(*failing_[c], answered, wrong_[c], right_[c]);
    for (const CaseEvidence* evidence : passing_)
      if (evidence->is_answer) judge_answer(*evidence, answered, {}, {});
    const auto take = [](std::size_t& from, std::size_t number) { from -= std::min(from, number); };
    hypothesis.asked_explained = answered.hypothesis.asked_explained;
    hypothesis.asked_contradicted = answered.hypothesis.asked_contradicted;
    take(hypothesis.explained, hypothesis.asked_explained);
    take(hypothesis.contradicted, hypothesis.asked_contradicted);
  }

  /// Counts an answer for or against a hypothesis.
  void judge_answer(const CaseEvidence& evidence, NamedChanges& tried,
                    const std::vector<WrongTensor>& wrong,
                    const std::vector<StepAgreement>& right) const {
    if (tried.hypothesis.is_to_the_bit) return judge_bits(evidence, tried);
    const bool allows_what_is_right = tried.is_in_places && !evidence.failed;
    if (is_of_operations_alone(tried) || allows_what_is_right) return;
    const CaseAgreement found =
        agreement_of(evidence, tried, false, wrong, tried.is_in_places ? &right : nullptr);
    if (!found.is_within && !tried.is_in_places && !evidence.failed)
      ++tried.hypothesis.asked_contradicted;
    if (evidence.failed && found.is_within && found.says_what_is_wrong)
      ++tried.hypothesis.asked_explained;
  }

  ExplainedCase shown(const std::string& id) const {
    const CaseEvidence* chosen = failing_.front();
    for (const CaseEvidence* evidence : failing_)
      if (chosen->steps.empty() && !evidence->steps.empty()) chosen = evidence;
    for (const CaseEvidence& evidence : cases_)
      if (evidence.id == id && !evidence.steps.empty()) chosen = &evidence;
    ExplainedCase result{chosen->id, 0, {}};
    const Changes none;
    const auto device = deviating_device(profile_, model_, none);
    for (std::size_t s = 0; s < chosen->steps.size(); ++s) {
      StepAgreement agreement = device->compare(chosen->steps[s]);
      const bool is_wrong = !is_within(agreement);
      if (result.tensors.empty() || is_wrong || (chosen->steps[s].trains && result.step == 0)) {
        result.step = s;
        result.tensors = std::move(agreement);
      }
      if (is_wrong) break;
    }
    return result;
  }

  /// Whether a device that does this may have answered so to every operation; says whether
  /// something is answered otherwise than by a right one.
  bool allows_answers(const CaseEvidence& evidence, const NamedChanges& tried,
                      bool& says_what_is_wrong) const {
    if (evidence.operations.empty()) return true;
    const std::vector<Correctness>& answers = answers_.at(&evidence);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const ShownOperation& shown = evidence.operations[i];
      if (answers[i] == Correctness::undefined) continue;
      const auto is_of_it = [&](const OperationChange* change) {
        return change->operation == shown.operation;
      };
      const auto change = std::ranges::find_if(tried.operations, is_of_it);
      const bool is_changed = change != tried.operations.end();
      const bool may_be_right = !is_changed || tried.is_in_places;
      if (may_be_right && answers[i] == Correctness::right) continue;
      if (!is_changed || !(*change)->allows(shown, tried.changes, tried.model)) return false;
      says_what_is_wrong = says_what_is_wrong || answers[i] == Correctness::wrong;
    }
    return true;
  }

  CaseAgreement agreement_of(const CaseEvidence& evidence, const NamedChanges& tried,
                             bool needs_bits, const std::vector<WrongTensor>& wrong = {},
                             const std::vector<StepAgreement>* right = nullptr) const {
    bool says_what_is_wrong = (tried.allocates && evidence.heap_bytes > 0) ||
                              (tried.accepts_fraction_bits && evidence.accepts_fraction_bits);
    const bool allows = allows_answers(evidence, tried, says_what_is_wrong) &&
                        (evidence.heap_bytes == 0 || tried.allocates) &&
                        (!evidence.accepts_fraction_bits || tried.accepts_fraction_bits);
    if (!allows) return {.is_within = false, .has_equal_bits = false};
    CaseAgreement result =
        agreement_of_steps(evidence, tried.model, tried.changes, needs_bits, wrong, right);
    result.says_what_is_wrong = result.says_what_is_wrong || says_what_is_wrong;
    return result;
  }

  /// @param wrong  in a right device
  /// @param right  how that compares, where each element may be as it has it
  CaseAgreement agreement_of_steps(const CaseEvidence& evidence, const ArithmeticModel& model,
                                   const Changes& changes, bool needs_bits,
                                   const std::vector<WrongTensor>& wrong = {},
                                   const std::vector<StepAgreement>* right = nullptr) const {
    const auto device = deviating_device(profile_, model, changes);
    CaseAgreement result;
    for (std::size_t s = 0; s < evidence.steps.size(); ++s) {
      StepAgreement agreement = device->compare(evidence.steps[s]);
      if (right != nullptr) agreement = either((*right)[s], std::move(agreement));
      result.is_within = result.is_within && is_within(agreement);
      result.has_equal_bits = result.has_equal_bits && has_equal_bits(agreement);
      for (const TensorAgreement& tensor : agreement) {
        if (!is_compared(tensor)) continue;
        result.vagueness += tensor.vagueness;
        result.elements += tensor.elements + tensor.unjudged;
      }
      result.says_what_is_wrong =
          result.says_what_is_wrong || std::ranges::any_of(wrong, [&](const WrongTensor& one) {
            return one.step == s && judges(agreement, one);
          });
      if (!result.is_within || (needs_bits && !result.has_equal_bits)) break;
    }
    return result;
  }

  /// Whether an operation is answered wrongly; keeps what its answer tells of numbers.
  bool compare_operations(const CaseEvidence& evidence, bool failed) {
    if (evidence.operations.empty()) return false;
    std::vector<Correctness>& answers = answers_[&evidence];
    for (const ShownOperation& shown : evidence.operations) {
      answers.push_back(answer_of(shown, model_));
      if (failed && answers.back() != Correctness::undefined)
        samples_.add_answer(shown, answers.back() == Correctness::wrong);
    }
    return std::ranges::find(answers, Correctness::wrong) != answers.end();
  }

  std::optional<WrongStage> compare_reference() {
    const Changes none;
    const NamedChanges right_device = reference();
    WrongStages stages;
    for (const CaseEvidence* evidence : failing_) {
      const auto device = deviating_device(profile_, model_, none);
      device->collect(samples_);
      std::vector<WrongTensor>& wrong = wrong_.emplace_back();
      std::vector<StepAgreement>& right = right_.emplace_back();
      std::optional<std::size_t> first_wrong;
      for (std::size_t s = 0; s < evidence->steps.size(); ++s) {
        right.push_back(device->compare(evidence->steps[s]));
        if (!first_wrong && !is_within(right.back())) {
          first_wrong = s;
          stages.add(evidence->steps[s], right.back());
        }
        for (const TensorAgreement& tensor : right.back())
          if (is_compared(tensor) && tensor.wrong > 0)
            wrong.push_back({s, tensor.tensor, tensor.elements});
      }
      const bool is_answered_wrongly = compare_operations(*evidence, true);
      is_operation_wrong_ = is_operation_wrong_ || is_answered_wrongly;
      is_visible_.push_back(!wrong.empty() || is_answered_wrongly || evidence->is_beside_steps());
      keeps_biases_.push_back(!is_visible_.back() && has_biases_that_stay(*evidence));
    }
    std::vector<std::size_t> visible;
    for (std::size_t c = 0; c < failing_.size(); ++c)
      if (is_visible_[c]) visible.push_back(c);
    const std::size_t stride = 1 + visible.size() / cases_tried_first;
    for (std::size_t k = 0; k < visible.size(); k += stride) tried_first_.push_back(visible[k]);
    // What the reference itself seems to contradict tells nothing about a hypothesis.
    for (const CaseEvidence* evidence : passing_) compare_operations(*evidence, false);
    std::erase_if(passing_, [&](const CaseEvidence* evidence) {
      return !agreement_of(*evidence, right_device, false).is_within;
    });
    return stages.most();
  }

  /// A hypothesis explains a case where it allows all that the case shows and says something of
  /// what is wrong in it.
  void evaluate(NamedChanges& tried) const {
    const bool needs_bits = tried.hypothesis.is_to_the_bit;
    double vagueness = 0;
    std::size_t elements = 0;
    for (std::size_t c = 0; c < failing_.size(); ++c) {
      if (keeps_biases_[c] && tried.changes.makes(Deviation::bias_not_updated))
        ++tried.hypothesis.explained;
      if (needs_bits ? reference_has_bits_[c] : !is_visible_[c]) continue;
      const CaseAgreement found = agreement_of(*failing_[c], tried, needs_bits, wrong_[c],
                                               tried.is_in_places ? &right_[c] : nullptr);
      if (!found.is_within || (needs_bits ? !found.has_equal_bits : !found.says_what_is_wrong))
        continue;
      ++tried.hypothesis.explained;
      vagueness += found.vagueness;
      elements += found.elements;
    }
    if (tried.hypothesis.explained == 0) return;
    tried.vagueness = elements == 0 ? 0 : vagueness / static_cast<double>(elements);
    if (tried.is_in_places) return;  // what is right contradicts nothing
    for (const CaseEvidence* evidence : passing_) {
      // A step may be computed by other code than the operations that are all answered rightly.
      const bool may_be_other_code =
          evidence->steps.empty() && !is_operation_wrong_ && !is_of_operations_alone(tried);
      const CaseAgreement found = agreement_of(*evidence, tried, needs_bits);
      if (found.is_within && (!needs_bits || found.has_equal_bits)) continue;
      if (may_be_other_code)
        tried.is_contradicted_by_operations = true;
      else
        ++tried.hypothesis.contradicted;
    }
  }

  /// From now on bits are compared beside those of a right device of this order.
  void compare_bits_with(const NamedChanges& right_device) {
    reference_has_bits_.clear();
    for (const CaseEvidence* evidence : failing_)
      reference_has_bits_.push_back(agreement_of(*evidence, right_device, true).has_equal_bits);
  }

  /// Whether the changes show in no step.
  static bool is_of_operations_alone(const NamedChanges& tried) {
    return !tried.operations.empty() && tried.changes.deviations_made.none() &&
           !tried.changes.operation && !tried.changes.placed;
  }

  /// Whether changes explain at least one of some failing cases.
  bool explains_something(const NamedChanges& tried) const {
    if (tried.changes.makes(Deviation::bias_not_updated) &&
        std::ranges::count(keeps_biases_, true) > 0)
      return true;
    return std::ranges::any_of(tried_first_, [&](std::size_t c) {
      const CaseAgreement found = agreement_of(*failing_[c], tried, false, wrong_[c],
                                               tried.is_in_places ? &right_[c] : nullptr);
      return found.is_within && found.says_what_is_wrong;
    });
  }

  /// The same changes where each element may be right as well.
  void try_in_places(const NamedChanges& everywhere) {
    if (everywhere.hypothesis.contradicted == 0 && explains_all_visible(everywhere)) return;
    NamedChanges tried = everywhere;
    tried.is_in_places = true;
    tried.is_contradicted_by_operations = false;
    tried.hypothesis.name += "_in_places";
    tried.hypothesis.explained = tried.hypothesis.contradicted = 0;
    tried.vagueness = 0;
    tried.wider.reset();
    if (!explains_something(tried)) return;
    evaluate(tried);
    // Passing cases contradict what happens everywhere, and nothing of this.
    if (tried.hypothesis.explained + everywhere.hypothesis.contradicted >
        everywhere.hypothesis.explained)
      in_places_.push_back(std::move(tried));
  }

  /// Of the changes in places those that explain most join the others, if they explain more than
  /// what happens everywhere and nothing contradicts.
  void keep_places() {
    std::size_t everywhere = 0;
    for (const NamedChanges& tried : tried_)
      if (!tried.is_pair && !may_be_anything(tried) && !tried.is_now_and_then && !tried.is_wide &&
          tried.hypothesis.contradicted == 0)
        everywhere = std::max(everywhere, tried.hypothesis.explained);
    std::erase_if(in_places_, [&](const NamedChanges& tried) {
      return tried.hypothesis.explained <= everywhere;
    });
    std::ranges::stable_sort(in_places_, std::ranges::greater{},
                             [](const NamedChanges& tried) { return tried.hypothesis.explained; });
    if (in_places_.size() > most_in_places) in_places_.resize(most_in_places);
    for (NamedChanges& tried : in_places_) {
      find_places(tried);
      tried.hypothesis.sentence += tried.condition.empty()
                                       ? ", in some places only"
                                       : fmt::format(", only {}", tried.condition);
      tried_.push_back(std::move(tried));
    }
  }

  bool explains_all_visible(const NamedChanges& tried) const {
    return tried.hypothesis.explained >=
           static_cast<std::size_t>(std::ranges::count(is_visible_, true));
  }

  void try_placed_changes() {
    for (const PlacedChange& change : placed_changes()) {
      if (change.kept_bits != 0 && profile_.has_int8_preactivations()) continue;
      // A step takes these in two places, and an error in one is likelier.
      if (change.place == Place::network_input && is_half_explained_by_an_error()) continue;
      NamedChanges tried;
      tried.model = model_;
      tried.changes.placed = change;
      tried.hypothesis.name = change.name();
      tried.hypothesis.sentence = change.sentence();
      tried.hypothesis.clause = change.clause();
      tried.is_error = change.kept_bits != 0;
      if (explains_something(tried)) evaluate(tried);
      if (!tried.is_error) try_in_places(tried);
      if (tried.hypothesis.explained == 0 || is_said_with_more_bits(tried)) continue;
      tried_.push_back(std::move(tried));
    }
  }

  bool is_half_explained_by_an_error() const {
    const auto visible = static_cast<std::size_t>(std::ranges::count(is_visible_, true));
    return std::ranges::any_of(tried_, [&](const NamedChanges& tried) {
      return tried.is_error && 2 * tried.hypothesis.explained >= visible &&
             !(tried.changes.placed && tried.changes.placed->place == Place::network_input);
    });
  }

  /// What is within an error is within every larger one: of these the least is said that explains
  /// as much. They are tried from the least on.
  bool is_said_with_more_bits(const NamedChanges& tried) const {
    return tried.is_error && std::ranges::any_of(tried_, [&](const NamedChanges& other) {
             return other.is_error && other.hypothesis.name == tried.hypothesis.name &&
                    score(other) >= score(tried);
           });
  }

  void try_deviations() {
    constexpr std::array letters{std::pair{"float32", 'f'}, std::pair{"int8_hybrid", 'h'},
                                 std::pair{"int8_integer", 'i'}, std::pair{"int32_fixed", 'x'}};
    char letter = is_declared(profile_) ? 'd' : 0;
    for (const auto& [name, its_letter] : letters)
      if (profile_.name() == name) letter = its_letter;
    for (const DeviationEntry& entry : deviation_entries()) {
      if (entry.profiles.find(letter) == std::string_view::npos) continue;
      const bool draws_nothing =
          is_declared(profile_) && profile_.declaration().random.generator == RandomGenerator::none;
      if (draws_nothing && entry.deviation == Deviation::other_random_bits) continue;
      const auto number = samples_.number_for(entry.fit);
      if (!number || is_said_otherwise(entry, *number)) continue;
      NamedChanges& tried = tried_.emplace_back();
      tried.model = model_;
      tried.is_fitted = entry.fit != Fit::none;
      tried.is_error = entry.fit == Fit::function_error || may_be_much(entry.deviation);
      tried.is_now_and_then = is_now_and_then(entry.deviation);
      tried.changes.number = *number;
      if (entry.fit == Fit::table_entries) tried.changes.table = samples_.other_table_entries();
      tried.is_any_table = tried.changes.table.size() > few_table_entries;
      tried.changes.deviations_made.set(static_cast<std::size_t>(entry.deviation));
      tried.hypothesis.name = entry.name;
      tried.operations = operations_of(entry.name);
      tried.hypothesis.sentence = fmt::format(fmt::runtime(entry.sentence), *number);
      tried.hypothesis.clause = entry.clause;
      tried.hypothesis.erratum = entry.erratum;
      if (entry.deviation == Deviation::function_inaccurate) {
        ArithmeticModel wider = model_;
        wider.activation_absolute_error += *number * 1.01;
        // It is the cause where nothing is wrong beside it.
        tried.is_approximation = *number <= largest_approximation && is_legal_in(wider);
        tried.is_error = !tried.is_approximation;
        tried.is_of_any_value = *number >= 1;
        if (!tried.is_of_any_value) {
          tried.declaration = fmt::format("activation_absolute_error = {:.3g}", *number * 1.01);
          tried.wider = wider;
        }
      }
      const bool is_of_places = entry.fit == Fit::rate_factor_of_wrong;
      if (!is_of_places) evaluate(tried);
      // In places it is a factor of changes that are wrong.
      const bool is_said_of_places =
          entry.fit == Fit::rate_factor && number == samples_.number_for(Fit::rate_factor_of_wrong);
      if (may_be_in_places(entry) && !is_said_of_places) try_in_places(tried);
      if (is_of_places) tried_.pop_back();
    }
  }

  /// Of an arithmetic that is declared: each other one that differs in one thing.
  void try_declarations() {
    for (const ChangedArithmetic& change : changed_arithmetics(profile_.declaration())) {
      if (DeclaredStep::unsupported(change.arithmetic)) continue;
      NamedChanges tried = reference();
      tried.changes.declaration = &profile_of_change(change.arithmetic, change.name);
      tried.hypothesis.name = change.name;
      tried.hypothesis.sentence =
          fmt::format("computes in another arithmetic than it declares: {}", change.description);
      tried.hypothesis.clause = "15.2";
      if (explains_something(tried)) evaluate(tried);
      try_in_places(tried);
      if (tried.hypothesis.explained > 0) tried_.push_back(std::move(tried));
    }
  }

  /// Sums of integer products in fewer bits than they need.
  void try_narrow_sums() {
    constexpr int fewest = 16, most = 25;
    for (const bool are_limited : {true, false})
      for (int bits = fewest; bits <= most; ++bits) {
        if (are_limited && bits == 16) continue;  // has a row of its own
        NamedChanges tried = reference();
        tried.changes.bits_of_sums = bits;
        tried.changes.are_sums_limited = are_limited;
        tried.hypothesis.name = are_limited ? "sums_limited" : "sums_wrap";
        tried.hypothesis.sentence =
            are_limited ? fmt::format("limits sums of products to {} bits", bits)
                        : fmt::format("lets sums of products wrap in {} bits", bits);
        tried.hypothesis.clause = "4.4";
        if (explains_something(tried)) evaluate(tried);
        try_in_places(tried);
        if (tried.hypothesis.explained > 0) tried_.push_back(std::move(tried));
      }
  }

  /// Sums of fixed-point numbers with fewer fraction bits than z, which saturate when they are
  /// finished.
  void try_wrapping_sums() {
    constexpr int most = 10;
    for (int bits = 33 - fixed_preactivation_bits; bits <= most; ++bits) {
      NamedChanges tried = reference();
      tried.changes.bits_of_sums = bits;
      tried.hypothesis.name = "sums_wrap";
      tried.hypothesis.sentence =
          fmt::format("lets sums of products wrap where they leave -{0} to {0}", 1 << (bits - 1));
      tried.hypothesis.clause = "13.3";
      if (explains_something(tried)) evaluate(tried);
      try_in_places(tried);
      if (tried.hypothesis.explained > 0) tried_.push_back(std::move(tried));
    }
  }

  /// A right device.
  NamedChanges reference() const {
    NamedChanges right;
    right.model = model_;
    return right;
  }

  /// What is done to operations of level 0 and to no step.
  void try_operations() {
    for (const OperationChange& change : operation_changes()) {
      if (change.sentence.empty() || std::ranges::any_of(tried_, [&](const NamedChanges& tried) {
            return tried.hypothesis.name == change.name;
          }))
        continue;
      NamedChanges tried = reference();
      tried.operations = operations_of(change.name);
      tried.hypothesis.name = change.name;
      tried.hypothesis.sentence = change.sentence;
      tried.hypothesis.clause =
          clause_of(change.operation).substr(std::string_view("SPEC ").size());
      evaluate(tried);
      if (tried.hypothesis.explained > 0) tried_.push_back(std::move(tried));
    }
  }

  /// What a device does that shows in no step.
  void try_what_is_beside_steps() {
    NamedChanges allocates = reference();
    allocates.allocates = true;
    allocates.hypothesis.name = "heap_allocated";
    allocates.hypothesis.sentence = "allocates memory from the heap";
    allocates.hypothesis.clause = "7.6";
    NamedChanges accepts = reference();
    accepts.accepts_fraction_bits = true;
    accepts.hypothesis.name = "fraction_bits_accepted";
    accepts.hypothesis.sentence = "accepts counts of fraction bits above 7";
    accepts.hypothesis.clause = "4.1";
    for (NamedChanges* tried : {&allocates, &accepts}) {
      evaluate(*tried);
      if (tried->hypothesis.explained > 0) tried_.push_back(std::move(*tried));
    }
  }

  bool is_explained() const {
    return std::ranges::any_of(tried_, [&](const NamedChanges& tried) {
      return explains_all_visible(tried) && tried.hypothesis.contradicted == 0;
    });
  }

  /// Tensors that are wrong in the first steps of the first failing cases.
  std::size_t wrong_tensors(const Changes& changes) const {
    std::size_t wrong = 0, cases = 0;
    for (std::size_t c = 0; c < failing_.size() && cases < cases_tried_for_parts; ++c) {
      if (!is_visible_[c]) continue;
      ++cases;
      const auto device = deviating_device(profile_, model_, changes);
      std::size_t steps = 0;
      for (const ShownStep& step : failing_[c]->steps) {
        if (steps++ == steps_tried_for_parts) break;
        for (const TensorAgreement& tensor : device->compare(step))
          wrong += std::size_t{tensor.wrong > 0 && !tensor.tensor.starts_with("delta")};
      }
    }
    return wrong;
  }

  void try_pairs() {
    const Changes none;
    const std::size_t wrong = wrong_tensors(none);
    std::vector<std::pair<std::size_t, std::size_t>> parts;
    for (std::size_t i = 0; i < tried_.size(); ++i)
      if (const std::size_t left = wrong_tensors(tried_[i].changes);
          left < wrong && !tried_[i].hypothesis.is_to_the_bit && !tried_[i].is_error &&
          !tried_[i].is_approximation && !has_its_own_rates(tried_[i]))
        parts.emplace_back(left, i);
    std::ranges::stable_sort(parts, {}, &std::pair<std::size_t, std::size_t>::first);
    if (parts.size() > most_parts_of_pairs) parts.resize(most_parts_of_pairs);
    for (std::size_t i = 0; i < parts.size(); ++i)
      for (std::size_t j = i + 1; j < parts.size(); ++j) try_pair(parts[i].second, parts[j].second);
  }

  void try_pair(std::size_t first, std::size_t second) {
    if (tried_[first].is_fitted && tried_[second].is_fitted) return;
    // What chooses its steps twice over explains much by accident.
    if (tried_[first].is_now_and_then && tried_[second].is_now_and_then) return;
    NamedChanges both = tried_[std::min(first, second)];
    const NamedChanges& other = tried_[std::max(first, second)];
    both.changes.deviations_made |= other.changes.deviations_made;
    both.operations.insert(both.operations.end(), other.operations.begin(), other.operations.end());
    both.allocates = both.allocates || other.allocates;
    both.accepts_fraction_bits = both.accepts_fraction_bits || other.accepts_fraction_bits;
    if (both.changes.placed && other.changes.placed) return;
    if (both.changes.declaration != nullptr && other.changes.declaration != nullptr) return;
    if (other.changes.flushed || other.changes.bits_of_weights != 24) return;
    if (other.changes.placed) both.changes.placed = other.changes.placed;
    if (other.changes.declaration != nullptr) both.changes.declaration = other.changes.declaration;
    if (other.is_fitted) {
      both.changes.number = other.changes.number;
      both.changes.table = other.changes.table;
    }
    both.is_fitted = both.is_fitted || other.is_fitted;
    both.is_now_and_then = both.is_now_and_then || other.is_now_and_then;
    both.is_pair = true;
    both.hypothesis.name += " + " + other.hypothesis.name;
    both.hypothesis.sentence += ", and " + other.hypothesis.sentence;
    if (both.hypothesis.clause != other.hypothesis.clause)
      both.hypothesis.clause += ", " + other.hypothesis.clause;
    if (!both.hypothesis.erratum) both.hypothesis.erratum = other.hypothesis.erratum;
    both.wider.reset();
    both.is_contradicted_by_operations = false;
    both.hypothesis.explained = both.hypothesis.contradicted = 0;
    both.vagueness = 0;
    evaluate(both);
    const std::size_t alone =
        std::max(tried_[first].hypothesis.explained, tried_[second].hypothesis.explained);
    if (both.hypothesis.explained > alone) tried_.push_back(std::move(both));
  }

  /// Orders that ports have, one of which the device may compute in.
  std::vector<ArithmeticModel> orders() const {
    std::vector<ArithmeticModel> models;
    for (const FusedMultiplyAdd fused : {FusedMultiplyAdd::no, FusedMultiplyAdd::yes})
      for (const BiasPosition bias : {BiasPosition::first, BiasPosition::last}) {
        ArithmeticModel model = model_;
        if (model.fused_multiply_add == FusedMultiplyAdd::any) model.fused_multiply_add = fused;
        if (model.bias_position == BiasPosition::any) model.bias_position = bias;
        if (model.summation_order == SummationOrder::any)
          model.summation_order = SummationOrder::ascending;
        if (model.update_product == UpdateProduct::any)
          model.update_product = UpdateProduct::learning_rate_times_delta;
        if (std::ranges::find(models, model) == models.end()) models.push_back(model);
      }
    return models;
  }

  void declare_flushing(NamedChanges& tried) const {
    tried.declaration = "flush_to_zero = true";
    tried.wider = model_;
    tried.wider->flush_to_zero = true;
  }

  /// Whether nothing in the failing cases is wrong where a wider arithmetic is declared.
  bool is_legal_in(const ArithmeticModel& wider) const {
    const Changes none;
    return std::ranges::all_of(failing_, [&](const CaseEvidence* evidence) {
      return !evidence->is_beside_steps() &&
             std::ranges::none_of(evidence->operations,
                                  [&](const ShownOperation& shown) {
                                    return answer_of(shown, wider) == Correctness::wrong;
                                  }) &&
             agreement_of_steps(*evidence, wider, none, false).is_within;
    });
  }

  void try_flushed_operands() {
    constexpr std::array operands{"weight_of_the_forward_pass",
                                  "input_of_the_forward_pass",
                                  "activation_of_the_forward_pass",
                                  "bias",
                                  "argument",
                                  "output",
                                  "target",
                                  "weight_of_the_hidden_delta",
                                  "delta_of_the_hidden_delta",
                                  "activation_of_the_derivative",
                                  "learning_rate",
                                  "delta_of_the_update",
                                  "step",
                                  "step_of_the_weights",
                                  "output_delta",
                                  "input_of_the_update",
                                  "activation_of_the_update",
                                  "weight_of_the_update",
                                  "bias_of_the_update"};
    static_assert(operands.size() == flushed_operands);
    for (std::size_t o = 0; o < operands.size(); ++o) {
      NamedChanges tried;
      tried.model = model_;
      tried.changes.flushed = static_cast<FlushedOperand>(o);
      tried.hypothesis.name = fmt::format("zero_for_{}", operands[o]);
      std::string operand = operands[o];
      std::ranges::replace(operand, '_', ' ');
      tried.hypothesis.sentence = fmt::format("takes the {} for zero below 2^-126", operand);
      tried.hypothesis.clause = "5.3";
      declare_flushing(tried);
      evaluate(tried);
      if (tried.hypothesis.explained > 0) tried_.push_back(std::move(tried));
    }
  }

  /// Parameters whose last bits are always 0.
  void try_fewer_bits() {
    const int weights = samples_.bits_of_weights, biases = samples_.bits_of_biases;
    if (weights == 0 || weights > 23) return;
    std::size_t explained_by_rounding = 0;
    // What is cut is never farther from 0 than what is stored exactly.
    const bool is_never_above =
        samples_.weights_below >= least_weights_below &&
        samples_.weights_above * least_weights_below < samples_.weights_below;
    for (const bool cuts : {false, true}) {
      if (!cuts && is_never_above) continue;
      NamedChanges tried;
      tried.model = model_;
      tried.is_fitted = true;
      tried.changes.bits_of_weights = weights;
      tried.changes.bits_of_biases = biases == 0 ? 24 : biases;
      tried.changes.truncates_weights = cuts;
      tried.hypothesis.name = cuts ? "parameters_cut_to_fewer_bits" : "parameters_of_fewer_bits";
      tried.hypothesis.sentence =
          fmt::format("{} new weights to {} significand bits", cuts ? "cuts" : "rounds", weights);
      tried.hypothesis.clause = "5.1";
      tried.declaration = fmt::format("significand_bits = {}", weights);
      tried.wider = model_;
      tried.wider->significand_bits = weights;
      evaluate(tried);
      // What is rounded lies within the bounds of what is cut.
      if (cuts && tried.hypothesis.explained <= explained_by_rounding + failing_.size() / 20)
        continue;
      explained_by_rounding = tried.hypothesis.explained;
      if (tried.hypothesis.explained > 0) tried_.push_back(std::move(tried));
    }
  }

  /// Every operation with fewer bits, from the most that explain something on.
  void try_operations_of_fewer_bits() {
    constexpr std::array significand_bits{22, 20, 18, 16, 14, 12, 11, 10, 9, 8};
    constexpr std::array bits_lost{1, 2, 4, 8, 12, 16};
    const auto add = [&](NamedChanges tried) {
      tried.is_error = true;
      if (explains_something(tried)) evaluate(tried);
      if (tried.hypothesis.explained > 0 && !is_said_with_more_bits(tried))
        tried_.push_back(std::move(tried));
    };
    if (!profile_.has_binary32_weights())
      for (const int bits : bits_lost) {
        NamedChanges tried = reference();
        tried.changes.bits_lost_of_products = bits;
        tried.hypothesis.name = "products_of_fewer_bits";
        tried.hypothesis.sentence = fmt::format("loses about {} bits of every product", bits);
        tried.hypothesis.clause = "13.3";
        add(std::move(tried));
      }
    else
      for (const int bits : significand_bits) {
        if (bits >= model_.significand_bits) continue;
        NamedChanges tried = reference();
        tried.model.significand_bits = bits;
        tried.hypothesis.name = "operations_of_fewer_bits";
        tried.hypothesis.sentence = fmt::format("computes with about {} significand bits", bits);
        tried.hypothesis.clause = "5.1";
        tried.declaration = fmt::format("significand_bits = {}", bits);
        tried.wider = tried.model;
        add(std::move(tried));
      }
  }

  /// Doubles behind what is shown in binary32, where nothing is wrong if they are declared.
  void try_kept_wider() {
    if (model_.kept_wider != KeptWider::nothing) return;
    struct Width {
      KeptWider kept;
      std::string_view name, sentence, declaration;
    };
    constexpr std::array widths{
        Width{KeptWider::activations, "activations_kept_wider",
              "goes on with more digits of activations than it shows",
              "kept_wider = \"activations\""},
        Width{KeptWider::everything, "everything_kept_wider",
              "goes on with more digits of activations and parameters than it shows",
              "kept_wider = \"everything\""}};
    for (const Width& width : widths) {
      NamedChanges tried = reference();
      tried.model.kept_wider = width.kept;
      if (!is_legal_in(tried.model)) continue;
      tried.hypothesis.name = width.name;
      tried.hypothesis.sentence = width.sentence;
      tried.hypothesis.clause = "5.1";
      tried.declaration = width.declaration;
      tried.is_wide = true;
      tried.wider = tried.model;
      evaluate(tried);
      if (tried.hypothesis.explained > 0) tried_.push_back(std::move(tried));
      return;  // the wider one allows as much
    }
  }

  void try_roundings() {
    constexpr std::array operations{"products of the forward pass",
                                    "sums of the forward pass",
                                    "the addition of the bias",
                                    "the sum of a wide accumulator",
                                    "a - t",
                                    "products of the hidden delta",
                                    "sums of the hidden delta",
                                    "a a of the derivative of tanh",
                                    "1 - a a of the derivative of tanh",
                                    "a (1 - a) of the derivative of the sigmoid",
                                    "delta times the derivative",
                                    "delta times the derivative of tanh",
                                    "delta times the derivative of the sigmoid",
                                    "learning_rate * delta",
                                    "products of the update",
                                    "updated weights",
                                    "every operation"};
    constexpr std::array names{"forward_product",
                               "forward_sum",
                               "bias_sum",
                               "activation_argument",
                               "output_delta",
                               "delta_product",
                               "delta_sum",
                               "derivative_square",
                               "derivative_difference",
                               "sigmoid_derivative",
                               "delta_derivative",
                               "delta_derivative_of_tanh",
                               "delta_derivative_of_sigmoid",
                               "rate_product",
                               "update_product",
                               "update_sum",
                               "every_operation"};
    constexpr std::array changes{"rounds {} towards zero",
                                 "rounds ties of {} up",
                                 "rounds {} down",
                                 "flushes subnormal {} to zero",
                                 "rounds subnormal {} to 24 bits first",
                                 "cuts subnormal {}"};
    constexpr std::array change_names{"truncation",    "ties_up",       "rounded_down",
                                      "flush_to_zero", "rounded_twice", "subnormals_cut"};
    static_assert(changes.size() == rounding_changes && change_names.size() == rounding_changes);
    static_assert(operations.size() == rounded_operations && names.size() == rounded_operations);
    for (const ArithmeticModel& model : orders()) {
      NamedChanges right_device = reference();
      right_device.model = model;
      compare_bits_with(right_device);
      const bool is_everywhere_fused = model.fused_multiply_add == FusedMultiplyAdd::yes;
      for (std::size_t o = 0; o < rounded_operations; ++o)
        for (std::size_t c = 0; c < rounding_changes; ++c) {
          const auto operation = static_cast<RoundedOperation>(o);
          const bool needs_last = operation == RoundedOperation::bias_sum;
          if (needs_last != (model.bias_position == BiasPosition::last)) continue;
          const bool is_product = operation == RoundedOperation::forward_product ||
                                  operation == RoundedOperation::delta_product ||
                                  operation == RoundedOperation::update_product;
          const bool is_sum_of_products = operation == RoundedOperation::forward_sum ||
                                          operation == RoundedOperation::delta_sum ||
                                          operation == RoundedOperation::update_sum;
          // A port may fuse here and not elsewhere.
          const bool may_fuse_here = !is_everywhere_fused && is_sum_of_products &&
                                     model_.fused_multiply_add == FusedMultiplyAdd::any;
          if (is_everywhere_fused && is_product) continue;
          for (const bool fuses_here : {false, true}) {
            if (fuses_here && !may_fuse_here) continue;
            NamedChanges tried;
            tried.model = model;
            tried.changes.operation = operation;
            tried.changes.fuses_this_operation_only = fuses_here;
            tried.changes.rounding = static_cast<RoundingChange>(c);
            const bool is_fused = is_everywhere_fused || fuses_here;
            tried.hypothesis.name =
                fmt::format("{}_{}{}", change_names[c], is_fused ? "fused_" : "", names[o]);
            tried.operations = operations_of(tried.hypothesis.name);
            tried.hypothesis.sentence = fmt::format(fmt::runtime(changes[c]), operations[o]);
            tried.hypothesis.clause = "5.3";
            tried.hypothesis.is_to_the_bit = true;
            if (static_cast<RoundingChange>(c) == RoundingChange::flush_to_zero)
              declare_flushing(tried);
            evaluate(tried);
            if (tried.hypothesis.explained > 0) tried_.push_back(std::move(tried));
          }
        }
    }
  }

  /// Bits of another declared order than that of the target file.
  void try_other_orders() {
    compare_bits_with(reference());
    if (std::ranges::count(reference_has_bits_, false) == 0) return;
    const auto try_order = [&](const auto& order, auto member) {
      NamedChanges tried = reference();
      tried.model.*member = order.value;
      tried.wider = tried.model;
      tried.declaration = order.declaration;
      tried.hypothesis.name = order.name;
      tried.hypothesis.sentence = order.sentence;
      tried.hypothesis.clause = "6.2";
      tried.hypothesis.is_to_the_bit = true;
      evaluate(tried);
      if (tried.hypothesis.explained > 0) tried_.push_back(std::move(tried));
    };
    // Of two the one that is not declared, where the other is.
    const auto try_other = [&](auto member, const auto& one, const auto& other) {
      if (model_.*member == one.value)
        try_order(other, member);
      else if (model_.*member == other.value)
        try_order(one, member);
    };
    try_other(&ArithmeticModel::summation_order,
              Order{SummationOrder::ascending, "sums_from_the_first_term",
                    "sums from the first term to the last", "summation_order = \"ascending\""},
              Order{SummationOrder::descending, "sums_from_the_last_term",
                    "sums from the last term to the first", "summation_order = \"descending\""});
    try_other(&ArithmeticModel::bias_position,
              Order{BiasPosition::first, "bias_added_first", "starts the sum with the bias",
                    "bias_position = \"first\""},
              Order{BiasPosition::last, "bias_added_last", "adds the bias to the finished sum",
                    "bias_position = \"last\""});
    try_other(&ArithmeticModel::fused_multiply_add,
              Order{FusedMultiplyAdd::no, "products_not_fused",
                    "rounds every product before it is added", "fused_multiply_add = \"no\""},
              Order{FusedMultiplyAdd::yes, "products_fused",
                    "fuses every product with the addition of it", "fused_multiply_add = \"yes\""});
    if (model_.fused_multiply_add == FusedMultiplyAdd::no) try_fusing_alone();
    try_other(&ArithmeticModel::update_product,
              Order{UpdateProduct::learning_rate_times_delta, "learning_rate_first",
                    "multiplies learning rate and delta before the activation",
                    "update_product = \"learning_rate_times_delta\""},
              Order{UpdateProduct::delta_times_activation, "gradient_first",
                    "multiplies delta and activation before the learning rate",
                    "update_product = \"delta_times_activation\""});
  }

  /// Results and factors of fewer bits than binary32 has, in a port that declares few: where bounds
  /// allow all of them, bits tell which.
  void try_few_bits() {
    ArithmeticModel of_all_bits = model_;
    of_all_bits.significand_bits = 24;
    if (model_.significand_bits == 24 || !of_all_bits.order_is_declared()) return;
    compare_bits_with(reference());
    if (std::ranges::count(reference_has_bits_, false) == 0) return;
    constexpr int fewer = 3, more = 4;  // than are declared
    const auto add = [&](NamedChanges tried, std::string_view of_what, bool cuts, int bits) {
      tried.hypothesis.name = fmt::format("{}_{}_fewer_bits", of_what, cuts ? "cut_to" : "of");
      std::string words(of_what);
      std::ranges::replace(words, '_', ' ');
      tried.hypothesis.sentence =
          fmt::format("{} every {} to {} significand bits", cuts ? "cuts" : "rounds", words, bits);
      tried.hypothesis.clause = "5.1";
      tried.hypothesis.is_to_the_bit = true;
      evaluate(tried);
      if (tried.hypothesis.explained > 0) tried_.push_back(std::move(tried));
    };
    for (int bits = std::min(23, model_.significand_bits + more);
         bits >= std::max(2, model_.significand_bits - fewer); --bits)
      for (const bool cuts : {false, true}) {
        for (const auto& [operation, of_what] :
             {std::pair{RoundedOperation::forward_product, "forward_product"},
              {RoundedOperation::forward_sum, "forward_sum"},
              {RoundedOperation::output_delta, "output_delta"},
              {RoundedOperation::delta_product, "delta_product"},
              {RoundedOperation::delta_sum, "delta_sum"},
              {RoundedOperation::rate_product, "rate_product"},
              {RoundedOperation::update_product, "update_product"},
              {RoundedOperation::update_sum, "update_sum"},
              {RoundedOperation::every, "result"}}) {
          NamedChanges tried = reference();
          tried.changes.operation = operation;
          tried.changes.rounding =
              cuts ? RoundingChange::fewer_bits_cut : RoundingChange::fewer_bits;
          tried.changes.bits_of_operation = bits;
          add(std::move(tried), of_what, cuts, bits);
        }
        NamedChanges tried = reference();
        tried.changes.bits_of_factors = bits;
        tried.changes.cuts_factors = cuts;
        add(std::move(tried), "factor_of_a_sum", cuts, bits);
      }
  }

  /// Products that are fused in one kind of sums, where none is declared to be.
  void try_fusing_alone() {
    for (const auto& [operation, name, words] :
         {std::tuple{RoundedOperation::forward_sum, "products_fused_forward_sum",
                     "sums of the forward pass"},
          {RoundedOperation::delta_sum, "products_fused_delta_sum", "sums of the hidden delta"},
          {RoundedOperation::update_sum, "products_fused_update_sum", "new weights"}}) {
      NamedChanges tried = reference();
      tried.changes.operation = operation;
      tried.changes.fuses_this_operation_only = true;
      tried.changes.rounding = RoundingChange::none;
      tried.hypothesis.name = name;
      tried.hypothesis.sentence = fmt::format("fuses products with {}", words);
      tried.hypothesis.clause = "6.2";
      tried.hypothesis.is_to_the_bit = true;
      evaluate(tried);
      if (tried.hypothesis.explained > 0) tried_.push_back(std::move(tried));
    }
  }

  /// What holds now here and now there, at places that share nothing, and errors and tables that
  /// may be any explain much by accident.
  static bool may_be_anything(const NamedChanges& tried) {
    const bool says_no_place = tried.condition.empty() && !says_where(tried.changes);
    return tried.is_error || tried.is_any_table || (tried.is_in_places && says_no_place) ||
           has_its_own_rates(tried);
  }

  static bool has_its_own_rates(const NamedChanges& tried) {
    return tried.changes.makes(Deviation::learning_rate_of_its_own);
  }

  /// Cases explained less cases contradicted, in halves. Two deviations have to explain more than
  /// one by a twentieth of the cases, and what is in places only half a case more.
  long score(const NamedChanges& tried) const {
    // Cases that fail without showing anything wrong nobody explains.
    const auto visible =
        static_cast<std::size_t>(std::ranges::count(is_visible_, true)) + answered_wrongly_;
    // Of rates that are powers of two alone one nearly always fits.
    const bool has_fitting_rates = has_its_own_rates(tried) && profile_.name() != "int8_integer";
    std::size_t handicap = 0;
    if (tried.is_pair)
      handicap = 2 + visible / 10;
    else if (tried.is_of_any_value)
      handicap = 1 + visible;
    else if (tried.is_approximation || tried.is_wide || has_fitting_rates)
      handicap = 1 + visible / 3;
    else if (may_be_anything(tried))
      handicap = 1 + 2 * visible / 3;
    // Where every rate that is wrong is the same, its share says it more simply than a limit.
    else if (tried.is_in_places || tried.changes.makes(Deviation::learning_rate_limited_to))
      handicap = 1 + visible / 10;
    const Hypothesis& found = tried.hypothesis;
    return 2 * static_cast<long>(found.explained + found.asked_explained) -
           static_cast<long>(2 * (found.contradicted + found.asked_contradicted) + handicap);
  }

  /// Whether there is another explanation as good, or of as many cases, or the first one leaves
  /// something open.
  bool leaves_a_doubt(const Explanation& explanation) const {
    if (tried_.empty()) return false;
    const NamedChanges& first = tried_.front();
    const bool is_alone = std::ranges::count_if(tried_, [&](const NamedChanges& tried) {
                            return !tried.is_pair && !may_be_anything(tried) &&
                                   tried.hypothesis.explained >= first.hypothesis.explained;
                          }) <= 1;
    return explanation.equally_good > 1 || first.hypothesis.contradicted > 0 || !is_alone ||
           first.is_in_places || may_be_anything(first) || !explains_all_visible(first);
  }

  /// Has the device answer questions about the networks that it gets wrong, and ranks the best
  /// hypotheses by these, too.
  void ask(Explanation& explanation) {
    if (tried_.size() > most_in_doubt) tried_.resize(most_in_doubt);
    const std::vector<std::vector<ShownStep>> answers =
        ask_device_(telling_questions(profile_, wrong_networks(), wrong_steps()));
    for (const std::vector<ShownStep>& steps : answers) {
      CaseEvidence evidence{"a question"};
      evidence.steps = steps;
      std::vector<WrongTensor> wrong;
      const std::vector<StepAgreement> right = compare_steps(evidence, wrong);
      evidence.failed = !wrong.empty();
      ++explanation.asked;
      explanation.answered_wrongly += std::size_t{evidence.failed};
      answered_wrongly_ = explanation.answered_wrongly;
      for (NamedChanges& tried : tried_) judge_answer(evidence, tried, wrong, right);
    }
    rank(explanation);
  }

  /// Counts an answer for or against what is compared to the bit in an order of its own.
  void judge_bits(const CaseEvidence& evidence, NamedChanges& tried) const {
    NamedChanges right_device = reference();
    right_device.model = tried.model;
    const auto has_bits = [&](const NamedChanges& device) {
      const CaseAgreement found = agreement_of(evidence, device, true);
      return found.is_within && found.has_equal_bits;
    };
    const bool is_as_tried = has_bits(tried), is_right = has_bits(right_device);
    if (is_as_tried && !is_right) ++tried.hypothesis.asked_explained;
    if (!is_as_tried && is_right) ++tried.hypothesis.asked_contradicted;
  }

  /// Networks of failing cases that show something wrong, each once, the smallest first.
  std::vector<std::shared_ptr<const Network>> wrong_networks() const {
    std::vector<std::shared_ptr<const Network>> networks;
    for (std::size_t c = 0; c < failing_.size(); ++c)
      for (const WrongTensor& wrong : wrong_[c]) {
        const std::shared_ptr<const Network>& network = failing_[c]->steps[wrong.step].network;
        const auto is_same = [&](const auto& other) { return *other == *network; };
        if (parameter_count(*network) <= most_asked_parameters &&
            std::ranges::none_of(networks, is_same))
          networks.push_back(network);
      }
    std::ranges::stable_sort(networks, {}, [](const auto& each) { return parameter_count(*each); });
    // Small ones show the most, a few of different shapes enough.
    if (networks.size() > most_asked_networks) networks.resize(most_asked_networks);
    return networks;
  }

  /// The first wrong step of some failing cases, spread over all.
  std::vector<const ShownStep*> wrong_steps() const {
    std::vector<const ShownStep*> steps;
    for (std::size_t c = 0; c < failing_.size(); ++c) {
      if (wrong_[c].empty()) continue;
      const ShownStep& step = failing_[c]->steps[wrong_[c].front().step];
      if (parameter_count(*step.network) <= most_asked_parameters) steps.push_back(&step);
    }
    const std::size_t stride = 1 + steps.size() / most_asked_wrong_steps;
    std::vector<const ShownStep*> chosen;
    for (std::size_t k = 0; k < steps.size(); k += stride) chosen.push_back(steps[k]);
    return chosen;
  }

  /// How the steps of a case compare with a right device's, and what is wrong in them.
  std::vector<StepAgreement> compare_steps(const CaseEvidence& evidence,
                                           std::vector<WrongTensor>& wrong) const {
    const Changes none;
    const auto device = deviating_device(profile_, model_, none);
    std::vector<StepAgreement> right;
    for (std::size_t s = 0; s < evidence.steps.size(); ++s) {
      right.push_back(device->compare(evidence.steps[s]));
      for (const TensorAgreement& tensor : right.back())
        if (is_compared(tensor) && tensor.wrong > 0)
          wrong.push_back({s, tensor.tensor, tensor.elements});
    }
    return right;
  }

  /// What the elements share in which only the changes are right, and those lack in which they are
  /// wrong; and how many of both these are.
  void find_places(NamedChanges& tried) const {
    std::vector<ElementPlace> places, others;
    const Changes none;
    for (const std::vector<const CaseEvidence*>* cases : {&failing_, &passing_})
      for (const CaseEvidence* evidence : *cases) {
        const auto right = deviating_device(profile_, tried.model, none);
        const auto deviating = deviating_device(profile_, tried.model, tried.changes);
        for (const ShownStep& step : evidence->steps) {
          const StepAgreement as_right = right->compare(step);
          const StepAgreement as_tried = deviating->compare(step);
          if (places.size() + others.size() > most_places) break;
          for (std::size_t t = 0; t < as_right.size() && t < as_tried.size(); ++t) {
            if (!has_places(as_right[t]) || as_tried[t].elements < as_right[t].elements) continue;
            add_places(*step.network, as_right[t], as_tried[t], places);
            add_places(*step.network, as_tried[t], as_right[t], others);
          }
        }
      }
    tried.condition = condition_of(places, others);
    if (!places.empty())
      tried.share =
          static_cast<double>(places.size()) / static_cast<double>(places.size() + others.size());
  }

  /// Elements that are wrong in the first and right in the second.
  static void add_places(const Network& network, const TensorAgreement& wrong,
                         const TensorAgreement& right, std::vector<ElementPlace>& places) {
    std::vector<std::size_t> elements;
    std::ranges::set_difference(wrong.wrong_elements, right.wrong_elements,
                                std::back_inserter(elements));
    for (const std::size_t element : elements)
      places.push_back(element_place(network, wrong.tensor, element));
  }

  /// Among those that explain as much, what may be anything comes last, one deviation is likelier
  /// than two, one that shows wherever it would than one that seldom does, one that always happens
  /// than one that chooses its steps, and one that leaves little room than one that allows much.
  /// Equally good as the first are those that explain as much, are as likely as it, and show in no
  /// less than half as many of the places in which they would.
  void rank(Explanation& explanation) {
    explanation.hypotheses.clear();
    explanation.equally_good = 0;
    std::erase_if(tried_, [&](const NamedChanges& tried) { return score(tried) <= 0; });
    std::ranges::stable_sort(tried_, [&](const NamedChanges& x, const NamedChanges& y) {
      if (score(x) != score(y)) return score(x) > score(y);
      const auto doubts = [&](const NamedChanges& tried) {
        const bool is_too_early = tried.is_in_places && explanation.stage &&
                                  is_before(tried.hypothesis.clause, explanation.stage->stage);
        return std::tuple(tried.is_pair, tried.is_error || tried.is_any_table, tried.is_in_places,
                          is_too_early, tried.is_contradicted_by_operations, tried.is_approximation,
                          std::lround(share_steps * (1 - tried.share)),
                          std::lround(-std::log2(tried.share)), tried.is_now_and_then,
                          std::lround(vagueness_steps * tried.vagueness), tried.is_fitted);
      };
      return doubts(x) < doubts(y);
    });
    const auto kind_of = [](const NamedChanges& tried) {
      return std::tuple(tried.is_pair, tried.is_error || tried.is_any_table, tried.is_in_places,
                        tried.is_approximation, std::lround(-std::log2(tried.share)));
    };
    for (NamedChanges& tried : tried_) {
      explanation.equally_good += std::size_t{score(tried) == score(tried_.front()) &&
                                              kind_of(tried) == kind_of(tried_.front())};
      if (explanation.hypotheses.size() == most_hypotheses) continue;
      if (tried.wider && is_legal_in(*tried.wider))
        tried.hypothesis.declaration = tried.declaration;
      explanation.hypotheses.push_back(tried.hypothesis);
    }
  }

  const Profile& profile_;
  const ArithmeticModel& model_;
  const std::vector<CaseEvidence>& cases_;
  const AskDevice& ask_device_;
  std::vector<const CaseEvidence*> failing_, passing_;
  std::vector<bool> is_visible_;  ///< of each failing case whether the reference is refuted by it
  std::size_t answered_wrongly_ = 0;  ///< questions
  bool is_operation_wrong_ = false;   ///< whether one of level 0 is answered wrongly
  std::vector<bool> keeps_biases_;    ///< likewise, whether biases stay and nothing else is seen
  std::vector<std::vector<WrongTensor>> wrong_;  ///< likewise, what is wrong in it
  std::vector<bool> reference_has_bits_;         ///< likewise, whether it has the bits of an order
  std::vector<std::vector<StepAgreement>> right_;  ///< likewise, how a right device compares
  std::vector<std::size_t> tried_first_;           ///< failing cases in which it is refuted
  std::map<const CaseEvidence*, std::vector<Correctness>> answers_;
  FitSamples samples_;
  std::vector<NamedChanges> tried_;
  std::vector<NamedChanges> in_places_;  ///< joined when pairs have been made
};

}  // namespace

Explanation explain(const Profile& profile, const ArithmeticModel& model,
                    const std::vector<CaseEvidence>& cases, const std::string& shown_case,
                    const AskDevice& ask_device) {
  return Explainer(profile, model, cases, ask_device).explain(shown_case);
}

}  // namespace lsgd
