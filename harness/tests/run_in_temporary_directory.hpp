// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <utility>

#include "run/conformance_run.hpp"
#include "temporary_directory.hpp"

namespace lsgd {

/// Cases of levels 0 to 2 of the suite `smoke` on one target, nothing of it kept.
inline RunRequest short_run_of(Target target) {
  RunRequest request;
  request.suite = read_built_in_suite("smoke");
  request.targets = {std::move(target)};
  request.selection.filter = "level[012]/*";
  request.is_journaled = false;
  return request;
}

/// results.json of a run whose directory is gone afterwards.
inline nlohmann::ordered_json run_in_temporary_directory(RunRequest request) {
  const TemporaryDirectory directory;
  request.out = directory.path();
  return run_suite(std::move(request));
}

}  // namespace lsgd
