// SPDX-License-Identifier: Apache-2.0
#include "board.hpp"
#include "protocol/line_tag.hpp"

namespace understudy::netlist {
namespace {

uint8_t command(unsigned s, const Server& server) {
  const bool discard = server.flags & protocol::LineTag::flag_discard;
  return static_cast<uint8_t>(0x80 | s << 6 | !server.beats << 5 | discard << 4 |
                              server.corrupt << 3 | server.black << 2 | server.frozen << 1 |
                              !server.cable);
}

}  // namespace

std::vector<uint8_t> Servers::drive(In&, const std::array<Server, 2>& server, uint32_t h,
                                    uint32_t v, uint32_t) {
  std::vector<uint8_t> commands;
  for (unsigned s = 0; s < 2 && h == 0 && v == 0; ++s)
    if (server[s] != told_[s]) commands.push_back(command(s, server[s]));
  if (h == 0 && v == 0) told_ = server;
  return commands;
}

uint32_t Servers::shown(uint32_t x, uint32_t y, uint32_t frame) const {
  const uint32_t red = x ^ y, green = x + frame, blue = y >> 1;
  return (red >> 4 & 15) << 8 | (green >> 4 & 15) << 4 | (blue >> 4 & 15);
}

}  // namespace understudy::netlist
