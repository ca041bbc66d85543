// SPDX-License-Identifier: Apache-2.0
#include "host/edge/repair/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace understudy::edge {

using protocol::checkpoint::Family;

KernelAddress to_kernel(const SocketAddress& address) {
  KernelAddress out;
  if (address.family == Family::ipv4) {
    sockaddr_in four{};
    four.sin_family = AF_INET, four.sin_port = htons(address.endpoint.port);
    std::memcpy(&four.sin_addr, address.endpoint.address.data(), sizeof four.sin_addr);
    std::memcpy(&out.storage, &four, sizeof four);
    out.size = sizeof four;
  } else {
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6, six.sin6_port = htons(address.endpoint.port);
    std::memcpy(&six.sin6_addr, address.endpoint.address.data(), sizeof six.sin6_addr);
    std::memcpy(&out.storage, &six, sizeof six);
    out.size = sizeof six;
  }
  return out;
}

std::optional<SocketAddress> from_kernel(const sockaddr_storage& storage) {
  SocketAddress out;
  auto* bytes = out.endpoint.address.data();
  if (storage.ss_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &storage, sizeof four);
    std::memcpy(bytes, &four.sin_addr, sizeof four.sin_addr);
    out.endpoint.port = ntohs(four.sin_port);
    return out;
  }
  if (storage.ss_family != AF_INET6) return std::nullopt;
  sockaddr_in6 six{};
  std::memcpy(&six, &storage, sizeof six);
  out.endpoint.port = ntohs(six.sin6_port);
  if (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr)) {
    std::memcpy(bytes, six.sin6_addr.s6_addr + 12, 4);
    return out;
  }
  out.family = Family::ipv6;
  std::memcpy(bytes, &six.sin6_addr, sizeof six.sin6_addr);
  return out;
}

std::string address_text(const SocketAddress& address) {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(domain(address.family), address.endpoint.address.data(), text, sizeof text);
  return text;
}

std::string to_text(const SocketAddress& address) {
  const auto port = std::to_string(address.endpoint.port);
  return address.family == Family::ipv4 ? address_text(address) + ":" + port
                                        : "[" + address_text(address) + "]:" + port;
}

std::optional<SocketAddress> parse_socket_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string host(text.substr(0, colon));
  const auto port = text.substr(colon + 1);
  SocketAddress out;
  const auto [end, wrong] =
      std::from_chars(port.data(), port.data() + port.size(), out.endpoint.port);
  if (wrong != std::errc() || end != port.data() + port.size()) return std::nullopt;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    out.family = Family::ipv6;
    host = host.substr(1, host.size() - 2);
  }
  if (::inet_pton(domain(out.family), host.c_str(), out.endpoint.address.data()) != 1)
    return std::nullopt;
  return out;
}

}  // namespace understudy::edge
