// SPDX-License-Identifier: Apache-2.0
// Two playouts and two daemons beside the appliance's program.
#pragma once

#include <string>
#include <vector>

#include "socket_client.hpp"

namespace understudy::sim {

struct Neighbours {
  explicit Neighbours(const Program& p, uint32_t delay_us = 0)
      : a(p, "video-a", delay_us),
        b(p, "video-b", delay_us),
        link_a(p, "link-a", delay_us),
        link_b(p, "link-b", delay_us) {}
  Playout a, b;
  Daemon link_a, link_b;
};
inline const std::vector<std::string> four{"video-a", "video-b", "link-a", "link-b"};

inline size_t count(const json& events, const char* kind) {
  return size_t(std::ranges::count_if(events, [&](const json& e) { return e["kind"] == kind; }));
}

}  // namespace understudy::sim
