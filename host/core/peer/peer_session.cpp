// SPDX-License-Identifier: Apache-2.0
#include "host/core/peer/peer_session.hpp"

#include <utility>

#include "host/core/check.hpp"

namespace understudy::core {

PeerSession::PeerSession(uint64_t session, std::string name, Duration patience)
    : session_(session), name_(std::move(name)), patience_(patience) {
  CHECK(session != 0);
}

PeerSession::Heard PeerSession::hello(const protocol::peer::Envelope& envelope,
                                      const protocol::peer::Hello& hello, Instant now) {
  was_proof_ = false;
  if (envelope.from == session_) {
    ++refused_;
    return Heard::refused;
  }
  if (hello.name == name_) {
    ++refused_;
    return Heard::same_name;
  }
  if (connected() && envelope.from != peer_ && now - last_heard_ < patience_) {
    ++refused_;
    return Heard::another;
  }
  candidate_ = envelope.from;
  their_challenge_ = hello.challenge;
  if (envelope.to != session_ || hello.echo != challenge_) return Heard::hello;

  was_proof_ = true;
  ++challenge_;
  last_heard_ = now;
  if (envelope.from == peer_) {
    window_.fresh(envelope.counter);
    return Heard::hello;
  }
  new_process_ = last_peer_ != 0 && last_peer_ != envelope.from;
  peer_ = last_peer_ = envelope.from;
  peer_name_ = std::string(hello.name);
  window_ = {};
  window_.fresh(envelope.counter);
  return Heard::connected;
}

PeerSession::Heard PeerSession::message(const protocol::peer::Envelope& envelope, Instant now) {
  if (!connected() || envelope.from != peer_ || envelope.to != session_ ||
      !window_.fresh(envelope.counter)) {
    ++refused_;
    return Heard::refused;
  }
  last_heard_ = now;
  return Heard::message;
}

protocol::peer::Hello PeerSession::make_hello() const {
  return {.name = name_, .challenge = challenge_, .echo = their_challenge_};
}

protocol::peer::Envelope PeerSession::next_envelope(bool hello) {
  return {.from = session_, .to = hello ? candidate_ : peer_, .counter = ++counter_};
}

void PeerSession::disconnect() {
  if (!connected()) return;
  peer_ = 0;
  ++challenge_;
}

}  // namespace understudy::core
