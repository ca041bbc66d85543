// SPDX-License-Identifier: Apache-2.0
// The socket where critical applications register (protocol/application.hpp). Each is watched by a
// process descriptor of the peer that the kernel named, so a death is seen from the kernel and not
// from a name or a number that may be used again. drain() takes everything that has happened so
// far, in the order of registration: that makes a run in virtual time repeatable.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/core/monitor/component_monitor.hpp"
#include "host/edge/daemon/run_directory.hpp"
#include "host/edge/daemon/watch.hpp"
#include "protocol/application.hpp"

namespace understudy::edge {

using ApplicationId = uint64_t;

class ApplicationOwner {
 public:
  virtual ~ApplicationOwner() = default;
  /// Answer with accept() or refuse() before returning.
  virtual void application_hello(ApplicationId id, const protocol::application::Hello& hello,
                                 int32_t pid) = 0;
  virtual void application_alive(ApplicationId id, uint64_t time) = 0;
  virtual void application_load(ApplicationId id, const protocol::application::Load& load) = 0;
  virtual void application_applied(ApplicationId id, uint64_t index) = 0;
  virtual void application_goodbye(ApplicationId id) = 0;
  /// Died, closed its connection without a goodbye, or spoke garbage.
  virtual void application_gone(ApplicationId id, core::ApplicationEnd how,
                                const std::string& why) = 0;
};

class ApplicationSocket {
 public:
  struct Facts {
    std::string name;
    int32_t pid = 0;
    bool wants_parameters = false;
    uint64_t sent_index = 0, applied_index = 0;
    uint32_t marks_sent = 0, marks_taken = 0;  // DISCARDs, and how many came back
    bool timeless = false;                     // its last ALIVE was
    bool silent = false;                       // did not answer within the wall time bound
  };

  ApplicationSocket(boost::asio::io_context& io, UnixListener listener, ApplicationOwner& owner);

  void accept(ApplicationId id);
  void refuse(ApplicationId id, std::string_view why);
  /// To one application; one that does not read is given up as gone.
  void send(ApplicationId id, const protocol::application::Parameter& parameter);
  void send(ApplicationId id, const protocol::application::Discard& discard);
  void send(ApplicationId id, const protocol::application::Service& service);
  /// No longer watched; its connection is closed.
  void drop(ApplicationId id);

  void drain();
  /// Says ALIVE for those that keep no clock and are not stopped; once a turn of virtual time.
  void speak_for_timeless();
  /// Waits until every live application has applied what it was sent, marks too; one that is
  /// stopped is not waited for, one that is silent for `most` is marked so and not waited for again
  /// until it answers.
  void settle(std::chrono::milliseconds most);

  std::map<ApplicationId, Facts> registered() const;
  uint64_t refused() const { return refused_; }

 private:
  struct Connection {
    Descriptor socket, process;
    Watch socket_watch, process_watch;
    bool registered = false;
    Facts facts;
  };
  void take_clients();
  void take_from(ApplicationId id);
  void take(ApplicationId id, std::span<const uint8_t> message);
  void take_hello(ApplicationId id, std::span<const uint8_t> message);
  void reject(ApplicationId id, const std::string& why);
  void gone(ApplicationId id, core::ApplicationEnd how, const std::string& why);
  void transmit(ApplicationId id, std::span<const uint8_t> message);
  std::vector<ApplicationId> unsettled() const;

  boost::asio::io_context& io_;
  UnixListener listener_;
  ApplicationOwner& owner_;
  std::map<ApplicationId, std::unique_ptr<Connection>> connections_;
  ApplicationId next_ = 1;
  uint64_t refused_ = 0;
  Watch watch_;
};

}  // namespace understudy::edge
