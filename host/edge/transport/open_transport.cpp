// SPDX-License-Identifier: Apache-2.0
#include "host/edge/transport/open_transport.hpp"

#include "host/edge/transport/device_transport.hpp"
#include "host/edge/transport/none_transport.hpp"
#include "host/edge/transport/pci_device.hpp"
#include "host/edge/transport/sim_transport.hpp"
#include "host/edge/transport/tty_device.hpp"
#include "host/edge/transport/usb_device.hpp"
#include "protocol/link_wire.hpp"

namespace understudy::edge {

using Kind = ApplianceUri::Kind;

std::unique_ptr<LinkDevice> make_device(const ApplianceUri& uri) {
  const uint32_t baud = uri.baud.value_or(protocol::link_baud);
  switch (uri.kind) {
    case Kind::usb:
      return std::make_unique<UsbDevice>(
          UsbDevice::Options{uri.serial, uri.path, uri.interface, baud});
    case Kind::tty:
      return std::make_unique<TtyDevice>(uri.path, baud);
    case Kind::pci:
      return std::make_unique<PciDevice>(uri.path,
                                         uri.bar.value_or(protocol::mailbox::default_bar));
    case Kind::none:
    case Kind::sim:
      break;
  }
  return nullptr;
}

std::unique_ptr<ports::Transport> open_transport(boost::asio::io_context& io,
                                                 const ApplianceUri& uri,
                                                 std::chrono::milliseconds silence) {
  if (uri.kind == Kind::sim) return std::make_unique<SimTransport>(io, uri.path);
  if (auto device = make_device(uri))
    return std::make_unique<DeviceTransport>(io, std::move(device), silence);
  return std::make_unique<NoneTransport>();
}

}  // namespace understudy::edge
