// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/appliance_client.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "protocol/events.hpp"
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

}  // namespace

std::expected<ApplianceClient, Error> ApplianceClient::connect(const std::string& directory) {
  auto control = PacketSocket::connect(directory + "/control");
  if (!control) return std::unexpected(control.error());
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
  return ApplianceClient(std::move(*control), std::move(*video), std::move(*memory), *welcome);
}

Result<bool> ApplianceClient::wait(int patience_ms) {
  std::vector<pollfd> set{{control_.descriptor(), POLLIN, 0}, {video_.descriptor(), POLLIN, 0}};
  for (const auto& a : alarms_) set.push_back({a.descriptor, POLLIN, 0});
  int n;
  do n = ::poll(set.data(), set.size(), patience_ms);
  while (n < 0 && errno == EINTR);
  if (n < 0) return could_not_run(std::string("poll: ") + std::strerror(errno));
  for (size_t i = 0; i < alarms_.size(); ++i)
    if (set[i + 2].revents) return std::unexpected(alarms_[i].meaning());
  return n > 0;
}

Result<void> ApplianceClient::take_frames() {
  for (;;) {
    const auto packet = video_.receive();
    if (!packet) return could_not_run("the video output: " + packet.error().text);
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
      return could_not_run("the video output: " + sent.error().text);
  }
}

Result<Json> ApplianceClient::ask(const Json& request) {
  const std::string text = request.dump();
  if (auto sent = control_.send({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
      !sent)
    return could_not_run("the appliance: " + sent.error().text);
  for (;;) {
    if (auto ready = wait(-1); !ready) return std::unexpected(ready.error());
    if (auto taken = take_frames(); !taken) return std::unexpected(taken.error());
    const auto packet = control_.receive();
    if (!packet) return could_not_run("the appliance: " + packet.error().text);
    if (!*packet) continue;
    const Json answer = Json::parse((*packet)->bytes, nullptr, false);
    if (!answer.is_object()) return could_not_run("the appliance's answer is no JSON object");
    if (!answer.value("ok", false))
      return could_not_run("the appliance refused " + text + ": " + answer.value("error", "?"));
    return answer;
  }
}

Result<void> ApplianceClient::drain(uint64_t frames, milliseconds patience) {
  while (frames_seen_ < frames) {
    const auto ready = wait(int(patience.count()));
    if (!ready) return std::unexpected(ready.error());
    if (!*ready) return {};  // the comparison counts what is missing
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
  return (*answer)["at"]["clock"].get<uint64_t>();
}

Result<void> ApplianceClient::go_frames(uint32_t frames) {
  if (const auto answer = ask({{"do", "go"}, {"frames", frames}}); !answer)
    return std::unexpected(answer.error());
  return {};
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
                           uint8_t(c.at("good_a").get<bool>() | c.at("good_b").get<bool>() << 1)});
  }
  for (const auto& b : j.at("beats"))
    out.beats.push_back({b.at("clock").get<uint64_t>(), uint8_t(source_number(b))});
  for (const auto& t : j.at("ticks"))
    out.ticks.push_back({t.at("clock").get<uint64_t>(), t.at("frame").get<uint32_t>(),
                         uint8_t(t.at("on_air") == "B" ? 1 : 0)});
  return out;
} catch (const Json::exception& e) {
  return error(std::string("the recording: ") + e.what());
}

}  // namespace understudy::demo
