// SPDX-License-Identifier: Apache-2.0
// understudy-usb-bus beside this process: plugs modelled devices in and out. This process and its
// children then see the modelled /sys and /dev (umockdev's preload library, see main.cpp).
#pragma once

#include <string>

#include "sim/usb/modelled_bus.hpp"
#include "tests/host/edge/temporary_directory.hpp"

namespace understudy::test {

class MockBus {
 public:
  MockBus();
  ~MockBus();
  MockBus(const MockBus&) = delete;
  /// The rest of the answer behind "ok "; fails the test on another.
  std::string tell(const std::string& command);
  /// The UART of the bridge at this place: a connected stream socket, non-blocking.
  int uart(const std::string& place) const;
  const std::string& root() const { return bus_.root(); }

 private:
  TemporaryDirectory directory_;
  sim::ModelledBus bus_;
};

}  // namespace understudy::test
