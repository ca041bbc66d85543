// SPDX-License-Identifier: Apache-2.0
// One run: the stage is set, the clients begin, the server on air is struck, the clients end.
#pragma once

#include <functional>
#include <string>

#include "sim/network/outcome.hpp"

namespace understudy::network {

struct Settings {
  std::string programs, fault = "cable", report;
  uint32_t size_mib = 256, rate_mib = 64;
  bool six = false;
  bool one_host = false;  // both servers are on it
  bool strict = false;    // clients hear only what both servers hold
};

/// As one would type it again.
std::string command(const Settings& settings);
/// Throws std::runtime_error when it cannot be performed.
Outcome perform(const Settings& settings, const std::function<bool()>& interrupted,
                const std::function<void(const std::string&)>& progress);

}  // namespace understudy::network
