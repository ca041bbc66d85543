// SPDX-License-Identifier: Apache-2.0
#include "sim/network/throttle.hpp"

#include <chrono>
#include <csignal>

namespace understudy::network {

using namespace std::chrono_literals;

Throttle::Throttle(pid_t process)
    : thread_([this, process] {
        while (!stop_) {
          ::kill(process, SIGSTOP);
          std::this_thread::sleep_for(80ms);
          ::kill(process, SIGCONT);
          std::this_thread::sleep_for(40ms);
        }
      }) {}

Throttle::~Throttle() {
  stop_ = true;
  thread_.join();
}

}  // namespace understudy::network
