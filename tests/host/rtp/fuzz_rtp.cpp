// SPDX-License-Identifier: Apache-2.0
// Any bytes as an RTP packet, as a report, as a section of a record; and any bytes as an access
// unit, which must come together again from its payloads.
#include <cstdlib>

#include "host/core/rtp/packet.hpp"
#include "host/core/rtp/rtcp.hpp"
#include "host/core/rtp/transport_stream.hpp"
#include "protocol/checkpoint_rtp.hpp"
#include "tests/host/rtp/receiver.hpp"

using namespace understudy;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span all(data, size);
  if (const auto p = rtp::decode(all); p && p->payload.size() > size) std::abort();
  if (const auto r = rtp::decode_rtcp(all);
      r && r->blocks.size() > protocol::limits::rtcp_blocks_max)
    std::abort();
  if (const auto section = protocol::checkpoint::decode_rtp(all)) {
    std::vector<uint8_t> again(size);
    if (protocol::checkpoint::encode(*section, again) != size) std::abort();
  }
  rtp::TransportStreamClock clock;
  for (size_t at = 0; at + rtp::ts_packet_bytes <= size; at += rtp::ts_packet_bytes)
    clock.add(all.subspan(at).first<rtp::ts_packet_bytes>());
  if (clock.known() && clock.time(clock.packets()) < clock.time(0)) std::abort();
  if (size == 0) return 0;
  rtp::Payloads payloads;
  rtp::packetize_h264(all.subspan(1), 3 + data[0], payloads);
  // Types from 24 on are the payload format's own: a stream has none of them.
  for (const auto nal : rtp::nal_units(all.subspan(1)))
    if (rtp::nal_type(nal) >= rtp::nal_stap_a) return 0;
  if (rtp::reassemble(payloads) != rtp::copies(rtp::nal_units(all.subspan(1)))) std::abort();
  return 0;
}
