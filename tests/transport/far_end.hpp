// SPDX-License-Identifier: Apache-2.0
// The appliance's side of a transport, as the contract suite plays it: one of these for each kind.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "host/edge/daemon/appliance_uri.hpp"
#include "host/ports/transport/transport.hpp"
#include "protocol/link.hpp"

namespace understudy::test {

class FarEnd {
 public:
  virtual ~FarEnd() = default;
  virtual std::string uri() const = 0;
  /// An appliance of this version is there and can be attached.
  virtual void plug(uint8_t version = protocol::link_version) = 0;
  virtual void unplug() = 0;
  /// Bytes for the host; what does not go now is kept and goes with pump().
  virtual void send(std::span<const uint8_t> bytes) = 0;
  /// Goes on: sends what waits, takes what came. Called while a test waits.
  virtual void pump() = 0;
  /// Takes nothing from the host while on.
  virtual void stall(bool on) = 0;
  virtual bool can_stall() const { return true; }
  /// All that has come from the host since plug().
  const std::vector<uint8_t>& received() const { return received_; }
  virtual bool idle() const = 0;  // all that was sent is on its way

 protected:
  std::vector<uint8_t> received_;
};

std::unique_ptr<FarEnd> make_sim_end();
std::unique_ptr<FarEnd> make_tty_end();
std::unique_ptr<FarEnd> make_pci_end();
std::unique_ptr<FarEnd> make_usb_end(const std::string& chip);

/// What a program holds to the contract: each says its own.
struct EndKind {
  const char* name;
  std::unique_ptr<FarEnd> (*make)();
  /// In a test's name: without this, the bytes of two pointers.
  friend void PrintTo(const EndKind& kind, std::ostream* out) { *out << kind.name; }
};
std::vector<EndKind> contract_kinds();

}  // namespace understudy::test
