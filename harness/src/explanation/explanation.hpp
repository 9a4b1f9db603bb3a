// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <lsgd/numbers/arithmetic_model.hpp>

#include "explanation/deviating_device.hpp"
#include "explanation/shown_steps.hpp"
#include "explanation/telling_questions.hpp"
#include "explanation/wrong_stage.hpp"
#include "steps/profile.hpp"

namespace lsgd {

/// A finished case and what the device showed in it.
struct CaseEvidence {
  std::string id;
  bool failed = false;
  std::vector<ShownStep> steps = {};
  std::vector<ShownOperation> operations = {};  ///< of level 0
  std::uint32_t heap_bytes = 0;                 ///< that it said to have allocated
  bool accepts_fraction_bits = false;           ///< above 7, which it has to refuse
  bool is_answer = false;                       ///< to a question, and no case of the suite

  /// Whether it did what no step shows and no port may do.
  bool is_beside_steps() const { return heap_bytes > 0 || accepts_fraction_bits; }
  bool shows_something() const {
    return !steps.empty() || !operations.empty() || is_beside_steps();
  }
};

/// A deviation, or two, that would make a right device show what this one does.
struct Hypothesis {
  std::string name;      ///< of the deviations, with + between two
  std::string sentence;  ///< behind "as one that"
  std::string clause;
  std::optional<int> erratum;    ///< row of SPEC 10
  std::size_t explained = 0;     ///< failing cases
  std::size_t contradicted = 0;  ///< passing cases that such a device could not have shown
  /// Of the questions that the device was asked: those answered wrongly that it explains, and those
  /// that such a device would not have answered so.
  std::size_t asked_explained = 0, asked_contradicted = 0;
  bool is_to_the_bit = false;  ///< whether bits were compared and not bounds
  /// What would make the port pass where it is declared, as a line of [arithmetic]; else empty.
  std::string declaration;
};

/// The first step of a case in which a device is not what the reference is.
struct ExplainedCase {
  std::string id;
  std::size_t step = 0;  ///< among those that the device showed, from 0
  StepAgreement tensors;
};

/// What was seen of a training whose every step was shown.
struct WatchedSteps {
  std::string network;  ///< as in "6-32-16-4 tanh-tanh-sigmoid bce"
  std::size_t steps = 0;
  std::size_t unseen = 0;               ///< of these, steps that were made and not shown
  std::vector<std::size_t> wrong = {};  ///< their numbers, from 1
};

/// Why a target may have failed. It is no verdict.
struct Explanation {
  std::size_t failing = 0;  ///< cases in which the device showed something
  std::size_t passing = 0;
  std::size_t wrong = 0;  ///< failing cases in which something that the device showed is wrong
  std::vector<Hypothesis> hypotheses;  ///< the best first, five at most
  std::size_t equally_good = 0;        ///< as the first, itself included
  std::size_t asked = 0;               ///< questions that the device answered, to tell them apart
  std::size_t answered_wrongly = 0;    ///< of these
  std::optional<WrongStage> stage;     ///< nothing where no failing step is wrong
  std::optional<ExplainedCase> shown;  ///< the first failing case, or the one that was asked for
  std::optional<WatchedSteps> watched = {};  ///< where no failing case shows a wrong step
};

/// Tries the known deviations, alone and in pairs, on every case. The outcome depends on nothing
/// but the arguments; it takes seconds at most.
/// @param shown_case  of which all tensors are wanted; empty for the first failing one
/// @param ask_device  where given, is asked once where the cases leave a doubt
Explanation explain(const Profile& profile, const ArithmeticModel& model,
                    const std::vector<CaseEvidence>& cases, const std::string& shown_case = {},
                    const AskDevice& ask_device = {});

}  // namespace lsgd
