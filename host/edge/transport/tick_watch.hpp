// SPDX-License-Identifier: Apache-2.0
// Is that an appliance, and one of our version? A real link has no greeting: its bytes start
// anywhere, in mid-frame as a rule, and the first good tick is the proof. Until then what came is
// no garbage, only a beginning.
#pragma once

#include <optional>
#include <span>

#include "protocol/link.hpp"

namespace understudy::edge {

class TickWatch {
 public:
  struct Heard {
    uint8_t version = 0;
    std::optional<protocol::Tick> tick;  // of our version only
    size_t end = 0;                      // behind the tick in the bytes given
  };
  /// The first tick in `bytes`, of whatever version.
  std::optional<Heard> bytes(std::span<const uint8_t> bytes) {
    for (size_t i = 0; i < bytes.size(); ++i) {
      const auto message = decoder_.byte(bytes[i]);
      if (!message || message->size() < 2 || (*message)[0] != uint8_t(protocol::LinkType::tick))
        continue;
      const uint8_t version = (*message)[1];
      if (version != protocol::link_version) return Heard{version, {}, i + 1};
      if (auto tick = protocol::decode_tick(*message)) return Heard{version, *tick, i + 1};
    }
    return std::nullopt;
  }

 private:
  protocol::LinkDecoder decoder_;
};

}  // namespace understudy::edge
