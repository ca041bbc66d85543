// SPDX-License-Identifier: Apache-2.0
// CHECK: our own mistakes stop the program, in release builds too. What the world does wrong is an
// Error value, never a CHECK.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace understudy {
[[noreturn]] inline void check_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: CHECK(%s) failed\n", file, line, what);
  std::abort();
}
}  // namespace understudy

#define CHECK(condition) \
  ((condition) ? (void)0 : ::understudy::check_failed(#condition, __FILE__, __LINE__))
