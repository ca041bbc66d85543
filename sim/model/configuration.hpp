// SPDX-License-Identifier: Apache-2.0
// The configuration registers as numbers in range, and the mode, which only requests change.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "protocol/limits.hpp"
#include "protocol/registers.hpp"
#include "sim/model/gate_model.hpp"

namespace understudy::model {

struct Configuration {
  bool rescue = true, rescue_unproven = false, auto_return = false;
  Server preferred = Server::a;
  uint32_t misses = 3, window = 8;  // M of N
  uint32_t beat_period = 16;
  uint32_t bad_lines = 1;
  uint32_t flap_changes = 3, flap_frames = 600;
  uint32_t return_hold = 600;
  std::array<bool, 2> untagged{};
  uint32_t freeze_frames = 5;
  uint32_t black_value = 16, black_frames = 2;
  uint32_t proven = 8;
  protocol::Mode mode = protocol::Mode::automatic;

  explicit Configuration(const Raster& raster = {}) {
    namespace r = protocol::registers;
    write(r::control, r::reset_control);
    write(r::beats, r::reset_beats);
    write(r::beat_period, raster.beat_period_reset());
    write(r::bad_lines, r::reset_bad_lines);
    write(r::flap, r::reset_flap);
    write(r::return_hold, r::reset_return_hold);
    write(r::untagged, r::reset_untagged);
    write(r::freeze, r::reset_freeze);
    write(r::black, r::reset_black);
    write(r::proven, r::reset_proven);
  }

  /// Values out of range become the nearest in range; addresses that configure nothing are ignored.
  void write(uint16_t address, uint32_t v) {
    namespace r = protocol::registers;
    switch (address) {
      case r::control:
        rescue = v & r::control_rescue;
        rescue_unproven = v & r::control_rescue_unproven;
        auto_return = v & r::control_auto_return;
        preferred = v & r::control_prefer_b ? Server::b : Server::a;
        break;
      case r::beats:
        window = std::clamp((v >> 8) & 31u, 1u, protocol::limits::beat_window_max);
        misses = std::clamp(v & 31u, 1u, window);
        break;
      case r::beat_period:
        beat_period = std::max(v & 0xFFFFFFu, 16u);
        break;
      case r::bad_lines:
        bad_lines = std::max(v & 0xFFFFu, 1u);
        break;
      case r::flap:
        flap_changes = std::clamp(v & 7u, 1u, protocol::limits::flap_changes_max);
        flap_frames = v >> 16;
        break;
      case r::return_hold:
        return_hold = v & 0xFFFFu;
        break;
      case r::untagged:
        untagged = {(v & 1) != 0, (v & 2) != 0};
        break;
      case r::freeze:
        freeze_frames = v & 0xFFu;
        break;
      case r::black:
        black_value = v & 0xFFu;
        black_frames = (v >> 8) & 0xFFu;
        break;
      case r::proven:
        proven = std::max(v & 0xFFFFu, 1u);
        break;
      default:
        break;
    }
  }
};

}  // namespace understudy::model
