// SPDX-License-Identifier: Apache-2.0
#include "host/edge/transport/device_transport.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "host/edge/daemon/priority.hpp"
#include "protocol/link_wire.hpp"

namespace understudy::edge {
namespace {

using namespace std::chrono_literals;
namespace limits = protocol::limits;

constexpr auto retry_first = 50ms;
constexpr auto retry_last = 500ms;
constexpr auto patience = 100ms;

}  // namespace

DeviceTransport::DeviceTransport(boost::asio::io_context& io, std::unique_ptr<LinkDevice> device,
                                 std::chrono::milliseconds silence)
    : io_(io), device_(std::move(device)), silence_most_(silence) {}

DeviceTransport::~DeviceTransport() {
  *alive_ = false;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  device_->wake();
  if (thread_.joinable()) thread_.join();
}

void DeviceTransport::start(ports::TransportOwner& owner) {
  owner_ = &owner;
  // a new thread does not inherit it (SCHED_RESET_ON_FORK), and a heartbeat goes through this one
  thread_ = std::thread([this, urgent = runs_in_real_time()] {
    if (urgent) [[maybe_unused]]
      const auto done = run_in_real_time();
    run();
  });
}

void DeviceTransport::send(std::span<const uint8_t> bytes) {
  if (!up_) return;
  {
    const std::lock_guard lock(mutex_);
    if (out_.size() + bytes.size() > limits::link_queue_max) return;
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }
  device_->wake();
}

// --- the device's thread -------------------------------------------------------------------------

template <class Call>
void DeviceTransport::post(Call call) {
  boost::asio::post(io_, [alive = alive_, call = std::move(call)] {
    if (*alive) call();
  });
}

bool DeviceTransport::rest(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return ending_; });
}

void DeviceTransport::run() {
  auto delay = retry_first;
  for (Opening opening = 1;; ++opening) {
    if (auto open = device_->open(); !open) {
      post([this, opening, why = open.error().text] { lost(opening, why); });
    } else {
      {
        const std::lock_guard lock(mutex_);
        out_.clear();
        heard_ = false;
      }
      post([this, opening] { opened(opening); });
      serve(opening);
      const std::lock_guard lock(mutex_);
      if (heard_) delay = retry_first;
    }
    device_->close();
    if (!rest(delay)) return;
    delay = std::min<std::chrono::milliseconds>(delay * 2, retry_last);
  }
}

void DeviceTransport::serve(Opening opening) {
  // first the end of whatever stands before: half a frame of a host that died, or what a serial
  // device has echoed before it was raw; or our first frame would be garbage with it
  std::vector<uint8_t> going{0}, in;
  SilenceWatch watch(silence_most_);
  while (true) {
    {
      std::unique_lock lock(mutex_);
      // the owner has not taken what is there: read no more, so that the device holds it back
      changed_.wait(lock, [&] { return ending_ || backlog_ < limits::link_backlog_max; });
      if (ending_) return;
      const size_t room =
          limits::link_queue_max - std::min<size_t>(going.size(), limits::link_queue_max);
      if (out_.size() <= room) going.insert(going.end(), out_.begin(), out_.end()), out_.clear();
    }
    in.clear();
    const auto begin = std::chrono::steady_clock::now();
    const auto turned = device_->turn(going, in, patience);
    const auto trouble = watch.heard(in, std::min<std::chrono::steady_clock::duration>(
                                             std::chrono::steady_clock::now() - begin,
                                             2 * patience));  // more: it was us who stood still
    if (!trouble.empty()) return post([this, opening, trouble] { lost(opening, trouble); });
    if (!in.empty()) {
      const std::lock_guard lock(mutex_);
      backlog_ += in.size();
    }
    if (!in.empty()) post([this, opening, bytes = in] { take(opening, bytes); });
    if (!turned) return post([this, opening, why = turned.error().text] { lost(opening, why); });
  }
}

// --- the owner's ---------------------------------------------------------------------------------

void DeviceTransport::opened(Opening opening) {
  opening_ = opening;
  greeting_ = {};
}

void DeviceTransport::take(Opening opening, const std::vector<uint8_t>& bytes) {
  {
    const std::lock_guard lock(mutex_);
    backlog_ -= bytes.size();
  }
  changed_.notify_all();
  if (opening != opening_) return;
  if (!up_) return greet(bytes);
  owner_->link_turn({bytes});
}

void DeviceTransport::greet(std::span<const uint8_t> bytes) {
  const auto heard = greeting_.bytes(bytes);
  if (!heard || !heard->tick) return;  // of another version: the device's thread says so
  up_ = true;
  {
    const std::lock_guard lock(mutex_);
    heard_ = true;
  }
  ports::LinkFacts facts;
  facts.port = heard->tick->port;
  owner_->link_up(facts);
  const auto again = protocol::frame(*heard->tick);  // the owner has not heard it yet
  owner_->link_turn({again.bytes()});
  if (heard->end < bytes.size()) owner_->link_turn({bytes.subspan(heard->end)});
}

void DeviceTransport::lost(Opening opening, const std::string& why) {
  if (opening <= ended_) return;  // said already
  ended_ = opening;
  opening_ = 0;
  up_ = false;
  owner_->link_down(why);
}

}  // namespace understudy::edge
