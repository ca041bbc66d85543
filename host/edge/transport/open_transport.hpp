// SPDX-License-Identifier: Apache-2.0
// The transport that a URI names, not yet started.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "host/edge/daemon/appliance_uri.hpp"
#include "host/edge/transport/link_device.hpp"
#include "host/ports/transport/transport.hpp"

namespace understudy::edge {

std::unique_ptr<ports::Transport> open_transport(boost::asio::io_context& io,
                                                 const ApplianceUri& uri);
/// The device behind usb, tty and pci; nothing for the others.
std::unique_ptr<LinkDevice> make_device(const ApplianceUri& uri);

}  // namespace understudy::edge
