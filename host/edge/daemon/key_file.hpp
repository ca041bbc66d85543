// SPDX-License-Identifier: Apache-2.0
// The key that both daemons share: 32 bytes as 64 hex digits in a file that only its owner reads.
#pragma once

#include <sodium.h>

#include <array>
#include <cstdint>
#include <string>

#include "host/edge/daemon/error.hpp"

namespace understudy::edge {

/// Wiped when it goes. Never printed.
class PeerKey {
 public:
  static constexpr size_t bytes = 32;
  PeerKey() = default;
  explicit PeerKey(const std::array<uint8_t, bytes>& value) : value_(value) {}
  PeerKey(const PeerKey&) = default;
  PeerKey& operator=(const PeerKey&) = default;
  ~PeerKey() { sodium_memzero(value_.data(), value_.size()); }
  const uint8_t* data() const { return value_.data(); }
  uint8_t* data() { return value_.data(); }

 private:
  std::array<uint8_t, bytes> value_{};
};

/// Errors: not there, readable by others (with the chmod that mends it), not 64 hex digits.
Result<PeerKey> read_key_file(const std::string& path);

/// Makes a new random key; refuses to replace a file.
Result<void> make_key_file(const std::string& path);

}  // namespace understudy::edge
