// SPDX-License-Identifier: Apache-2.0
#include "ticking_appliance.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <optional>
#include <vector>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/run_directory.hpp"
#include "protocol/link.hpp"
#include "protocol/sim.hpp"

namespace understudy::network {

using namespace std::chrono_literals;
using protocol::Server;
using protocol::ServerState;
namespace sim = protocol::sim;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto frame_time = 16'666'667ns;
constexpr auto beats_lost_after = 12ms;

struct Link {
  edge::Descriptor socket;
  protocol::LinkDecoder decoder;
  ServerState state = ServerState::unknown;
  Clock::time_point last_beat;

  bool alive() const { return socket && Clock::now() - last_beat < beats_lost_after; }
  bool fit() const { return alive() && !protocol::is_withdrawn(state); }

  void welcome(edge::Descriptor from, Server port) {
    *this = {};
    socket = std::move(from);
    std::array<uint8_t, 64> bytes;
    pollfd p{socket.number(), POLLIN, 0};
    ::poll(&p, 1, 1000);
    (void)!::recv(socket.number(), bytes.data(), bytes.size(), 0);
    const size_t n = encode(
        sim::Welcome{.port = port, .width = 640, .height = 480, .free_running = true}, bytes);
    ::send(socket.number(), bytes.data(), n, MSG_NOSIGNAL);
  }
  void read() {
    std::array<uint8_t, 4096> bytes;
    for (;;) {
      const ssize_t n = ::recv(socket.number(), bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (n == 0) socket.close();
      if (n <= 0) return;
      const auto done =
          sim::decode_done(std::span<const uint8_t>(bytes).first(static_cast<size_t>(n)));
      if (!done) continue;
      for (const uint8_t b : done->link_bytes)
        if (const auto message = decoder.byte(b))
          if (const auto beat = protocol::decode_heartbeat(*message))
            state = beat->state, last_beat = Clock::now();
    }
  }
  void tick(const protocol::Tick& t) {
    const auto frame = protocol::frame(t);
    std::array<uint8_t, 128> bytes;
    const size_t n = encode(sim::Sync{0, 0, frame.bytes()}, bytes);
    ::send(socket.number(), bytes.data(), n, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
};

}  // namespace

TickingAppliance::TickingAppliance(const std::string& directory)
    : thread_([this, directory] { run(directory); }) {}

TickingAppliance::~TickingAppliance() {
  stop_ = true;
  thread_.join();
}

void TickingAppliance::run(std::string directory) {
  auto a = edge::UnixListener::open(directory + "/link-a", SOCK_SEQPACKET, 4);
  auto b = edge::UnixListener::open(directory + "/link-b", SOCK_SEQPACKET, 4);
  if (!a || !b) return;
  Link links[2];
  auto next = Clock::now();
  uint32_t number = 0;
  while (!stop_) {
    pollfd p[4] = {{a->number(), POLLIN, 0},
                   {b->number(), POLLIN, 0},
                   {links[0].socket ? links[0].socket.number() : -1, POLLIN, 0},
                   {links[1].socket ? links[1].socket.number() : -1, POLLIN, 0}};
    ::poll(p, 4, 1);
    if (p[0].revents) links[0].welcome(a->accept(), Server::a);
    if (p[1].revents) links[1].welcome(b->accept(), Server::b);
    for (auto& l : links)
      if (l.socket) l.read();
    if (Clock::now() < next) continue;
    next += frame_time;
    int to = wanted_.exchange(-1);
    const bool leave = automatic && !links[on_air_].fit() && links[1 - on_air_].fit();
    if (to < 0 && leave) to = 1 - on_air_;
    if (to >= 0 && to != on_air_) on_air_ = to, ++term_;
    ++number;
    for (int s = 0; s < 2; ++s) {
      if (!links[s].socket) continue;
      const auto shown = [&](int x) {
        return links[x].alive() ? links[x].state : ServerState::unknown;
      };
      links[s].tick({.port = Server(s),
                     .on_air = Server(on_air_.load()),
                     .frame = number,
                     .term = term_,
                     .state_a = shown(0),
                     .state_b = shown(1)});
    }
  }
}

}  // namespace understudy::network
