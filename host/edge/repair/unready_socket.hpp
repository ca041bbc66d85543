// SPDX-License-Identifier: Apache-2.0
// A connection's socket on the server that stands by. What takes time is done ahead; restoring is
// the rest. The recipe (Linux, tcp(7) and net/ipv4/tcp.c; order matters), precondition of all:
// CAP_NET_ADMIN.
//   make():    1 socket  2 TCP_REPAIR on  3 IP_TRANSPARENT, so that 4 works without the address,
//              TCP_MAXSEG  4 bind to the service address and port
//   expect():  5 TCP_QUEUE_SEQ of the receive queue = after what was received   (needs 2, before 7)
//   restore(): precondition: the host owns the address; a route to the client exists
//              5 again, if the client has said more since
//              6 TCP_QUEUE_SEQ of the send queue = the client's acknowledgement, or one before it
//              7 connect: established at once, nothing is sent
//              8 TCP_REPAIR_OPTIONS  9 TCP_TIMESTAMP  10 TCP_REPAIR_WINDOW        (need 7)
//              11 TCP_REPAIR off without window probe: the connection lives
//              12 or, where little follows at once: the byte before the acknowledgement is sent
// The client answers 12 at once, so the kernel knows the round trip and the window as it is now.
// Without that it waits for 1 s when the first segments are lost, and for 3 s when the window was
// closed and the word that it is open came before 11. (Bytes queued in repair are not measured.)
// Where several segments follow each other, the answers to these tell the same, and 12 would only
// cost a packet.
// restore() takes the socket out of the object, so no step can be done twice or out of order.
#pragma once

#include <cstdint>
#include <optional>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/error.hpp"
#include "host/edge/repair/address.hpp"
#include "host/edge/repair/own_interface.hpp"
#include "protocol/checkpoint.hpp"

namespace understudy::edge {

/// What the client's answer and the shared state say together.
struct RestoreValues {
  SocketAddress client;
  uint32_t send = 0;             // sequence number of the next byte to be sent
  uint32_t receive = 0;          // ... of the next byte expected
  uint32_t client_sequence = 0;  // of the client's answer
  uint32_t window = 0;           // the client's, in bytes
  protocol::checkpoint::Transport options;
  uint32_t timestamp = 0;  // TSval to go on with
  bool known_byte = true;  // step 12
};

class UnreadySocket {
 public:
  /// Errors: the system's reason; with EPERM what is missing.
  /// `segment`: the client's. Told before connect, for the kernel reckons with it only there;
  /// TCP_REPAIR_OPTIONS alone leaves segments at 536 bytes.
  static Result<UnreadySocket> make(const SocketAddress& service, uint32_t mark, uint16_t segment,
                                    const OwnInterface& own = {});
  /// Of the next byte expected, as far as it is known ahead. An error shows in restore().
  void expect(uint32_t receive);
  /// The live socket, non-blocking. Errors: which step failed and why.
  Result<Descriptor> restore(const RestoreValues& values) &&;

 private:
  UnreadySocket(Descriptor socket, const SocketAddress& service, const OwnInterface& own)
      : socket_(std::move(socket)), service_(service), own_(own) {}
  Descriptor socket_;
  SocketAddress service_;
  OwnInterface own_;
  std::optional<uint32_t> receive_;  // as the kernel has it
};

}  // namespace understudy::edge
