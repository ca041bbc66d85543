// SPDX-License-Identifier: Apache-2.0
// The client's end of a Unix SOCK_SEQPACKET socket: one message a packet, never waits unless told
// to, may bring one descriptor along. And descriptors that close themselves.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "host/core/error.hpp"

namespace understudy {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

struct ReceivedPacket {
  std::vector<uint8_t> bytes;
  Descriptor descriptor;
};

class PacketSocket {
 public:
  enum class Sent { yes, full };

  static std::expected<PacketSocket, Error> connect(const std::filesystem::path& path);
  explicit PacketSocket(Descriptor socket) : socket_(std::move(socket)) {}

  int descriptor() const { return socket_.get(); }
  /// Error: the other end has closed or the connection broke.
  std::expected<Sent, Error> send(std::span<const uint8_t> packet);
  /// Nothing: no packet is there now. Error: as above, or a packet beyond sim_message_max.
  std::expected<std::optional<ReceivedPacket>, Error> receive();
  /// Waits for a packet to be there (or the end).
  std::expected<void, Error> wait_readable(std::chrono::milliseconds most) const;

 private:
  Descriptor socket_;
};

}  // namespace understudy
