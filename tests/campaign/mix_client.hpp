// SPDX-License-Identifier: Apache-2.0
// One client of a mix, from its connection to its last byte, each of which it checks.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "tests/campaign/capture.hpp"
#include "tests/campaign/mix.hpp"
#include "tests/delivery/rtsp_client.hpp"

namespace understudy::network {

/// What the clients and the one who strikes tell each other.
class Stagecraft {
 public:
  void under_way();
  bool all_under_way(size_t clients, std::chrono::milliseconds most);
  void taken_over();
  bool is_taken_over();
  void wait_taken_over();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t under_way_ = 0;
  bool over_ = false;
};

struct Experience {
  Kind kind;
  bool six = false;
  uint16_t port = 0;  // the client's; of RTP where media comes over UDP
  bool datagrams = false;
  /// When it asked what the second server answered; nothing: bytes were due at the strike already.
  std::optional<WallTime> asked;
  std::string wrong;
};

/// Runs on a thread of its own. `film` is a transport stream of the root, `film_bytes` its content.
Experience live_through(const Network& network, const Part& part, Stagecraft& stagecraft,
                        uint16_t rtp_port, const std::string& film_bytes);

}  // namespace understudy::network
