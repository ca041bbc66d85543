// SPDX-License-Identifier: Apache-2.0
// The takeover as decisions. Before: hold() what is known of each connection. On air: a probe goes
// to every client; each answer is compared with what is known, and the connection is made ready at
// the byte that it gives, once. Who does not answer is probed again, 10 ms later, then 20, 40 ...
// up to a second, until a stated time. What the first server sent may still be on its way, and be
// acknowledged to this one; and anybody may forge an answer. A client that can (RFC 2883) says
// which byte it had already: an answer that names the probe's is the client's own, and came behind
// all else. Another one counts only when no better has come in a stated time. (Refused: a secret
// distance below the window. Firewalls take what is further away than one byte for no part of the
// connection.) New knowledge counts until its connection is ready.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

#include "host/core/connection/comparison.hpp"
#include "host/core/connection/protocol.hpp"
#include "host/core/time.hpp"

namespace understudy::core {

class Takeover {
 public:
  struct Times {
    Duration first_wait = std::chrono::milliseconds(10);
    Duration longest_wait = std::chrono::seconds(1);
    Duration patience = std::chrono::seconds(60);  // then a silent client is given up
    // An answer that does not name the probe counts when it was the last word for so long.
    Duration quiet = std::chrono::milliseconds(500);
  };
  enum class Lost : uint8_t { silent, mismatch, client_reset };

  // What happens.
  struct OnAir {};
  struct Answered {
    ConnectionId connection;
    ClientAnswer answer;
  };
  struct Timer {};
  using Event = std::variant<OnAir, Answered, Timer>;

  // What is to be done, in this order.
  struct Probe {  // a segment of one byte just below the client's window, so that it answers
    ConnectionId connection;
    SequenceNumber sequence, acknowledge;
  };
  struct Ready {
    ConnectionId connection;
    Resume resume;
  };
  struct GiveUp {
    ConnectionId connection;
    Lost why = Lost::silent;
    std::optional<Mismatch> last;  // what was wrong with the last answer, if there was one
  };
  using Action = std::variant<Probe, Ready, GiveUp>;
  using Actions = std::vector<Action>;

  Takeover() = default;
  explicit Takeover(Times times) : times_(times) {}

  /// New or newer knowledge. On air too: a connection that is not yet ready is probed at once.
  Actions hold(ConnectionId connection, const Known& known);
  /// The same for where its output stands; nothing is probed by it.
  void know(ConnectionId connection, const Known& known);
  void drop(ConnectionId connection);
  void step(const Event& event, Instant now, Actions& out);
  std::optional<Instant> next_deadline() const;

  bool on_air() const { return on_air_at_.has_value(); }
  bool waits_for(ConnectionId connection) const { return waiting_.contains(connection.value); }
  size_t waiting() const { return waiting_.size(); }
  uint64_t refused_answers() const { return refused_answers_; }

 private:
  struct Waiting {
    Known known;
    std::optional<Mismatch> last;
    SequenceNumber probed;         // where the latest probe began
    std::optional<Resume> unsure;  // a right answer that does not name the probe
    Instant unsure_until;
  };
  void settle_unsure(Instant now, Actions& out);
  void probe(ConnectionId connection, Waiting& waiting, Actions& out) const;
  void handle(const OnAir&, Instant now, Actions& out);
  void handle(const Answered& e, Instant now, Actions& out);
  void handle(const Timer&, Instant now, Actions& out);

  Times times_;
  std::unordered_map<uint64_t, Waiting> waiting_;
  std::optional<Instant> on_air_at_;
  Instant next_round_;
  std::optional<Instant> next_unsure_;  // no unsure answer counts before this
  Duration wait_{};
  uint64_t refused_answers_ = 0;
};

}  // namespace understudy::core
