// SPDX-License-Identifier: Apache-2.0
#include "host/edge/playout/player.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/limits.hpp"

namespace understudy::playout {
namespace {

constexpr auto between_loads = std::chrono::milliseconds(100);
constexpr int try_again_ms = 50;  // how often an absent daemon is looked for

}  // namespace

/// False: told to stop.
bool Player::wait(int output) {
  std::array<pollfd, 3> places{
      {{output, POLLIN, 0}, {daemon_ ? daemon_->descriptor() : -1, POLLIN, 0}, {stop_, POLLIN, 0}}};
  ::poll(places.data(), places.size(), daemon_ && !daemon_->connected() ? try_again_ms : -1);
  return (places[2].revents & POLLIN) == 0;
}

std::optional<Ended> Player::take(const NewsItem& item) {
  if (std::holds_alternative<News::Accepted>(item)) {
    maker_.parameters().begin_session();
    session_began_ = true;
    say_("registered at the daemon");
  } else if (const auto* p = std::get_if<News::Parameter>(&item)) {
    if (auto ok = maker_.parameters().add({p->index, p->frame, p->key, p->value}); !ok)
      say_("parameter passed over: " + ok.error().text);
    daemon_->applied(p->index);
  } else if (const auto* d = std::get_if<News::Discard>(&item)) {
    maker_.set_discard(d->on);
    daemon_->marked(d->on);
    heard_mark_ = true;
  } else if (const auto* lost = std::get_if<News::Lost>(&item)) {
    say_("no daemon any more (" + lost->why + "); plays on and looks for it");
  } else if (const auto* refused = std::get_if<News::Refused>(&item)) {
    return Ended{End::refused, "the daemon refused: " + refused->why};
  }
  return std::nullopt;
}

std::optional<Ended> Player::make_what_is_asked_for(ports::VideoOutput* output) {
  while (output) {
    if (!request_) {
      auto next = output->request();
      if (!next) return Ended{End::output_ended, next.error().text};
      if (!*next) break;
      request_ = **next;
    }
    if (auto ended = produce(*output, *std::exchange(request_, std::nullopt))) return ended;
  }
  return std::nullopt;
}

std::optional<Ended> Player::hear_daemon(ports::VideoOutput* output) {
  if (!daemon_) return std::nullopt;
  daemon_->retry(DaemonLink::Clock::now());
  for (const auto& item : daemon_->collect()) {
    if (std::holds_alternative<News::Discard>(item))
      if (auto ended = make_what_is_asked_for(output)) return ended;
    if (auto ended = take(item)) return ended;
  }
  return std::nullopt;
}

std::optional<Ended> Player::greet(std::chrono::milliseconds patience) {
  if (!daemon_) return std::nullopt;
  const auto end = DaemonLink::Clock::now() + patience;
  const auto greeted = [&] { return daemon_->accepted() && heard_mark_; };
  while (!greeted()) {
    if (auto ended = hear_daemon(nullptr)) return ended;
    if (greeted()) break;
    if (DaemonLink::Clock::now() >= end) {
      if (!daemon_->accepted()) say_("no daemon yet; plays unmanaged and looks for it");
      break;
    }
    std::array<pollfd, 2> places{{{daemon_->descriptor(), POLLIN, 0}, {stop_, POLLIN, 0}}};
    ::poll(places.data(), places.size(), try_again_ms);
    if (places[1].revents & POLLIN) {
      daemon_->goodbye();
      return Ended{};
    }
  }
  return std::nullopt;
}

/// The daemon's log is the truth: what it no longer knows goes. Some frames late, so that no frame
/// is made between two values of one snapshot.
void Player::settle_session(uint32_t frame) {
  if (session_began_) session_settles_at_ = frame + protocol::limits::log_lead_frames;
  session_began_ = false;
  if (!session_settles_at_ || frame < *session_settles_at_) return;
  maker_.parameters().end_older_sessions();
  session_settles_at_.reset();
}

std::optional<Ended> Player::produce(ports::VideoOutput& output, const ports::FrameRequest& r) {
  settle_session(r.frame);
  if (auto made = maker_.make(r.frame, output.memory(r)); !made)
    return Ended{End::picture_failed, made.error().text};
  maker_.parameters().forget_before(r.frame);
  if (daemon_) daemon_->alive(r.time);
  if (auto ok = output.deliver(r); !ok) return Ended{End::output_ended, ok.error().text};
  ++frames_;
  tell_load(r.frame, output.raster());
  return std::nullopt;
}

/// Late is what comes more than a frame's time after the frame before it.
void Player::tell_load(uint32_t frame, const Raster& raster) {
  using std::chrono::microseconds;
  if (!daemon_) return;
  const Delivered now{DaemonLink::Clock::now(), frame};
  if (last_ && frame > last_->frame) {
    const microseconds frames(1'000'000LL * (frame - last_->frame) * raster.fps_denominator /
                              raster.fps_numerator);
    latest_ =
        std::max(latest_, std::chrono::duration_cast<microseconds>(now.at - last_->at) - frames);
  }
  last_ = now;
  if (!load_told_) load_told_ = now;
  if (now.at - load_told_->at < between_loads) return;
  daemon_->load(std::exchange(latest_, microseconds(0)), 0);
  load_told_ = now;
}

Ended Player::run(ports::VideoOutput& output) {
  for (;;) {
    auto request = output.request();
    if (request && *request) request_ = **request;
    auto ended = hear_daemon(&output);
    if (!request) ended = Ended{End::output_ended, request.error().text};
    if (!ended && request_) {
      ended = produce(output, *std::exchange(request_, std::nullopt));
      if (!ended) continue;
    }
    if (ended) {
      if (daemon_ && ended->end == End::output_ended) daemon_->goodbye();
      return *ended;
    }
    if (!wait(output.descriptor())) {
      if (daemon_) daemon_->goodbye();
      return {};
    }
  }
}

}  // namespace understudy::playout
