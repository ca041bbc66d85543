// SPDX-License-Identifier: Apache-2.0
#include "sim/network/rtp_reception.hpp"

#include <algorithm>
#include <span>

#include "host/core/rtp/packet.hpp"
#include "host/core/rtp/rtcp.hpp"

namespace understudy::network {
namespace {

std::span<const uint8_t> bytes_of(std::string_view s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

}  // namespace

void ReceivedRtp::take(std::string_view packet) {
  const auto p = rtp::decode(bytes_of(packet));
  if (!p) return;
  const auto now = std::chrono::steady_clock::now();
  if (sequence.empty())
    ssrc = p->header.ssrc;
  else
    longest_silence = std::max<std::chrono::nanoseconds>(longest_silence, now - last_);
  last_ = now;
  if (p->header.ssrc != ssrc) {
    ++other_source;
    return;
  }
  uint32_t number = 0;
  if (!sequence.empty()) {
    const auto step = static_cast<int16_t>(p->header.sequence - (sequence.front() + extended_));
    number = extended_ + static_cast<uint32_t>(int32_t{step});
    if (step <= 0)
      ++late;
    else
      extended_ = number;
  }
  sequence.push_back(p->header.sequence);
  const std::string payload(reinterpret_cast<const char*>(p->payload.data()), p->payload.size());
  const auto [at, fresh] = payloads.emplace(number, payload);
  if (fresh) return;
  ++doubled;
  doubles_equal = doubles_equal && at->second == payload;
}

void ReceivedRtp::take_control(std::string_view packet) {
  const auto r = rtp::decode_rtcp(bytes_of(packet));
  if (r && r->goodbye) goodbye = true;
}

size_t ReceivedRtp::missing() const {
  return payloads.empty() ? 0 : payloads.rbegin()->first + 1 - payloads.size();
}

std::string ReceivedRtp::bytes() const {
  std::string out;
  for (const auto& [number, payload] : payloads) out += payload;
  return out;
}

}  // namespace understudy::network
