// SPDX-License-Identifier: Apache-2.0
// The appliance's mailbox (protocol/mailbox.hpp) in a BAR, through sysfs' `resourceN`: no driver,
// no interrupt, a look every 100 us. With VFIO (the road for a board that interrupts or a host with
// an IOMMU policy) only open() changes: the same BAR is mapped from VFIO_DEVICE_GET_REGION_INFO's
// offset of the device's descriptor, and the interrupt's eventfd is one more thing that turn()
// waits for. UIO was refused: it needs a module bound by hand and gives no more than sysfs does.
#pragma once

#include <span>
#include <string>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/transport/link_device.hpp"
#include "host/edge/transport/wake_event.hpp"
#include "protocol/link.hpp"
#include "protocol/mailbox.hpp"

namespace understudy::edge {

class PciDevice final : public LinkDevice {
 public:
  /// `slot` as 0000:01:00.0
  PciDevice(std::string slot, uint32_t bar) : slot_(std::move(slot)), bar_(bar) {}
  ~PciDevice() override { close(); }
  Result<void> open() override;
  Result<void> turn(std::vector<uint8_t>& out, std::vector<uint8_t>& in,
                    std::chrono::milliseconds patience) override;
  void wake() override { wake_.wake(); }
  void close() override;

 private:
  Result<void> map(const std::string& path);
  Result<void> take_over();
  Result<void> check() const;
  void send(std::vector<uint8_t>& out);
  bool send_frame(std::span<const uint8_t> frame);
  void ring_bell(const protocol::Heartbeat& beat);
  void receive(std::vector<uint8_t>& in);
  uint32_t read(size_t offset) const;
  void write(size_t offset, uint32_t value);

  std::string slot_;
  uint32_t bar_;
  Descriptor file_;
  uint32_t* words_ = nullptr;
  uint32_t head_ = 0, tail_ = 0, generation_ = 0;
  WakeEvent wake_;
};

}  // namespace understudy::edge
