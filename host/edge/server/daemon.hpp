// SPDX-License-Identifier: Apache-2.0
// The daemon: feeds core::Server with what the sockets and the clock bring, and does what it says.
// Under a lockstep transport each turn is settled before it ends: deaths seen, the stated number of
// peer datagrams handled, APPLIED answers in. Without one, or when it is lost, time is the steady
// clock's, going on from the last virtual time; before the first attachment time stands still.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "host/core/daemon/server.hpp"
#include "host/edge/daemon/application_socket.hpp"
#include "host/edge/daemon/configuration.hpp"
#include "host/edge/daemon/control_server.hpp"
#include "host/edge/daemon/peer_socket.hpp"
#include "host/edge/daemon/run_directory.hpp"
#include "host/edge/server/firmware_lines.hpp"
#include "host/edge/server/journal.hpp"
#include "host/edge/server/load_gauge.hpp"
#include "host/edge/server/service_keeper.hpp"
#include "host/ports/transport/transport.hpp"
#include "protocol/link.hpp"

namespace understudy::edge {

class Daemon final : public ports::TransportOwner,
                     public ApplicationOwner,
                     public PeerOwner,
                     public ServiceOwner {
 public:
  /// Everything that can be refused is: key, lock, sockets, event file.
  static Result<std::unique_ptr<Daemon>> open(boost::asio::io_context& io,
                                              const Configuration& configuration);
  ~Daemon() override;

  /// Takes the server offline, lets the gate and the peer know, then stops the io_context.
  void leave();
  core::Status status() const { return server_.status(); }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Waiting {
    ControlServer::Client client = 0;
    bool wait = true;
  };

  Daemon(boost::asio::io_context& io, const Configuration& configuration, RunDirectory directory,
         std::optional<EventFile> events);
  Result<void> open_sockets(const std::optional<PeerKey>& key);

  // ports::TransportOwner
  void link_up(const ports::LinkFacts& facts) override;
  void link_turn(const ports::LinkTurn& turn) override;
  void link_down(const std::string& why) override;
  // ApplicationOwner
  void application_hello(ApplicationId id, const protocol::application::Hello& hello,
                         int32_t pid) override;
  void application_alive(ApplicationId id, uint64_t time) override;
  void application_load(ApplicationId id, const protocol::application::Load& load) override;
  void application_applied(ApplicationId id, uint64_t index) override;
  void application_goodbye(ApplicationId id) override;
  void application_gone(ApplicationId id, core::ApplicationEnd how,
                        const std::string& why) override;
  // PeerOwner
  void peer_datagram(const core::PeerDatagram& datagram) override;
  void peer_garbage(core::PeerGarbage::Why why) override;

  // ServiceOwner
  void service_record(Severity severity, std::string kind,
                      std::vector<RecordField> fields) override;
  void service_role(bool primary) override;
  void service_held(bool held, Term term) override;
  void copy_due(uint32_t number) override;
  void tell_keeper(const protocol::Tick& tick);

  /// The time as core sees it.
  Instant now() const;
  bool in_lockstep() const { return transport_->lockstep() && transport_->up(); }
  bool time_stands_still() const;
  bool time_is_virtual() const { return in_lockstep() || time_stands_still(); }
  void feed(core::Event event);
  void perform(const core::Action& action);
  void run_timers();
  void settle_turn();
  void arm_timer();
  void take_link_bytes(std::span<const uint8_t> bytes);
  void note(Severity severity, std::string kind, std::string text);
  void look_whether_left();

  // daemon_control.cpp
  void take_request(ControlServer::Client client, const nlohmann::json& request);
  void order(ControlServer::Client client, const nlohmann::json& request,
             decltype(core::ControlRequest::what) what);
  void answer(const core::Reply& reply);
  void ask_firmware(ControlServer::Client client, const nlohmann::json& request);
  nlohmann::json status_json() const;
  nlohmann::json events_json(ControlServer::Client client, const nlohmann::json& request);

  boost::asio::io_context& io_;
  Configuration configuration_;
  RunDirectory directory_;
  core::Server server_;
  std::unique_ptr<ports::Transport> transport_;
  std::unique_ptr<PeerSocket> peer_;
  std::unique_ptr<ApplicationSocket> applications_;
  std::unique_ptr<ControlServer> control_;
  std::unique_ptr<ServiceKeeper> keeper_;
  std::unique_ptr<LoadGauge> load_;
  FirmwareLines firmware_;
  Journal journal_;
  boost::asio::steady_timer timer_, leaving_;
  boost::asio::signal_set signals_;

  std::deque<core::Event> pending_;
  bool busy_ = false;
  protocol::LinkDecoder decoder_;
  uint32_t link_errors_ = 0;
  std::map<uint64_t, Waiting> requests_;
  uint64_t next_request_ = 1;
  uint64_t peer_waits_lost_ = 0;

  bool attached_once_ = false, linked_ = false;
  Duration offset_{0};  // core's time less the appliance's
  Instant told_;        // under lockstep: this turn's time; else the time at `told_at_`
  SteadyTime told_at_;
  std::string last_trouble_;  // of the link, so that it is said once
  std::optional<SteadyTime> leave_until_;
  uint64_t beats_when_leaving_ = 0;
};

}  // namespace understudy::edge
