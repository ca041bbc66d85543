// SPDX-License-Identifier: Apache-2.0
// A well-behaved client while others are not: it downloads at its own pace and checks every byte,
// and keeps opening short connections beside.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "tests/delivery/pair.hpp"

namespace understudy::network {

class GoodClient {
 public:
  /// Has its first bytes when this returns. Throws when it cannot connect. `size`: of its download.
  explicit GoodClient(const Network& network, uint64_t size = 64u << 20);
  ~GoodClient();
  /// The rest as fast as it comes; says what was wrong, or nothing.
  std::string finish();
  /// Bytes so far; it goes on when they grow.
  uint64_t bytes() const { return bytes_; }
  /// Short connections that were served so far.
  uint64_t visits() const { return visits_; }
  /// More of both come, within ten seconds.
  bool goes_on() const;
  /// The same of the download alone.
  bool bytes_go_on() const;
  /// The longest wait for 128 KiB; after finish().
  std::chrono::duration<double> longest_silence() const { return silence_; }

 private:
  static constexpr uint64_t step = 128u << 10;
  void download(Client client);
  void visit();
  const Network& network_;
  const uint64_t size_;
  std::atomic<uint64_t> bytes_ = 0, visits_ = 0;
  std::atomic<bool> hurry_ = false, away_ = false;
  std::string wrong_;
  std::chrono::duration<double> silence_{};
  std::thread download_, visits_thread_;
};

}  // namespace understudy::network
