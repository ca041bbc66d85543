// SPDX-License-Identifier: Apache-2.0
// One end of the checkpoint link (protocol/checkpoint_link.hpp): greets, agrees on the two keys,
// cuts the TCP stream into frames and checks each one's MAC and number. The first thing that is
// wrong closes it. Bounded: a frame by checkpoint_frame_max, what waits to be sent by
// checkpoint_queue_max.
#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/edge/daemon/key_file.hpp"
#include "protocol/checkpoint_link.hpp"

namespace understudy::edge {

class SealedStream : public std::enable_shared_from_this<SealedStream> {
 public:
  struct Calls {
    std::function<void()> opened;  // frames can be sent
    std::function<void(uint64_t number, std::span<const uint8_t> messages)> frame;
    std::function<void(const std::string& why)> closed;  // once, and nothing after it
  };

  SealedStream(boost::asio::ip::tcp::socket socket, const PeerKey& key, bool dialled, Calls calls);
  /// Before start().
  void set_calls(Calls calls) { calls_ = std::move(calls); }
  void start();
  /// No call comes back after this.
  void stop();
  bool open() const { return open_; }
  /// The frame's number. Only when open, and not above checkpoint_frame_max.
  uint64_t send(std::span<const uint8_t> messages);
  size_t queued() const { return waiting_.size() + writing_.size(); }

 private:
  using Key = std::array<uint8_t, 32>;
  using Mac = std::array<uint8_t, protocol::checkpoint::link_mac_bytes>;

  void read_greeting();
  void read_length();
  void read_frame(size_t length);
  void agree(const protocol::checkpoint::Nonce& theirs);
  Mac mac(const Key& key, std::span<const uint8_t> covered) const;
  void write();
  void fail(const std::string& why);

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer patience_;
  PeerKey key_;
  bool dialled_;
  Calls calls_;
  protocol::checkpoint::Nonce nonce_{};
  Key send_key_{}, receive_key_{};
  uint64_t sent_ = 0, received_ = 0;
  std::vector<uint8_t> in_, waiting_, writing_;
  std::array<uint8_t, protocol::checkpoint::greeting_bytes> greeting_in_{};
  std::array<uint8_t, 4> length_in_{};
  bool open_ = false, stopped_ = false;
};

}  // namespace understudy::edge
