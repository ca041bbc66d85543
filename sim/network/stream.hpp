// SPDX-License-Identifier: Apache-2.0
// What one client was sent, as its network card saw it: a TCP byte stream, or RTP packets by
// number.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <vector>

#include "sim/network/packet.hpp"

namespace understudy::network {

/// A segment with new bytes, or a packet with a new number, is *news*.
struct Stream {
  struct Silence {  // between two pieces of news
    WallTime from, to;
    double milliseconds() const {
      return std::chrono::duration<double, std::milli>(to - from).count();
    }
  };
  size_t resets = 0;
  uint64_t bytes = 0, packets = 0;            // of news; RTP's bytes are whole packets
  size_t doubled = 0, late = 0, missing = 0;  // RTP: came again; new, after a higher one; never
  // All of them; those between two speakers; the others.
  std::optional<Silence> longest, over_change, longest_else;
  std::optional<WallTime> last_before, first_after;  // of the first speaker; of the second
  std::vector<Mac> speakers;                         // of news, in order, without repetition
};

/// The news of one flow, piece by piece.
class News {
 public:
  explicit News(Flow flow) : flow_(flow) {}
  /// Bytes of news in this packet; 0 when there are none, or it is another flow's.
  uint32_t take(const Heard& h);
  /// What else is known of RTP numbers so far.
  size_t doubled() const { return doubled_; }
  size_t late() const { return late_; }
  size_t missing() const;

 private:
  uint32_t take_segment(const Heard& h);
  uint32_t take_number(const Heard& h);

  Flow flow_;
  std::optional<uint32_t> end_;  // TCP: the next new byte; RTP: the highest number, extended
  std::set<uint32_t> seen_;      // RTP: numbers, extended
  size_t doubled_ = 0, late_ = 0;
};

/// Silences that begin before `counted` are none: it had not begun, or was asking still.
Stream stream_of(std::span<const Heard> heard, Flow flow, WallTime counted = {});

/// The flow of the first packet that begins one: a SYN of the service's port, or an RTP packet.
std::optional<Flow> first_connection(std::span<const Heard> heard, uint16_t service_port);
std::optional<Flow> first_rtp(std::span<const Heard> heard, bool group);

/// All that was said from the service address, by whom.
struct Voices {
  size_t connections = 0, resets = 0;
  std::optional<WallTime> second_speaks;  // its first word of any kind
  size_t first_after_second = 0;          // packets of the first since then
};
Voices voices_of(std::span<const Heard> heard, const Mac& first, const Mac& second);

}  // namespace understudy::network
