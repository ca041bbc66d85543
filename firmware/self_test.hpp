// SPDX-License-Identifier: Apache-2.0
// The appliance without servers: a pattern at both inputs and heartbeats of its own for both; they
// have to be proven equal, then the gate changes to the other server and back, and no line may be
// lost or rescued on the way. `now` in milliseconds, wrapping.
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/states.hpp"

namespace understudy::firmware {

class SelfTest {
 public:
  enum class Phase : uint8_t { idle, listening, proving, switching, returning, passed, failed };
  static constexpr uint32_t listen_ms = 1000;  // so long no server may be heard
  static constexpr uint32_t prove_ms = 5000;
  static constexpr uint32_t switch_ms = 1000;

  struct Facts {
    uint32_t now;
    uint32_t beats;        // counted from both
    uint32_t lines_wrong;  // rescued and lost
    protocol::Server on_air;
    bool is_protected;
  };
  struct Actions {
    bool begin = false;  // pattern on, inputs untagged, one beat is enough
    bool beat = false;   // one heartbeat for each server
    std::optional<protocol::Server> switch_to;
    bool end = false;  // all as before
  };

  bool busy() const { return phase_ == Phase::listening || proven(); }
  Phase phase() const { return phase_; }
  const char* why() const { return why_; }

  void ask(const Facts& f) {
    if (!busy()) enter(Phase::listening, "listens", f);
    beats_ = f.beats;
  }

  Actions step(const Facts& f) {
    Actions a;
    if (!busy()) return a;
    const uint32_t since = f.now - since_;
    a.beat = proven();
    switch (phase_) {
      case Phase::listening:
        if (f.beats != beats_) return fail("a server is there", f, false);
        if (since >= listen_ms)
          a.begin = a.beat = true, enter(Phase::proving, "pattern at both inputs", f);
        return a;
      case Phase::proving:
        if (f.is_protected) {
          first_ = f.on_air, lines_ = f.lines_wrong;
          a.switch_to = other(first_);
          enter(Phase::switching, "changes over", f);
        } else if (since >= prove_ms) {
          return fail("the inputs are not proven equal", f, true);
        }
        return a;
      default:
        break;
    }
    const bool back = phase_ == Phase::returning;
    if (f.lines_wrong != lines_) return fail("lines were lost in the change", f, true);
    if (f.on_air == (back ? first_ : other(first_)) && f.is_protected) {
      if (back) {
        a.end = true, a.beat = false;
        enter(Phase::passed, "passed", f);
      } else {
        a.switch_to = first_;
        enter(Phase::returning, "changes back", f);
      }
    } else if (since >= switch_ms) {
      return fail("the gate does not change", f, true);
    }
    return a;
  }

 private:
  static protocol::Server other(protocol::Server s) {
    return s == protocol::Server::a ? protocol::Server::b : protocol::Server::a;
  }
  bool proven() const {
    return phase_ == Phase::proving || phase_ == Phase::switching || phase_ == Phase::returning;
  }
  void enter(Phase phase, const char* why, const Facts& f) {
    phase_ = phase, why_ = why, since_ = f.now;
  }
  Actions fail(const char* why, const Facts& f, bool end) {
    enter(Phase::failed, why, f);
    Actions a;
    a.end = end;
    return a;
  }

  Phase phase_ = Phase::idle;
  protocol::Server first_ = protocol::Server::a;
  uint32_t since_ = 0, beats_ = 0, lines_ = 0;
  const char* why_ = "";
};

}  // namespace understudy::firmware
