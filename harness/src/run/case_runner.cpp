// SPDX-License-Identifier: Apache-2.0
#include "run/case_runner.hpp"

#include <exception>
#include <memory>
#include <string>

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

}  // namespace

CaseResult run_case(const ConformanceCase& conformance_case, Device& device,
                    const ArithmeticModel& model, ShownSteps* shown) {
  constexpr int attempts = 2;
  CaseResult result;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    try {
      AgentSession& session = device.session();
      return run_in(session, conformance_case, model, shown);
    } catch (const DeviceError& error) {
      device.give_up(error);
      result.failure.emplace();
      result.failure->message = error.what();
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
