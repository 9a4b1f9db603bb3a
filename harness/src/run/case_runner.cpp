// SPDX-License-Identifier: Apache-2.0
#include "run/case_runner.hpp"

#include <exception>
#include <string>

#include "device/device_error.hpp"

namespace lsgd {

CaseResult run_case(const ConformanceCase& conformance_case, Device& device,
                    const ArithmeticModel& model) {
  constexpr int attempts = 2;
  CaseResult result;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    try {
      AgentSession& session = device.session();
      session.take_network_answers();
      result = conformance_case.run(session, model);
      result.network_answers = session.take_network_answers();
      return result;
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

}  // namespace lsgd
