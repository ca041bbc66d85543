// SPDX-License-Identifier: Apache-2.0
// A heartbeat as bytes of the link, put out one by one: protocol/link.hpp's frame() without its
// buffers, for which there is no stack.
#pragma once

#include <array>
#include <cstdint>

#include "protocol/link.hpp"

namespace understudy::firmware {

template <class Put>
void put_beat(const protocol::Heartbeat& heartbeat, Put put) {
  std::array<uint8_t, protocol::Heartbeat::bytes + 4> plain{};
  protocol::encode(heartbeat, plain);
  protocol::Crc32c crc;
  for (size_t i = 0; i < protocol::Heartbeat::bytes; ++i) crc.byte(plain[i]);
  for (size_t i = 0; i < 4; ++i)
    plain[protocol::Heartbeat::bytes + i] = static_cast<uint8_t>(crc.value() >> (8 * i));
  // COBS: each run up to a zero, or to the end, behind its length and one
  for (size_t from = 0; from <= plain.size();) {
    size_t to = from;
    while (to < plain.size() && plain[to] != 0) ++to;
    put(static_cast<uint8_t>(to - from + 1));
    for (; from < to; ++from) put(plain[from]);
    ++from;
  }
  put(0);
}

}  // namespace understudy::firmware
