// SPDX-License-Identifier: Apache-2.0
#include "sim/network/hash.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <array>
#include <fstream>
#include <span>
#include <vector>

namespace understudy::network {
namespace {

std::string text_of(crypto_hash_sha256_state& state) {
  std::array<uint8_t, crypto_hash_sha256_BYTES> sum{};
  ::crypto_hash_sha256_final(&state, sum.data());
  return fmt::format("{:02x}", fmt::join(sum, ""));
}

}  // namespace

std::string hash_of_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return {};
  crypto_hash_sha256_state state;
  ::crypto_hash_sha256_init(&state);
  std::vector<uint8_t> block(1 << 20);
  while (in) {
    in.read(reinterpret_cast<char*>(block.data()), static_cast<std::streamsize>(block.size()));
    ::crypto_hash_sha256_update(&state, block.data(), static_cast<size_t>(in.gcount()));
  }
  return text_of(state);
}

std::string hash_of_text(const std::string& text) {
  crypto_hash_sha256_state state;
  ::crypto_hash_sha256_init(&state);
  ::crypto_hash_sha256_update(&state, reinterpret_cast<const uint8_t*>(text.data()), text.size());
  return text_of(state);
}

}  // namespace understudy::network
