// SPDX-License-Identifier: Apache-2.0
// A board in the simulation: the core and the gate (soc_bench.sv), its flash, somebody at the
// console, and two servers that send heartbeats and can be switched off.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <fstream>
#include <string>
#include <vector>

#include "Vsoc_bench.h"
#include "protocol/link.hpp"
#include "tests/gateware/control/bench.hpp"
#include "tests/gateware/core/flash_model.hpp"

namespace understudy::core {

class Board {
 public:
  static constexpr uint32_t image = 0x10'0000;
  static constexpr uint64_t ms = 1000;  // clocks

  FlashModel flash;
  std::string said;             // by the console
  bool deaf = false;            // nobody takes what the console says
  std::array<bool, 2> lives{};  // sends heartbeats
  std::array<uint64_t, 4>
      closed{};  // clocks that each relay was closed: power A, reset A, power B, reset B
  uint32_t lowest_stack = 0xFFFF'FFFF;
  uint64_t clocks = 0, fetches = 0;
  bool cut_on_air = false;  // a relay of the server on air was closed

  explicit Board(const std::vector<uint8_t>& firmware) {
    std::copy(firmware.begin(), firmware.end(), flash.content.begin() + image);
  }
  /// The same flash, everything else from the start: power came back.
  explicit Board(FlashModel kept) : flash(std::move(kept)) { flash.power_up(); }

  static std::vector<uint8_t> firmware() {
    std::ifstream in(UNDERSTUDY_FIRMWARE, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  Vsoc_bench& pins() { return *block_.operator->(); }
  void feed(bool on) { pins().feed = on; }
  bool on_air() { return pins().on_air; }
  std::string relays() {
    std::string s;
    const char* names[] = {"power a", "reset a", "power b", "reset b"};
    for (unsigned i = 0; i < 4; ++i)
      if (is_closed(i)) s += names[i];
    return s;
  }

  void clock() {
    auto& p = pins();
    p.console_tx_tready = clocks % 50 == 0 && !deaf;
    p.console_rx_tvalid = 0;
    p.link_a_tvalid = p.link_b_tvalid = 0;
    for (unsigned s = 0; s < 2; ++s) {
      if (lives[s] && clocks % 200 == 0 && link_[s].empty()) {
        protocol::Heartbeat beat;
        beat.sequence = ++sequence_[s];
        beat.state =
            s == 0 ? protocol::ServerState::primary : protocol::ServerState::secondary_synchronized;
        const auto frame = protocol::frame(beat);
        link_[s].assign(frame.bytes().begin(), frame.bytes().end());
      }
      if (link_[s].empty()) continue;
      (s == 0 ? p.link_a_tdata : p.link_b_tdata) = link_[s].front();
      (s == 0 ? p.link_a_tvalid : p.link_b_tvalid) = 1;
      link_[s].pop_front();
    }
    if (!typed_.empty() && echoed_) {
      p.console_rx_tdata = uint8_t(typed_.front());
      p.console_rx_tvalid = 1;
      typed_.pop_front();
      echoed_ = false;
    }
    p.flash_miso = flash.pins(p.flash_cs_n, p.flash_sck, p.flash_mosi);
    block_.settle();
    if (p.console_tx_tvalid && p.console_tx_tready) {
      said += char(p.console_tx_tdata);
      echoed_ = true;
    }
    if (p.fetch) ++fetches;
    for (unsigned i = 0; i < 4; ++i)
      if (is_closed(i)) {
        ++closed[i];
        if (p.on_air == i / 2) cut_on_air = true;
      }
    block_.clock();
    if (p.stack_pointer > 0x1000'0000 && p.stack_pointer < lowest_stack)
      lowest_stack = p.stack_pointer;
    ++clocks;
  }
  void run(uint64_t n) {
    while (n-- > 0) clock();
  }
  /// Until `condition`, at most so many clocks; whether it came.
  template <class Condition>
  bool until(uint64_t most, Condition condition) {
    for (; most > 0; --most) {
      if (condition()) return true;
      clock();
    }
    return condition();
  }
  bool prompt(uint64_t most = 20'000'000) {
    return until(most, [&] { return said.ends_with("> ") && typed_.empty() && echoed_; });
  }
  void type_byte(char c) { typed_.push_back(c); }
  /// Types a line, each byte when the one before has come back; what was said until the prompt.
  std::string type(const std::string& line, uint64_t most = 30'000'000) {
    const size_t from = said.size();
    for (const char c : line + "\r") typed_.push_back(c);
    until(most, [&] {
      return typed_.empty() && said.size() > from + line.size() && said.ends_with("> ");
    });
    return said.substr(from);
  }

 private:
  bool is_closed(unsigned i) {
    return (i % 2 ? pins().relay_reset : pins().relay_power) >> (i / 2) & 1;
  }

  gateware::Block<Vsoc_bench> block_;
  std::array<std::deque<uint8_t>, 2> link_;
  std::array<uint32_t, 2> sequence_{};
  std::deque<char> typed_;
  bool echoed_ = true;
};

}  // namespace understudy::core
