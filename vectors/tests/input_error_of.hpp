// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "files/input_error.hpp"

namespace lsgd {

/// The line a user sees when `action` fails on bad input; empty if it does not fail.
template <class Action>
std::string input_error_of(Action&& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

}  // namespace lsgd
