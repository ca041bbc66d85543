// SPDX-License-Identifier: Apache-2.0
// A delivery: serves clients, or stands by and holds what is needed to go on serving those of the
// other one. Serving: each change of a connection becomes a record on the link, and output that is
// new by it waits (a bounded time) until the other holds it. Standing by: every record becomes an
// unready connection. Told to serve: probe, compare, restore, write (host/core/connection).
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/core/connection/takeover.hpp"
#include "host/edge/daemon/key_file.hpp"
#include "host/edge/daemon/watch.hpp"
#include "host/edge/delivery/http_service.hpp"
#include "host/edge/delivery/record_link.hpp"
#include "host/edge/delivery/rtsp_service.hpp"
#include "host/edge/guard/guard.hpp"
#include "host/edge/repair/neighbours.hpp"
#include "host/edge/repair/probe_channel.hpp"

namespace understudy::edge {

struct DeliveryOptions {
  std::string name;                   // this server's identifier; the other's must differ
  std::string root;                   // folder of the assets
  std::vector<SocketAddress> listen;  // service addresses and ports of HTTP
  RtspOptions rtsp;                   // nothing to listen on: no RTSP
  std::optional<SocketAddress> checkpoint_listen, checkpoint_peer;  // both or none
  std::string key_file;                                             // needed with these
  std::chrono::milliseconds commit_wait{50};  // longest that output waits for the other
  Patience patience;
};

struct DeliveryStatus {
  bool serving = false;
  uint32_t term = 0;
  size_t connections = 0, held = 0, waiting = 0;
  bool second_holds = false;  // the other one has everything that is live
  MadeInStep made_in_step;
  uint64_t records_sent = 0, records_taken = 0, records_refused = 0, taken_over = 0, given_up = 0,
           unprotected = 0;
};

class Delivery final : public ServiceHost {
 public:
  /// Errors: root, key, rights (CAP_NET_ADMIN, CAP_NET_RAW), addresses.
  static Result<std::unique_ptr<Delivery>> open(boost::asio::io_context& io,
                                                const DeliveryOptions& options);
  ~Delivery() override;

  /// The host is on air and owns the service addresses. A term that is not newer than one that this
  /// delivery was told to stop under changes nothing.
  void serve(uint32_t term);
  /// A planned handover: nothing more is written, the other gets the last records, and then the
  /// connections are closed here without a word to the clients. `done` when they are.
  void stop(std::function<void()> done);
  DeliveryStatus status() const;

  // ServiceHost
  boost::asio::io_context& io() override { return io_; }
  const Patience& patience() const override { return options_.patience; }
  TcpTransport& transport() override { return transport_; }
  void changed(core::ConnectionId connection) override;
  void ended(core::ConnectionId connection) override;

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Live {  // a connection that is served here
    Service* service = nullptr;
    bool dirty = false;
    uint64_t frame = 0;       // that its latest record went in; 0: none on this link
    core::StreamOffset end;   // decided output in that record
    core::StreamOffset told;  // position last told
    SteadyTime since;
  };
  struct Held {  // a connection that is served by the other
    core::UnreadyConnection unready;
    Service* serves = nullptr;
    SocketAddress service, client;
    uint64_t generation = 0;
  };
  struct Ends {  // key: which client at which service
    SocketAddress service, client;
    bool operator==(const Ends&) const = default;
  };
  struct EndsHash {
    size_t operator()(const Ends& e) const;
  };

  Delivery(boost::asio::io_context& io, DeliveryOptions options);
  /// In the order of being made ready; before open_world().
  void add(std::unique_ptr<Service> service);
  Result<void> open_world(const std::optional<PeerKey>& key);

  // delivery.cpp: clients
  void listen();
  void accept(size_t listener);
  void turn_away(Descriptor socket);
  bool unread() const;
  void look();
  void leave_when_held();
  void leave(bool goes_on, const std::function<void()>& done);

  // delivery_records.cpp: the link
  void flush_soon();
  void flush();
  void flush_gone();
  bool send_record(core::ConnectionId connection, Live& live);
  void release(core::ConnectionId connection, Live& live);
  void second_acknowledged(uint64_t frame);
  void second_opened();
  void second_lost(const std::string& why);
  void tell_positions();
  void check_commit();
  bool take_hello(std::string_view name);
  void take(const protocol::checkpoint::Message& message);
  void take_record(std::span<const uint8_t> bytes);
  void take_position(std::span<const uint8_t> bytes);
  void drop_held(core::ConnectionId connection);
  void keep_neighbours();

  // delivery_takeover.cpp
  Instant now() const;
  void hear();
  void act(const core::Takeover::Actions& actions);
  void handle(const core::Takeover::Ready& a);
  void handle(const core::Takeover::GiveUp& a);
  void send_probes();
  void arm_takeover();
  void takeover_settled();
  Result<void> stand_by();

  boost::asio::io_context& io_;
  DeliveryOptions options_;
  TcpTransport transport_;
  std::vector<std::unique_ptr<Service>> services_;
  std::vector<SocketAddress> addresses_;  // of all services
  core::Stack stack_;
  std::optional<Guard> guard_;
  std::unique_ptr<RecordSender> sender_;
  std::unique_ptr<RecordHolder> holder_;

  bool serving_ = false, leaving_ = false;
  uint32_t term_ = 0;
  uint64_t next_id_ = 1;
  std::unordered_map<uint64_t, Live> live_;
  std::vector<core::ConnectionId> dirty_;
  std::deque<std::pair<uint64_t, core::ConnectionId>> awaited_;  // frame, connection
  uint64_t acknowledged_frame_ = 0, complete_frame_ = 0;
  bool flushing_ = false, behind_ = false, joining_ = false;
  std::vector<uint64_t> gone_;  // to be told
  core::SectionWriter sections_;
  std::vector<uint8_t> record_bytes_;
  struct Listener {
    Service* service;
    Descriptor socket;
    Watch watch;
  };
  std::vector<Listener> listeners_;

  std::unordered_map<uint64_t, Held> held_;
  std::unordered_map<Ends, core::ConnectionId, EndsHash> held_by_ends_;
  uint64_t generation_ = 0;
  core::Takeover takeover_;
  std::optional<Neighbours> neighbours_;
  SteadyTime neighbours_due_;
  std::optional<ProbeChannel> channel_;
  std::vector<Watch> channel_watches_;
  std::vector<ProbeSegment> probes_;
  SteadyTime on_air_at_, leave_until_;
  std::function<void()> leave_done_;
  bool told_settled_ = true;

  boost::asio::steady_timer look_timer_, position_timer_, takeover_timer_, leave_timer_;
  DeliveryStatus counts_;
};

}  // namespace understudy::edge
