// SPDX-License-Identifier: Apache-2.0
// Real-time priority for a process whose lateness others hear: the daemon renews the service
// address's lease every few milliseconds, and on a busy machine its packets would be held back.
#pragma once

#include "host/edge/daemon/error.hpp"

namespace understudy::edge {

/// This thread runs before all that is not real-time; threads and processes that it starts do not.
/// Errors: the kernel does not allow it (CAP_SYS_NICE or RLIMIT_RTPRIO).
Result<void> run_in_real_time();
/// Whether this thread does.
bool runs_in_real_time();

}  // namespace understudy::edge
