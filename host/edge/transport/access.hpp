// SPDX-License-Identifier: Apache-2.0
// What to say when a device cannot be opened. "No permission" taken for "not there" costs hours, so
// it names the rule that mends it.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>

#include "host/edge/daemon/error.hpp"

namespace understudy::edge {

inline constexpr const char* permission_remedy =
    "permission denied. As root, in the clone: cp boards/udev/70-understudy.rules "
    "/etc/udev/rules.d/ && udevadm control --reload && udevadm trigger; then sit at the machine, "
    "or "
    "be in group plugdev (adduser NAME plugdev, and log in again)";

inline std::unexpected<Error> cannot_open(const std::string& what, int reason) {
  if (reason == EACCES || reason == EPERM)
    return failure("cannot open " + what + ": " + permission_remedy);
  if (reason == ENOENT || reason == ENODEV || reason == ENXIO)
    return failure(what + " is not there: is it plugged in?");
  return failure("cannot open " + what + ": " + std::strerror(reason));
}

}  // namespace understudy::edge
