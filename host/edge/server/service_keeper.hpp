// SPDX-License-Identifier: Apache-2.0
// Keeps the service and the monitor address: feeds the lease and the ping monitor with words,
// echoes and what the daemon knows, and does what they decide to the interface, the fence and the
// boot device. Its time is always the steady clock: a lease is about the real network.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "host/core/address/lease.hpp"
#include "host/core/daemon/status.hpp"
#include "host/core/ping/ping_monitor.hpp"
#include "host/core/record.hpp"
#include "host/core/server_state/server_state.hpp"
#include "host/edge/address/interface.hpp"
#include "host/edge/boot/boot_device.hpp"
#include "host/edge/daemon/configuration.hpp"
#include "host/edge/fence/fence.hpp"
#include "host/edge/ping/echo_socket.hpp"

namespace understudy::edge {

class ServiceOwner {
 public:
  virtual ~ServiceOwner() = default;
  virtual void service_record(Severity severity, std::string kind,
                              std::vector<RecordField> fields) = 0;
  /// Without an appliance: whether this server is to be the primary.
  virtual void service_role(bool primary) = 0;
  /// The service address is (not) held, under this fencing token.
  virtual void service_held(bool held, Term term) = 0;
  /// So many echoes were answered: have the n-th copy of the state taken.
  virtual void copy_due(uint32_t number) = 0;
};

class ServiceKeeper {
 public:
  /// The fence stands and what an earlier daemon left is gone, or it is refused.
  static Result<std::unique_ptr<ServiceKeeper>> open(boost::asio::io_context& io,
                                                     const Configuration& configuration,
                                                     ServiceOwner& owner);
  /// Removes fence and addresses of this configuration.
  static Result<void> clean(const Configuration& configuration);
  ~ServiceKeeper();

  /// A tick's word.
  void word(const core::LeaseWord& word, bool other_beats);
  void new_link();
  /// After each of the daemon's steps, before any of its messages leave: what they say of this
  /// server is true by then.
  void server_is(const core::Status& status);
  void operator_says_other_is_off();
  bool holds_service() const { return service_.held.has_value(); }
  nlohmann::json status() const;

 private:
  ServiceKeeper(boost::asio::io_context& io, const Configuration& configuration,
                ServiceOwner& owner);
  Result<void> open_sockets();
  static Instant now();
  void turn();
  void arm();
  void take(core::PingActions actions);
  void own_words();
  void perform(core::LeaseAction action, Role role);
  void acquire(Role role);
  void release(Role role);
  bool renew(Role role);
  void announce_again();
  void boot();
  void trouble(const Result<void>& result);
  bool lease_due(const core::Lease& lease) const;

  struct Place {  // one of the two addresses
    core::Lease lease;
    std::vector<IpAddress> addresses;
    std::optional<HeldAddresses> held;
    uint32_t announced = 0;
    Instant announce_at;
    uint64_t sequence = 0;  // leases begun
    Instant renewed_at;
  };

  Place& place(Role role) { return role == Role::service ? service_ : monitor_; }

  boost::asio::io_context& io_;
  Configuration configuration_;
  ServiceOwner& owner_;
  bool witness_;
  std::unique_ptr<Interface> interface_;
  std::unique_ptr<Fence> fence_;
  std::unique_ptr<EchoSocket> echo_[2];  // IPv4, IPv6
  std::unique_ptr<BootDevice> boot_device_;
  Place service_, monitor_;
  std::optional<core::PingMonitor> ping_;
  boost::asio::steady_timer timer_;
  std::string last_trouble_, last_blocked_, last_boot_;
  bool withdrawn_ = false, on_air_ = false, other_beats_ = false, role_ = false;
  Term term_;
  bool busy_ = false;
};

}  // namespace understudy::edge
