// SPDX-License-Identifier: Apache-2.0
// What the kernel knows about a live connection. Its origin (both initial sequence numbers and the
// negotiated options) is read once, at accept() and before anything is written, by going into
// TCP_REPAIR and out again; later only TCP_INFO, SIOCOUTQ and TCP_TIMESTAMP are asked, which
// disturb nothing. A socket that is closed while in TCP_REPAIR says nothing to its peer.
#pragma once

#include <cstdint>
#include <string>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/error.hpp"
#include "host/edge/repair/address.hpp"
#include "protocol/checkpoint.hpp"

namespace understudy::edge {

/// Fixed for a connection's life.
struct ConnectionOrigin {
  SocketAddress service, client;
  uint32_t initial_send = 0, initial_receive = 0;
  protocol::checkpoint::Transport transport;  // its `timestamp` as of now
};

/// Precondition: established, nothing written, nothing read. Needs CAP_NET_ADMIN in the socket's
/// network namespace. Errors: the system's reason.
Result<ConnectionOrigin> read_origin(int socket);

/// Bytes that were given to the kernel and that the client has not acknowledged; FIN excluded.
uint32_t unacknowledged(int socket);
/// The server's timestamp now, as TCP_TIMESTAMP gives it.
uint32_t timestamp(int socket);

/// What a live socket has acknowledged to its client and nobody has read.
struct Unread {
  std::string bytes;
  bool closed = false;  // the client's FIN follows
};
/// Takes it and makes the socket deaf, so that nothing more is acknowledged: what comes now is for
/// the socket that goes on. Precondition: `received`, the sequence number of the next byte that was
/// to be read.
Unread take_unread(int socket, uint32_t received);

/// Closes without a FIN or RST: the connection lives on elsewhere.
void close_silently(Descriptor socket);

}  // namespace understudy::edge
