// SPDX-License-Identifier: Apache-2.0
#include "host/edge/daemon/priority.hpp"

#include <sched.h>

namespace understudy::edge {
namespace {

constexpr int priority = 10;  // of 1..99: below the kernel's own threads (50)

}  // namespace

Result<void> run_in_real_time() {
  const sched_param how{.sched_priority = priority};
  if (::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &how) != 0)
    return system_failure(
        "no real-time priority, so a busy machine may hold packets back (it needs CAP_SYS_NICE or "
        "a limit: ulimit -r 10, LimitRTPRIO=10)");
  return {};
}

bool runs_in_real_time() {
  return (::sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) == SCHED_FIFO;
}

}  // namespace understudy::edge
