// SPDX-License-Identifier: Apache-2.0
// What a delivery and the services in it (HTTP, RTSP ...) need of each other. A service is a
// protocol of the stack that also answers clients; the delivery decides when its output may leave.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <string_view>
#include <vector>

#include "host/core/connection/protocol.hpp"
#include "host/edge/delivery/stream_socket.hpp"

namespace understudy::edge {

class TcpTransport;

/// What a service that stands by has made in step with the other, and discarded.
struct MadeInStep {
  uint64_t discarded = 0;  // packets
  uint64_t equal = 0;      // of them compared with the other's, and the same bytes
  uint64_t different = 0;
};

/// How long a client may take; then its connection ends.
struct Patience {
  std::chrono::milliseconds request = std::chrono::seconds(30);  // from its first byte, or accept()
  std::chrono::milliseconds idle = std::chrono::seconds(75);     // between requests
  std::chrono::milliseconds taking = std::chrono::seconds(600);  // without taking a byte it is owed
};

/// The delivery, as its services see it.
class ServiceHost {
 public:
  virtual ~ServiceHost() = default;
  virtual boost::asio::io_context& io() = 0;
  virtual const Patience& patience() const = 0;
  /// Where a service finds the sockets of its connections.
  virtual TcpTransport& transport() = 0;
  /// The connection's state has changed: its record goes to the second before any output that is
  /// new by this leaves (Service::release).
  virtual void changed(core::ConnectionId connection) = 0;
  /// The connection has ended; its socket goes. Last call for it.
  virtual void ended(core::ConnectionId connection) = 0;
};

class Service : public core::Protocol {
 public:
  virtual protocol::checkpoint::Application application() const = 0;
  /// All its protocols, in the order of being made ready: a bundle has more than one.
  virtual std::vector<core::Protocol*> protocols() { return {this}; }
  /// Where it serves.
  virtual const std::vector<SocketAddress>& listen() const = 0;
  /// A new client. The socket lives until ended().
  virtual void accepted(core::ConnectionId connection, StreamSocket& socket) = 0;
  /// The section of a connection on which nothing has happened yet.
  virtual void append_new(core::SectionWriter& out) const = 0;
  /// What a client hears who is one too many, before an orderly end.
  virtual std::string_view farewell() const { return {}; }
  /// How far output is decided.
  virtual core::StreamOffset end(core::ConnectionId connection) const = 0;
  /// Output up to here may leave.
  virtual void release(core::ConnectionId connection, core::StreamOffset offset) = 0;
  /// Those that were made ready go into the event loop.
  virtual void begin_ready() = 0;
  /// Once in a while: ends what is idle or done.
  virtual void look() = 0;
  /// The connection has ended or failed: not one of these any more. No calls to the host.
  virtual void drop(core::ConnectionId connection) = 0;
  virtual MadeInStep made_in_step() const { return {}; }
  /// Nothing is written any more; what clients have sent is still read.
  virtual void freeze() = 0;
  /// Every connection is forgotten: they go on elsewhere. No calls to the host.
  virtual void forget() = 0;
};

}  // namespace understudy::edge
