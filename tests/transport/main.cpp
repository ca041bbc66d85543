// SPDX-License-Identifier: Apache-2.0
// Starts the tests anew under umockdev's preload library when they are not: as umockdev-wrapper
// would, so that the program can be run by hand and by CTest alike.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "tests/transport/far_end.hpp"

std::vector<understudy::test::EndKind> understudy::test::contract_kinds() {
  return {{"sim", make_sim_end},
          {"usb_ft2232h", [] { return make_usb_end("ft2232h"); }},
          {"usb_ft231x", [] { return make_usb_end("ft231x"); }},
          {"tty", make_tty_end},
          {"pci", make_pci_end}};
}

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
