// SPDX-License-Identifier: Apache-2.0
// An IPv4 or IPv6 address with its prefix: 192.0.2.10/24, 2001:db8::10/64.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "host/edge/daemon/error.hpp"

namespace understudy::edge {

class IpAddress {
 public:
  /// Without a prefix it is the address alone (32 or 128).
  static Result<IpAddress> parse(std::string_view text);

  /// 4 or 16 bytes, in network order.
  static IpAddress from_bytes(std::span<const uint8_t> bytes);

  bool is_v6() const { return v6_; }
  int family() const;
  uint8_t prefix() const { return prefix_; }
  std::span<const uint8_t> bytes() const { return std::span(bytes_).first(v6_ ? 16 : 4); }
  /// Without the prefix.
  std::string text() const;
  std::string with_prefix() const { return text() + "/" + std::to_string(prefix_); }
  bool operator==(const IpAddress&) const = default;
  bool same_host(const IpAddress& other) const {
    return v6_ == other.v6_ && bytes_ == other.bytes_;
  }

 private:
  std::array<uint8_t, 16> bytes_{};
  uint8_t prefix_ = 32;
  bool v6_ = false;
};

}  // namespace understudy::edge
