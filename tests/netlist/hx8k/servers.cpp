// SPDX-License-Identifier: Apache-2.0
#include <random>

#include "board.hpp"
#include "protocol/line_tag.hpp"

namespace understudy::netlist {

Servers::Servers() {
  std::mt19937 random(7);
  picture_.resize(size_t{h_active} * v_active);
  for (auto& p : picture_) p = random() & 0xFFFFFF;
}

std::vector<uint8_t> Servers::tagged_line(const Server& server, unsigned s, uint32_t v,
                                          uint32_t frame) {
  std::vector<uint8_t> row(3 * h_active);
  for (uint32_t x = 0; x < h_active && !server.black; ++x)
    for (uint32_t c = 0; c < 3; ++c)
      row[3 * x + c] = static_cast<uint8_t>(pixel(x, v) >> (16 - 8 * c));
  if (!server.frozen) frozen_at_[s] = frame;
  const uint32_t crc = protocol::picture_crc(row);
  protocol::write_tag(row, {server.flags, frozen_at_[s], static_cast<uint16_t>(v), crc, 0});
  if (server.corrupt) row[300] ^= 0x80;
  return row;
}

std::vector<uint8_t> Servers::drive(In& in, const std::array<Server, 2>& server, uint32_t h,
                                    uint32_t v, uint32_t frame) {
  for (unsigned s = 0; s < 2; ++s) {
    if (h == 0 && v < v_active) line_[s] = tagged_line(server[s], s, v, frame);
    in.enable[s] = server[s].cable && h < h_active && v < v_active;
    in.vsync[s] = server[s].cable && v >= 490 && v < 492;
    if (in.enable[s]) {
      const uint8_t* p = &line_[s][3 * size_t{h}];
      in.pixel[s] = uint32_t{p[0]} << 16 | uint32_t{p[1]} << 8 | p[2];
    }
  }
  return {};
}

}  // namespace understudy::netlist
