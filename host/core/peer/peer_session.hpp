// SPDX-License-Identifier: Apache-2.0
// Who the peer is, and that it lives now: a session is accepted only after a hello that echoes the
// challenge that this side made last, so nothing recorded earlier can be played again. Challenges
// come from a counter; with the random session beside them they never repeat.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/core/peer/replay_window.hpp"
#include "host/core/time.hpp"
#include "protocol/peer.hpp"

namespace understudy::core {

class PeerSession {
 public:
  enum class Heard : uint8_t {
    refused,    // not for us, played again, or from a session that is not proven
    same_name,  // a hello from one that has our own identity
    another,    // a hello from a second process while the proven one is alive
    hello,      // known already, or not proven yet: answer it
    connected,  // a session is proven: a new one
    message,    // from the proven session, for the first time
  };

  /// `session` is random, not 0, new at each start of the daemon.
  /// As long as the proven session was heard within `patience`, no other one takes its place.
  PeerSession(uint64_t session, std::string name, Duration patience);

  Heard hello(const protocol::peer::Envelope& envelope, const protocol::peer::Hello& hello,
              Instant now);
  Heard message(const protocol::peer::Envelope& envelope, Instant now);

  /// The hello to send now: proves us to whom we heard last, and asks for proof.
  protocol::peer::Hello make_hello() const;
  /// Envelope for the next datagram: to the proven session, or (`hello`) to whom we heard last.
  protocol::peer::Envelope next_envelope(bool hello);

  bool connected() const { return peer_ != 0; }
  /// Whether the connection of now is to another process than the one before.
  bool is_new_process() const { return new_process_; }
  const std::string& peer_name() const { return peer_name_; }
  Instant last_heard() const { return last_heard_; }
  /// Nothing was heard for too long. The next hello must prove itself again.
  void disconnect();
  /// Whether the hello just heard proved its sender: no answer is needed.
  bool was_proof() const { return was_proof_; }
  uint64_t refused() const { return refused_; }

 private:
  uint64_t session_;
  std::string name_;
  Duration patience_;
  uint64_t counter_ = 0;
  uint64_t challenge_ = 1;        // ours, used up when echoed
  uint64_t candidate_ = 0;        // whom we heard last, proven or not
  uint64_t their_challenge_ = 0;  // the candidate's
  uint64_t peer_ = 0;             // the proven session
  uint64_t last_peer_ = 0;        // the one before a disconnect
  bool new_process_ = false, was_proof_ = false;
  std::string peer_name_;
  ReplayWindow window_;
  Instant last_heard_;
  uint64_t refused_ = 0;
};

}  // namespace understudy::core
