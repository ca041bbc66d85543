// SPDX-License-Identifier: Apache-2.0
// What the two daemons say to each other, one message a UDP datagram inside an authenticated
// envelope. A session is one run of a daemon (64 random bits). A hello proves that its sender lives
// now by echoing the receiver's latest challenge; everything else counts only between two proven
// sessions and once (counter and window). Nothing here is secret, all of it is checked.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/bytes.hpp"
#include "protocol/limits.hpp"
#include "protocol/states.hpp"

namespace understudy::protocol::peer {

inline constexpr uint16_t magic = 0x5055;  // "UP"
inline constexpr uint8_t version = 2;

/// On the wire: magic 2, version 1, flags 1, from 8, to 8, counter 8, payload, MAC 32. The flag
/// `out_of_step`: the sender's time is not kept by a simulated appliance, so this datagram is not
/// among those counted in sim::Done; a receiver whose time is takes no notice of it. The MAC covers
/// every byte before it; making and checking it is the edge's.
struct Envelope {
  static constexpr size_t header_bytes = 28;
  static constexpr size_t mac_bytes = 32;
  static constexpr uint8_t out_of_step = 1u << 0;
  static constexpr size_t payload_max = limits::peer_datagram_max - header_bytes - mac_bytes;
  uint64_t from = 0;     // the sender's session, never 0
  uint64_t to = 0;       // the receiver's session; 0 in a hello to one not known yet
  uint64_t counter = 0;  // grows with every datagram of a session, from 1
  bool operator==(const Envelope&) const = default;
};

enum class Type : uint8_t {
  hello = 1,
  status = 2,        // several a frame
  entries = 3,       // primary -> follower: ordered changes
  acknowledge = 4,   // follower -> primary: the stamps that it holds
  sync_start = 5,    // primary -> secondary: begin to synchronise
  sync_request = 6,  // secondary -> primary: send what is missing of a snapshot
  snapshot = 7,      // primary -> secondary: a piece
  set_request = 8,   // secondary -> primary: an operator's change, handed on
  set_answer = 9,    // primary -> secondary
};

/// A bounded list inside a message.
template <class T, size_t most>
struct Few {
  std::array<T, most> items{};
  size_t count = 0;
  constexpr bool add(const T& t) {
    if (count == most) return false;
    items[count++] = t;
    return true;
  }
  constexpr std::span<const T> all() const { return std::span(items).first(count); }
};

/// Text and list items point into the bytes decoded from.
struct Hello {
  std::string_view name;   // 1..application_name_max bytes: the server's identity
  uint64_t challenge = 0;  // never 0; the answer must echo it
  uint64_t echo = 0;       // the receiver's challenge; 0 when none is known
};

struct Status {
  ServerState state = ServerState::unknown;
  bool appliance = false;  // hears the appliance
  uint32_t term = 0;
  uint32_t frame = 0;  // of the last tick
  uint64_t log_base = 0;
  uint64_t log_last = 0;
  uint64_t log_committed = 0;
  uint32_t chain = 0;  // of the log at log_committed
  /// Secondary: the attempt whose snapshot it has installed. Primary: the attempt that it regards
  /// as its follower. 0: none.
  uint32_t following = 0;
  uint8_t applications = 0;  // registered
  uint8_t applications_down = 0;
  static constexpr uint16_t load_unknown = 0xFFFF;
  uint16_t load = load_unknown;  // per mille of what makes it overburdened
  bool burdened = false;         // too much, now or a short while ago
  std::string_view reason;       // why it is failed, up to peer_text_max bytes
};

struct Entry {
  uint64_t index = 0;
  uint32_t frame = 0;
  std::string_view key, value;
};
struct Entries {
  Few<Entry, limits::peer_entries_max> entries;
};

struct Stamp {
  uint64_t index = 0;
  uint32_t frame = 0;
};
struct Acknowledge {
  Few<Stamp, limits::log_pending_max> stamps;
};

struct SyncStart {};

struct SyncRequest {
  uint32_t attempt = 0;  // never 0
  uint64_t have = 0;     // bit i: piece i is there
};

struct KeyValue {
  std::string_view key, value;
};
struct Snapshot {
  uint32_t attempt = 0;
  uint8_t piece = 0, pieces = 0;  // pieces 1..64
  uint64_t index = 0;
  uint32_t frame = 0;
  uint32_t chain = 0;
  Few<KeyValue, limits::peer_entries_max> values;
};

struct SetRequest {
  uint32_t id = 0;
  std::string_view key, value;
};
enum class SetResult : uint8_t { ordered = 0, refused = 1, not_primary = 2 };
struct SetAnswer {
  uint32_t id = 0;
  SetResult result = SetResult::ordered;
  uint64_t index = 0;
  uint32_t frame = 0;
  std::string_view text;
};

}  // namespace understudy::protocol::peer

#include "protocol/peer_codec.hpp"
