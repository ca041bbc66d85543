// SPDX-License-Identifier: Apache-2.0
// A receiver of a multicast group: asks over RTSP for the clip to be sent there, joins, and takes
// each datagram as it comes, on a thread of its own. It asks for nothing again: what is missing or
// doubled is.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <thread>

#include "sim/network/client.hpp"
#include "sim/network/rtp_reception.hpp"
#include "sim/network/stage.hpp"

namespace understudy::network {

class GroupListener : public Client {
 public:
  /// Asks, and waits for the answers; on the calling thread. Throws std::runtime_error.
  explicit GroupListener(const Stage& stage);
  ~GroupListener() override { stop_ = true; }
  void collect(std::span<const Heard> heard) override;
  bool flows() const override { return flow_.has_value(); }
  bool over() override;
  ClientOutcome outcome(std::span<const Heard> heard, WallTime counted) const override;

 private:
  std::string ask(const std::string& method, const std::string& fields);
  void open(const Stage& stage);
  void listen();

  std::string clip_, url_, session_, group_;
  Descriptor connection_;
  std::array<Descriptor, 2> ports_;  // RTP, RTCP
  int asked_ = 0;
  mutable std::mutex mutex_;
  std::chrono::steady_clock::time_point patience_;
  ReceivedRtp received_;
  std::optional<Flow> flow_;
  std::atomic<bool> stop_ = false;
  std::jthread listening_;  // the last: ends before what it writes to
};

}  // namespace understudy::network
