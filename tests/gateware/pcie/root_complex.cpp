// SPDX-License-Identifier: Apache-2.0
#include "tests/gateware/pcie/root_complex.hpp"

#include <gtest/gtest.h>

namespace understudy::gateware {

RootComplex::RootComplex(uint32_t seed) : random_(seed) {
  context_->randSeed(static_cast<int>(seed));
  context_->randReset(2);
  model_ = std::make_unique<Vpcie_link>(context_.get());
  gate_period_ = 37 + random_() % 7;
  gate_at_ = 1 + random_() % gate_period_;
  gaps_ = seed % 2 == 0;
  model_->completer_id = completer;
  model_->s_axis_tx_tready = 1;
  model_->user_rst = model_->rst = 1;
  run(100);
  model_->user_rst = model_->rst = 0;
  run(20);
}

void RootComplex::step() {
  if (user_at_ <= gate_at_) {
    user_edge();
    user_at_ += 16;
  } else {
    gate_edge();
    gate_at_ += gate_period_;
  }
}

void RootComplex::user_edge() {
  auto& m = *model_;
  m.eval();
  if (m.m_axis_rx_tvalid && m.m_axis_rx_tready && !m.user_rst) packets_.pop_front();
  if (m.s_axis_tx_tvalid && m.s_axis_tx_tready && !m.user_rst) {
    completing_.push_back(m.s_axis_tx_tdata);
    if (m.s_axis_tx_tlast) {
      Completion c;
      for (const uint64_t beat : completing_)
        c.packet.push_back(static_cast<uint32_t>(beat)),
            c.packet.push_back(static_cast<uint32_t>(beat >> 32));
      if (m.s_axis_tx_tkeep == 0x0F) c.packet.pop_back();
      if (c.packet.size() > 1) c.status = c.packet[1] >> 13 & 7;
      if (c.packet.size() > 2) c.tag = c.packet[2] >> 8 & 0xFF;
      if (c.packet.size() > 3) c.word = c.packet[3];
      completions_.push_back(c);
      completing_.clear();
    }
  }
  const bool waits = m.m_axis_rx_tvalid && !m.m_axis_rx_tready;
  m.user_clk = 1;
  m.eval();
  // a beat that was shown stays until it is taken
  m.m_axis_rx_tvalid = !packets_.empty() && (waits || !gaps_ || random_() % 3 != 0);
  if (!packets_.empty()) {
    m.m_axis_rx_tdata = packets_.front().data;
    m.m_axis_rx_tlast = packets_.front().last;
    m.m_axis_rx_bar_hit = packets_.front().bar_hit;
  }
  m.s_axis_tx_tready = !gaps_ || random_() % 3 != 0;
  m.user_clk = 0;
  m.eval();
  ++user_clocks_;
}

void RootComplex::gate_edge() {
  auto& m = *model_;
  m.eval();
  if (m.rx_tvalid && !m.rst) heard.push_back(m.rx_tdata);
  const bool taken = m.tx_tvalid && m.tx_tready && !m.rst;
  stalled_ = m.tx_tvalid && !taken ? stalled_ + 1 : 0;
  if (taken) to_say.pop_front();
  m.clk = 1;
  m.eval();
  m.tx_tvalid = !to_say.empty();
  if (!to_say.empty()) m.tx_tdata = to_say.front();
  m.clk = 0;
  m.eval();
}

void RootComplex::run(unsigned user_clocks) {
  for (const uint64_t until = user_clocks_ + user_clocks; user_clocks_ < until;) step();
}

bool RootComplex::settle(unsigned user_clocks) {
  for (const uint64_t until = user_clocks_ + user_clocks; user_clocks_ < until;) {
    run(8);
    if (packets_.empty() && to_say.empty()) {
      const size_t before = heard.size(), answers = completions_.size();
      run(600);  // longer than an access that nobody answers
      if (heard.size() == before && completions_.size() == answers && packets_.empty()) return true;
    }
  }
  return false;
}

std::vector<Completion> RootComplex::completions() {
  return std::exchange(completions_, {});
}

void RootComplex::send(Packet packet, uint8_t bar_hit) {
  for (size_t i = 0; i < packet.size(); i += 2) {
    const uint64_t high = i + 1 < packet.size() ? packet[i + 1] : random_();
    packets_.push_back({high << 32 | packet[i], bar_hit, i + 2 >= packet.size()});
  }
}

Packet RootComplex::request(bool is_write, uint64_t address, uint32_t wire_word, uint32_t tag,
                            std::pair<uint32_t, uint32_t> fields) {
  const bool far = address >> 32 != 0;
  Packet p{(is_write ? 0x40000001u : 0x00000001u) | (far ? 0x20000000u : 0u),
           requester << 16 | (tag & 0xFF) << 8 | 0x0F};
  p[0] ^= fields.first;
  p[1] ^= fields.second;
  if (far) p.push_back(static_cast<uint32_t>(address >> 32));
  p.push_back(static_cast<uint32_t>(address));
  if (is_write) p.push_back(wire_word);
  return p;
}

uint32_t RootComplex::read(size_t offset) const {
  auto& self = const_cast<RootComplex&>(*this);  // time goes on while a program reads
  const uint32_t tag = self.tag_++ & 0xFF;
  self.send(request(false, bar + offset, 0, tag));
  const size_t before = completions_.size();
  for (unsigned i = 0; i < 40000 && completions_.size() == before; ++i) self.step();
  if (completions_.size() == before) {
    ADD_FAILURE() << "no completion for a read of " << offset;
    return protocol::mailbox::not_there;
  }
  const auto c = completions_.back();
  self.completions_.pop_back();
  EXPECT_EQ(c.tag, tag);
  return c.word ? swap(*c.word) : protocol::mailbox::not_there;
}

void RootComplex::write(size_t offset, uint32_t value) {
  send(request(true, bar + offset, swap(value), 0));
}

}  // namespace understudy::gateware
