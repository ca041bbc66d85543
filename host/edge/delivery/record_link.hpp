// SPDX-License-Identifier: Apache-2.0
// Both roles of the checkpoint link. `RecordSender` dials the other delivery again and again and
// carries messages to it; `RecordHolder` listens, takes them and acknowledges. Each delivery has
// both; which one matters is a question of who serves.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/edge/daemon/key_file.hpp"
#include "host/edge/delivery/sealed_stream.hpp"
#include "host/edge/repair/address.hpp"

namespace understudy::edge {

class RecordSender {
 public:
  struct Calls {
    std::function<void()> opened;
    std::function<void(uint64_t number)> acknowledged;
    std::function<void(const std::string& why)> lost;
  };
  RecordSender(boost::asio::io_context& io, const SocketAddress& peer, const PeerKey& key,
               std::string name, Calls calls);
  ~RecordSender();

  /// Dials while on; closes when off.
  void run(bool on);
  bool open() const { return stream_ && stream_->open() && greeted_; }
  /// Adds a message to the frame being made. False: what waits is too much now.
  bool add(protocol::checkpoint::LinkMessage type, std::span<const uint8_t> bytes);
  bool has_room() const;
  /// Number that the frame being made has or will have.
  uint64_t frame_number() const { return number_ + 1; }
  /// Sends the frame being made, if there is anything in it.
  void flush();
  /// Gives the link up, as one that does not answer; dials anew.
  void restart(const std::string& why);

 private:
  void dial();
  void dial_later();
  void take(std::span<const uint8_t> messages);

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::endpoint peer_;
  PeerKey key_;
  std::string name_;
  Calls calls_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<boost::asio::ip::tcp::socket> dialling_;
  std::shared_ptr<SealedStream> stream_;
  std::vector<uint8_t> frame_;
  uint64_t number_ = 0;
  bool on_ = false, greeted_ = false;
};

class RecordHolder {
 public:
  struct Calls {
    std::function<bool(std::string_view name)> hello;  // false: not from this one
    std::function<void(const protocol::checkpoint::Message& message)> message;
    std::function<void(const std::string& why)> lost;
    /// One that never proved to have the key.
    std::function<void(const std::string& from, const std::string& why)> refused;
  };
  static Result<std::unique_ptr<RecordHolder>> open(boost::asio::io_context& io,
                                                    const SocketAddress& listen, const PeerKey& key,
                                                    Calls calls);
  ~RecordHolder();
  bool connected() const { return greeted_; }

 private:
  RecordHolder(boost::asio::io_context& io, const PeerKey& key, Calls calls);
  using Stream = std::shared_ptr<SealedStream>;
  void accept();
  void welcome(boost::asio::ip::tcp::socket socket);
  void proven(const Stream& stream);
  void closed(const Stream& stream, const std::string& from, const std::string& why);
  void take(uint64_t number, std::span<const uint8_t> messages);

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  PeerKey key_;
  Calls calls_;
  std::deque<Stream> unproven_;  // those that have yet to show the key, the oldest first
  Stream stream_;                // the one that is taken from
  bool greeted_ = false;
};

}  // namespace understudy::edge
