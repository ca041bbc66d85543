// SPDX-License-Identifier: Apache-2.0
// The daemons' messages under a fuzzer: what decodes must encode to the same bytes, and a server
// that is given them (as if its MAC had been right) must live on.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "host/core/daemon/server.hpp"
#include "protocol/peer.hpp"

namespace {
using namespace understudy;
using namespace understudy::protocol::peer;

template <class Message>
void same_again(const std::optional<Message>& m, std::span<const uint8_t> from) {
  if (!m) return;
  std::array<uint8_t, Envelope::payload_max> b{};
  const size_t n = encode(*m, b);
  const bool fits = from.size() <= b.size();
  if (fits && (n != from.size() || !std::equal(from.begin(), from.end(), b.begin()))) std::abort();
}

/// A server whose peer (session 2) is proven, on air or not.
core::Server proven(bool on_air) {
  core::Options o;
  o.name = "alpha";
  o.session = 1;
  core::Server s(o);
  s.step(core::LinkUp{o.frame}, {});
  protocol::Tick t;
  t.on_air = on_air ? protocol::Server::a : protocol::Server::b;
  t.state_b = protocol::ServerState::primary;
  s.step(core::LinkTick{t}, {});
  const auto say = [&](const auto& m, uint64_t counter) {
    std::array<uint8_t, 256> b{};
    const size_t n = encode(m, b);
    s.step(core::PeerDatagram{{2, 1, counter}, {b.begin(), b.begin() + n}}, {});
  };
  say(Hello{"beta", 7, 1}, 1);
  Status status;
  status.state = on_air ? protocol::ServerState::secondary : protocol::ServerState::primary;
  say(status, 2);
  return s;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span input(data, size);
  same_again(decode_hello(input), input);
  same_again(decode_status(input), input);
  same_again(decode_entries(input), input);
  same_again(decode_acknowledge(input), input);
  same_again(decode_sync_request(input), input);
  same_again(decode_snapshot(input), input);
  same_again(decode_set_request(input), input);
  same_again(decode_set_answer(input), input);
  (void)open_envelope(input);
  if (size < 2) return 0;
  // The rest is messages, each with a length byte before it.
  core::Server s = proven(data[0] & 1);
  if (!s.status().peer) std::abort();
  uint64_t counter = 3;
  Instant now;
  for (size_t i = 1; i < size;) {
    const size_t n = std::min<size_t>(data[i], size - i - 1);
    s.step(core::PeerDatagram{{2, 1, counter++}, {data + i + 1, data + i + 1 + n}}, now);
    now += std::chrono::milliseconds(1);
    s.step(core::Timer{}, now);
    i += n + 1;
  }
  return 0;
}
