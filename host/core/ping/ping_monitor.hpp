// SPDX-License-Identifier: Apache-2.0
// The ping monitor: who serves and who stands by as monitor, by echoes between two servers. One
// table (PM-1 to PM-21). A server that has just started asks the monitor address: an answer within
// the second period means that the other stands by, so this one serves; none means that the other
// has taken over, so this one becomes the monitor. The monitor asks the service address again and
// again; when no answer comes it has the other booted and, once that is *proven* to have struck (or
// the other said that it let go), serves. Without proof it does not serve, and says why.
//
// With an appliance the gate's word decides who serves; the echoes are told, copies are taken,
// and a takeover boots the other.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/core/time.hpp"

namespace understudy::core {

enum class PingState : uint8_t { checking, monitoring, claiming, booting, held, serving, resting };
inline constexpr size_t ping_state_count = 7;
constexpr std::string_view to_text(PingState s) {
  constexpr std::string_view names[] = {"checking", "monitoring", "claiming", "booting",
                                        "held",     "serving",    "resting"};
  return names[static_cast<uint8_t>(s)];
}

enum class PingEvent : uint8_t {
  monitor_answered,    // the monitor address answers: the other stands by
  second_period_over,  // ... did not answer within the second period
  service_answered,    // the service address answers
  service_lost,        // it did not, so many times in a row
  boot_struck,         // the other is proven to have been off, or to have restarted
  boot_failed,         // the boot device could not, or proves nothing
  retry_due,           // the hold after a failed boot is over
  both_stand_by,       // the peer link: nobody serves, and this is the first of the two
  claim_over,          // nobody answered a claim within the second period
  peer_serves,         // the peer link says so
  peer_let_go,         // the peer link: it is failed or offline, and its lease is given up
  peer_lost,           // the peer link is silent
  unsure,              // this process did not run for longer than its lease
  withdraw,            // this server fails, goes offline or ends
  restored,            // ... is well again
  operator_says,       // an operator has looked: the other is off
  gate_on,             // with an appliance: this server is on air
  gate_off,
};
inline constexpr size_t ping_event_count = 18;
constexpr std::string_view to_text(PingEvent e) {
  constexpr std::string_view names[] = {"monitor_answered", "second_period_over",
                                        "service_answered", "service_lost",
                                        "boot_struck",      "boot_failed",
                                        "retry_due",        "both_stand_by",
                                        "claim_over",       "peer_serves",
                                        "peer_let_go",      "peer_lost",
                                        "unsure",           "withdraw",
                                        "restored",         "operator_says",
                                        "gate_on",          "gate_off"};
  return names[static_cast<uint8_t>(e)];
}

struct PingRow {
  PingState from;
  PingEvent on;
  PingState to;
  std::string_view why;
};
std::span<const PingRow> ping_table();
/// The table as a page: host/core/ping/TABLE.md.
std::string describe_ping_table();
const PingRow* find_ping_row(PingState from, PingEvent on);

struct PingOptions {
  Duration period{};               // between two echo requests of the monitor
  Duration timeout{};              // an echo is unanswered after this
  uint32_t misses = 3;             // unanswered in a row
  Duration second_period{};        // how long a started server asks the monitor address
  uint32_t copy_every = 0;         // answered echoes between two copies of the state; 0: none
  bool boot_before_reply = false;  // boot also a server that has never answered
  Duration hold{};                 // least time between two boots
  bool witness = false;            // an appliance decides who serves
  bool first = false;              // of two that both stand by, this one serves
};

/// What the peer link says now.
struct PeerView {
  bool heard = false;      // with an appliance: or the gate hears its heartbeats
  bool serves = false;     // it is a primary
  bool withdrawn = false;  // failed or offline
  bool outranks = false;   // it serves in a later term, or in the same one and is the first
};

enum class PingTarget : uint8_t { service, monitor };

struct PingChange {  // for the record
  PingState from, to;
  PingEvent on;
  std::string_view why;
};

struct PingActions {
  struct Ask {
    PingTarget target;
    uint32_t number;
  };
  std::vector<Ask> asks;
  std::vector<PingChange> changes;
  bool boot = false;             // have the other booted; boot_ended() must follow
  std::optional<uint32_t> copy;  // take a copy of the state: the n-th
};

class PingMonitor {
 public:
  explicit PingMonitor(PingOptions options) : options_(options) {}

  PingActions step(Instant now);
  PingActions answered(PingTarget target, uint32_t number, Instant now);
  PingActions peer(const PeerView& view, Instant now);
  PingActions boot_ended(bool struck, std::string text, Instant now);
  /// unsure, withdraw, restored, operator_says, gate_on, gate_off.
  PingActions tell(PingEvent e, Instant now);
  /// Of two that both stand by this one serves; known when the other's name is.
  void set_first(bool first) { options_.first = first; }
  std::optional<Instant> next_deadline() const;

  PingState state() const { return state_; }
  bool serves() const { return state_ == PingState::serving; }
  /// Stands by: holds the monitor address.
  bool monitors() const { return state_ == PingState::monitoring || state_ == PingState::held; }
  uint32_t asked() const { return asked_; }
  uint32_t answers() const { return answers_; }
  uint32_t misses() const { return misses_; }
  uint32_t copies() const { return copies_; }
  uint32_t boots() const { return boots_; }
  /// Why the service address is not taken; empty when nothing is in the way.
  const std::string& blocked() const { return blocked_; }

 private:
  struct Asked {
    uint32_t number = 0;
    Instant at;
  };
  void apply(PingEvent e, Instant now, PingActions& out);
  void enter(PingState s, Instant now, PingActions& out);
  void boot_beside(Instant now, PingActions& out);
  void ask(PingTarget target, Instant now, PingActions& out);
  void time_passed(Instant now, PingActions& out);
  bool asks_monitor() const { return state_ == PingState::checking; }
  bool asks_service() const { return monitors(); }

  PingOptions options_;
  PingState state_ = PingState::checking;
  bool started_ = false;
  bool armed_ = false;  // the other's service has answered since this one monitors
  Instant entered_, next_ask_;
  std::optional<Asked> open_;
  std::optional<Instant> last_boot_, alone_together_;
  PeerView peer_;
  uint32_t number_ = 0, asked_ = 0, answers_ = 0, misses_ = 0, copies_ = 0, boots_ = 0;
  std::string blocked_;
};

}  // namespace understudy::core
