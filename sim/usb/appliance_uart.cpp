// SPDX-License-Identifier: Apache-2.0
#include "sim/usb/appliance_uart.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "host/edge/daemon/run_directory.hpp"
#include "protocol/limits.hpp"
#include "protocol/sim.hpp"
#include "sim/usb/bridge_model.hpp"

namespace understudy::sim {
namespace {

namespace wire = protocol::sim;
using namespace std::chrono_literals;
using protocol::limits::sim_message_max;

constexpr uint64_t step_ns = 500'000;       // virtual time between two looks at the wall's clock
constexpr uint64_t silence_ns = 2'000'000;  // a heartbeat is due within this: an eighth of a frame
constexpr auto slow = 10ms;                 // further behind the wall, time begins anew
constexpr auto patience = 1s;               // of wall time, with a host that says nothing

}  // namespace

ApplianceUart::ApplianceUart(const std::string& path, uint32_t slower)
    : slower_(std::max(1u, slower)), message_(sim_message_max) {
  auto socket = edge::connect_unix(path, SOCK_SEQPACKET | SOCK_NONBLOCK);
  if (!socket) return;
  std::array<uint8_t, 32> hello{};
  const size_t n = encode(wire::Hello{.pid = static_cast<uint32_t>(::getpid())}, hello);
  if (::send(socket->number(), hello.data(), n, MSG_NOSIGNAL) == static_cast<ssize_t>(n))
    socket_ = std::move(*socket);
}

bool ApplianceUart::listens(const BridgeModel* bridge) const {
  constexpr size_t room_enough = 2048;  // a millisecond of a link
  if (!free_running_ || !bridge || !bridge->opened()) return !owes_;
  return bridge->room() >= room_enough;
}

void ApplianceUart::serve(BridgeModel* bridge, WallTime now) {
  deadline_.reset();
  if (!socket_) return;
  if (listens(bridge)) {
    hear();
    asked_ = now;
  }
  carry(bridge);
  if (free_running_) return hand_on();
  if (!owes_) return;
  const auto at = may_go_on(bridge, now);
  if (at && *at <= now) return go_on();
  deadline_ = at;
}

void ApplianceUart::hear() {
  const ssize_t n = ::recv(socket_.number(), message_.data(), message_.size(), MSG_DONTWAIT);
  if (n < 0) return;
  const auto message = std::span(message_).first(static_cast<size_t>(n));
  if (!welcomed_) {
    const auto welcome = wire::decode_welcome(message);
    welcomed_ = welcome.has_value(), free_running_ = welcome && welcome->free_running;
    if (!welcomed_) socket_ = {};
    return;
  }
  const auto sync = wire::decode_sync(message);
  if (!sync) return void(socket_ = {});  // closed, too
  now_ = sync->now;
  to_bridge_.insert(to_bridge_.end(), sync->link_bytes.begin(), sync->link_bytes.end());
  owes_ = !free_running_;
}

/// What nobody takes is lost, as on any wire.
void ApplianceUart::carry(BridgeModel* bridge) {
  if (bridge) {
    to_bridge_.resize(std::min(to_bridge_.size(), bridge->room()));
    if (!to_bridge_.empty()) bridge->from_uart(to_bridge_);
    const auto said = bridge->to_uart();
    if (!said.empty()) heard_ = now_, waited_for_ = true;
    from_bridge_.insert(from_bridge_.end(), said.begin(), said.end());
  }
  to_bridge_.clear();
}

std::optional<ApplianceUart::WallTime> ApplianceUart::may_go_on(const BridgeModel* bridge,
                                                                WallTime now) {
  const auto due = [&] {
    return origin_->first + std::chrono::nanoseconds((now_ - origin_->second) * slower_);
  };
  if (!origin_ || now > due() + slow) origin_ = {now, now_};
  if (!bridge || !bridge->opened()) waited_for_ = false;
  if (!waited_for_ || now_ - heard_ < silence_ns) return due();
  if (now < asked_ + patience) return asked_ + patience;
  waited_for_ = false;  // until it says something
  return now;
}

void ApplianceUart::hand_on() {
  if (!from_bridge_.empty()) go_on();
}

void ApplianceUart::go_on() {
  constexpr size_t done_head = 1 + 8 + 4;
  std::vector<uint8_t> out(done_head + from_bridge_.size());
  const size_t n = encode(wire::Done{now_ + step_ns, 0, from_bridge_}, out);
  from_bridge_.clear();
  owes_ = false;
  if (::send(socket_.number(), out.data(), n, MSG_NOSIGNAL) != static_cast<ssize_t>(n))
    socket_ = {};
}

}  // namespace understudy::sim
