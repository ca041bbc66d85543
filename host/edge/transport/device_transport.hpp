// SPDX-License-Identifier: Apache-2.0
// A transport over a LinkDevice. The device lives on a thread of its own, because opening it may
// block and libusb's descriptors do not get on with Asio's reactor; what comes is posted to the
// owner's io_context. The link is up from the first good tick and down when the device is lost, or
// silent, or of another version; it is then tried again, from 50 ms to 500 ms apart.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/edge/transport/link_device.hpp"
#include "host/edge/transport/silence_watch.hpp"
#include "host/ports/transport/transport.hpp"

namespace understudy::edge {

class DeviceTransport final : public ports::Transport {
 public:
  /// `silence`: without a tick for so long an open device is given up, whatever else it says. Only
  /// the time spent listening to it counts: an owner that is slow is no fault of the appliance.
  DeviceTransport(boost::asio::io_context& io, std::unique_ptr<LinkDevice> device,
                  std::chrono::milliseconds silence);
  ~DeviceTransport() override;

  void start(ports::TransportOwner& owner) override;
  /// Whole frames. Dropped while the link is down and when the device takes nothing any more.
  void send(std::span<const uint8_t> bytes) override;
  void finish_turn(std::optional<ports::Nanoseconds>, uint32_t) override {}
  bool up() const override { return up_; }
  bool lockstep() const override { return false; }

 private:
  /// A posted call is of one opening of the device; those of an earlier one are void.
  using Opening = uint64_t;

  // on the device's thread
  void run();
  void serve(Opening opening);
  bool rest(std::chrono::milliseconds time);  // false: the end
  template <class Call>
  void post(Call call);
  // on the owner's
  void opened(Opening opening);
  void take(Opening opening, const std::vector<uint8_t>& bytes);
  void lost(Opening opening, const std::string& why);
  void greet(std::span<const uint8_t> bytes);

  boost::asio::io_context& io_;
  std::unique_ptr<LinkDevice> device_;
  const std::chrono::milliseconds silence_most_;
  ports::TransportOwner* owner_ = nullptr;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool up_ = false;
  Opening opening_ = 0;  // the present one, 0: none
  Opening ended_ = 0;    // the last one that was lost
  TickWatch greeting_;

  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  bool ending_ = false, heard_ = false;
  std::vector<uint8_t> out_;
  size_t backlog_ = 0;

  std::thread thread_;
};

}  // namespace understudy::edge
