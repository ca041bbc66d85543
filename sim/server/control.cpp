// SPDX-License-Identifier: Apache-2.0
// The control socket: one JSON object a packet, each answered with one (sim/README.md).
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "protocol/events.hpp"
#include "sim/server/recording_json.hpp"
#include "sim/server/station.hpp"

namespace understudy::sim {
namespace {

using nlohmann::json;
constexpr size_t events_a_packet = 200;
const std::string done_text = R"({"ok":true})";

/// What is wrong with a request, in words for the person who typed it.
struct BadRequest {
  std::string why;
};

template <class T>
T number(const json& request, const char* key, T otherwise) {
  const auto at = request.find(key);
  if (at == request.end()) return otherwise;
  if (!at->is_number_integer()) throw BadRequest{std::string(key) + " must be a whole number"};
  const auto value = at->get<int64_t>();
  if (value < int64_t(std::numeric_limits<T>::min()) ||
      value > int64_t(std::numeric_limits<T>::max()))
    throw BadRequest{std::string(key) + " is out of range"};
  return T(value);
}

std::string text(const json& request, const char* key) {
  const auto at = request.find(key);
  if (at == request.end() || !at->is_string())
    throw BadRequest{std::string(key) + " must be a text"};
  return at->get<std::string>();
}

Server source_of(const json& request) {
  const std::string s = text(request, "source");
  if (s != "A" && s != "B") throw BadRequest{"source must be \"A\" or \"B\""};
  return s == "A" ? Server::a : Server::b;
}

Clock place(const json& at, const Raster& r) {
  if (!at.is_object()) throw BadRequest{"a place is {\"frame\":F,\"line\":L,\"pixel\":P}"};
  const auto frame = number<uint32_t>(at, "frame", 0), line = number<uint32_t>(at, "line", 0),
             pixel = number<uint32_t>(at, "pixel", 0);
  if (line >= r.v_active) throw BadRequest{"line must be below " + std::to_string(r.v_active)};
  if (pixel >= r.h_active) throw BadRequest{"pixel must be below " + std::to_string(r.h_active)};
  return r.source_clock(frame, line, pixel);
}

Fault fault_of(const json& request) {
  const std::string name = text(request, "name");
  const auto kind = find_fault(name);
  if (!kind) {
    std::string all;
    for (const auto n : fault_names) all += (all.empty() ? "" : ", ") + std::string(n);
    throw BadRequest{"no fault " + name + "; there are: " + all};
  }
  Fault f;
  f.kind = *kind;
  f.frames = number(request, "frames", f.frames), f.lines = number(request, "lines", f.lines);
  f.clocks = number(request, "clocks", f.clocks), f.bytes = number(request, "bytes", f.bytes);
  f.ppm = number(request, "ppm", f.ppm);
  return f;
}

}  // namespace

void Station::reply(int socket, const std::string& text) {
  if (socket >= 0)
    send_packet(socket, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

std::string Station::where() const {
  const Place p = options_.raster.source_place(appliance_->now());
  return json{{"frame", p.frame},
              {"line", p.line},
              {"pixel", p.pixel},
              {"clock", appliance_->now()},
              {"frames_out", appliance_->totals().frames_out}}
      .dump();
}

void Station::serve_operator(Operator& op) {
  std::vector<uint8_t> packet;
  switch (receive_packet(op.socket.get(), packet)) {
    case Received::nothing:
      return;
    case Received::packet: {
      const std::string out = answer(op, std::string(packet.begin(), packet.end()));
      if (!out.empty()) reply(op.socket.get(), out);
      return;
    }
    case Received::closed:
      if (job_ && job_->asked_by == op.socket.get()) job_.reset();
      if (asked_by_ == op.socket.get()) asked_by_ = -1;
      op.socket.reset();
  }
}

std::string Station::answer(Operator& op, const std::string& request_text) try {
  constexpr struct {
    const char* name;
    std::string (Station::*answer)(Operator&, const Json&);
  } requests[] = {{"go", &Station::go},
                  {"await", &Station::await},
                  {"fault", &Station::fault},
                  {"heed", &Station::heed},
                  {"register", &Station::access},
                  {"record", &Station::record},
                  {"recording", &Station::recording},
                  {"events", &Station::events},
                  {"status", &Station::status},
                  {"quit", &Station::quit}};
  const json request = json::parse(request_text, nullptr, false);
  if (!request.is_object()) throw BadRequest{"a request is one JSON object"};
  const std::string what = text(request, "do");
  std::string all;
  for (const auto& known : requests) {
    if (what == known.name) return (this->*known.answer)(op, request);
    all += (all.empty() ? "" : ", ") + std::string(known.name);
  }
  throw BadRequest{"no request " + what + "; there are: " + all};
} catch (const BadRequest& bad) {
  return json{{"ok", false}, {"error", bad.why}}.dump(-1, ' ', false,
                                                      json::error_handler_t::replace);
}

/// Runs virtual time outside of serve(); the answer comes when it is done.
void Station::begin(Operator& op, std::function<std::string()> work) {
  if (running_ || job_) throw BadRequest{"a go is under way"};
  job_ = Job{std::move(work), op.socket.get()};
}

std::string Station::go(Operator& op, const json& request) {
  const auto done = [this] { return R"({"ok":true,"at":)" + where() + "}"; };
  if (request.contains("until")) {
    const Clock until = place(request["until"], options_.raster);
    if (until < appliance_->now())
      throw BadRequest{"that place has passed; it is now at " + where()};
    begin(op, [=, this] { return appliance_->run_to(until), done(); });
    return "";
  }
  if (!request.contains("frames")) throw BadRequest{"go needs until or frames"};
  const auto frames = number<uint32_t>(request, "frames", 0);
  if (frames < appliance_->totals().frames_out)
    throw BadRequest{"that many frames have left already; it is now at " + where()};
  begin(op, [=, this] { return appliance_->run_frames(frames), done(); });
  return "";
}

std::string Station::access(Operator& op, const json& request) {
  const auto address = number<uint16_t>(request, "address", 0xFFFF);
  if (address > 0xFFF || address % 4)
    throw BadRequest{"address must be a multiple of 4 below 4096"};
  if (!request.contains("value")) {
    begin(op,
          [=, this] { return json{{"ok", true}, {"value", appliance_->read(address)}}.dump(); });
    return "";
  }
  const auto value = number<uint32_t>(request, "value", 0);
  begin(op, [=, this] { return appliance_->write(address, value), done_text; });
  return "";
}

std::string Station::fault(Operator&, const json& request) {
  const Server server = source_of(request);
  const Fault fault = fault_of(request);
  if (!request.contains("at")) return appliance_->fault(server, fault), done_text;
  const Clock clock = place(request["at"], options_.raster);
  if (clock < appliance_->now()) throw BadRequest{"that place has passed"};
  appliance_->fault_at(clock, server, fault);
  return done_text;
}

std::string Station::heed(Operator&, const json& request) {
  const std::string wire = text(request, "what");
  if (wire != "link" && wire != "video") throw BadRequest{"what must be \"link\" or \"video\""};
  const auto on = request.find("on");
  if (on == request.end() || !on->is_boolean()) throw BadRequest{"on must be true or false"};
  const Server server = source_of(request);
  Neighbour& n = *neighbours_[(wire == "link" ? link_a : video_a) + size_t(server)];
  n.heed(on->get<bool>());
  if (*on && wire == "video" && n.attached())
    appliance_->attach_source(server, static_cast<VideoNeighbour*>(&n));
  return done_text;
}

std::string Station::record(Operator&, const json& request) {
  RecordingRequest r{.frame = number<uint32_t>(request, "frame", 0),
                     .line = number<uint32_t>(request, "line", 0),
                     .before = number<uint32_t>(request, "before", 2),
                     .after = number<uint32_t>(request, "after", 2)};
  if (request.contains("wave")) r.wave = text(request, "wave");
  if (!r.wave.empty())
    for (const auto& path : {r.wave, r.wave + ".gtkw"})
      if (const auto why = cannot_make(path); !why.empty()) throw BadRequest{why};
  if (const auto error = appliance_->record(r)) throw BadRequest{*error};
  return done_text;
}

std::string Station::quit(Operator&, const json&) {
  quit_ = true;
  appliance_->stop();
  return done_text;
}

std::string Station::await(Operator& op, const json& request) {
  const auto names = request.find("neighbours");
  if (names == request.end() || !names->is_array())
    throw BadRequest{"neighbours must be a list such as [\"video-a\",\"link-a\"]"};
  op.awaited.clear();
  for (const json& name : *names) {
    const auto at =
        std::ranges::find_if(neighbours_, [&](const auto& n) { return name == n->name(); });
    if (at == neighbours_.end()) throw BadRequest{"no neighbour " + name.dump()};
    op.awaited.push_back(size_t(at - neighbours_.begin()));
  }
  op.awaits = true;
  op.until = WallClock::now() + std::chrono::seconds(number<uint32_t>(request, "seconds", 10));
  return "";
}

void Station::check_awaits() {
  for (Operator& op : operators_) {
    if (!op.awaits || !op.socket) continue;
    const auto missing = std::ranges::find_if(
        op.awaited, [&](size_t door) { return !neighbours_[door]->attached(); });
    const bool all = missing == op.awaited.end();
    if (!all && WallClock::now() < op.until) continue;
    op.awaits = false;
    if (all)
      reply(op.socket.get(), R"({"ok":true})");
    else
      reply(op.socket.get(),
            json{{"ok", false}, {"error", neighbours_[*missing]->name() + " has not come"}}.dump());
  }
}

std::string Station::events(Operator&, const json&) {
  constexpr const char* sources[] = {"A", "B", "gate"};
  for (LoggedEvent& e : appliance_->take_events()) unread_.push_back(e);
  json list = json::array();
  while (!unread_.empty() && list.size() < events_a_packet) {
    const auto& [sequence, e] = unread_.front();
    list.push_back({{"sequence", sequence},
                    {"kind", to_text(protocol::EventKind(e.kind))},
                    {"source", sources[std::min<size_t>(e.source, 2)]},
                    {"frame", e.frame},
                    {"line", e.line},
                    {"clock", e.clock},
                    {"term", e.term},
                    {"data", e.data}});
    unread_.pop_front();
  }
  const Totals& t = appliance_->totals();
  return json{{"ok", true},
              {"events", list},
              {"more", !unread_.empty()},
              {"totals",
               {{"frames_out", t.frames_out},
                {"lines_a", t.lines_a},
                {"lines_b", t.lines_b},
                {"lines_slate", t.lines_slate},
                {"events", t.events},
                {"stray_pixels", t.stray_pixels}}}}
      .dump();
}

std::string Station::recording(Operator&, const json& request) {
  if (!appliance_->recording().active()) throw BadRequest{"nothing was asked to be recorded"};
  const std::string out = to_json(appliance_->recording(), options_.raster);
  if (request.contains("path")) {
    const std::string path = text(request, "path");
    std::ofstream file(path);
    if (!(file << out << std::flush)) throw BadRequest{"cannot write " + path};
    return json{{"ok", true}, {"path", path}}.dump();
  }
  if (out.size() + 64 > protocol::limits::sim_message_max)
    throw BadRequest{"the recording has " + std::to_string(out.size()) +
                     " bytes, more than a packet carries: name a path for it"};
  return R"({"ok":true,"recording":)" + out + "}";
}

std::string Station::status(Operator&, const json&) {
  json neighbours = json::object();
  for (const auto& n : neighbours_)
    neighbours[n->name()] = {
        {"presence", to_text(n->presence())}, {"pid", n->pid()}, {"last_words", n->last_words()}};
  const RasterState s = appliance_->state();
  json out{{"ok", true},
           {"at", json::parse(where())},
           {"raster", options_.raster.name},
           {"seed", options_.seed},
           {"running", running_},
           {"neighbours", neighbours},
           {"on_air", s.on_air ? "B" : "A"},
           {"term", s.term},
           {"messages", messages_}};
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace understudy::sim
