// SPDX-License-Identifier: Apache-2.0
// Decides at each boundary who is on air, answers the requests that wait for it, and says what is
// true of both servers. It looks one clock after the strobe and is obeyed two clocks after it.
#pragma once

#include <optional>
#include <systemc>

#include "sim/model/heartbeat_monitor.hpp"
#include "sim/model/line_merge.hpp"

namespace understudy::model {

class Arbiter : public sc_core::sc_module {
 public:
  struct Asked {
    uint32_t asker;  // 0 A, 1 B, 2 the COMMAND register
    uint16_t id;
    uint8_t op;
  };

  Arbiter(sc_core::sc_module_name name, const Timeline& timeline, const RasterProcess& raster,
          std::array<HeartbeatMonitor*, 2> monitors, Configuration& configuration,
          Journal& journal);

  void watch(LineMerge& merge) { merge_ = &merge; }
  void reset();
  void ask(Clock at, const Asked& asked);

  const Server& on_air() const { return on_air_; }
  Boundary now() const;
  std::vector<Boundary> take() { return std::exchange(boundaries_, {}); }
  void link_error(unsigned s) { link_alarm_[s] = true; }

 private:
  struct Judged {
    std::array<bool, 2> picture_ok, withdrawn, healthy, eligible;
  };
  struct Decision {
    protocol::Reason reason = protocol::Reason::none;
    bool takeover = false, hold = false, flap = false;
  };

  void carry_out();
  void carry_out_one(const Asked& asked);
  void answer(const Asked& asked, protocol::RequestResult result);
  void decide();
  void commit();
  Judged judge() const;
  protocol::Reason reason(const Judged& j) const;
  Decision decision(const Judged& j) const;
  bool flap_holds() const;
  void log(const Judged& j, const Decision& d, bool was_protected, uint32_t term);
  void remember(const Judged& j, const Decision& d);
  uint16_t alarms() const;

  const Timeline& timeline_;
  const RasterProcess& raster_;
  const std::array<HeartbeatMonitor*, 2> monitors_;
  Configuration& configuration_;
  Journal& journal_;
  LineMerge* merge_ = nullptr;
  Inbox<Asked> inbox_;
  sc_core::sc_event decide_, commit_;

  Server on_air_ = Server::a, next_on_air_ = Server::a;
  uint32_t term_ = 1, next_term_ = 1;
  std::array<bool, 2> seen_{}, picture_ok_{}, healthy_{}, link_alarm_{}, was_freeze_{},
      was_black_{};
  bool first_ = true, role_taken_ = false, protected_ = false;
  bool no_eligible_ = false, flap_hold_ = false;
  std::optional<Asked> waiting_;
  std::optional<Decision> held_;  // the hold at the boundary before, if it was one
  uint32_t protected_run_ = 0;    // boundaries since the last takeover
  std::array<uint32_t, protocol::limits::flap_changes_max> countdowns_{};
  Clock strobe_ = 0;
  std::vector<Boundary> boundaries_;
};

}  // namespace understudy::model
