// SPDX-License-Identifier: Apache-2.0
// The appliance behind PCIe: one BAR of 16 KiB, 32-bit little-endian words, whole words only. Two
// rings carry the link's own frames (protocol/link.hpp), each padded with zero bytes to whole
// words: an empty frame says nothing, so the gateware's decoder needs no other framing. Heartbeats
// do not wait in a ring: they are four words and a doorbell, so the newest is always the one that
// counts. Refused: slots with lengths (a second framing), descriptors in host memory (a board that
// masters the bus can write anywhere; this one never does).
#pragma once

#include <cstddef>
#include <cstdint>

namespace understudy::protocol::mailbox {

inline constexpr uint32_t magic = 0x4D444E55;      // "UNDM"
inline constexpr uint32_t layout_version = 1;      // of this page
inline constexpr uint32_t not_there = 0xFFFFFFFF;  // what every word reads when the device is gone

inline constexpr size_t bar_bytes = 16 * 1024;
inline constexpr uint32_t default_bar = 2;
inline constexpr uint32_t ring_words = 1024;  // of each ring, a power of two

/// Byte offsets. Who writes a word is its owner; nobody else ever does.
/// Indices count words since reset and wrap at 2^32; word i stands at i % ring_words. A ring is
/// empty when head == tail, full when head - tail == ring_words. A writer moves its head when a
/// whole frame stands in the ring; the data before the head.
enum Offset : size_t {
  at_magic = 0x000,           // appliance; written last after a reset
  at_layout_version = 0x004,  // appliance
  at_link_version = 0x008,    // appliance: link_version of the frames
  at_ring_words = 0x00C,      // appliance
  at_generation = 0x010,      // appliance: another value after each of its resets

  at_to_appliance_head = 0x040,  // host: words written
  at_to_appliance_tail = 0x080,  // appliance: words read
  at_to_host_head = 0x0C0,       // appliance
  at_to_host_tail = 0x100,       // host

  at_beat_boot_id = 0x140,  // host, as all of the doorbell: the fields of Heartbeat
  at_beat_frame_seen = 0x144,
  at_beat_state = 0x148,
  at_beat_sequence = 0x14C,  // written last: this write is the beat

  at_to_appliance = 0x1000,  // the ring's words
  at_to_host = 0x2000,
};

/// How a host takes over: it reads its own two indices back, sets to_host_tail to to_host_head
/// (what was said before is not for it), and goes on. A frame that was cut off by the death of the
/// host before it was never published.

/// How `understudy find` knows one among PCI devices: {vendor, device, subsystem device}.
struct PciId {
  uint16_t vendor, device, subsystem;
  const char* name;
};
inline constexpr uint16_t any = 0xFFFF;
inline constexpr PciId pci_ids[] = {
    {0x10EE, any, 0x5544, "PCIe board"},            // Xilinx' vendor number, subsystem "UD"
    {0x1AF4, 0x1110, any, "shared memory (QEMU)"},  // ivshmem-plain
};

static_assert((ring_words & (ring_words - 1)) == 0);
static_assert(at_to_appliance + ring_words * 4 <= at_to_host);
static_assert(at_to_host + ring_words * 4 <= bar_bytes);

}  // namespace understudy::protocol::mailbox
