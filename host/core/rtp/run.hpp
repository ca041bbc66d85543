// SPDX-License-Identifier: Apache-2.0
// What one PLAY sends, item by item: reports, packets and the goodbye, each a pure function of the
// source, the run and its number. A place in a run is counted in bytes as an interleaved connection
// carries them, so an item can be found by its place and a place by its unit, at once.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "host/core/rtp/media_index.hpp"
#include "protocol/checkpoint_rtp.hpp"

namespace understudy::rtp {

using Run = protocol::checkpoint::RtpRun;

inline constexpr size_t interleaved_bytes = 4;  // '$', channel, length (RFC 2326, 10.12)

/// Who sends: the same for all runs of a session.
struct Source {
  uint32_t ssrc = 0;
  uint16_t first_sequence = 0;
  uint8_t payload_type = 0;
  std::string cname;
};

struct Item {
  enum class Kind : uint8_t { report, packet, goodbye };
  Kind kind = Kind::packet;
  size_t unit = 0;
  uint32_t part = 0;   // the packet's number in its unit
  uint64_t place = 0;  // of its first byte
  uint32_t size = 0;   // bytes of the packet, without the interleaved header
  uint64_t due = 0;    // ns since 1970
  uint64_t end() const { return place + interleaved_bytes + size; }
  bool control() const { return kind != Kind::packet; }
};

/// One run's items in order. Cheap to make; the media must outlive it.
class RunItems {
 public:
  RunItems(const Source& source, const Run& run, Media& media);

  /// The place after the last item.
  uint64_t end() const;
  /// The place before a unit's first item, first_unit..end_unit.
  uint64_t place_of(size_t unit) const;
  /// Goes to the item that has this place. False: it is the end or beyond, or the file is broken.
  bool seek(uint64_t place);
  /// The next item; false after the last, or when the file is broken.
  bool next();
  const Item& item() const { return item_; }
  /// The place behind the session's packet `number`; 0 when that was before this run.
  uint64_t place_behind(uint64_t number);
  /// The packet as a datagram has it; valid until the next call of anything here.
  std::span<const uint8_t> bytes();

  /// Of the unit's first packet: what RTP-Info says.
  uint16_t sequence(size_t unit) const;
  uint32_t timestamp(size_t unit) const;
  /// Packets and payload bytes of the whole session when this place is reached (a unit's start).
  uint64_t packets_at(size_t unit) const;
  uint64_t octets_at(size_t unit) const;

 private:
  bool at_unit(size_t unit);
  bool load(size_t unit);
  uint64_t due(size_t unit, uint32_t part) const;
  bool reports_before(size_t unit) const { return unit == run_.first_unit || index_.report(unit); }
  void set_packet(uint64_t place, uint32_t part);
  void set_goodbye();
  void put_packet();

  Source source_;
  Run run_;
  Media& media_;
  const MediaIndex& index_;
  std::shared_ptr<const Payloads> payloads_;  // of item_.unit
  Item item_;
  std::vector<uint8_t> bytes_;
};

/// The run that follows `previous` when that one has come to `place` (an item's): numbers go on.
/// Without a previous one, from `first_timestamp`.
Run next_run(const Source& source, Media& media, const std::optional<Run>& previous, uint64_t place,
             uint32_t first_timestamp, uint32_t first_unit, uint32_t end_unit, uint64_t now);

}  // namespace understudy::rtp
