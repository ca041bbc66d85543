// SPDX-License-Identifier: Apache-2.0
// The session description that DESCRIBE gives (RFC 4566, with RFC 2326's appendix C).
#pragma once

#include <cstdint>
#include <string>

namespace understudy::rtsp {

struct Description {
  uint64_t identifier = 0;  // of the file as it is: the same on both servers
  bool ipv6 = false;
  std::string service;   // the server's address, without a port
  std::string name;      // a line of text
  int64_t duration = 0;  // ticks
  uint8_t payload_type = 0;
  std::string profile_level_id, sprop_parameter_sets;  // H.264 only
};

inline constexpr const char* track_control = "track1";

std::string write_description(const Description& d);

}  // namespace understudy::rtsp
