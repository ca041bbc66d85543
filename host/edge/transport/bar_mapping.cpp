// SPDX-License-Identifier: Apache-2.0
#include "host/edge/transport/bar_mapping.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "protocol/mailbox.hpp"

namespace understudy::edge {
namespace {

using protocol::mailbox::bar_bytes;

// A signal's handler is handed nothing of ours, so this is the one thing here that all share.
std::array<std::atomic<uintptr_t>, 8> mapped{};

bool fill_with_ones(uintptr_t bar) {
  auto* at = reinterpret_cast<void*>(bar);
  if (::mmap(at, bar_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
             0) == MAP_FAILED)
    return false;
  std::memset(at, 0xFF, bar_bytes);
  return true;
}

/// One that is nobody's ends the process, as it always did: returning repeats the access.
void bus_error(int, siginfo_t* facts, void*) {
  const int before = errno;
  const auto at = reinterpret_cast<uintptr_t>(facts->si_addr);
  const auto* bar = std::ranges::find_if(
      mapped, [at](const auto& m) { return m != 0 && at >= m && at < m + bar_bytes; });
  if (bar == mapped.end() || !fill_with_ones(*bar)) std::signal(SIGBUS, SIG_DFL);
  errno = before;
}

void handle_bus_errors() {
  struct sigaction how{};
  how.sa_sigaction = bus_error;
  how.sa_flags = SA_SIGINFO | SA_RESTART;
  ::sigaction(SIGBUS, &how, nullptr);
}

}  // namespace

BarMapping BarMapping::of(int file) {
  void* at = ::mmap(nullptr, bar_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (at == MAP_FAILED) return {};
  handle_bus_errors();
  for (auto& place : mapped)
    if (uintptr_t nobody = 0;
        place.compare_exchange_strong(nobody, reinterpret_cast<uintptr_t>(at)))
      return BarMapping(static_cast<uint32_t*>(at));
  ::munmap(at, bar_bytes);
  errno = ENOSPC;
  return {};
}

BarMapping::~BarMapping() {
  if (!words_) return;
  uintptr_t mine = reinterpret_cast<uintptr_t>(words_);
  for (auto& place : mapped)
    if (uintptr_t found = mine; place.compare_exchange_strong(found, 0)) break;
  ::munmap(words_, bar_bytes);
}

}  // namespace understudy::edge
