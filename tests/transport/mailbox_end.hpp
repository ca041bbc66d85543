// SPDX-License-Identifier: Apache-2.0
// The far end of a PCIe mailbox: the appliance's side of both rings, in the file that stands behind
// the BAR. Written from protocol/mailbox.hpp alone, apart from the host's side. Who inherits says
// where the file is and how the device comes and goes.
#pragma once

#include <deque>

#include "tests/transport/far_end.hpp"

namespace understudy::test {

class MailboxEnd : public FarEnd {
 public:
  ~MailboxEnd() override { unmap(); }
  void plug(uint8_t version) override;
  void unplug() override;
  void send(std::span<const uint8_t> bytes) override;
  void pump() override;
  void stall(bool on) override { stalled_ = on; }
  bool idle() const override { return out_.empty(); }

 protected:
  /// The file's path; it has at least mailbox::bar_bytes.
  virtual std::string file() = 0;
  /// The host can see the device from here on; the mailbox stands in it.
  virtual void appear() {}
  virtual void vanish() = 0;
  /// What a host reads that looks before it is told: all ones.
  void go_dark();

 private:
  void take();
  uint32_t get(size_t at) const;
  void set(size_t at, uint32_t value);
  void unmap();

  uint32_t* bar_ = nullptr;
  uint32_t head_ = 0, tail_ = 0, generation_ = 0, beat_ = 0;
  bool stalled_ = false;
  std::deque<uint8_t> out_;
};

}  // namespace understudy::test
