// SPDX-License-Identifier: Apache-2.0
#include "host/edge/transport/host_mailbox.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace understudy::edge {

namespace mailbox = protocol::mailbox;

Result<void> HostMailbox::take_over() {
  const uint32_t magic = words_.read(mailbox::at_magic);
  if (magic == mailbox::not_there)
    return failure("PCI device " + slot_ + " does not answer (all ones): unplugged or in reset");
  if (magic != mailbox::magic)
    return failure(
        fmt::format("BAR {} of PCI device {} holds no mailbox (first word {:#010x}): is "
                    "that the appliance, with its gateware loaded?",
                    bar_, slot_, magic));
  const uint32_t layout = words_.read(mailbox::at_layout_version),
                 ring = words_.read(mailbox::at_ring_words);
  if (layout != mailbox::layout_version || ring != mailbox::ring_words)
    return failure(
        fmt::format("the mailbox of PCI device {} has layout version {} with rings of {} "
                    "words, this program knows version {} with {}: put gateware and "
                    "program of one release together",
                    slot_, layout, ring, mailbox::layout_version, mailbox::ring_words));
  if (const uint32_t link = words_.read(mailbox::at_link_version); link != protocol::link_version)
    return failure(
        fmt::format("the appliance speaks link version {}, this program version {}: put "
                    "gateware and program of one release together",
                    link, protocol::link_version));
  generation_ = words_.read(mailbox::at_generation);
  head_ = words_.read(mailbox::at_to_appliance_head);
  tail_ = words_.read(mailbox::at_to_host_head);
  words_.write(mailbox::at_to_host_tail, tail_);
  return {};
}

Result<void> HostMailbox::check() const {
  const uint32_t magic = words_.read(mailbox::at_magic);
  if (magic == mailbox::not_there)
    return failure("PCI device " + slot_ + " is gone (all ones): unplugged?");
  if (magic != mailbox::magic || words_.read(mailbox::at_generation) != generation_)
    return failure("the appliance in PCI slot " + slot_ + " has restarted");
  return {};
}

/// Whole frames; what has no closing zero yet stays.
void HostMailbox::send(std::vector<uint8_t>& out) {
  auto begin = out.begin();
  for (auto zero = std::find(begin, out.end(), 0); zero != out.end();
       zero = std::find(begin, out.end(), 0)) {
    if (!send_frame({begin, zero + 1})) break;
    begin = zero + 1;
  }
  out.erase(out.begin(), begin);
}

bool HostMailbox::send_frame(std::span<const uint8_t> frame) {
  protocol::LinkDecoder decoder;
  for (const uint8_t byte : frame)
    if (const auto message = decoder.byte(byte))
      if (const auto beat = protocol::decode_heartbeat(*message)) return ring_bell(*beat), true;
  const auto words = static_cast<uint32_t>((frame.size() + 3) / 4);
  const uint32_t used = head_ - words_.read(mailbox::at_to_appliance_tail);
  if (used > mailbox::ring_words || mailbox::ring_words - used < words) return false;
  for (uint32_t i = 0; i < words; ++i) {
    uint32_t word = 0;
    for (size_t k = 0; k < 4 && i * 4 + k < frame.size(); ++k)
      word |= uint32_t{frame[i * 4 + k]} << 8 * k;
    words_.write(mailbox::at_to_appliance + (head_ + i) % mailbox::ring_words * 4, word);
  }
  head_ += words;
  words_.write(mailbox::at_to_appliance_head, head_);
  return true;
}

void HostMailbox::ring_bell(const protocol::Heartbeat& beat) {
  words_.write(mailbox::at_beat_boot_id, beat.boot_id);
  words_.write(mailbox::at_beat_frame_seen, beat.frame_seen);
  words_.write(mailbox::at_beat_state, uint32_t(beat.state));
  words_.write(mailbox::at_beat_sequence, beat.sequence);
}

void HostMailbox::receive(std::vector<uint8_t>& in) {
  const uint32_t head = words_.read(mailbox::at_to_host_head);
  if (head - tail_ > mailbox::ring_words) return;  // all ones, or torn: check() says which
  while (tail_ != head) {
    const uint32_t word = words_.read(mailbox::at_to_host + tail_++ % mailbox::ring_words * 4);
    for (int k = 0; k < 4; ++k) in.push_back(static_cast<uint8_t>(word >> 8 * k));
  }
  words_.write(mailbox::at_to_host_tail, tail_);
}

}  // namespace understudy::edge
