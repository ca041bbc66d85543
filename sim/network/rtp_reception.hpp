// SPDX-License-Identifier: Apache-2.0
// What a receiver of RTP has got, in its order, packet by packet.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::network {

struct ReceivedRtp {
  std::vector<uint16_t> sequence;
  std::map<uint32_t, std::string> payloads;  // by extended sequence number, from 0 at the first
  size_t doubled = 0, late = 0;              // came again; came after a later one
  size_t other_source = 0;                   // another SSRC than the first
  bool doubles_equal = true;
  bool goodbye = false;
  uint32_t ssrc = 0;
  /// Numbers between the first and the last that did not come.
  size_t missing() const;
  std::string bytes() const;
  std::chrono::nanoseconds longest_silence{0};

  void take(std::string_view packet);
  void take_control(std::string_view packet);

 private:
  std::chrono::steady_clock::time_point last_;
  uint32_t extended_ = 0;
};

}  // namespace understudy::network
