// SPDX-License-Identifier: Apache-2.0
// Takes a process's processor away for most of the time, as a control group's cpu.max does with
// one that has used up its share: 80 ms of every 120 it does not run. What it does comes late by as
// much, really; nothing else on the machine is touched.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <thread>

namespace understudy::network {

class Throttle {
 public:
  /// A child of this process's own, which must outlive this object.
  explicit Throttle(pid_t process);
  Throttle(const Throttle&) = delete;
  /// It runs again.
  ~Throttle();

 private:
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

}  // namespace understudy::network
