// SPDX-License-Identifier: Apache-2.0
// The appliance's program as a child process in a folder of its own, and the other ends of its
// sockets. Every receive is bounded by ten seconds of poll; nothing sleeps.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "beating_host.hpp"
#include "protocol/sim.hpp"
#include "sim/appliance/pattern_source.hpp"
#include "sim/server/seqpacket.hpp"

namespace understudy::sim {

namespace wire = protocol::sim;
using nlohmann::json;

class Client {
 public:
  /// Waits until the name is there (the program has just been started).
  explicit Client(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    connected_ =
        ::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  bool connected() const { return connected_; }
  int socket() const { return socket_.get(); }
  bool send(std::span<const uint8_t> packet) { return send_packet(socket_.get(), packet); }
  bool hello(uint32_t magic = wire::magic, uint16_t version = wire::version) {
    std::array<uint8_t, 32> out{};
    return send(std::span(out).first(encode(wire::Hello{magic, version, 0}, out)));
  }
  /// Empty: the other side has closed. A descriptor that came along is kept.
  std::vector<uint8_t> receive(int timeout_ms = 10'000) {
    pollfd p{socket_.get(), POLLIN, 0};
    if (::poll(&p, 1, timeout_ms) != 1) return {0xFF};  // silent
    std::vector<uint8_t> buffer(1 << 20);
    iovec part{buffer.data(), buffer.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part, message.msg_iovlen = 1;
    message.msg_control = control, message.msg_controllen = sizeof control;
    const ssize_t n = ::recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
    if (const cmsghdr* c = n > 0 ? CMSG_FIRSTHDR(&message) : nullptr) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c), sizeof fd);
      descriptor = Descriptor(fd);
    }
    buffer.resize(n > 0 ? size_t(n) : 0);
    return buffer;
  }
  /// The text of REFUSED, then the close; anything else makes it "".
  std::string refusal() {
    for (;;) {
      const auto packet = receive();
      const auto type = wire::type_of(packet);
      if (packet.empty() || !type) return "";
      if (*type != wire::Type::refused) continue;
      const bool closed = receive().empty();
      return closed ? std::string(packet.begin() + 1, packet.end()) : "still open";
    }
  }
  Descriptor descriptor;

 private:
  Descriptor socket_;
  bool connected_ = false;
};

class Program {
 public:
  explicit Program(std::vector<std::string> options = {"--raster", "tiny"}) {
    directory = "/tmp/understudy-sim-" + std::string(6, 'X');
    ::mkdtemp(directory.data());
    start(std::move(options));
  }
  ~Program() {
    if (pid_ > 0) stop(SIGKILL);
    std::filesystem::remove_all(directory);
  }
  void start(std::vector<std::string> options) {
    int out[2] = {-1, -1};
    if (::pipe2(out, O_CLOEXEC) != 0) return;
    options.insert(options.begin(), {APPLIANCE_PROGRAM, "--dir", directory});
    std::vector<char*> words;
    for (auto& o : options) words.push_back(o.data());
    words.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    ::posix_spawn(&pid_, APPLIANCE_PROGRAM, &actions, nullptr, words.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    char first = 0;  // its first line of output: the sockets are there (or it has ended)
    pollfd p{out[0], POLLIN, 0};
    if (::poll(&p, 1, 20'000) == 1 && ::read(out[0], &first, 1) == 1) started = true;
    output_ = Descriptor(out[0]);
  }
  int stop(int signal) {
    ::kill(pid_, signal);
    return ended();
  }
  int ended() {
    int status = -1;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return status;
  }
  std::string path(const char* name) const { return directory + "/" + name; }

  std::string directory;
  bool started = false;

 private:
  pid_t pid_ = 0;
  Descriptor output_;
};

class Control : public Client {
 public:
  explicit Control(const Program& program) : Client(program.path("control")) {}
  json ask(const json& request) {
    say(request);
    return answer();
  }
  void say(const json& request) {
    const std::string text = request.dump();
    send({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  json answer() {
    const auto packet = receive(60'000);
    return json::parse(packet.begin(), packet.end(), nullptr, false);
  }
  json frames(uint32_t n) { return ask({{"do", "go"}, {"frames", n}}); }
  json until(uint32_t frame, uint32_t line = 0, uint32_t pixel = 0) {
    return ask({{"do", "go"}, {"until", {{"frame", frame}, {"line", line}, {"pixel", pixel}}}});
  }
  json attached(std::vector<std::string> names) {
    return ask({{"do", "await"}, {"neighbours", names}, {"seconds", 10}});
  }
  json events() {
    json all = json::array(), got;
    do {
      got = ask({{"do", "events"}});
      for (const json& e : got["events"]) all.push_back(e);
    } while (got["more"] == true);
    return all;
  }
};

/// Answers every GENLOCK with the pattern, on a thread; delays are wall time only.
class Playout {
 public:
  Playout(const Program& program, const char* name, uint32_t delay_us = 0)
      : client(program.path(name)), pattern_(rasters[0]), delay_us_(delay_us) {
    client.hello();
    const auto welcome = wire::decode_welcome(client.receive());
    if (!welcome) return;
    bytes_ = welcome->slot_bytes;
    memory_ = static_cast<uint8_t*>(::mmap(nullptr, size_t{bytes_} * welcome->slots,
                                           PROT_READ | PROT_WRITE, MAP_SHARED,
                                           client.descriptor.get(), 0));
    thread_ = std::thread([this] { work(); });
  }
  ~Playout() {
    ::shutdown(client.socket(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }
  /// From frame k on it reads on and does not answer.
  void silent_from(uint32_t k) { silent_from_ = k; }
  Client client;

 private:
  void work() {
    for (;;) {
      const auto packet = client.receive(60'000);
      const auto m = wire::decode_frame(wire::Type::genlock, packet);
      if (!m) return;
      if (m->frame >= silent_from_) continue;
      if (delay_us_) ::usleep(useconds_t(mix(m->frame, delay_us_) % delay_us_));  // a slow machine
      pattern_.genlock(m->frame, m->time);
      std::memcpy(memory_ + size_t{m->slot} * bytes_, pattern_.frame(m->frame), bytes_);
      std::array<uint8_t, 32> out{};
      client.send(std::span(out).first(encode(wire::Type::frame, *m, out)));
    }
  }
  PatternSource pattern_;
  const uint32_t delay_us_;
  std::atomic<uint32_t> silent_from_{~0u};
  uint8_t* memory_ = nullptr;
  uint32_t bytes_ = 0;
  std::thread thread_;
};

/// A daemon reduced to heartbeats, on a thread.
class Daemon {
 public:
  Daemon(const Program& program, const char* name, uint32_t delay_us = 0)
      : client(program.path(name)), delay_us_(delay_us) {
    client.hello();
    if (!wire::decode_welcome(client.receive())) return;
    thread_ = std::thread([this] { work(); });
  }
  ~Daemon() {
    ::shutdown(client.socket(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }
  Client client;
  BeatingHost host;

 private:
  void work() {
    std::vector<uint8_t> out(65'536);
    for (;;) {
      const auto packet = client.receive(60'000);
      const auto sync = wire::decode_sync(packet);
      if (!sync) return;
      if (delay_us_) ::usleep(useconds_t(mix(sync->now, delay_us_) % delay_us_));
      client.send(std::span(out).first(encode(*host.on_sync(*sync), out)));
    }
  }
  const uint32_t delay_us_;
  std::thread thread_;
};

}  // namespace understudy::sim
