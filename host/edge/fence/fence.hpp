// SPDX-License-Identifier: Apache-2.0
// The fence: what leaves this server from the service or monitor address leaves only while the
// kernel itself knows of a lease; a stopped or killed daemon's server falls silent although its
// sockets live on. One netdev table at the interface's egress sees IPv4, IPv6, ARP and raw frames
// alike; a second (inet) keeps the addresses from interfaces that have no fence. That one is shared
// by the servers of a host, a chain each: `netdev understudy_fence_IF`, `inet understudy_fence`.
//
//   grant   (netlink)          the next renewal may open the fence; ends by itself
//   renew   (one marked frame) extends a lease that is alive, or opens one that was granted
//
// Only both together open a shut fence, so neither a late call nor a late frame does it alone.
// They outlive the daemon; the next start replaces what is the interface's in one transaction,
// `understudyd --clean` removes it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/core/time.hpp"
#include "host/edge/address/ip_address.hpp"
#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/error.hpp"

struct nft_ctx;

namespace understudy::edge {

/// Socket marks (SO_MARK) that the fence knows.
namespace mark {
inline constexpr uint32_t renew_service = 0x55D10001;
inline constexpr uint32_t renew_monitor = 0x55D10002;
/// A connection that is closed on purpose: its FIN or RST may leave a guarded port.
inline constexpr uint32_t orderly_close = 0x55D10003;
}  // namespace mark

enum class Role : uint8_t { service, monitor };

struct FenceOptions {
  std::string interface;
  std::vector<IpAddress> service, monitor;
  std::chrono::milliseconds lease{20};  // as the kernel is told
  /// From these ports of the service address FIN and RST leave only with mark::orderly_close: a
  /// process that dies must not close its clients' connections.
  std::vector<uint16_t> guarded_ports;
};

class Fence {
 public:
  /// The fence stands, shut, whatever was found before.
  static Result<std::unique_ptr<Fence>> open(FenceOptions options);
  /// Removes what any start left behind for this interface; nothing there is no error.
  static Result<void> clean(const std::string& interface);
  ~Fence();

  Result<void> grant(Role role);
  Result<void> renew(Role role);
  Result<void> shut(Role role);
  /// How coarse this kernel counts time-outs.
  static Duration tick();
  /// What this kernel's time-outs go by (jiffies): the monotonic clock as of its last tick.
  static Instant clock();
  /// Leaves no trace; the addresses must be gone before.
  Result<void> remove();

 private:
  struct FreeContext {
    void operator()(nft_ctx* context) const;
  };
  explicit Fence(FenceOptions options) : options_(std::move(options)) {}
  static std::unique_ptr<nft_ctx, FreeContext> context();
  static Result<void> run(nft_ctx* context, const std::string& text);
  static std::string netdev_table(const std::string& interface);
  std::string rules() const;

  FenceOptions options_;
  std::unique_ptr<nft_ctx, FreeContext> nft_;
  std::array<Descriptor, 2> sockets_;
  int index_ = 0;
};

}  // namespace understudy::edge
