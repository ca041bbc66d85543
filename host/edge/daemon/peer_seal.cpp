// SPDX-License-Identifier: Apache-2.0
#include "host/edge/daemon/peer_seal.hpp"

#include <sodium.h>

#include "protocol/bytes.hpp"

namespace understudy::edge {

namespace peer = protocol::peer;
using peer::Envelope;

static_assert(Envelope::mac_bytes == crypto_auth_BYTES);
static_assert(PeerKey::bytes == crypto_auth_KEYBYTES);

std::vector<uint8_t> seal(const Envelope& envelope, std::span<const uint8_t> payload,
                          const PeerKey& key, bool out_of_step) {
  if (payload.size() > Envelope::payload_max) return {};
  std::vector<uint8_t> out(Envelope::header_bytes + payload.size() + Envelope::mac_bytes);
  protocol::ByteWriter w(out);
  w.u16(peer::magic), w.u8(peer::version);
  w.u8(out_of_step ? Envelope::out_of_step : 0);
  w.u64(envelope.from), w.u64(envelope.to), w.u64(envelope.counter);
  w.bytes(payload);
  crypto_auth(out.data() + w.size(), out.data(), w.size(), key.data());
  return out;
}

std::expected<Opened, core::PeerGarbage::Why> open_sealed(std::span<const uint8_t> datagram,
                                                          const PeerKey& key) {
  using Why = core::PeerGarbage::Why;
  if (datagram.size() < Envelope::header_bytes + Envelope::mac_bytes ||
      datagram.size() > protocol::limits::peer_datagram_max)
    return std::unexpected(Why::malformed);
  const size_t covered = datagram.size() - Envelope::mac_bytes;
  protocol::ByteReader r(datagram.first(covered));
  const uint16_t magic = r.u16();
  const uint8_t version = r.u8(), flags = r.u8();
  if (magic != peer::magic || version != peer::version || (flags & ~Envelope::out_of_step) != 0)
    return std::unexpected(Why::malformed);
  if (crypto_auth_verify(datagram.data() + covered, datagram.data(), covered, key.data()) != 0)
    return std::unexpected(Why::wrong_key);
  Opened out;
  out.out_of_step = flags & Envelope::out_of_step;
  auto& envelope = out.datagram.envelope;
  envelope.from = r.u64(), envelope.to = r.u64(), envelope.counter = r.u64();
  const auto payload = r.bytes(r.left());
  out.datagram.payload.assign(payload.begin(), payload.end());
  return out;
}

}  // namespace understudy::edge
