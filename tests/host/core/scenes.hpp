// SPDX-License-Identifier: Apache-2.0
// What tests on the theatre's stage begin with, and how they read what came of it.
#pragma once

#include <string>

#include "tests/host/core/theatre.hpp"

namespace understudy::test {
using namespace core;
using protocol::ServerState;

inline const Weather storm{.lost = 200,
                           .doubled = 100,
                           .least = std::chrono::microseconds(50),
                           .most = std::chrono::milliseconds(12)};

inline void open_both(Theatre& t) {
  for (size_t who : {0u, 1u}) {
    t.start(who);
    t.start_player(who);
  }
}

inline Options with(Initiator initiator) {
  Options o;
  o.initiator = initiator;
  return o;
}

inline int64_t number(const Reply& r, const std::string& key) {
  for (const auto& [name, value] : r.fields)
    if (name == key) return std::get<int64_t>(value);
  return -1;
}

inline std::string shown(Theatre& t, uint32_t frame, const std::string& key) {
  const auto& picture = t.output.at(frame);
  return picture.contains(key) ? picture.at(key) : "";
}

}  // namespace understudy::test
