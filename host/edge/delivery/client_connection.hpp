// SPDX-License-Identifier: Apache-2.0
// What the connections of all services have in common on the server that serves: one wait for
// reading and one for writing at a time, how it stops and ends, and how long a client may take. A
// client is let go when it does not finish a request, does not say anything, or does not take what
// it is owed; only whole requests and bytes that it took count for it, never single bytes that it
// sends.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <memory>

#include "host/edge/delivery/service.hpp"

namespace understudy::edge {

class ClientConnection : public std::enable_shared_from_this<ClientConnection> {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  ClientConnection(ServiceHost& host, core::ConnectionId id, StreamSocket& socket);
  virtual ~ClientConnection() = default;
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  /// Nothing is written any more; what the client has sent is still read.
  virtual void freeze() { frozen_ = true; }
  /// Nothing comes back after this; the socket is the owner's again.
  virtual void stop();
  /// Once in a while: ends what is idle, too slow, closed or settled.
  void look(SteadyTime now);

 protected:
  virtual void readable() = 0;
  virtual void pump() = 0;
  /// Output is decided that was not written yet.
  virtual bool owes() const = 0;
  /// A request has begun, or the first one has yet to come.
  virtual bool awaits_request() const = 0;
  /// That request was not whole in time: says so if it can, and ends.
  virtual void request_late() = 0;
  /// The client may have acknowledged something: no descriptor tells that.
  virtual void look_for_room() {}
  /// How long the client may say nothing between requests.
  virtual std::chrono::milliseconds idle_patience() const { return host_.patience().idle; }

  void take_descriptor() { descriptor_.assign(socket_.number()); }
  bool has_descriptor() const { return descriptor_.is_open(); }
  void wait_read();
  void wait_write();
  /// The client did what it was waited for.
  void moved() { moved_ = std::chrono::steady_clock::now(); }
  void end();
  /// FIN, and nothing more is waited for.
  void close() {
    socket_.finish();
    end();
  }

  ServiceHost& host_;
  const core::ConnectionId id_;
  StreamSocket& socket_;
  bool reading_ = false, writing_ = false, frozen_ = false, stopped_ = false;

 private:
  boost::asio::posix::stream_descriptor descriptor_;
  SteadyTime moved_;
  bool owed_ = false;  // when it was last looked at
};

}  // namespace understudy::edge
