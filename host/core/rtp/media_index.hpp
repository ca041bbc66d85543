// SPDX-License-Identifier: Apache-2.0
// What is known of a file's access units (or, of a transport stream, its packets' worth of data)
// without their bytes: when each is decoded and shown, into how many RTP packets it goes. Sums are
// kept, so a packet's number follows from its unit's at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "host/core/rtp/payloads.hpp"

namespace understudy::rtp {

struct Unit {
  int64_t decode = 0, present = 0;   // ticks of 1/90000 s from the file's start
  uint32_t packets = 0, octets = 0;  // RTP payloads, their bytes
  bool key = false;                  // one can begin here
};

class MediaIndex {
 public:
  /// In decoding order. Decoding times that go back are held.
  void add(const Unit& unit);
  /// Ticks from the start to the end of the last unit; the last one's length is guessed without.
  void end_at(int64_t end) { end_ = end; }

  size_t size() const { return entries_.size(); }
  bool key(size_t unit) const { return entries_[unit].key; }
  int64_t present(size_t unit) const { return decode(unit) + entries_[unit].shown_later; }
  /// A sender report goes before the first packet: once in five seconds of the file.
  bool report(size_t unit) const { return entries_[unit].report; }
  uint32_t packets(size_t unit) const {
    return static_cast<uint32_t>(packets_before(unit + 1) - packets_before(unit));
  }

  // These take size() too: the end.
  int64_t decode(size_t unit) const;
  uint64_t packets_before(size_t unit) const;
  uint64_t octets_before(size_t unit) const;
  uint64_t reports_before(size_t unit) const;

  int64_t duration() const { return decode(size()); }
  /// The last unit that is decoded at or before `time`; 0 when there is none.
  size_t at(int64_t time) const;
  /// The last one at or before `unit` where one can begin, or the first.
  size_t key_before(size_t unit) const;

 private:
  struct Entry {
    int64_t decode;
    uint64_t packets, octets;  // before it
    uint32_t reports;          // before it
    int32_t shown_later;
    bool key, report;
  };
  std::vector<Entry> entries_;
  uint64_t packets_ = 0, octets_ = 0;
  uint32_t reports_ = 0;
  int64_t end_ = -1;
};

/// A file's units with their payloads. The real one reads a file; a test's makes them.
class Media {
 public:
  virtual ~Media() = default;
  virtual const MediaIndex& index() const = 0;
  /// Null when the file is no longer what it was.
  virtual std::shared_ptr<const Payloads> payloads(size_t unit) = 0;
};

}  // namespace understudy::rtp
