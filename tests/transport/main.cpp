// SPDX-License-Identifier: Apache-2.0
// Starts the tests anew under umockdev's preload library when they are not: as umockdev-wrapper
// would, so that the program can be run by hand and by CTest alike.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

int main(int argc, char** argv) {
  if (!std::getenv("UNDERSTUDY_WRAPPED")) {
    ::setenv("UNDERSTUDY_WRAPPED", "1", 1);
    ::setenv("LD_PRELOAD", "libumockdev-preload.so.0", 1);
    ::setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 0);
    ::execv("/proc/self/exe", argv);
  }
  std::signal(SIGPIPE, SIG_IGN);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
