// SPDX-License-Identifier: Apache-2.0
#include "fake_appliance.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>

namespace understudy::test {

using protocol::Server;
using protocol::ServerState;
namespace sim = protocol::sim;

namespace {

constexpr int patience_ms = 20'000;
constexpr std::array servers = {Server::a, Server::b};

edge::UnixListener listen(const std::string& path) {
  auto listener = edge::UnixListener::open(path, SOCK_SEQPACKET, 4);
  if (!listener) throw std::runtime_error(listener.error().text);
  return std::move(*listener);
}

bool readable(int descriptor) {
  pollfd p{descriptor, POLLIN, 0};
  return ::poll(&p, 1, patience_ms) > 0;
}

void append(std::vector<uint8_t>& out, const protocol::LinkFrame& frame) {
  const auto bytes = frame.bytes();
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

FakeAppliance::FakeAppliance(const std::string& directory)
    : listeners_{listen(directory + "/link-a"), listen(directory + "/link-b")} {}

void FakeAppliance::attach(Server s) {
  auto& listener = listeners_[size_t(s)];
  if (!readable(listener.number())) throw std::runtime_error("no daemon attaches");
  auto& link = links_[size_t(s)];
  detach(s);
  link.peer_base = links_[size_t(other(s))].peer_sent();
  link.socket = listener.accept();
  std::array<uint8_t, 64> bytes;
  if (!readable(link.socket.number())) throw std::runtime_error("no HELLO");
  const ssize_t n = ::recv(link.socket.number(), bytes.data(), bytes.size(), 0);
  if (n <= 0 || !sim::decode_hello(std::span<const uint8_t>(bytes).first(static_cast<size_t>(n))))
    throw std::runtime_error("no good HELLO");
  const size_t m =
      encode(sim::Welcome{.port = s, .width = 640, .height = 480, .fps_numerator = 60, .now = now_},
             bytes);
  ::send(link.socket.number(), bytes.data(), m, MSG_NOSIGNAL);
  link.wake = now_;
}

void FakeAppliance::detach(Server s) {
  auto& link = links_[size_t(s)];
  const uint32_t sent = link.peer_sent();
  link = {};
  link.peer_before = sent;
}

bool FakeAppliance::alive(Server s) const {
  const auto& link = links_[size_t(s)];
  return link.beats > 0 && now_ - link.last_beat < frame_time / 2;
}

void FakeAppliance::sync(Server s) {
  auto& link = links_[size_t(s)];
  if (!link.socket) return;
  std::vector<uint8_t> bytes(13 + link.out.size());
  encode(sim::Sync{now_, links_[size_t(other(s))].peer_sent() - link.peer_base, link.out}, bytes);
  link.out.clear();
  ::send(link.socket.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  bytes.resize(protocol::limits::sim_message_max);
  const ssize_t n = readable(link.socket.number())
                        ? ::recv(link.socket.number(), bytes.data(), bytes.size(), 0)
                        : -1;
  if (n <= 0) {
    if (n < 0) problems_.push_back(std::string("no DONE from ") + to_text(s));
    return detach(s);
  }
  const auto done = sim::decode_done(std::span<const uint8_t>(bytes).first(static_cast<size_t>(n)));
  if (!done) return problems_.push_back("garbage instead of DONE");
  link.wake = done->wake;
  if (done->peer_sent != link.peer_now) {  // the other hears of it soon
    auto& peer = links_[size_t(other(s))];
    peer.wake = std::min(peer.wake, now_ + 100'000);
  }
  link.peer_now = done->peer_sent;
  for (const uint8_t b : done->link_bytes)
    if (const auto message = link.decoder.byte(b)) take(s, *message);
}

void FakeAppliance::take(Server s, std::span<const uint8_t> message) {
  auto& link = links_[size_t(s)];
  if (const auto beat = protocol::decode_heartbeat(message)) {
    ++link.beats;
    link.last_beat = now_;
    link.state = beat->state;
    return;
  }
  if (const auto line = protocol::decode_firmware_line(message)) {
    if (!firmware) return;
    const std::string text(line->text.view().data(), line->text.size);
    if (text != "lose")
      append(link.out, protocol::frame(protocol::FirmwareText{line->id, 0, {"you typed:\n"}}));
    const auto result =
        text == "refuse" ? protocol::FirmwareResult::refused : protocol::FirmwareResult::done;
    append(link.out,
           protocol::frame(protocol::FirmwareText{
               line->id, 1, protocol::LinkText<22>(std::span<const char>(text)), true, result}));
    return;
  }
  const auto request = protocol::decode_request(message);
  if (!request) return problems_.push_back("a message that is none of a host");
  using protocol::RequestOp, protocol::RequestResult;
  auto result = RequestResult::done;
  switch (request->op) {
    case RequestOp::switch_to_a:
    case RequestOp::switch_to_b: {
      const auto to = request->op == RequestOp::switch_to_a ? Server::a : Server::b;
      if (mode_ == protocol::Mode::lockout)
        result = RequestResult::refused_lockout;
      else if (!alive(to) || is_withdrawn(state(to)))
        result = RequestResult::refused_not_eligible;
      else
        on_air_ = to, ++term_;
      break;
    }
    case RequestOp::mode_automatic:
      mode_ = protocol::Mode::automatic;
      break;
    case RequestOp::mode_manual:
      mode_ = protocol::Mode::manual;
      break;
    case RequestOp::mode_lockout:
      mode_ = protocol::Mode::lockout;
      break;
    default:
      break;
  }
  say_event({.kind = protocol::EventKind::request,
             .source = uint8_t(s),
             .data = uint32_t(request->op) | uint32_t(result) << 8 | uint32_t(request->id) << 16});
}

void FakeAppliance::say_event(protocol::Event event) {
  event.sequence = sequence_++, event.frame = frame_, event.term = term_, event.clock = now_ / 40;
  for (auto& link : links_)
    if (link.socket) append(link.out, protocol::frame(event));
}

void FakeAppliance::boundary() {
  const auto fit = [&](Server s) { return alive(s) && !is_withdrawn(state(s)); };
  const bool both = fit(Server::a) && fit(Server::b);
  equal_frames_ = both && equal ? static_cast<uint16_t>(std::min(equal_frames_ + 1, 65535)) : 0;
  if (mode_ == protocol::Mode::automatic && frame_ != 0xFFFFFFFF && !fit(on_air_) &&
      fit(other(on_air_))) {
    on_air_ = other(on_air_);
    ++term_;
    say_event({.kind = protocol::EventKind::takeover,
               .source = uint8_t(on_air_),
               .data = uint32_t(protocol::Reason::beats_missed)});
  }
  ++frame_;
  for (const Server s : servers) {
    const auto shown = [&](Server x) { return alive(x) ? state(x) : ServerState::unknown; };
    append(links_[size_t(s)].out,
           protocol::frame(protocol::Tick{
               .port = s,
               .on_air = on_air_,
               .frame = frame_,
               .term = term_,
               .state_a = shown(Server::a),
               .state_b = shown(Server::b),
               .alarms = equal_frames_ >= 8 ? uint16_t{0} : uint16_t(protocol::Alarm::unprotected),
               .equal_frames = equal_frames_,
               .mode = mode_}));
    if (!links_[size_t(s)].socket) links_[size_t(s)].out.clear();
  }
}

void FakeAppliance::run(uint32_t frames) {
  for (const uint32_t end = frame_ + frames; frame_ != end;) {
    const uint64_t next_boundary = (now_ / frame_time + 1) * frame_time;
    uint64_t next = next_boundary;
    for (const auto& link : links_)
      if (link.socket) next = std::min(next, std::max(link.wake, now_ + 1));
    now_ = next;
    if (now_ == next_boundary) boundary();
    for (const Server s : servers)
      if (!links_[size_t(s)].out.empty() || links_[size_t(s)].wake <= now_) sync(s);
  }
}

}  // namespace understudy::test
