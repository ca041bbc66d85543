// SPDX-License-Identifier: Apache-2.0
// One link of the simulated board as a free-running appliance offers it (protocol/sim.hpp): whoever
// attaches gets what the gate says, whole frames only, and its own frames go onto the wire. One at
// a time; the next one is served when the first has gone.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>
#include <vector>

#include "host/edge/daemon/run_directory.hpp"
#include "protocol/limits.hpp"
#include "protocol/sim.hpp"

namespace understudy::sim {

class LinkSocket {
 public:
  LinkSocket(edge::UnixListener listener, protocol::Server port)
      : listener_(std::move(listener)), port_(port), message_(protocol::limits::sim_message_max) {}

  /// Whoever is attached has said something in the last twenty seconds of the board's time.
  bool busy(uint64_t now_ns) const { return client_ && now_ns < heard_ns_ + 20'000'000'000; }
  /// It takes no more for now: the board may wait for it, or drop().
  bool full() const { return full_; }
  void drop(std::vector<uint8_t>& heard) { heard.clear(), full_ = false; }

  /// Takes what the gate said out of `heard`; whole frames for it come back.
  std::vector<uint8_t> serve(std::vector<uint8_t>& heard, uint64_t now_ns) {
    if (!client_) {
      client_ = listener_.accept();
      greeted_ = full_ = false, cut_ = true;
      said_.clear();
    }
    if (greeted_) tell(heard, now_ns);
    if (!client_ || !greeted_) heard.clear();
    return client_ ? hear(now_ns) : std::vector<uint8_t>{};
  }

 private:
  void send(std::span<const uint8_t> message) {
    const ssize_t n =
        ::send(client_.number(), message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    full_ = n < 0 && errno == EAGAIN;
    if (n < 0 && !full_) client_.close();
  }
  void tell(std::vector<uint8_t>& heard, uint64_t now_ns) {
    const auto last = std::find(heard.rbegin(), heard.rend(), uint8_t{0});
    auto end = last.base();
    auto from = heard.begin();
    if (cut_) {  // the frame in which it attached
      from = std::find(heard.begin(), heard.end(), uint8_t{0});
      if (from == heard.end()) return heard.clear();
      ++from, cut_ = false;
    }
    if (end <= from) {
      heard.erase(heard.begin(), from);
      return;
    }
    std::vector<uint8_t> out(static_cast<size_t>(end - from) + 16);
    const size_t n =
        encode(protocol::sim::Sync{now_ns, 0, std::span<const uint8_t>(from, end)}, out);
    send(std::span(out).first(n));
    heard.erase(heard.begin(), full_ ? from : end);
  }
  std::vector<uint8_t> hear(uint64_t now_ns) {
    std::vector<uint8_t> whole;
    while (client_) {
      const ssize_t n = ::recv(client_.number(), message_.data(), message_.size(), MSG_DONTWAIT);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) break;
      const auto message = std::span<const uint8_t>(message_).first(n > 0 ? size_t(n) : 0);
      const auto done = protocol::sim::decode_done(message);
      if (n > 0) heard_ns_ = now_ns;
      if (!greeted_ && protocol::sim::decode_hello(message))
        welcome(now_ns);
      else if (greeted_ && done)
        said_.insert(said_.end(), done->link_bytes.begin(), done->link_bytes.end());
      else
        client_.close();
    }
    const auto end = std::find(said_.rbegin(), said_.rend(), uint8_t{0}).base();
    whole.assign(said_.begin(), end);
    said_.erase(said_.begin(), end);
    return whole;
  }
  void welcome(uint64_t now_ns) {
    std::array<uint8_t, 64> out{};
    const size_t n = encode(protocol::sim::Welcome{.port = port_,
                                                   .width = 48,
                                                   .height = 16,
                                                   .fps_numerator = 625,
                                                   .fps_denominator = 1,
                                                   .now = now_ns,
                                                   .free_running = true},
                            out);
    send(std::span(out).first(n));
    greeted_ = true;
  }

  edge::UnixListener listener_;
  protocol::Server port_;
  edge::Descriptor client_;
  std::vector<uint8_t> message_, said_;
  bool greeted_ = false, cut_ = true, full_ = false;
  uint64_t heard_ns_ = 0;
};

}  // namespace understudy::sim
