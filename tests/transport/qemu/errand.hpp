// SPDX-License-Identifier: Apache-2.0
// What a test in the guest asks of the far end on the host, over a virtio serial port: an errand is
// {kind, length, bytes} and gets one answer of the same form, little-endian. The tests' results go
// the same way, so that no kernel message on the console can garble one.
#pragma once

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace understudy::test {

enum class ErrandKind : uint8_t {
  plug = 1,     // {version}
  unplug = 2,   // {}
  send = 3,     // {length of a piece (16 bits), its bytes} again and again
  pump = 4,     // {}
  stall = 5,    // {0 or 1}
  planned = 6,  // {number of tests}
  problem = 7,  // {text}: an expectation that failed
  result = 8,   // {'p' passed, 'f' failed or 's' skipped, the test's name}
  ended = 9,    // {}
};
/// Answer: kind 1 when the far end has nothing more to send, else 0; bytes: what has newly come.
struct Errand {
  uint8_t kind = 0;
  std::vector<uint8_t> bytes;
};
inline constexpr uint32_t errand_bytes_max = 1 << 20;

/// All of it; false: the other side is gone, or silent for `patience_ms` (-1: for ever).
inline bool move_all(int wire, std::span<uint8_t> bytes, bool out, int patience_ms) {
  for (size_t done = 0; done < bytes.size();) {
    pollfd ready{wire, static_cast<short>(out ? POLLOUT : POLLIN), 0};
    if (const int n = ::poll(&ready, 1, patience_ms); n < 0 && errno == EINTR)
      continue;
    else if (n <= 0)
      return false;
    const ssize_t n = out ? ::write(wire, &bytes[done], bytes.size() - done)
                          : ::read(wire, &bytes[done], bytes.size() - done);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (n <= 0) return false;
    done += static_cast<size_t>(n);
  }
  return true;
}

inline bool write_errand(int wire, const Errand& errand, int patience_ms) {
  const auto length = static_cast<uint32_t>(errand.bytes.size());
  std::vector<uint8_t> all(5 + length);
  all[0] = errand.kind;
  std::memcpy(&all[1], &length, 4);
  if (length) std::memcpy(&all[5], errand.bytes.data(), length);
  return move_all(wire, all, true, patience_ms);
}

inline std::optional<Errand> read_errand(int wire, int patience_ms) {
  std::array<uint8_t, 5> head{};
  if (!move_all(wire, head, false, patience_ms)) return std::nullopt;
  uint32_t length = 0;
  std::memcpy(&length, &head[1], 4);
  if (length > errand_bytes_max) return std::nullopt;
  Errand errand{head[0], std::vector<uint8_t>(length)};
  if (!move_all(wire, errand.bytes, false, patience_ms)) return std::nullopt;
  return errand;
}

}  // namespace understudy::test
