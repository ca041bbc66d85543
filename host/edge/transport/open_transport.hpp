// SPDX-License-Identifier: Apache-2.0
// The transport that a URI names, not yet started.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>

#include "host/edge/daemon/appliance_uri.hpp"
#include "host/edge/transport/link_device.hpp"
#include "host/ports/transport/transport.hpp"
#include "protocol/link_wire.hpp"

namespace understudy::edge {

/// `silence`: without a tick for so long an open device is given up and tried again.
std::unique_ptr<ports::Transport> open_transport(
    boost::asio::io_context& io, const ApplianceUri& uri,
    std::chrono::milliseconds silence =
        std::chrono::milliseconds(protocol::limits::link_silence_ms));
/// The device behind usb, tty and pci; nothing for the others.
std::unique_ptr<LinkDevice> make_device(const ApplianceUri& uri);

}  // namespace understudy::edge
