// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sched.h>

namespace lsgd {

/// Binds the calling thread, and the threads and processes that it starts, to cores as long as it
/// lives. Where the system refuses, nothing happens.
///
/// A host and its device take turns of microseconds. On one core they do so without delay; to wake
/// another one for every turn takes longer than the turn itself, many times so on virtual machines.
class CoreBinding {
 public:
  enum class Cores {
    current,  ///< the one on which the thread is
    all       ///< those of the process, also within the life of another binding
  };

  explicit CoreBinding(Cores cores);
  ~CoreBinding() { sched_setaffinity(0, sizeof before_, &before_); }
  CoreBinding(const CoreBinding&) = delete;
  CoreBinding& operator=(const CoreBinding&) = delete;

 private:
  cpu_set_t before_;
};

}  // namespace lsgd
