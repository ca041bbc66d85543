// SPDX-License-Identifier: Apache-2.0
// Unix SOCK_SEQPACKET sockets, files in memory and descriptors as values that clean up after
// themselves. Nothing here blocks: who waits does so in Station::wait, where all is served.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace understudy::sim {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& o) noexcept {
    std::swap(fd_, o.fd_);
    return *this;
  }
  ~Descriptor() { reset(); }
  void reset();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// A listening socket in the file system; its name goes when it goes.
class Listener {
 public:
  /// A name left behind by a dead process is replaced; a live one is an error.
  static std::expected<Listener, std::string> open(const std::string& path);
  Listener(Listener&& o) noexcept
      : socket_(std::move(o.socket_)), path_(std::exchange(o.path_, {})) {}
  Listener& operator=(Listener&&) = delete;
  ~Listener();
  int get() const { return socket_.get(); }
  Descriptor accept() const;

 private:
  Listener(Descriptor socket, std::string path)
      : socket_(std::move(socket)), path_(std::move(path)) {}
  Descriptor socket_;
  std::string path_;
};

/// `slots` pictures in shared memory whose size nobody can change.
class SharedMemory {
 public:
  static std::expected<SharedMemory, std::string> make(const char* name, size_t bytes);
  SharedMemory() = default;
  SharedMemory(SharedMemory&& o) noexcept
      : file_(std::move(o.file_)),
        data_(std::exchange(o.data_, nullptr)),
        size_(std::exchange(o.size_, 0)) {}
  SharedMemory& operator=(SharedMemory&& o) noexcept {
    std::swap(file_, o.file_), std::swap(data_, o.data_), std::swap(size_, o.size_);
    return *this;
  }
  ~SharedMemory();
  int descriptor() const { return file_.get(); }
  uint8_t* data() const { return data_; }
  bool contains(const uint8_t* p) const { return data_ && p >= data_ && p < data_ + size_; }

 private:
  Descriptor file_;
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

/// False when the packet did not go out whole: the other side is gone or does not read.
bool send_packet(int socket, std::span<const uint8_t> packet, int descriptor = -1);

enum class Received { packet, nothing, closed };
/// One packet into `buffer`, which is resized to it. A packet longer than the buffer was counts as
/// closed.
Received receive_packet(int socket, std::vector<uint8_t>& buffer);

int peer_pid(int socket);

}  // namespace understudy::sim
