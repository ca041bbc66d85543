// SPDX-License-Identifier: Apache-2.0
#include "host/edge/address/ip_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace understudy::edge {

Result<IpAddress> IpAddress::parse(std::string_view text) {
  const auto slash = text.find('/');
  const std::string plain(text.substr(0, slash));
  IpAddress out;
  if (::inet_pton(AF_INET6, plain.c_str(), out.bytes_.data()) == 1)
    out.v6_ = true;
  else if (::inet_pton(AF_INET, plain.c_str(), out.bytes_.data()) != 1)
    return failure(fmt::format("\"{}\" is no numeric address", plain));
  const unsigned most = out.v6_ ? 128 : 32;
  unsigned prefix = most;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (wrong != std::errc{} || end != digits.data() + digits.size() || prefix == 0 ||
        prefix > most)
      return failure(fmt::format("\"{}\" is no prefix (1 to {})", digits, most));
  }
  out.prefix_ = static_cast<uint8_t>(prefix);
  return out;
}

IpAddress IpAddress::from_bytes(std::span<const uint8_t> bytes) {
  IpAddress out;
  out.v6_ = bytes.size() == 16;
  out.prefix_ = out.v6_ ? 128 : 32;
  std::ranges::copy(bytes.first(out.v6_ ? 16 : 4), out.bytes_.begin());
  return out;
}

int IpAddress::family() const {
  return v6_ ? AF_INET6 : AF_INET;
}

std::string IpAddress::text() const {
  char out[INET6_ADDRSTRLEN]{};
  ::inet_ntop(family(), bytes_.data(), out, sizeof out);
  return out;
}

}  // namespace understudy::edge
