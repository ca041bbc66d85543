// SPDX-License-Identifier: Apache-2.0
// The appliance's mailbox (protocol/mailbox.hpp) in a BAR, through sysfs' `resourceN`: no driver,
// no interrupt, a look every 100 us. With VFIO (the road for a board that interrupts or a host with
// an IOMMU policy) only open() changes: the same BAR is mapped from VFIO_DEVICE_GET_REGION_INFO's
// offset of the device's descriptor, and the interrupt's eventfd is one more thing that turn()
// waits for. UIO was refused: it needs a module bound by hand and gives no more than sysfs does.
#pragma once

#include <optional>
#include <string>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/transport/bar_mapping.hpp"
#include "host/edge/transport/host_mailbox.hpp"
#include "host/edge/transport/link_device.hpp"
#include "host/edge/transport/wake_event.hpp"

namespace understudy::edge {

class PciDevice final : public LinkDevice, private HostMailbox::Words {
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
  uint32_t read(size_t offset) const override;
  void write(size_t offset, uint32_t value) override;

  std::string slot_;
  uint32_t bar_;
  Descriptor file_;
  BarMapping words_;
  std::optional<HostMailbox> mailbox_;
  WakeEvent wake_;
};

}  // namespace understudy::edge
