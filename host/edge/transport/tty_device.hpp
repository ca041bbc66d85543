// SPDX-License-Identifier: Apache-2.0
// A serial device as the link: raw bytes at a given speed, held alone. Where the kernel's driver
// has a latency timer (FTDI: 16 ms unless told) it is set to 1 ms.
#pragma once

#include <string>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/transport/link_device.hpp"
#include "host/edge/transport/wake_event.hpp"

namespace understudy::edge {

class TtyDevice final : public LinkDevice {
 public:
  TtyDevice(std::string path, uint32_t baud) : path_(std::move(path)), baud_(baud) {}
  Result<void> open() override;
  Result<void> turn(std::vector<uint8_t>& out, std::vector<uint8_t>& in,
                    std::chrono::milliseconds patience) override;
  void wake() override { wake_.wake(); }
  void close() override { tty_.close(); }

 private:
  Result<void> set_raw();
  void set_latency() const;

  std::string path_;
  uint32_t baud_;
  Descriptor tty_;
  WakeEvent wake_;
};

}  // namespace understudy::edge
