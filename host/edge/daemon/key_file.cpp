// SPDX-License-Identifier: Apache-2.0
#include "host/edge/daemon/key_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <string_view>

#include "host/edge/daemon/descriptor.hpp"

namespace understudy::edge {
namespace {

constexpr size_t digits = 2 * PeerKey::bytes;

}  // namespace

Result<PeerKey> read_key_file(const std::string& path) {
  if (sodium_init() < 0) return failure("libsodium does not start: no source of random numbers");
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno == ENOENT)
    return failure(
        fmt::format("key file {} is not there; make one with: understudy key {}", path, path));
  if (!file) return system_failure(fmt::format("key file {}", path));
  struct stat facts{};
  if (::fstat(file.number(), &facts) != 0) return system_failure(fmt::format("key file {}", path));
  if (!S_ISREG(facts.st_mode)) return failure(fmt::format("key file {} is not a plain file", path));
  if (facts.st_mode & 077)
    return failure(
        fmt::format("key file {} can be read by others (mode {:04o}); type: chmod 600 {}", path,
                    facts.st_mode & 07777, path));
  std::array<char, digits + 3> text{};
  const ssize_t n = ::read(file.number(), text.data(), text.size());
  if (n < 0) return system_failure(fmt::format("key file {}", path));
  std::string_view hex(text.data(), static_cast<size_t>(n));
  while (!hex.empty() && (hex.back() == '\n' || hex.back() == '\r')) hex.remove_suffix(1);
  PeerKey key;
  size_t made = 0;
  const bool good =
      hex.size() == digits && sodium_hex2bin(key.data(), PeerKey::bytes, hex.data(), hex.size(),
                                             nullptr, &made, nullptr) == 0;
  const size_t had = hex.size();
  sodium_memzero(text.data(), text.size());
  if (!good || made != PeerKey::bytes)
    return failure(
        fmt::format("key file {} must hold 64 hex digits and nothing else (it has {}{} "
                    "characters); make one with: understudy key FILE",
                    path, had > digits ? "more than " : "", std::min(had, digits)));
  return key;
}

Result<void> make_key_file(const std::string& path) {
  if (sodium_init() < 0) return failure("libsodium does not start: no source of random numbers");
  PeerKey key;
  randombytes_buf(key.data(), PeerKey::bytes);
  std::array<char, digits + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), key.data(), PeerKey::bytes);
  hex.back() = '\n';
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file && errno == EEXIST)
    return failure(fmt::format("{} exists already; a key is not replaced: remove it first", path));
  if (!file) return system_failure(path);
  const ssize_t n = ::write(file.number(), hex.data(), hex.size());
  sodium_memzero(hex.data(), hex.size());
  if (n != static_cast<ssize_t>(hex.size())) return system_failure(fmt::format("writing {}", path));
  return {};
}

}  // namespace understudy::edge
