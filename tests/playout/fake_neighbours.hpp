// SPDX-License-Identifier: Apache-2.0
// The other ends of the playout's two sockets, inside the test: an appliance with frame buffers, a
// daemon. Every wait is bounded, and what does not come fails the test.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cerrno>

#include <array>
#include <cstring>
#include <filesystem>
#include <optional>
#include <vector>

#include "host/core/raster.hpp"
#include "host/edge/packet_socket/packet_socket.hpp"
#include "protocol/application.hpp"
#include "protocol/sim.hpp"

namespace understudy::test {

namespace sim = protocol::sim;
namespace application = protocol::application;

inline constexpr int patience_ms = 20000;

/// Listens at a path; one connection at a time.
class Listener {
 public:
  explicit Listener(const std::filesystem::path& path) : path_(path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    socket_ = Descriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(socket_.get(), 4), 0);
  }
  ~Listener() { std::filesystem::remove(path_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  void accept() {
    pollfd p{socket_.get(), POLLIN, 0};
    ASSERT_EQ(::poll(&p, 1, patience_ms), 1) << "nobody connects to " << path_;
    connection_ = Descriptor(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  void hang_up() { connection_ = Descriptor(); }
  void send(std::span<const uint8_t> packet, int descriptor = -1) {
    iovec data{const_cast<uint8_t*>(packet.data()), packet.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr m{};
    m.msg_iov = &data;
    m.msg_iovlen = 1;
    if (descriptor >= 0) {
      m.msg_control = control;
      m.msg_controllen = sizeof control;
      cmsghdr* c = CMSG_FIRSTHDR(&m);
      c->cmsg_level = SOL_SOCKET;
      c->cmsg_type = SCM_RIGHTS;
      c->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(c), &descriptor, sizeof descriptor);
    }
    ASSERT_EQ(::sendmsg(connection_.get(), &m, MSG_NOSIGNAL), ssize_t(packet.size()));
  }
  /// The next packet; empty when the other end closed, or within `most` nothing came.
  std::vector<uint8_t> receive(int most = patience_ms) {
    std::vector<uint8_t> packet(70000);
    pollfd p{connection_.get(), POLLIN, 0};
    if (::poll(&p, 1, most) != 1) return {};
    ssize_t n = 0;
    do {
      n = ::recv(connection_.get(), packet.data(), packet.size(), 0);
    } while (n < 0 && errno == ECONNRESET);  // told once, before the packets that were sent last
    packet.resize(n > 0 ? size_t(n) : 0);
    return packet;
  }

 private:
  std::filesystem::path path_;
  Descriptor socket_, connection_;
};

class FakeAppliance {
 public:
  FakeAppliance(const std::filesystem::path& path, const Raster& raster)
      : raster_(raster), listener_(path), slot_bytes_(uint32_t(raster.frame_bytes() + 100)) {
    memory_ = Descriptor(memfd_create("frames", MFD_CLOEXEC));
    EXPECT_EQ(ftruncate(memory_.get(), off_t{4} * slot_bytes_), 0);
  }
  /// Takes a HELLO and answers with WELCOME.
  void welcome() {
    listener_.accept();
    ASSERT_TRUE(sim::decode_hello(listener_.receive()));
    std::array<uint8_t, 64> packet{};
    const auto size = sim::encode(sim::Welcome{.width = raster_.width,
                                               .height = raster_.height,
                                               .slots = 4,
                                               .slot_bytes = slot_bytes_},
                                  packet);
    listener_.send(std::span(packet).first(size), memory_.get());
  }
  void genlock(uint32_t frame) {
    std::array<uint8_t, 64> packet{};
    const auto size = sim::encode(sim::Type::genlock,
                                  sim::FrameMessage{frame, frame % 4, time_of(frame)}, packet);
    listener_.send(std::span(packet).first(size));
  }
  /// Waits for FRAME and gives what is in its slot; empty when another message or none came.
  std::vector<uint8_t> frame(uint32_t number) {
    const auto m = sim::decode_frame(sim::Type::frame, listener_.receive());
    if (!m || m->frame != number || m->slot != number % 4) return {};
    std::vector<uint8_t> pixels(raster_.frame_bytes());
    const auto n = pread(memory_.get(), pixels.data(), pixels.size(), off_t(m->slot) * slot_bytes_);
    return n == ssize_t(pixels.size()) ? pixels : std::vector<uint8_t>{};
  }
  std::vector<uint8_t> ask(uint32_t number) {
    genlock(number);
    return frame(number);
  }
  static uint64_t time_of(uint32_t frame) { return 1000000007ull * (frame + 1); }
  Listener& listener() { return listener_; }

 private:
  Raster raster_;
  Listener listener_;
  uint32_t slot_bytes_;
  Descriptor memory_;
};

class FakeDaemon {
 public:
  explicit FakeDaemon(const std::filesystem::path& path) : listener_(path) {}
  void accept() {
    listener_.accept();
    hello_bytes_ = listener_.receive();
    ASSERT_TRUE(application::decode_hello(hello_bytes_));
    const std::array<uint8_t, 1> accepted{uint8_t(application::Type::accepted)};
    listener_.send(accepted);
    say(application::Discard{false});
    ASSERT_TRUE(application::decode_discard(listener_.receive()));
  }
  application::Hello hello() const { return *application::decode_hello(hello_bytes_); }
  template <class Message>
  void say(const Message& m) {
    std::array<uint8_t, 512> packet{};
    const auto size = application::encode(m, packet);
    listener_.send(std::span(packet).first(size));
  }
  Listener& listener() { return listener_; }

 private:
  Listener listener_;
  std::vector<uint8_t> hello_bytes_;
};

}  // namespace understudy::test
