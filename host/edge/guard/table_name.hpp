// SPDX-License-Identifier: Apache-2.0
// The name of an nftables table or chain that belongs to one network interface.
#pragma once

#include <string>
#include <string_view>

namespace understudy::edge {

/// "base_eth0". nft's names hold fewer characters than an interface's.
inline std::string table_name(std::string_view base, std::string_view interface) {
  std::string out(base);
  out += '_';
  for (const char c : interface) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.';
    out += plain ? c : '_';
  }
  return out;
}

}  // namespace understudy::edge
