// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/daemon_role.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "protocol/application.hpp"

namespace understudy::edge {
namespace {
constexpr auto between_looks = std::chrono::milliseconds(20);
constexpr uint32_t deadline_ms = 250;
constexpr uint32_t looks_between_loads = 5, looks_between_backlogs = 50;
}  // namespace

DaemonRole::DaemonRole(boost::asio::io_context& io, Delivery& delivery, const std::string& socket,
                       const std::string& name)
    : io_(io),
      delivery_(delivery),
      link_({.socket = socket,
             .name = name,
             .deadline_ms = deadline_ms,
             .wants_parameters = false,
             .wants_service = true}),
      timer_(io),
      due_(std::chrono::steady_clock::now()) {
  look();
}

void DaemonRole::look() {
  if (!link_.connected()) {
    link_.retry(DaemonLink::Clock::now());
    if (link_.connected()) watch_ = Watch(io_, link_.descriptor(), [this] { collect(); });
  }
  link_.alive(protocol::application::Alive::timeless);
  tell_load();
  timer_.expires_after(between_looks);
  due_ = timer_.expiry();
  timer_.async_wait([this](boost::system::error_code e) {
    if (!e) look();
  });
}

/// How late this process's own timer comes is how late it comes to everything else.
void DaemonRole::tell_load() {
  const auto late = std::chrono::steady_clock::now() - due_;
  latest_ = std::max(latest_, std::chrono::duration_cast<std::chrono::microseconds>(late));
  if (looks_ % looks_between_backlogs == 0) backlog_ = delivery_.backlog();
  if (looks_++ % looks_between_loads != 0) return;
  link_.load(latest_, backlog_);
  latest_ = std::chrono::microseconds(0);
}

void DaemonRole::collect() {
  for (const auto& item : link_.collect()) {
    if (const auto* s = std::get_if<News::Service>(&item)) said_ = *s;
    if (const auto* lost = std::get_if<News::Lost>(&item)) {
      spdlog::warn("the daemon is gone ({}); the role stays as it was", lost->why);
      watch_.stop();
    }
    if (const auto* refused = std::get_if<News::Refused>(&item))
      spdlog::error("the daemon refuses this delivery: {}", refused->why);
  }
  follow();
}

/// One change at a time: what was said meanwhile is followed when it is done.
void DaemonRole::follow() {
  if (!said_ || changing_) return;
  if (said_->serving) return delivery_.serve(said_->term);
  if (!delivery_.status().serving) return;
  changing_ = true;
  delivery_.stop([this] {
    changing_ = false;
    follow();
  });
}

}  // namespace understudy::edge
