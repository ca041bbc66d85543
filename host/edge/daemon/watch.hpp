// SPDX-License-Identifier: Apache-2.0
// Calls back whenever a descriptor that somebody else owns can be read. The callee drains what it
// wants; what is left calls again. Stops when it is destroyed, also from inside its own callback.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <utility>

namespace understudy::edge {

class Watch {
 public:
  Watch() = default;
  Watch(boost::asio::io_context& io, int descriptor, std::function<void()> ready)
      : state_(std::make_shared<State>(io, descriptor, std::move(ready))) {
    wait(state_);
  }
  Watch(Watch&&) = default;
  Watch& operator=(Watch&& from) noexcept {
    stop();
    state_ = std::move(from.state_);
    return *this;
  }
  ~Watch() { stop(); }
  explicit operator bool() const { return state_ != nullptr; }
  void stop() {
    if (!state_) return;
    state_->stopped = true;
    state_->descriptor.release();
    state_.reset();
  }

 private:
  struct State {
    State(boost::asio::io_context& io, int number, std::function<void()> call)
        : descriptor(io, number), ready(std::move(call)) {}
    boost::asio::posix::stream_descriptor descriptor;
    std::function<void()> ready;
    bool stopped = false;
  };
  static void wait(const std::shared_ptr<State>& state) {
    state->descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                                 [state](const boost::system::error_code& error) {
                                   if (state->stopped || error) return;
                                   state->ready();
                                   if (!state->stopped) wait(state);
                                 });
  }
  std::shared_ptr<State> state_;
};

}  // namespace understudy::edge
