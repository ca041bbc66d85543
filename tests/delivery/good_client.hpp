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
  /// Has its first bytes when this returns. Throws when it cannot connect.
  explicit GoodClient(const Network& network);
  ~GoodClient();
  /// The rest as fast as it comes; says what was wrong, or nothing.
  std::string finish();
  /// Bytes so far; it goes on when they grow.
  uint64_t bytes() const { return bytes_; }
  /// Short connections that were served so far.
  uint64_t visits() const { return visits_; }
  /// More of both come, within ten seconds.
  bool goes_on() const;

 private:
  static constexpr uint64_t size = 64u << 20, step = 128u << 10;
  void download(Client client);
  void visit();
  const Network& network_;
  std::atomic<uint64_t> bytes_ = 0, visits_ = 0;
  std::atomic<bool> hurry_ = false, away_ = false;
  std::string wrong_;
  std::thread download_, visits_thread_;
};

}  // namespace understudy::network
