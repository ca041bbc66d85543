// SPDX-License-Identifier: Apache-2.0
// What stands on both sides of the verilated pcie_link: a root complex that sends packets and takes
// completions, on a clock of 16 ns, and the gate's byte streams on one of about 40 ns. Gaps, held
// back streams and the clocks' phases come from the seed. As a HostMailbox::Words it is what a
// mapped BAR is to a program.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "Vpcie_link.h"
#include "host/edge/transport/host_mailbox.hpp"
#include "tests/gateware/control/bench.hpp"

namespace understudy::gateware {

/// A packet of the transaction layer as dwords, each as the specification draws it (byte 0 on top).
using Packet = std::vector<uint32_t>;

struct Completion {
  uint32_t status = 0;  // 0 successful, 1 unsupported request, 4 completer abort
  uint32_t tag = 0;
  std::optional<uint32_t> word;  // as it is on the wire, byte 0 on top
  Packet packet;
};

constexpr uint32_t swap(uint32_t word) {
  return word << 24 | (word & 0xFF00) << 8 | (word >> 8 & 0xFF00) | word >> 24;
}

class RootComplex final : public edge::HostMailbox::Words {
 public:
  static constexpr uint32_t requester = 0x0100;      // bus 1, device 0, function 0
  static constexpr uint32_t completer = 0x02A3;      // bus 2, device 20, function 3
  static constexpr uint64_t bar = 0x1'2345'4000ULL;  // where firmware has put it
  static constexpr uint8_t hit = 1 << 2;

  explicit RootComplex(uint32_t seed = 1);
  ~RootComplex() override { model_->final(); }

  /// A 4-byte access as a processor does it. A read that nobody answers well is all ones.
  uint32_t read(size_t offset) const override;
  void write(size_t offset, uint32_t value) override;

  void send(Packet packet, uint8_t bar_hit = hit);
  /// One memory request of one dword. `fields` are exclusive-ored onto dwords 0 and 1.
  static Packet request(bool is_write, uint64_t address, uint32_t wire_word, uint32_t tag,
                        std::pair<uint32_t, uint32_t> fields = {0, 0});
  /// Runs until everything was sent and answered and the gate's streams rest; false after
  /// `user_clocks`.
  bool settle(unsigned user_clocks = 20000);
  void run(unsigned user_clocks);
  std::vector<Completion> completions();

  /// The gate's side.
  std::vector<uint8_t> heard;  // by the gate, of this link
  std::deque<uint8_t> to_say;  // by the gate
  bool gate_stalls() const { return stalled_ > 1000; }

  void reset_gate(bool on) { model_->rst = on; }
  /// The slot's reset: what was on its way is gone.
  void reset_user(bool on) {
    model_->user_rst = on;
    model_->m_axis_rx_tvalid = 0;
    packets_.clear(), completing_.clear();
  }
  uint64_t clocks() const { return user_clocks_; }

 private:
  struct Beat {
    uint64_t data;
    uint8_t bar_hit;
    bool last;
  };
  void step();
  void user_edge();
  void gate_edge();

  Random random_;
  std::unique_ptr<VerilatedContext> context_ = std::make_unique<VerilatedContext>();
  std::unique_ptr<Vpcie_link> model_;
  std::deque<Beat> packets_;
  std::vector<uint64_t> completing_;
  std::vector<Completion> completions_;
  uint64_t user_at_ = 16, gate_at_, gate_period_, user_clocks_ = 0;
  unsigned stalled_ = 0;
  uint32_t tag_ = 0;
  bool gaps_;
};

}  // namespace understudy::gateware
