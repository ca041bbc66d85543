// SPDX-License-Identifier: Apache-2.0
// What one run of the network demo came to: facts, the verdict over them, and both in words.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/network/client_ear.hpp"

namespace understudy::network {

/// The client's byte stream as its network card saw it.
struct Stream {
  struct Silence {  // between two segments with new bytes
    WallTime from, to;
    double milliseconds() const {
      return std::chrono::duration<double, std::milli>(to - from).count();
    }
  };
  size_t resets = 0, opened = 0;  // opened: SYNs heard
  // All of them; those between two speakers; the others.
  std::optional<Silence> longest, over_change, longest_else;
  std::optional<WallTime> last_before, first_after;  // of the first speaker; of the second
  std::optional<WallTime> announced;                 // the second speaker's first word of any kind
  std::vector<Mac> speakers;                         // of new bytes, in order, without repetition
};
Stream stream_of(std::span<const Heard> heard);

struct Holder {                   // who is on air, as the daemon on air says it
  std::string server = "nobody";  // "A", "B"
  uint32_t term = 0;
};

struct Outcome {
  std::string fault, fault_words;
  uint64_t object_bytes = 0, bytes_at_fault = 0;
  int curl_exit = -1;
  std::string curl_says;
  int connections = 0, http_code = 0;
  double seconds = 0;
  std::string hash_wanted, hash_got;
  Holder before, after;
  bool expect_change = true;
  WallTime struck;
  Stream stream;
  Mac mac_before{}, mac_after{};  // of the servers on air
  uint32_t packets_missed = 0;
  // Dropped by the fence of the one who served, for its daemon did not run and the lease was over.
  uint64_t held_back = 0;
  std::string delivery_says;  // of the takeover

  std::vector<std::string> complaints() const;
};

std::vector<std::string> summary(const Outcome& outcome);
nlohmann::ordered_json to_json(const Outcome& outcome);

}  // namespace understudy::network
