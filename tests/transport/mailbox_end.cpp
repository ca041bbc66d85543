// SPDX-License-Identifier: Apache-2.0
#include "tests/transport/mailbox_end.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>

#include "protocol/mailbox.hpp"

namespace understudy::test {

namespace mailbox = protocol::mailbox;

void MailboxEnd::plug(uint8_t version) {
  received_.clear();
  const auto path = file();
  const int opened = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(opened, 0) << path;
  bar_ = static_cast<uint32_t*>(
      ::mmap(nullptr, mailbox::bar_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0));
  ::close(opened);
  ASSERT_NE(bar_, MAP_FAILED);
  for (size_t i = 1; i < mailbox::bar_bytes / 4; ++i) set(i * 4, 0);
  head_ = tail_ = 0xFFFFFF00;  // the indices wrap soon
  for (const auto at : {mailbox::at_to_host_head, mailbox::at_to_host_tail,
                        mailbox::at_to_appliance_head, mailbox::at_to_appliance_tail})
    set(at, head_);
  set(mailbox::at_layout_version, mailbox::layout_version);
  set(mailbox::at_link_version, version);
  set(mailbox::at_ring_words, mailbox::ring_words);
  set(mailbox::at_generation, ++generation_);
  beat_ = 0;
  set(mailbox::at_magic, mailbox::magic);
  appear();
}

void MailboxEnd::go_dark() {
  for (size_t i = 0; i < mailbox::bar_bytes / 4; ++i) set(i * 4, mailbox::not_there);
}

void MailboxEnd::unplug() {
  vanish();
  unmap();
  out_.clear();
}

void MailboxEnd::send(std::span<const uint8_t> bytes) {
  out_.insert(out_.end(), bytes.begin(), bytes.end());
  while (out_.size() % 4) out_.push_back(0);
  pump();
}

void MailboxEnd::pump() {
  if (!bar_) return;
  while (!out_.empty() && head_ - get(mailbox::at_to_host_tail) < mailbox::ring_words) {
    uint32_t word = 0;
    for (int k = 0; k < 4; ++k, out_.pop_front()) word |= uint32_t{out_.front()} << 8 * k;
    set(mailbox::at_to_host + head_++ % mailbox::ring_words * 4, word);
    set(mailbox::at_to_host_head, head_);
  }
  if (!stalled_) take();
}

void MailboxEnd::take() {
  for (; tail_ != get(mailbox::at_to_appliance_head); ++tail_) {
    const uint32_t word = get(mailbox::at_to_appliance + tail_ % mailbox::ring_words * 4);
    for (int k = 0; k < 4; ++k) received_.push_back(static_cast<uint8_t>(word >> 8 * k));
  }
  set(mailbox::at_to_appliance_tail, tail_);
  const uint32_t beat = get(mailbox::at_beat_sequence);
  if (beat == beat_) return;
  beat_ = beat;  // said again as the frame that it stands for
  const auto frame = protocol::frame(
      protocol::Heartbeat{beat, get(mailbox::at_beat_boot_id), get(mailbox::at_beat_frame_seen),
                          protocol::ServerState(get(mailbox::at_beat_state))});
  received_.insert(received_.end(), frame.bytes().begin(), frame.bytes().end());
}

uint32_t MailboxEnd::get(size_t at) const {
  return std::atomic_ref(bar_[at / 4]).load(std::memory_order_acquire);
}
void MailboxEnd::set(size_t at, uint32_t value) {
  std::atomic_ref(bar_[at / 4]).store(value, std::memory_order_release);
}
void MailboxEnd::unmap() {
  if (bar_) ::munmap(std::exchange(bar_, nullptr), mailbox::bar_bytes);
}

}  // namespace understudy::test
