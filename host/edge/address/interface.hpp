// SPDX-License-Identifier: Apache-2.0
// One network interface: gives it an address and takes it away (netlink), tells the neighbours that
// an address is here now (gratuitous ARP, unsolicited neighbour advertisement).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/edge/address/ip_address.hpp"
#include "host/edge/daemon/descriptor.hpp"

struct mnl_socket;

namespace understudy::edge {

class Interface {
 public:
  static Result<std::unique_ptr<Interface>> open(const std::string& name);
  ~Interface();

  /// In force when this returns. There already is no error. IPv6: without duplicate address
  /// detection (the lease has done that), and never the source of what this host itself begins.
  Result<void> add(const IpAddress& address);
  /// Not there is no error.
  Result<void> remove(const IpAddress& address);
  /// Tells every neighbour once; may be lost, so it is done again some times.
  Result<void> announce(const IpAddress& address);
  /// Administratively up, and the cable is in.
  bool carrier() const;
  const std::string& name() const { return name_; }

 private:
  struct CloseSocket {
    void operator()(mnl_socket* socket) const;
  };
  Interface() = default;
  Result<void> change(uint16_t type, uint16_t flags, const IpAddress& address);
  bool in_force(const IpAddress& address);

  std::string name_;
  int index_ = 0;
  std::array<uint8_t, 6> hardware_{};
  std::unique_ptr<mnl_socket, CloseSocket> netlink_;
  Descriptor packets_;
  uint32_t sequence_ = 0;
};

/// Addresses that are this interface's for as long as this lives.
class HeldAddresses {
 public:
  static Result<HeldAddresses> hold(Interface& interface, std::vector<IpAddress> addresses);
  HeldAddresses(HeldAddresses&& from) noexcept;
  HeldAddresses& operator=(HeldAddresses&&) = delete;
  ~HeldAddresses();
  void announce() const;

 private:
  HeldAddresses(Interface& interface) : interface_(&interface) {}
  Interface* interface_;
  std::vector<IpAddress> addresses_;
};

}  // namespace understudy::edge
