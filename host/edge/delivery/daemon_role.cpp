// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/daemon_role.hpp"

#include <spdlog/spdlog.h>

#include "protocol/application.hpp"

namespace understudy::edge {
namespace {
constexpr auto between_looks = std::chrono::milliseconds(20);
constexpr uint32_t deadline_ms = 250;
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
      timer_(io) {
  look();
}

void DaemonRole::look() {
  if (!link_.connected()) {
    link_.retry(DaemonLink::Clock::now());
    if (link_.connected()) watch_ = Watch(io_, link_.descriptor(), [this] { collect(); });
  }
  link_.alive(protocol::application::Alive::timeless);
  timer_.expires_after(between_looks);
  timer_.async_wait([this](boost::system::error_code e) {
    if (!e) look();
  });
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
