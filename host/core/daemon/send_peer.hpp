// SPDX-License-Identifier: Apache-2.0
// Puts a message for the peer among the actions.
#pragma once

#include <array>

#include "host/core/check.hpp"
#include "host/core/daemon/action.hpp"
#include "host/core/daemon/server.hpp"

namespace understudy::core {

template <class Message>
void push_datagram(Actions& actions, const protocol::peer::Envelope& envelope, const Message& m) {
  std::array<uint8_t, protocol::peer::Envelope::payload_max> payload{};
  const size_t n = encode(m, payload);
  CHECK(n > 0);  // lists and texts were bounded by who filled them
  actions.push_back(SendPeer{envelope, {payload.begin(), payload.begin() + n}});
}

template <class Message>
void Server::send_peer(const Message& m) {
  if (session_.connected()) push_datagram(actions_, session_.next_envelope(false), m);
}

}  // namespace understudy::core
