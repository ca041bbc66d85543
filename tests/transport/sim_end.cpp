// SPDX-License-Identifier: Apache-2.0
// The far end of the simulation's link socket: a free-running appliance's (protocol/sim.hpp).
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <deque>
#include <filesystem>

#include "protocol/limits.hpp"
#include "protocol/sim.hpp"
#include "tests/host/edge/temporary_directory.hpp"
#include "tests/transport/far_end.hpp"

namespace understudy::test {
namespace {

namespace sim = protocol::sim;

class SimEnd final : public FarEnd {
 public:
  ~SimEnd() override { close(); }
  std::string uri() const override { return "sim:unix:" + path(); }

  void plug(uint8_t version) override {
    received_.clear();
    version_ = version;
    sockaddr_un address{.sun_family = AF_UNIX};
    std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
    listener_ = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ASSERT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener_, 1), 0);
  }
  void unplug() override {
    close();
    std::filesystem::remove(path());
  }
  void send(std::span<const uint8_t> bytes) override {
    out_.emplace_back(bytes.begin(), bytes.end());
    pump();
  }
  void pump() override {
    if (client_ < 0) attach();
    if (client_ < 0) return;
    std::vector<uint8_t> message(protocol::limits::sim_message_max);
    while (!out_.empty()) {
      const size_t n = encode(sim::Sync{0, 0, out_.front()}, message);
      if (::send(client_, message.data(), n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) break;
      out_.pop_front();
    }
    while (!stalled_) {
      const ssize_t n = ::recv(client_, message.data(), message.size(), MSG_DONTWAIT);
      if (n == 0) ::close(std::exchange(client_, -1));
      if (n <= 0) break;
      if (const auto done = sim::decode_done(std::span(message).first(static_cast<size_t>(n))))
        received_.insert(received_.end(), done->link_bytes.begin(), done->link_bytes.end());
    }
  }
  void stall(bool on) override { stalled_ = on; }
  bool idle() const override { return out_.empty(); }

 private:
  std::string path() const { return directory_ / "link-a"; }
  void attach() {
    client_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client_ < 0) return;
    std::vector<uint8_t> message(128);
    ::recv(client_, message.data(), message.size(), 0);  // HELLO
    size_t n = encode(
        sim::Welcome{
            .port = protocol::Server::a, .width = 640, .height = 480, .free_running = true},
        message);
    if (version_ != protocol::link_version) {
      const std::string why = "the appliance speaks version " + std::to_string(version_);
      message[0] = uint8_t(sim::Type::refused);
      std::copy(why.begin(), why.end(), message.begin() + 1);
      n = 1 + why.size();
    }
    ::send(client_, message.data(), n, MSG_NOSIGNAL);
    if (version_ != protocol::link_version) ::close(std::exchange(client_, -1));
  }
  void close() {
    if (client_ >= 0) ::close(std::exchange(client_, -1));
    if (listener_ >= 0) ::close(std::exchange(listener_, -1));
    out_.clear();
  }

  TemporaryDirectory directory_;
  int listener_ = -1, client_ = -1;
  uint8_t version_ = 0;
  bool stalled_ = false;
  std::deque<std::vector<uint8_t>> out_;
};

}  // namespace

std::unique_ptr<FarEnd> make_sim_end() {
  return std::make_unique<SimEnd>();
}

}  // namespace understudy::test
