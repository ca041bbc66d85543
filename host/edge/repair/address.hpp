// SPDX-License-Identifier: Apache-2.0
// Addresses between three worlds: the checkpoint's, the kernel's sockaddr, and a person's text.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

#include "protocol/checkpoint.hpp"

namespace understudy::edge {

struct SocketAddress {
  protocol::checkpoint::Family family = protocol::checkpoint::Family::ipv4;
  protocol::checkpoint::Endpoint endpoint;
  bool operator==(const SocketAddress&) const = default;
};

/// A sockaddr of the right size for its family.
struct KernelAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

KernelAddress to_kernel(const SocketAddress& address);
/// Nothing when it is neither IPv4 nor IPv6. An IPv4 address inside IPv6 becomes IPv4.
std::optional<SocketAddress> from_kernel(const sockaddr_storage& storage);
/// "10.0.0.1:80", "[2001:db8::1]:80".
std::string to_text(const SocketAddress& address);
/// Only the address, without the port.
std::string address_text(const SocketAddress& address);
/// What to_text writes; numeric only.
std::optional<SocketAddress> parse_socket_address(std::string_view text);

inline int domain(protocol::checkpoint::Family family) {
  return family == protocol::checkpoint::Family::ipv4 ? AF_INET : AF_INET6;
}

}  // namespace understudy::edge
