// SPDX-License-Identifier: Apache-2.0
#include "host/core/rtsp/description.hpp"

#include <algorithm>

#include "host/core/rtsp/play_range.hpp"

namespace understudy::rtsp {

std::string write_description(const Description& d) {
  const std::string network = d.ipv6 ? "IN IP6 " : "IN IP4 ";
  const auto type = std::to_string(d.payload_type);
  std::string name = d.name.empty() ? "-" : d.name;
  std::ranges::replace_if(name, [](char c) { return c >= 0 && c < ' '; }, ' ');
  std::string out = "v=0\r\n";
  out += "o=- " + std::to_string(d.identifier) + " 1 " + network + d.service + "\r\n";
  out += "s=" + name + "\r\n";
  out += "c=" + network + (d.ipv6 ? "::" : "0.0.0.0") + "\r\n";
  out += "t=0 0\r\na=control:*\r\n";
  out += "a=range:" + write_range(0, d.duration) + "\r\n";
  out += "m=video 0 RTP/AVP " + type + "\r\n";
  if (d.profile_level_id.empty()) {
    out += "a=rtpmap:" + type + " MP2T/90000\r\n";
  } else {
    out += "a=rtpmap:" + type + " H264/90000\r\n";
    out += "a=fmtp:" + type + " packetization-mode=1;profile-level-id=" + d.profile_level_id +
           ";sprop-parameter-sets=" + d.sprop_parameter_sets + "\r\n";
  }
  return out + "a=control:" + track_control + "\r\n";
}

}  // namespace understudy::rtsp
