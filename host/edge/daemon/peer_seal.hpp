// SPDX-License-Identifier: Apache-2.0
// Puts a peer message into its envelope (protocol/peer.hpp) and the shared key's MAC behind it
// (HMAC-SHA-512-256 of libsodium), and takes it out again only when that MAC is right.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <vector>

#include "host/core/daemon/event.hpp"
#include "host/edge/daemon/key_file.hpp"
#include "protocol/peer.hpp"

namespace understudy::edge {

/// Empty when the payload is too long.
std::vector<uint8_t> seal(const protocol::peer::Envelope& envelope,
                          std::span<const uint8_t> payload, const PeerKey& key,
                          bool out_of_step = false);

struct Opened {
  core::PeerDatagram datagram;
  bool out_of_step = false;
};

std::expected<Opened, core::PeerGarbage::Why> open_sealed(std::span<const uint8_t> datagram,
                                                          const PeerKey& key);

}  // namespace understudy::edge
