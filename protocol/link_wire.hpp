// SPDX-License-Identifier: Apache-2.0
// The wire under the link (protocol/link.hpp) where it is a device: its speed, and what a host lets
// wait before it. Apart from limits.hpp, whose link section the gateware's package repeats.
#pragma once

#include <cstdint>

namespace understudy::protocol {

/// Where the wire is serial: 8 bits, no parity, one stop bit. boards/ has the same number.
inline constexpr uint32_t link_baud = 1'000'000;

namespace limits {
inline constexpr uint32_t link_queue_max = 1024;         // bytes of a host that wait for a device
inline constexpr uint32_t link_backlog_max = 64 * 1024;  // bytes read that the daemon has not taken
inline constexpr uint32_t link_tickless_max = 64 * 1024;  // bytes from a device without a tick
inline constexpr uint32_t firmware_pieces_max = 1024;     // of one answer of its firmware
// no tick on an open device for both of these: it is given up
inline constexpr uint32_t link_silence_ms = 1000;
inline constexpr uint32_t link_silence_frames = 60;
}  // namespace limits

}  // namespace understudy::protocol
