// SPDX-License-Identifier: Apache-2.0
// Results of what touches the world: the value, or what went wrong with the system's own reason.
#pragma once

#include <cerrno>
#include <cstring>
#include <expected>
#include <string>
#include <utility>

#include "host/core/error.hpp"

namespace understudy::edge {

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> failure(std::string text) {
  return error(std::move(text));
}
/// With the system's reason for the present errno.
inline std::unexpected<Error> system_failure(std::string text) {
  const int reason = errno;
  return error(std::move(text) + ": " + std::strerror(reason));
}

}  // namespace understudy::edge
