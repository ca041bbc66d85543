// SPDX-License-Identifier: Apache-2.0
// Any bytes as a datagram: without the key nothing opens. Any bytes under a right seal: the
// daemon's decisions take them as they come and time goes on.
#include <cstdlib>

#include "host/core/daemon/server.hpp"
#include "host/edge/daemon/peer_seal.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace understudy;
  static const edge::PeerKey key;
  const std::span input(data, size);
  if (edge::open_sealed(input, key)) std::abort();
  core::Server server({.name = "a", .session = 1, .boot_id = 1, .appliance = false});
  server.step(core::Timer{}, instant(0));
  uint64_t now = 1'000'000, count = 1;
  for (size_t at = 0; at < input.size();) {  // each piece: a length byte and so many bytes
    const size_t n = std::min<size_t>(input[at] * 4u, input.size() - at - 1);
    const protocol::peer::Envelope envelope{.from = 2, .to = at % 2, .counter = count++};
    const auto opened = edge::open_sealed(edge::seal(envelope, input.subspan(at + 1, n), key), key);
    if (!opened || opened->datagram.payload.size() != n || !(opened->datagram.envelope == envelope))
      std::abort();
    server.step(opened->datagram, instant(now += 1'000'000));
    at += 1 + n;
  }
  server.step(core::Timer{}, instant(now + 20'000'000));
  return 0;
}
