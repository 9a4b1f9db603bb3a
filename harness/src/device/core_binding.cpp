// SPDX-License-Identifier: Apache-2.0
#include "device/core_binding.hpp"

namespace lsgd {
namespace {

cpu_set_t cores_of_this_thread() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  sched_getaffinity(0, sizeof cores, &cores);
  return cores;
}

}  // namespace

CoreBinding::CoreBinding(Cores cores) : before_(cores_of_this_thread()) {
  // Nothing else binds, so that the first thread that comes here has all cores.
  static const cpu_set_t all = before_;
  cpu_set_t chosen = all;
  if (const int core = sched_getcpu(); cores == Cores::current && core >= 0) {
    CPU_ZERO(&chosen);
    CPU_SET(core, &chosen);
  }
  sched_setaffinity(0, sizeof chosen, &chosen);
}

}  // namespace lsgd
