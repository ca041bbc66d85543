// SPDX-License-Identifier: Apache-2.0
// Asks an IPv4 address each millisecond (ICMP echo), and keeps when it answered.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sim/network/client_ear.hpp"

namespace understudy::network {

class AnswerProbe {
 public:
  /// From the network of the calling thread. Throws std::runtime_error.
  explicit AnswerProbe(const std::string& address);
  AnswerProbe(const AnswerProbe&) = delete;
  ~AnswerProbe();
  /// Milliseconds between two answers of which the second came later than that, until now.
  double longest_silence_after(WallTime since) const;

 private:
  void ask(const std::string& address);
  void hear();

  Descriptor socket_;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  std::vector<WallTime> answers_;
  std::thread asking_, hearing_;
};

}  // namespace understudy::network
