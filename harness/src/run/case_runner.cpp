// SPDX-License-Identifier: Apache-2.0
#include "run/case_runner.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "device/device_error.hpp"
#include "device/recorded_device.hpp"

namespace lsgd {

namespace {

CaseResult run_in(AgentSession& session, const ConformanceCase& conformance_case,
                  const ArithmeticModel& model, ShownSteps* shown) {
  session.take_network_answers();
  session.take_answers();
  if (shown != nullptr) {
    shown->take();
    session.listen([shown](auto request, auto reply) { shown->hear(request, reply); });
  }
  CaseResult result = conformance_case.run(session, model);
  session.settle();
  session.listen({});
  result.network_answers = session.take_network_answers();
  result.answers = session.take_answers();
  return result;
}

constexpr std::size_t most_attempts = 2;

// A line may fail whatever the case is; a device that fails because of the case does so at the same
// request again and again.
constexpr std::size_t most_attempts_on_a_line = 8;
constexpr std::ptrdiff_t same_ends_on_a_line = 3;

bool is_to_blame(const Device& device, const std::vector<std::uint64_t>& ends) {
  if (!device.is_on_line()) return ends.size() >= most_attempts;
  return ends.size() >= most_attempts_on_a_line ||
         std::ranges::count(ends, ends.back()) >= same_ends_on_a_line;
}

}  // namespace

CaseResult run_case(const ConformanceCase& conformance_case, Device& device,
                    const ArithmeticModel& model, ShownSteps* shown) {
  CaseResult result;
  std::vector<std::uint64_t> ends;  // of each attempt, the requests that were answered
  for (;;) {
    std::uint64_t before = 0;
    try {
      AgentSession& session = device.session();
      before = session.answered();
      return run_in(session, conformance_case, model, shown);
    } catch (const DeviceError& error) {
      const std::uint64_t answered = device.answered();
      ends.push_back(answered > before ? answered - before : 0);
      device.give_up(error);
      result.failure.emplace();
      result.failure->message = error.what();
      if (is_to_blame(device, ends)) break;
      device.count_repeated_case();
    } catch (const HostError&) {
      throw;  // of no case, and of no device
    } catch (const std::exception& error) {
      // Nothing that one device makes the host stumble over may end the run of the others.
      device.give_up(error);
      result.failure.emplace();
      result.failure->message = std::string("the case could not be judged: ") + error.what();
      break;
    }
  }
  result.verdict = Verdict::device_failure;
  return result;
}

CaseResult judge_again(const ConformanceCase& conformance_case, const Target& target,
                       std::span<const std::uint8_t> statement, AnswerRecord answers,
                       ShownSteps* shown) {
  AgentSession session(std::make_unique<RecordedDevice>(statement, answers), target.timeout(), 0);
  CaseResult result = run_in(session, conformance_case, target.arithmetic, shown);
  if (!answers.is_exhausted()) throw DeviceError("the record holds more answers than requests");
  return result;
}

}  // namespace lsgd
