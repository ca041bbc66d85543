// SPDX-License-Identifier: Apache-2.0
// Ends another thread's wait: an eventfd, to be polled beside what that thread waits for.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>

#include "host/edge/daemon/descriptor.hpp"

namespace understudy::edge {

class WakeEvent {
 public:
  WakeEvent() : event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  void wake() const {
    const uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(event_.number(), &one, sizeof one);
  }
  struct Waited {
    bool woken = false;
    short events = 0;  // of the descriptor, as poll() says
  };
  /// Waits for `descriptor` (-1: none) or wake().
  Waited wait(int descriptor, short events, std::chrono::microseconds patience) const {
    pollfd both[2] = {{event_.number(), POLLIN, 0}, {descriptor, events, 0}};
    const timespec limit{patience.count() / 1'000'000, (patience.count() % 1'000'000) * 1000};
    if (::ppoll(both, descriptor < 0 ? 1 : 2, &limit, nullptr) <= 0) return {};
    uint64_t count = 0;
    const bool woken = ::read(event_.number(), &count, sizeof count) > 0;
    return {woken, both[1].revents};
  }

 private:
  Descriptor event_;
};

}  // namespace understudy::edge
