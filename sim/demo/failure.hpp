// SPDX-License-Identifier: Apache-2.0
// How the demo ends, for whoever started it.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "host/core/error.hpp"

namespace understudy::demo {

enum ExitCode : int {
  exit_right = 0,          // the output is right and the fault was handled as it should be
  exit_wrong = 1,          // it ran, and something is not as it should be
  exit_usage = 2,          // options, a missing or unreadable video
  exit_could_not_run = 3,  // a program did not start or ended by itself
  exit_report = 4,         // the run is done; its report or frames could not be written
  exit_no_verdict = 5,     // the demo or a server stood still too long: the run says nothing
  exit_interrupted = 130,
};

struct Failure {
  ExitCode code = exit_could_not_run;
  std::string text;
};

template <class T>
using Result = std::expected<T, Failure>;

inline std::unexpected<Failure> failure(ExitCode code, std::string text) {
  return std::unexpected(Failure{code, std::move(text)});
}
inline std::unexpected<Failure> could_not_run(std::string text) {
  return failure(exit_could_not_run, std::move(text));
}

}  // namespace understudy::demo
