// SPDX-License-Identifier: Apache-2.0
// Every appliance that this machine can see, and why one cannot be used. Each device is opened for
// a moment and listened to; a simulation's link is only named, because attaching would take the
// place of its daemon.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/link.hpp"

namespace understudy::edge {

struct FoundAppliance {
  enum class State : uint8_t { ready, cannot_open, silent, other_version, listed };
  std::string uri;   // for [appliance] uri
  std::string what;  // chip, name, place
  State state = State::listed;
  std::string why;                      // empty when ready or listed
  std::optional<uint8_t> link_version;  // once a tick came
  std::optional<protocol::Tick> tick;
};
std::string_view to_text(FoundAppliance::State state);

/// USB bridges, PCIe mailboxes, simulations, in this order. Takes up to half a second a device.
std::vector<FoundAppliance> find_appliances();

}  // namespace understudy::edge
