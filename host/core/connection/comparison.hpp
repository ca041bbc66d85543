// SPDX-License-Identifier: Apache-2.0
// The comparison on which a connection is taken over: the acknowledgement that the client sends
// against the shared state. It gives the byte at which sending goes on, or says why this answer
// cannot be the client's true one. Nothing that a client (or somebody who pretends to be one) sends
// can make the server skip a byte that was never sent.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "host/core/connection/sequence.hpp"

namespace understudy::core {

/// What the second knows about a connection's two streams.
struct Known {
  Stream output, input;
  StreamOffset acknowledged;   // the client is known to have all before it
  StreamOffset end;            // nothing at or after it was ever sent
  bool end_closes = false;     // a FIN follows at `end`
  bool paced = false;          // output before `end` is sent when it is due, not at once
  StreamOffset received;       // taken from the client
  bool client_closed = false;  // the client's FIN follows there, and was acknowledged
  bool tells_doubles = false;  // the client says which bytes it had before (RFC 2883)
};

/// One segment from the client, as it came.
struct ClientAnswer {
  SequenceNumber sequence, acknowledged;
  uint16_t window = 0;   // unscaled, as on the wire
  uint32_t payload = 0;  // bytes; FIN counts as one
  bool reset = false;
  std::optional<SequenceNumber> duplicate;  // where the segment began that it had already (D-SACK)
  std::optional<SequenceNumber> beyond;     // it has bytes behind a hole, up to here (SACK)
  struct Timestamps {
    uint32_t value = 0, echo = 0;
  };
  std::optional<Timestamps> timestamps;
};

enum class Mismatch : uint8_t {
  stale,          // acknowledges less than is known to be acknowledged: an old segment
  never_sent,     // acknowledges what was never sent
  client_ahead,   // the client is beyond any window of what was received from it
  client_behind,  // the client has not sent what was received from it
  reset,          // the client has ended the connection: an RST at the very byte
};
constexpr std::string_view to_text(Mismatch m) {
  constexpr std::string_view names[] = {
      "it acknowledges less than it had already", "it acknowledges bytes that were never sent",
      "its sequence number is beyond any window", "its sequence number is before what it has sent",
      "the client has reset it"};
  return names[static_cast<uint8_t>(m)];
}

/// Where and how a connection goes on.
struct Resume {
  StreamOffset offset;  // the next byte to be sent; the end, too, when the client has had the FIN
  ClientAnswer answer;
  uint64_t at_once = 0;  // bytes that are there to be sent
};

/// Bytes that a client may be ahead of what was received from it: beyond any receive window of a
/// server that takes only requests.
inline constexpr uint32_t window_max = 16u << 20;

std::expected<Resume, Mismatch> compare(const Known& known, const ClientAnswer& answer);

}  // namespace understudy::core
