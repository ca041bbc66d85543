// SPDX-License-Identifier: Apache-2.0
#include "desk.hpp"

#include <random>
#include <stdexcept>

namespace understudy::netlist {

bool SerialOut::step() {
  if (left_ == 0 && !waiting_.empty()) {
    bits_ = 0xFFFFFE00u | uint32_t{waiting_.front()} << 1;
    waiting_.pop_front();
    left_ = 10 * bit_clocks;
  }
  if (left_ == 0) return true;
  const bool line = bits_ >> (9 - (left_ - 1) / bit_clocks) & 1;
  --left_;
  return line;
}

std::optional<uint8_t> SerialIn::step(bool line) {
  if (clocks_ == 0) {
    clocks_ = line ? 0 : 1;
    return std::nullopt;
  }
  const uint32_t bit = clocks_ / bit_clocks;
  if (clocks_ % bit_clocks == bit_clocks / 2 && bit >= 1 && bit <= 8)
    byte_ = static_cast<uint8_t>(byte_ >> 1 | (line ? 0x80 : 0));
  if (++clocks_ < 9 * bit_clocks + bit_clocks / 2) return std::nullopt;
  clocks_ = 0;
  return byte_;
}

Desk::Desk() {
  std::mt19937 random(7);
  picture_.resize(size_t{h_active} * v_active);
  for (auto& p : picture_) p = random() & 0xFFFFFF;
  std::vector<uint8_t> row(3 * h_active);
  for (uint32_t y = 0; y < v_active; ++y) {
    for (uint32_t x = 0; x < h_active; ++x)
      for (uint32_t c = 0; c < 3; ++c)
        row[3 * x + c] = static_cast<uint8_t>(pixel(x, y) >> (16 - 8 * c));
    crc_.push_back(protocol::picture_crc(row));
  }

  // until the board's first horizontal sync: the raster starts four lines before frame 0, sources
  // two lines ahead
  const In idle;
  uint32_t waited = 0;
  for (bool sync = false; !sync; ++waited) {
    if (waited > 2 * h_total) throw std::runtime_error("the board's raster does not start");
    const Out mine = rtl_->clock(idle), bits = netlist_->clock(idle);
    if (mine.hsync != bits.hsync) throw std::runtime_error("the two designs do not start together");
    sync = mine.hsync;
  }
  h_ = 656 + 2, v_ = v_total - 2, frame_ = ~0u;
  Sent sent;
  while (h_ != 0 || v_ != 0) clock(sent);
}

void Desk::ask(unsigned s, protocol::RequestOp op) {
  to_[s].send(protocol::frame(protocol::Request{++request_, op}).bytes());
}

std::vector<uint8_t> Desk::tagged_line(unsigned s) {
  std::vector<uint8_t> row(3 * h_active);
  for (uint32_t x = 0; x < h_active; ++x)
    for (uint32_t c = 0; c < 3; ++c)
      row[3 * x + c] = static_cast<uint8_t>(pixel(x, v_) >> (16 - 8 * c));
  if (!server[s].frozen) frozen_at_[s] = frame_;
  protocol::write_tag(row,
                      {server[s].flags, frozen_at_[s], static_cast<uint16_t>(v_), crc_[v_], 0});
  return row;
}

void Desk::drive(In& in) {
  for (unsigned s = 0; s < 2; ++s) {
    if (h_ == 0 && v_ < v_active) line_[s] = tagged_line(s);
    in.enable[s] = server[s].cable && h_ < h_active && v_ < v_active;
    in.vsync[s] = server[s].cable && v_ >= 490 && v_ < 492;
    if (in.enable[s]) {
      const uint8_t* p = &line_[s][3 * size_t{h_}];
      in.pixel[s] = uint32_t{p[0]} << 16 | uint32_t{p[1]} << 8 | p[2];
    }
    if (server[s].beats && h_ == 0 && v_ % 65 == 0 && v_ / 65 < beats_a_frame)
      to_[s].send(
          protocol::frame(protocol::Heartbeat{++sequence_, 1, frame_, server[s].state}).bytes());
    in.rx[s] = to_[s].step();
  }
}

void Desk::clock(Sent& sent) {
  In in;
  drive(in);
  const Out mine = rtl_->clock(in), bits = netlist_->clock(in);
  if (mine != bits && differences_++ == 0)
    first_difference_ = "clock " + std::to_string(clocks_) + ", source frame " +
                        std::to_string(frame_) + " line " + std::to_string(v_) + ": pixel " +
                        std::to_string(mine.pixel) + " and " + std::to_string(bits.pixel) +
                        ", leds " + std::to_string(mine.leds) + " and " + std::to_string(bits.leds);
  ++clocks_;
  for (unsigned s = 0; s < 2; ++s)
    if (const auto byte = from_[s].step(bits.tx[s]))
      if (const auto message = decoder_[s].byte(*byte))
        if (const auto tick = protocol::decode_tick(*message)) tick_[s] = tick;

  if (bits.vsync) out_x_ = out_y_ = 0;
  if (bits.enable) {
    const uint32_t mask = out_x_ < protocol::limits::tag_pixels ? 0xFEFEFE : 0xFFFFFF;
    ++sent.pixels;
    if (out_y_ >= v_active || out_x_ >= h_active || bits.pixel != (pixel(out_x_, out_y_) & mask))
      ++sent.wrong_pixels;
    ++out_x_;
  } else if (in_line_) {
    out_x_ = 0;
    ++out_y_;
  }
  in_line_ = bits.enable;

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
