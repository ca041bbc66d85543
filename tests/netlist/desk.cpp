// SPDX-License-Identifier: Apache-2.0
#include "desk.hpp"

#include <stdexcept>

namespace understudy::netlist {

bool SerialOut::step() {
  if (left_ < 2 && !waiting_.empty()) {
    bits_ = 0xFFFFFE00u | uint32_t{waiting_.front()} << 1;
    waiting_.pop_front();
    left_ += 10 * bit_half_clocks;
  }
  if (left_ < 2) return true;
  const bool line = bits_ >> (9 - (left_ - 1) / bit_half_clocks) & 1;
  left_ -= 2;
  return line;
}

std::optional<uint8_t> SerialIn::step(bool line) {
  if (left_ == 0) {
    if (!line) left_ = 9, at_ = 0, look_at_ = bit_half_clocks * 3 / 2;
    return std::nullopt;
  }
  at_ += 2;
  if (at_ < look_at_) return std::nullopt;
  look_at_ += bit_half_clocks;
  if (--left_ == 0) return byte_;  // in the middle of the stop bit
  byte_ = static_cast<uint8_t>(byte_ >> 1 | (line ? 0x80 : 0));
  return std::nullopt;
}

Desk::Desk() {
  // until the board's first horizontal sync: the raster starts four lines before frame 0
  const In idle;
  uint32_t waited = 0;
  for (bool sync = false; !sync; ++waited) {
    if (waited > 2 * h_total) throw std::runtime_error("the board's raster does not start");
    const Out mine = rtl_->clock(idle), bits = netlist_->clock(idle);
    if (mine.hsync != bits.hsync) throw std::runtime_error("the two designs do not start together");
    sync = mine.hsync;
  }
  h_ = h_sync + 2, v_ = (v_total - 4 + desk_lead) % v_total, frame_ = desk_lead < 4 ? ~0u : 0;
  Sent sent;
  while (h_ != 0 || v_ != 0) clock(sent);
}

void Desk::ask(unsigned link, protocol::RequestOp op) {
  to_[link].send(protocol::frame(protocol::Request{++request_, op}).bytes());
}

In Desk::drive() {
  In in = pins;
  to_[0].send(servers_.drive(in, server, h_, v_, frame_));
  for (unsigned s = 0; s < links; ++s) {
    if (server[s].beats && h_ == 0 && v_ % 65 == 0 && v_ / 65 < beats_a_frame)
      to_[s].send(
          protocol::frame(protocol::Heartbeat{++sequence_, 1, frame_, server[s].state}).bytes());
    in.rx[s] = to_[s].step();
  }
  return in;
}

void Desk::compare(const Out& mine, const Out& bits) {
  if (mine != bits && differences_++ == 0)
    first_difference_ = "clock " + std::to_string(clocks_) + ", desk's frame " +
                        std::to_string(frame_) + " line " + std::to_string(v_) + ": pixel " +
                        std::to_string(mine.pixel) + " and " + std::to_string(bits.pixel) +
                        ", lights " + std::to_string(mine.lights) + " and " +
                        std::to_string(bits.lights);
  ++clocks_;
}

void Desk::look_at(const Out& bits, Sent& sent) {
  if (bits.vsync) out_x_ = out_y_ = 0;
  if (in_sync_ && !bits.vsync) ++out_frame_;
  in_sync_ = bits.vsync;
  if (bits.enable) {
    ++sent.pixels;
    if (out_y_ >= v_active || out_x_ >= h_active ||
        bits.pixel != servers_.shown(out_x_, out_y_, out_frame_))
      ++sent.wrong_pixels;
    ++out_x_;
  } else if (in_line_) {
    out_x_ = 0;
    ++out_y_;
  }
  in_line_ = bits.enable;
}

void Desk::clock(Sent& sent) {
  const In in = drive();
  const Out mine = rtl_->clock(in), bits = netlist_->clock(in);
  compare(mine, bits);
  for (unsigned s = 0; s < links; ++s)
    if (const auto byte = from_[s].step(bits.tx[s]))
      if (const auto message = decoder_[s].byte(*byte))
        if (const auto tick = protocol::decode_tick(*message)) tick_[s] = tick;
  look_at(bits, sent);
  if (++h_ == h_total) {
    h_ = 0;
    if (++v_ == v_total) v_ = 0, ++frame_;
  }
}

Sent Desk::frame() {
  Sent sent;
  for (uint32_t i = 0; i < frame_clocks; ++i) clock(sent);
  return sent;
}

}  // namespace understudy::netlist
