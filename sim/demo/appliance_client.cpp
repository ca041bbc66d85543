// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/appliance_client.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "protocol/events.hpp"
#include "protocol/limits.hpp"
#include "sim/demo/png.hpp"

namespace understudy::demo {
namespace {

namespace wire = protocol::sim;
using std::chrono::milliseconds;

std::expected<ReceivedPacket, Error> greet(PacketSocket& socket) {
  std::array<uint8_t, 64> hello{};
  const size_t size = wire::encode(wire::Hello{.pid = uint32_t(::getpid())}, hello);
  if (auto sent = socket.send(std::span(hello).first(size)); !sent)
    return std::unexpected(sent.error());
  if (auto ok = socket.wait_readable(milliseconds(5000)); !ok) return std::unexpected(ok.error());
  auto answer = socket.receive();
  if (!answer) return std::unexpected(answer.error());
  if (!*answer) return error("no answer");
  return std::move(**answer);
}

int source_number(const Json& e) {
  const std::string s = e.value("source", "");
  return s == "A" ? 0 : s == "B" ? 1 : 2;
}

protocol::EventKind kind_named(const std::string& name) {
  for (uint8_t k = 0; k <= protocol::event_kind_last; ++k)
    if (name == protocol::to_text(protocol::EventKind(k))) return protocol::EventKind(k);
  return protocol::EventKind::none;
}

protocol::Event event_of(const Json& e) {
  protocol::Event out;
  out.sequence = e.at("sequence").get<uint32_t>();
  out.kind = kind_named(e.at("kind").get<std::string>());
  out.source = uint8_t(source_number(e));
  out.frame = e.at("frame").get<uint32_t>();
  out.line = e.at("line").get<uint16_t>();
  out.clock = e.at("clock").get<uint64_t>();
  out.term = e.at("term").get<uint32_t>();
  out.data = e.at("data").get<uint32_t>();
  return out;
}

int peer_of(const PacketSocket& socket) {
  ucred who{};
  socklen_t size = sizeof who;
  return ::getsockopt(socket.descriptor(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 ? who.pid : 0;
}

/// By the appliance's status: did time wait for everybody? When it did not, what came out was
/// decided by the wall clock and says nothing about the gate.
Result<void> nobody_given_up(const Json& status) {
  const Json neighbours = status.value("neighbours", Json::object());
  for (const auto& [name, n] : neighbours.items()) {
    const std::string presence = n.value("presence", "");
    const bool output = name == "video-out";
    if (output && presence != "attached" && presence != "given_up")
      return could_not_run("the appliance closed the output: " + n.value("last_words", presence));
    if (presence != "given_up") continue;
    const auto why = output ? std::string(
                                  "the demo was stopped for so long (ctrl-z?) that the "
                                  "appliance gave its output up")
                            : fmt::format(
                                  "{} (process {}) was silent for so long that the "
                                  "appliance went on without it",
                                  name, n.value("pid", 0));
    return failure(
        exit_no_verdict,
        fmt::format("{}: over {} s of wall time. So this run says nothing about the gate. "
                    "Run it again, without a stop and on a less busy machine",
                    why, protocol::limits::sim_silence_seconds));
  }
  return {};
}

}  // namespace

std::expected<ApplianceClient, Error> ApplianceClient::connect(const std::string& directory) {
  auto control = PacketSocket::connect(directory + "/control");
  if (!control) return std::unexpected(control.error());
  auto health = PacketSocket::connect(directory + "/control");
  if (!health) return std::unexpected(health.error());
  auto video = PacketSocket::connect(directory + "/video-out");
  if (!video) return std::unexpected(video.error());
  const auto answer = greet(*video);
  if (!answer) return std::unexpected(answer.error());
  const auto welcome = wire::decode_welcome(answer->bytes);
  if (!welcome || !answer->descriptor || welcome->slots == 0 || welcome->slots > 64 ||
      welcome->slot_bytes < size_t{3} * welcome->width * welcome->height)
    return error("the video output was refused or offers no memory");
  auto memory = video_output::SharedMemory::map(answer->descriptor,
                                                size_t{welcome->slots} * welcome->slot_bytes);
  if (!memory) return std::unexpected(memory.error());
  return ApplianceClient(std::move(*control), std::move(*health), std::move(*video),
                         std::move(*memory), *welcome);
}

std::unexpected<Failure> ApplianceClient::broken(const std::string& what) {
  // Sockets close a moment before the kernel says that their process has ended; and others end
  // because it did. So roots are awaited first.
  std::vector<pollfd> set;
  for (const auto& a : alarms_) set.push_back({a.root ? a.descriptor : -1, POLLIN, 0});
  for (const int most : {500, 0}) {
    if (::poll(set.data(), set.size(), most) > 0)
      for (size_t i = 0; i < set.size(); ++i)
        if (set[i].revents) return std::unexpected(alarms_[i].meaning());
    for (size_t i = 0; i < set.size(); ++i) set[i].fd = alarms_[i].descriptor;
  }
  return could_not_run(what);
}

Result<bool> ApplianceClient::wait(milliseconds patience) {
  std::vector<pollfd> set;
  for (const auto* s : {&control_, &health_, &video_}) set.push_back({s->descriptor(), POLLIN, 0});
  const size_t sockets = set.size();
  for (const auto& a : alarms_) set.push_back({a.descriptor, POLLIN, 0});
  int n;
  do n = ::poll(set.data(), set.size(), int(patience.count()));
  while (n < 0 && errno == EINTR);
  if (n < 0) return could_not_run(std::string("poll: ") + std::strerror(errno));
  if (std::any_of(set.begin() + ptrdiff_t(sockets), set.end(),
                  [](const pollfd& p) { return p.revents != 0; }))
    return broken("a process ended");
  return n > 0;
}

Result<void> ApplianceClient::wait_while_it_lives() {
  for (int look = 0; look < patience_.looks; ++look) {
    const auto ready = wait(patience_.look);
    if (!ready) return std::unexpected(ready.error());
    if (*ready) return hear_health();
    if (health_asked_) continue;
    const std::string_view text = R"({"do":"status"})";
    if (auto sent = health_.send({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
        !sent)
      return broken("the appliance: " + sent.error().text);
    health_asked_ = true;
  }
  const int process = peer_of(health_);
  return could_not_run(fmt::format(
      "the appliance (process {}) has not said a word for {} s, though it was asked: it is stopped "
      "or hangs. If somebody stopped it, `kill -CONT {}` lets it go on; then run this again",
      process, patience_.looks * patience_.look.count() / 1000, process));
}

Result<void> ApplianceClient::hear_health() {
  const auto status = answer_on(health_);
  if (!status) return std::unexpected(status.error());
  if (!*status) return {};
  health_asked_ = false;
  return nobody_given_up(**status);
}

Result<void> ApplianceClient::check_output(const Json& answer) {
  if (auto taken = take_frames(); !taken) return taken;
  if (!answer.contains("at") || answer["at"].value("frames_out", uint64_t{0}) <= frames_seen_)
    return {};
  return check_neighbours();
}

Result<void> ApplianceClient::check_neighbours() {
  const auto status = ask({{"do", "status"}});
  if (!status) return std::unexpected(status.error());
  return nobody_given_up(*status);
}

Result<void> ApplianceClient::take_frames() {
  for (;;) {
    const auto packet = video_.receive();
    if (!packet) return broken("the video output: " + packet.error().text);
    if (!*packet) return {};
    const auto frame = wire::decode_frame(wire::Type::frame, (*packet)->bytes);
    if (!frame || frame->slot >= welcome_.slots)
      return could_not_run("the video output sent something else than a frame");
    ++frames_seen_;
    const size_t size = size_t{3} * welcome_.width * welcome_.height;
    const auto rgb = memory_.bytes().subspan(size_t{frame->slot} * welcome_.slot_bytes, size);
    if (on_frame_)
      if (auto done = on_frame_(frame->frame, rgb); !done) return done;
    std::array<uint8_t, 64> out{};
    const size_t n = wire::encode(wire::Type::done_with, *frame, out);
    if (auto sent = video_.send(std::span(out).first(n)); !sent)
      return broken("the video output: " + sent.error().text);
  }
}

Result<std::optional<Json>> ApplianceClient::answer_on(PacketSocket& socket) {
  const auto packet = socket.receive();
  if (!packet) return broken("the appliance: " + packet.error().text);
  if (!*packet) return std::nullopt;
  Json answer = Json::parse((*packet)->bytes, nullptr, false);
  if (!answer.is_object()) return could_not_run("the appliance's answer is no JSON object");
  return answer;
}

Result<Json> ApplianceClient::ask(const Json& request) {
  const std::string text = request.dump();
  if (auto sent = control_.send({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
      !sent)
    return broken("the appliance: " + sent.error().text);
  for (;;) {
    if (auto ready = wait_while_it_lives(); !ready) return std::unexpected(ready.error());
    if (auto taken = take_frames(); !taken) return std::unexpected(taken.error());
    auto answer = answer_on(control_);
    if (!answer) return std::unexpected(answer.error());
    if (!*answer) continue;
    if (!(*answer)->value("ok", false))
      return could_not_run("the appliance refused " + text + ": " + (*answer)->value("error", "?"));
    return std::move(**answer);
  }
}

Result<void> ApplianceClient::drain(uint64_t frames, milliseconds patience) {
  while (frames_seen_ < frames) {
    const auto ready = wait(patience);
    if (!ready) return std::unexpected(ready.error());
    if (!*ready) return {};  // the comparison counts what is missing
    if (auto heard = hear_health(); !heard) return heard;
    if (auto taken = take_frames(); !taken) return taken;
  }
  return {};
}

Result<uint64_t> ApplianceClient::go_until(uint32_t frame, uint32_t line, uint32_t pixel) {
  const auto answer =
      ask({{"do", "go"}, {"until", {{"frame", frame}, {"line", line}, {"pixel", pixel}}}});
  if (!answer) return std::unexpected(answer.error());
  if (!answer->contains("at") || !(*answer)["at"].contains("clock"))
    return could_not_run("the appliance does not say where it stopped");
  if (auto whole = check_output(*answer); !whole) return std::unexpected(whole.error());
  return (*answer)["at"]["clock"].get<uint64_t>();
}

Result<void> ApplianceClient::go_frames(uint32_t frames) {
  const auto answer = ask({{"do", "go"}, {"frames", frames}});
  if (!answer) return std::unexpected(answer.error());
  return check_output(*answer);
}

Result<uint32_t> ApplianceClient::read_register(uint16_t address) {
  const auto answer = ask({{"do", "register"}, {"address", address}});
  if (!answer) return std::unexpected(answer.error());
  return answer->value("value", 0u);
}

Result<std::vector<protocol::Event>> ApplianceClient::events() try {
  std::vector<protocol::Event> out;
  for (bool more = true; more;) {
    const auto answer = ask({{"do", "events"}});
    if (!answer) return std::unexpected(answer.error());
    for (const auto& e : answer->at("events")) out.push_back(event_of(e));
    more = answer->value("more", false);
  }
  return out;
} catch (const Json::exception& e) {
  return could_not_run(std::string("the appliance's events: ") + e.what());
}

std::expected<Recording, Error> read_recording(const std::string& text) try {
  const Json j = Json::parse(text);
  Recording out;
  constexpr std::array<const char*, 3> places{"a", "b", "output"};
  for (size_t i = 0; i < 3; ++i)
    for (const auto& l : j.at("lines").at(places[i]))
      out.lines[i].push_back({l.at("line").get<uint32_t>(), l.at("clock").get<uint64_t>(),
                              l.at("pixels").get<uint32_t>(),
                              from_base64(l.at("rgb").get_ref<const std::string&>())});
  for (const auto& c : j.at("choices")) {
    const std::string chosen = c.at("choice").get<std::string>();
    out.choices.push_back({c.at("frame").get<uint32_t>(), c.at("line").get<uint32_t>(),
                           uint8_t(chosen == "A"   ? 0
                                   : chosen == "B" ? 1
                                                   : 2),
                           uint8_t(c.at("good_a").get<bool>() | c.at("good_b").get<bool>() << 1),
                           c.at("crc_a") != c.at("crc_b")});
    out.choices.back().differ &= out.choices.back().good == 3;
  }
  for (const auto& b : j.at("beats"))
    out.beats.push_back({b.at("clock").get<uint64_t>(), uint8_t(source_number(b))});
  for (const auto& t : j.at("ticks"))
    out.ticks.push_back({t.at("clock").get<uint64_t>(), t.at("frame").get<uint32_t>(),
                         uint8_t(t.at("on_air") == "B" ? 1 : 0)});
  out.wave_trouble = j.value("wave_trouble", "");
  return out;
} catch (const Json::exception& e) {
  return error(std::string("the recording: ") + e.what());
}

}  // namespace understudy::demo
