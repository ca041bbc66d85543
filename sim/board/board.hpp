// SPDX-License-Identifier: Apache-2.0
// A board clock by clock (board_model.sv): the soft core with its firmware beside a tiny gate, its
// flash, both links' wires, and two servers that send heartbeats while they live.
#pragma once

#include <verilated.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "Vboard_model.h"
#include "protocol/link.hpp"
#include "sim/board/flash_model.hpp"

namespace understudy::sim {

class Board {
 public:
  static constexpr uint32_t image = 0x10'0000;  // where the firmware stands in the flash
  static constexpr uint64_t ms = 1000;          // clocks
  static constexpr uint64_t byte_clocks = 4;    // between two bytes on a link

  FlashModel flash;
  std::array<bool, 2> lives{};                // sends heartbeats
  std::array<uint64_t, 4> closed{};           // clocks that each relay was closed, by soc::Relay
  bool cut_on_air = false;                    // a relay of the server on air was closed
  bool deaf = false;                          // nobody takes what the console says
  std::array<bool, 2> host_deaf{};            // nobody takes what the link says
  std::string said;                           // by the console
  std::array<std::vector<uint8_t>, 2> heard;  // from each link; who reads takes them out
  uint32_t lowest_stack = 0xFFFF'FFFF;
  uint64_t clocks = 0, fetches = 0;

  explicit Board(std::span<const uint8_t> firmware) {
    std::copy(firmware.begin(), firmware.end(), flash.content.begin() + image);
    start();
  }
  /// The same flash, everything else from the start: power came back.
  explicit Board(FlashModel kept) : flash(std::move(kept)) {
    flash.power_up();
    start();
  }
  ~Board() { model_->final(); }

  Vboard_model& pins() { return *model_; }
  void feed(bool a, bool b) { model_->feed = (a ? 1 : 0) | (b ? 2 : 0); }
  bool on_air() const { return model_->on_air; }
  bool is_closed(unsigned relay) const {
    return (relay % 2 ? model_->relay_reset : model_->relay_power) >> (relay / 2) & 1;
  }
  std::string relays() const {
    std::string s;
    for (unsigned i = 0; i < 4; ++i)
      if (is_closed(i)) s += relay_names[i];
    return s;
  }
  static constexpr std::array<const char*, 4> relay_names = {"power a", "reset a", "power b",
                                                             "reset b"};

  /// From a host onto a server's wire; whole frames, else a heartbeat may come between.
  void send(unsigned server, std::span<const uint8_t> bytes) {
    wire_[server].insert(wire_[server].end(), bytes.begin(), bytes.end());
  }
  void type(uint8_t byte) { typed_.push_back(byte); }
  bool typed_all() const { return typed_.empty() && echoed_; }

  void clock() {
    auto& p = *model_;
    p.console_tx_tready = clocks % 50 == 0 && !deaf;
    p.console_rx_tvalid = 0;
    if (!typed_.empty() && echoed_) {  // each byte when the one before has come back
      p.console_rx_tdata = typed_.front();
      p.console_rx_tvalid = 1;
      typed_.pop_front();
      echoed_ = false;
    }
    links();
    p.flash_miso = flash.pins(p.flash_cs_n, p.flash_sck, p.flash_mosi);
    p.clk = 0;
    p.eval();
    look();
    p.clk = 1;
    p.eval();
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

 private:
  void start() {
    context_->randSeed(1);
    context_->randReset(2);
    model_ = std::make_unique<Vboard_model>(context_.get());
    model_->rst = 1;
    for (int i = 0; i < 4; ++i) model_->clk = CData(i % 2), model_->eval();
    model_->rst = 0;
  }
  void links() {
    auto& p = *model_;
    p.rx_tvalid = p.tx_tready = 0;
    if (clocks % byte_clocks != 0) return;
    uint16_t bytes = 0;
    for (unsigned s = 0; s < 2; ++s) {
      if (!host_deaf[s]) p.tx_tready |= 1u << s;
      auto& wire = wire_[s];
      if (lives[s] && wire.empty() && clocks >= beat_due_[s]) beat(s);
      if (wire.empty()) continue;
      bytes |= uint16_t(wire.front() << (8 * s));
      p.rx_tvalid |= 1u << s;
      wire.pop_front();
    }
    p.rx_tdata = bytes;
  }
  void beat(unsigned s) {
    protocol::Heartbeat beat;
    beat.sequence = ++sequence_[s];
    beat.state =
        s == 0 ? protocol::ServerState::primary : protocol::ServerState::secondary_synchronized;
    send(s, protocol::frame(beat).bytes());
    beat_due_[s] = clocks + 200;
  }
  /// Before the rising edge: what it hands over.
  void look() {
    auto& p = *model_;
    if (p.console_tx_tvalid && p.console_tx_tready) {
      said += char(p.console_tx_tdata);
      echoed_ = true;
    }
    for (unsigned s = 0; s < 2; ++s)
      if ((p.tx_tvalid & p.tx_tready) >> s & 1) heard[s].push_back(uint8_t(p.tx_tdata >> (8 * s)));
    if (p.fetch) ++fetches;
    if (!(p.relay_power | p.relay_reset)) return;
    for (unsigned i = 0; i < 4; ++i)
      if (is_closed(i)) {
        ++closed[i];
        if (p.on_air == i / 2) cut_on_air = true;
      }
  }

  std::unique_ptr<VerilatedContext> context_ = std::make_unique<VerilatedContext>();
  std::unique_ptr<Vboard_model> model_;
  std::array<std::deque<uint8_t>, 2> wire_;
  std::array<uint32_t, 2> sequence_{};
  std::array<uint64_t, 2> beat_due_{};
  std::deque<uint8_t> typed_;
  bool echoed_ = true;
};

}  // namespace understudy::sim
