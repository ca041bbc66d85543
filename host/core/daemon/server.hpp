// SPDX-License-Identifier: Apache-2.0
// A server's daemon without the world: events with a time go in, actions come out. Nothing here
// reads a clock, opens anything or calls back, and the same events give the same actions; so two
// of these and a gate run in one test in virtual time, and a failing schedule can be replayed.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/core/daemon/action.hpp"
#include "host/core/daemon/event.hpp"
#include "host/core/daemon/options.hpp"
#include "host/core/daemon/status.hpp"
#include "host/core/heartbeat/beat_schedule.hpp"
#include "host/core/parameters/ordered_log.hpp"
#include "host/core/peer/peer_session.hpp"
#include "host/core/server_state/server_state.hpp"

namespace understudy::core {

class Server {
 public:
  explicit Server(Options options);

  /// `now` never goes back. All of an event's actions come at once, in the order to be done.
  Actions step(const Event& event, Instant now);
  /// When step(Timer{}) is due at the latest; nothing before the first event.
  std::optional<Instant> next_deadline() const;

  ServerState state() const { return machine_.state(); }
  Duration frame_duration() const { return beats_.frame(); }
  Status status() const;

 private:
  struct Client {  // an accepted application
    bool wants_parameters = false;
    bool discard = false;
    bool wants_service = false;
    std::optional<SendService> told;  // as last sent
    LogIndex applied;
    struct Load {
      Instant at;
      int64_t lateness_us = 0, backlog_bytes = 0;
    };
    std::optional<Load> load;  // as it said last
  };
  struct Pending {  // a control request that waits
    RequestId id;
    Instant until;
  };
  struct GateRequest {
    RequestId id;
    Instant until;
    std::optional<protocol::Server> to;  // a switch: who is to be on air then
  };
  struct Handed {  // a change handed on to the primary
    RequestId id;
    Instant until;
    std::string key, value;
  };
  struct Foreign {   // a change handed on by the peer
    LogIndex index;  // 0: refused
    FrameNumber frame;
    std::string text;
  };
  struct Transfer {  // a snapshot on its way, either side
    uint32_t attempt = 0;
    uint8_t pieces = 0;
    uint64_t have = 0;
    LogSnapshot snapshot;
    std::vector<std::vector<uint8_t>> messages;  // sender: the encoded pieces
  };

  // server.cpp: events of time, appliance and applications
  void handle(const Timer&);
  void handle(const LinkUp& e);
  void handle(const LinkDown&);
  void handle(const LinkTick& e);
  void handle(const LinkEvent& e);
  void handle(const LinkGarbage& e);
  void handle(const ApplicationRegistered& e);
  void handle(const ApplicationAlive& e);
  void handle(const ApplicationApplied& e);
  void handle(const ApplicationEnded& e);
  void handle(const ServiceHeld& e);
  void handle(const RoleSaid& e);
  void beat();
  void watch_applications();
  void lose_appliance(std::string_view why);

  // server_facts.cpp: from facts to the state
  void tell(StateEvent on, std::string_view because = {});
  void settle();
  void judge_self();
  bool peer_is_fit() const;
  bool gate_hears_peer() const;
  void choose_role_without_appliance();
  Instant alone_since() const;
  bool is_protected() const;
  void entered(ServerState from, ServerState to);
  void tell_discard();
  void tell_service();

  // server_control.cpp: what operators ask
  void handle(const ControlRequest& e);
  void ask(RequestId id, const SwitchRequest& r);
  void ask(RequestId id, const OfflineRequest& r);
  void ask(RequestId id, const OnlineRequest&);
  void ask(RequestId id, const ModeRequest& r);
  void ask(RequestId id, const ClearAlarmsRequest&);
  void ask(RequestId id, const SetRequest& r);
  void ask(RequestId id, const SynchronizeRequest&);
  void ask_gate(RequestId id, protocol::RequestOp op);
  void believe_ticks();
  void gate_answered(const protocol::Event& e);
  void expire_requests();
  void reply(RequestId id, ReplyCode code, std::string text, std::vector<RecordField> fields = {});

  // server_peer.cpp: the peer link
  void handle(const PeerDatagram& e);
  void handle(const PeerGarbage& e);
  void handle(const CopyDue& e);
  void heard(const protocol::peer::Hello& m, const protocol::peer::Envelope& envelope);
  void heard(const protocol::peer::Status& m, uint64_t counter);
  void heard(const protocol::peer::SetRequest& m);
  void heard(const protocol::peer::SetAnswer& m);
  void connected();
  void disconnect(std::string_view why);
  void send_hello();
  void send_status();
  std::string status_reason() const;
  void answer_foreign(uint32_t id, const Foreign& f);
  template <class Message>
  void send_peer(const Message& m);  // send_peer.hpp
  void peer_time_passed();

  // server_log.cpp: ordered changes and synchronisation
  void heard(const protocol::peer::Entries& m);
  void heard(const protocol::peer::Acknowledge& m);
  void heard(const protocol::peer::SyncStart&);
  void heard(const protocol::peer::SyncRequest& m);
  void heard(const protocol::peer::Snapshot& m);
  void follow(const protocol::peer::Status& m);
  void lead(const protocol::peer::Status& m);
  bool start_synchronization(std::string_view initiator);
  void stop_following();
  void stop_leading();
  void abandon(std::string_view why);
  bool held_off() const;
  void prepare_snapshot(uint32_t attempt);
  void send_snapshot(uint64_t have);
  void came_late(const LogEntry& e);
  void log_tick();
  void install_snapshot();
  void ask_for_snapshot();
  void send_entries();
  void acknowledge();
  void commit();
  void committed(const std::vector<LogEntry>& entries);
  void log_time_passed();
  void prove(const protocol::Tick& tick);
  void give_everything(ApplicationId id);

  // server_recovery.cpp: the log after a restart of the gate, or of this daemon on air
  void gate_restarted(FrameNumber before);
  bool frames_agree() const;
  bool lacks_log() const;
  void recover_log();
  void lend_log(const protocol::peer::SyncRequest& m);

  // server_burden.cpp: a load that is too much
  static constexpr RequestId own_request{~uint64_t{0}};
  void handle(const ApplicationLoad& e);
  void handle(const LoadMeasured& e);
  void gather_load();
  std::string_view keeps_role_because() const;
  void relieve();
  void relieved(ReplyCode code, const std::string& text);
  BurdenStatus burden_status() const;

  // records
  void record(std::string kind, Severity severity, std::vector<RecordField> fields);

  bool primary() const { return is_primary(machine_.state()); }

  Options options_;
  StateMachine machine_;
  BeatSchedule beats_;
  ComponentMonitor monitor_;
  PeerSession session_;
  OrderedLog log_;
  Joiner joiner_;
  Burden burden_;

  // facts
  Instant now_;
  bool link_up_ = false;
  bool appliance_heard_ = false;
  Instant last_tick_at_;
  std::optional<protocol::Tick> tick_;
  FrameNumber frame_;
  Term term_;
  bool on_air_ = false;
  std::optional<bool> service_held_;
  bool offline_asked_ = false;
  bool role_said_ = false;
  std::optional<std::string> failure_;
  bool failed_by_appliance_ = false;
  bool wrong_version_ = false;
  Instant started_at_;
  Instant primary_since_;
  FrameNumber base_frame_;  // without an appliance: frames count from here
  Instant base_at_;

  // peer
  std::optional<PeerStatus> peer_;
  uint64_t peer_status_counter_ = 0;
  bool log_known_ = false;  // learnt from the peer, or it had none to learn from
  Term peer_term_;
  uint32_t hellos_left_ = 0;
  uint32_t follower_ = 0;   // primary: the attempt of the peer that follows; 0 none
  uint32_t recovery_ = 0;   // primary: the attempt that brings its log back; 0 none
  bool confirmed_ = false;  // secondary: the primary regards it as its follower
  FrameNumber retry_from_;  // no synchronisation of its own before this frame
  bool retry_later_ = false;
  FrameNumber asked_at_, last_beat_frame_;
  bool offering_ = false;  // an operator asked the primary to have the secondary synchronise
  FrameNumber offer_until_;
  std::optional<Instant> hello_at_;
  std::string refused_name_, refused_why_;  // as last recorded
  bool told_wrong_key_ = false, told_malformed_ = false;
  Transfer incoming_, outgoing_;
  LogIndex copied_;  // up to here the last copy holds all

  // control
  uint16_t next_gate_request_ = 1;
  uint32_t next_handed_ = 1;
  std::map<uint16_t, GateRequest> gate_requests_;
  std::map<uint32_t, Handed> handed_;
  std::map<uint64_t, Pending> ordered_;  // by log index: set requests that wait for the commit
  std::map<uint32_t, Foreign> foreign_;  // by the peer's id, the last few

  // overburdening
  bool was_burdened_ = false;
  std::optional<std::string> relieving_;  // why; the gate has been asked
  Instant relieve_from_;                  // not before, for the gate refused
  std::string_view kept_because_;         // as last recorded
  Instant kept_told_at_;
  uint64_t relieved_count_ = 0;
  std::string relieved_why_;

  std::map<ApplicationId, Client> clients_;
  uint32_t beat_sequence_ = 0;
  uint64_t beats_sent_ = 0, link_garbage_ = 0, peer_garbage_ = 0;
  uint64_t restamped_ = 0, late_ = 0, gate_restarts_ = 0;
  Actions actions_;
};

}  // namespace understudy::core
