// SPDX-License-Identifier: Apache-2.0
// The Transport field of SETUP (RFC 2326, 12.39): what a client offers, in its order.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace understudy::rtsp {

struct TransportOffer {
  enum class Carrier : uint8_t { unicast, multicast, interleaved };
  Carrier carrier = Carrier::unicast;
  std::optional<std::pair<uint16_t, uint16_t>> ports;   // of the client: RTP, RTCP
  std::optional<std::pair<uint8_t, uint8_t>> channels;  // interleaved: RTP, RTCP
  std::string_view destination;                         // points into the field
  bool operator==(const TransportOffer&) const = default;
};

/// At most eight; those that are not understood are left out.
std::vector<TransportOffer> read_transports(std::string_view field);

}  // namespace understudy::rtsp
