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
#include "host/edge/delivery/client_inputs.hpp"
#include "host/edge/delivery/door.hpp"
#include "host/edge/delivery/http_service.hpp"
#include "host/edge/delivery/record_link.hpp"
#include "host/edge/delivery/rtsp_service.hpp"
#include "host/edge/delivery/takeover_steps.hpp"
#include "host/edge/guard/guard.hpp"
#include "host/edge/hold/hold_queue.hpp"
#include "host/edge/hold/hold_rules.hpp"
#include "host/edge/repair/neighbours.hpp"
#include "host/edge/repair/probe_channel.hpp"

namespace understudy::edge {

struct DeliveryOptions {
  std::string name;                   // this server's identifier; the other's must differ
  std::string root;                   // folder of the assets
  std::vector<SocketAddress> listen;  // service addresses and ports of HTTP
  RtspOptions rtsp;                   // nothing to listen on: no RTSP
  std::string interface;              // all clients come and are served by it; empty: by any
  std::optional<SocketAddress> checkpoint_listen, checkpoint_peer;  // both or none
  std::string key_file;                                             // needed with these
  std::chrono::milliseconds commit_wait{50};  // longest that output waits for the other
  Patience patience;
  bool strict = false;            // input waits for it too
  uint16_t strict_queue = 21843;  // netfilter queue that it waits in
  size_t clients = protocol::limits::connections_max;
  size_t clients_per_address = protocol::limits::connections_per_address;
};

struct DeliveryStatus {
  bool serving = false;
  uint32_t term = 0;
  size_t connections = 0, held = 0, waiting = 0;
  bool second_holds = false;  // the other one has everything that is live
  MadeInStep made_in_step;
  TakeoverSteps steps;  // of the last takeover
  uint64_t records_sent = 0, records_taken = 0, records_refused = 0, taken_over = 0,
           restored_again = 0, given_up = 0, unprotected = 0, turned_away = 0;
  bool strict = false;
  bool strict_holds = false;  // nothing is acknowledged to clients that the other does not hold
  std::string strict_why;     // why not
  uint64_t input_told = 0, input_unheld = 0, input_refused = 0, handshakes = 0;
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
  /// Bytes written and not yet acknowledged by their clients; looks at every connection.
  uint64_t backlog() const;

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
    uint32_t initial_receive = 0;
    core::StreamOffset recorded;             // input that its latest record holds
    core::InputHeld input;                   // ... and what came after that
    std::vector<uint8_t> record;             // as it came
    std::optional<core::ConnectionId> told;  // on air: what the new second knows it as
  };
  struct Restored {  // a connection of this takeover
    core::ConnectionId connection;
    core::StreamOffset holes_end;  // the client had bytes up to here, not all of those before
  };
  struct Passing {  // a segment that waits in the kernel until the other holds it
    uint64_t frame = 0;
    uint32_t packet = 0;
    SteadyTime since;
  };

  Delivery(boost::asio::io_context& io, DeliveryOptions options, const OwnInterface& own);
  /// In the order of being made ready; before open_world().
  void add(std::unique_ptr<Service> service);
  Result<void> open_world(const std::optional<PeerKey>& key);

  // delivery.cpp: clients
  void take_client(Service& service, Descriptor socket, const ConnectionOrigin& origin);
  bool unread() const;
  bool second_there() const { return sender_ && sender_->open(); }
  void look();
  void leave_when_held();
  void leave(bool goes_on, const std::function<void()>& done);

  // delivery_waiting.cpp: what is held, told to a new second before its client has answered
  void tell_waiting(core::ConnectionId connection);
  bool send_waiting();
  bool send_waiting(Held& held);
  bool send_ahead(const Held& held);
  core::ConnectionId live_id(const Held& held);

  // delivery_records.cpp: the link
  void flush_soon();
  void flush();
  void flush_gone();
  protocol::checkpoint::Record record_of(core::ConnectionId connection, const Live& live);
  bool send_record(core::ConnectionId connection, Live& live);
  protocol::checkpoint::Record new_record(core::ConnectionId connection) const;
  void release(core::ConnectionId connection);
  void release_unheld();
  void second_acknowledged(uint64_t frame);
  void second_opened();
  void second_lost(const std::string& why);
  void tell_positions();
  void check_commit();
  std::optional<SteadyTime> oldest_unheld();
  bool take_hello(std::string_view name);
  void take(const protocol::checkpoint::Message& message);
  void take_record(std::span<const uint8_t> bytes);
  void take_position(std::span<const uint8_t> bytes);
  void drop_held(core::ConnectionId connection);
  void keep_neighbours();

  // delivery_hold.cpp: strict mode
  Result<void> open_hold();
  void take_held();
  void arrive(uint32_t packet, const Segment& segment);
  void depart(uint32_t packet, const Segment& segment);
  bool acknowledges_what_was_sent(const ClientInput& input, const Segment& segment) const;
  void tell_segment(uint32_t packet, ClientInput& input, const Segment& segment);
  void tell_input(ClientInput& input, core::StreamOffset from, std::span<const uint8_t> bytes,
                  bool fin);
  void tell_handshake(const Ends& ends, ClientInput& input,
                      const protocol::checkpoint::Transport& transport);
  void pass_when_held(uint32_t packet, uint64_t frame);
  void pass_held(uint64_t frame);
  void pass_unheld();
  core::ConnectionId input_accepted(const ConnectionOrigin& origin);
  void add_input(core::ConnectionId connection, const ConnectionOrigin& origin,
                 core::StreamOffset taken);
  void drop_input(core::ConnectionId connection, const ConnectionOrigin& origin);
  void forget_input(const Ends& ends);
  void record_told(core::ConnectionId connection, const StreamSocket& socket, bool first,
                   uint64_t frame);
  void drop_old_handshakes();
  void take_input(std::span<const uint8_t> bytes);
  static void know_input(Held& held);

  // delivery_takeover.cpp
  Instant now() const;
  void hear();
  void act(const core::Takeover::Actions& actions);
  void handle(const core::Takeover::Ready& a);
  void handle(const core::Takeover::GiveUp& a);
  bool is_ahead(core::ConnectionId connection, const core::ClientAnswer& answer) const;
  core::Takeover::Actions ask_again(core::ConnectionId connection);
  void hear_again(core::ConnectionId connection, const core::ClientAnswer& answer,
                  core::Takeover::Actions& actions);
  void act_again(const core::Takeover::Actions& actions);
  void restore_again(core::ConnectionId connection, const core::ClientAnswer& answer);
  void note_restored(core::ConnectionId connection, const core::Resume& resume);
  bool holes_are_left();
  void send_probes();
  void arm_takeover();
  void takeover_settled();
  Result<void> stand_by();

  boost::asio::io_context& io_;
  DeliveryOptions options_;
  OwnInterface own_;
  TcpTransport transport_;
  std::vector<std::unique_ptr<Service>> services_;
  std::vector<SocketAddress> addresses_;  // of all services
  core::Admission admission_;
  Door door_;
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
  std::vector<uint64_t> gone_;              // to be told
  std::vector<core::ConnectionId> untold_;  // held ones that a new second has not been told of
  uint64_t waiting_frame_ = 0;              // with the latest of those that it has
  core::SectionWriter sections_;
  std::vector<uint8_t> record_bytes_;
  std::optional<HoldQueue> queue_;  // strict mode
  std::optional<HoldRules> rules_;
  Watch queue_watch_;
  ClientInputs inputs_;
  std::deque<Passing> passing_;
  uint64_t input_kept_ = 0;    // bytes that the other keeps beyond what services have taken
  uint64_t behind_frame_ = 0;  // latest frame whose input passed before it was held

  std::unordered_map<uint64_t, Held> held_;
  std::unordered_map<Ends, core::ConnectionId, EndsHash> held_by_ends_;
  std::unordered_map<Ends, Restored, EndsHash> restored_;
  uint64_t generation_ = 0;
  Seldom link_refused_, record_refused_, second_refuses_;
  core::Takeover takeover_;
  core::Takeover again_;  // restored, and their clients seem to have more than was sent
  std::optional<Neighbours> neighbours_;
  SteadyTime neighbours_due_;
  std::optional<ProbeChannel> channel_;
  std::vector<Watch> channel_watches_;
  std::vector<ProbeSegment> probes_;
  TakeoverSteps steps_;
  SteadyTime leave_until_, hear_from_;
  std::function<void()> leave_done_;
  bool told_settled_ = true;

  boost::asio::steady_timer look_timer_, position_timer_, takeover_timer_, leave_timer_;
  DeliveryStatus counts_;
};

}  // namespace understudy::edge
