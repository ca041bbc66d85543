// SPDX-License-Identifier: Apache-2.0
// The data connection of one RTSP session: a file, a source, where its packets go, and the runs
// that PLAY made. On the server that serves it sends what is due; on the other it makes the same
// packets at the same time and discards them. A multicast flow is shared by all who asked for its
// file.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/core/connection/protocol.hpp"
#include "host/core/rtp/run.hpp"
#include "host/edge/stream/datagram_ports.hpp"
#include "host/edge/stream/group_ear.hpp"
#include "host/edge/stream/media_file.hpp"

namespace understudy::edge {

/// What a source's numbers begin with: a keyed hash of what both servers know.
struct FlowIdentity {
  uint64_t session = 0;
  uint32_t ssrc = 0, timestamp = 0;
  uint16_t sequence = 0;
};

/// Where packets go.
struct FlowTarget {
  protocol::checkpoint::RtpCarrier carrier = protocol::checkpoint::RtpCarrier::unicast;
  SocketAddress rtp, rtcp;                    // datagrams
  uint8_t rtp_channel = 0, rtcp_channel = 0;  // interleaved
  uint8_t hops = 0;
};

class MediaFlow {
 public:
  using Carrier = protocol::checkpoint::RtpCarrier;

  MediaFlow(boost::asio::io_context& io, std::shared_ptr<MediaFile> media, std::string path,
            std::string tag, const FlowIdentity& identity, const FlowTarget& target);

  /// Its section. Bytes written, 0 when it does not fit.
  size_t encode(std::span<uint8_t> out) const;
  /// Becomes what the section says; `later`: how far this server's clock is ahead of the writer's.
  void apply(const protocol::checkpoint::Rtp& state, protocol::checkpoint::Family family,
             int64_t later);

  const FlowTarget& target() const { return target_; }
  const FlowIdentity& identity() const { return identity_; }
  const rtp::Source& source() const { return source_; }
  const std::string& path() const { return path_; }
  MediaFile& media() { return *media_; }
  bool datagrams() const { return target_.carrier != Carrier::interleaved; }
  bool shared() const { return target_.carrier == Carrier::multicast; }

  /// A new run after what was sent so far: the last run's `place`. Its number.
  uint32_t begin(uint64_t place, uint32_t first_unit, uint32_t end_unit, uint64_t now);
  /// Runs before this one are not asked for any more.
  void forget_before(uint32_t run);
  uint32_t last_run() const { return first_run_ + static_cast<uint32_t>(runs_.size()) - 1; }
  bool has_run() const { return !runs_.empty(); }
  bool too_many_runs() const { return runs_.size() >= protocol::limits::rtsp_runs_max; }
  /// Null when it is forgotten or was never.
  rtp::RunItems* items(uint32_t run);
  const rtp::Run& run(uint32_t number) const { return runs_[number - first_run_].run; }
  bool running() const { return running_; }
  void stop() { running_ = false; }
  /// From here on nothing more is sent by this server: what it says of its place is the last word.
  void settle() { settled_ = true; }
  /// Interleaved: the last run was cut there, or has come to its end.
  void stop_at(uint64_t place) {
    position_ = place;
    running_ = false;
  }
  uint64_t position() const { return position_; }
  /// The unit that comes next at a place of the last run.
  uint32_t unit_at(uint64_t place);

  // Datagrams.
  struct Did {
    size_t packets = 0;
    size_t equal = 0, different = 0;  // of those discarded, compared with what was sent
    std::optional<uint64_t> next;     // when there is more, ns since 1970
  };
  /// Sends what is due, or only makes it when `ports` is null. Stops at the end.
  Did run_until(uint64_t now, DatagramPorts* ports);
  /// Standing by: hears where the other one stops.
  void listen(const SocketAddress& from, const std::string& interface);
  void hear() {
    if (ear_) ear_->last();
  }
  /// From standing by to serving: goes on behind the last packet that was sent. How it is known.
  /// What a server sent in its last moments may have gone into a broken cable or its shut fence
  /// (told as sent, and never there): unless it stopped on purpose, or the group was heard, those
  /// datagrams are sent again, the same bytes under the same numbers.
  enum class Known { told, heard };
  Known take_over(uint64_t now);

  boost::asio::steady_timer timer;
  std::vector<core::ConnectionId> members;  // whose bundles it belongs to
  bool sending = false;                     // false: discards

 private:
  struct NumberedRun {
    rtp::Run run;
    std::unique_ptr<rtp::RunItems> items;
  };
  void keep(const rtp::Run& run);
  void go_back(std::chrono::milliseconds time);
  uint64_t place_due(uint64_t now);
  void compare(Did& did);
  std::shared_ptr<MediaFile> media_;
  std::string path_, tag_;
  FlowIdentity identity_;
  FlowTarget target_;
  rtp::Source source_;
  std::deque<NumberedRun> runs_;
  uint32_t first_run_ = 0;
  bool running_ = false, settled_ = false;
  uint64_t position_ = 0;  // in the last run: sent by the one who serves, or stopped at
  uint64_t made_ = 0;      // ... and made and discarded here
  struct Check {
    uint64_t place = 0;  // behind the packet
    uint32_t crc = 0;
  };
  uint32_t check_ = 0;         // of the packet that ends at position_
  std::deque<Check> checks_;   // of packets made here, the latest
  std::optional<Check> told_;  // of one that the other sent, not compared yet
  std::optional<GroupEar> ear_;
  std::vector<std::vector<uint8_t>> burst_;
};

/// Nanoseconds since 1970.
uint64_t shared_clock();

}  // namespace understudy::edge
