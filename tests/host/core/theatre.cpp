// SPDX-License-Identifier: Apache-2.0
#include "tests/host/core/theatre.hpp"

namespace understudy::test {
using namespace core;
namespace {

constexpr Duration frame_time = std::chrono::nanoseconds(16'666'667);

protocol::Server port(size_t who) {
  return who == 0 ? protocol::Server::a : protocol::Server::b;
}

std::string text(const Record& r) {
  std::string out = r.kind + " @" + std::to_string(r.frame.value);
  for (const auto& [key, value] : r.fields) {
    out += " " + key + "=";
    if (const auto* s = std::get_if<std::string>(&value)) out += *s;
    if (const auto* i = std::get_if<int64_t>(&value)) out += std::to_string(*i);
    if (const auto* b = std::get_if<bool>(&value)) out += *b ? "true" : "false";
  }
  return out;
}

}  // namespace

Player::Picture Player::at(uint32_t frame) const {
  Picture p;
  for (const auto& [key, line] : changes)
    for (auto c = line.rbegin(); c != line.rend(); ++c)
      if (static_cast<int32_t>(frame - c->second.frame) >= 0) {
        if (!c->second.value.empty()) p[key] = c->second.value;
        break;
      }
  return p;
}

Theatre::Theatre(uint64_t seed, Options options, Weather of_the_link)
    : weather(of_the_link), options_(std::move(options)), random_(seed) {
  options_.frame = frame_time;
}

void Theatre::start(size_t who) {
  Node& n = nodes[who];
  Options o = options_;
  o.name = who == 0 ? "alpha" : "beta";
  o.session = random_() | 1;
  o.boot_id = static_cast<uint32_t>(random_());
  n.server = std::make_unique<Server>(o);
  n.running = true;
  ++n.restarts;
  if (options_.appliance) give(who, LinkUp{frame_time});
}

void Theatre::kill(size_t who) {
  nodes[who].running = false;
  nodes[who].player.alive = false;  // a server is one machine here
  nodes[who].player.changes.clear();
  nodes[who].beats = 0;
}

void Theatre::start_player(size_t who) {
  Player& p = nodes[who].player;
  p = {};
  p.alive = true;
  p.id = {next_id_++};
  give(who, ApplicationRegistered{p.id, "playout", std::chrono::milliseconds(200), true});
}

void Theatre::kill_player(size_t who) {
  nodes[who].player.alive = false;
  give(who, ApplicationEnded{nodes[who].player.id, ApplicationEnd::died});
}

void Theatre::restart_daemon(size_t who) {
  start(who);
  Player& p = nodes[who].player;
  p.id = {next_id_++};
  give(who, ApplicationRegistered{p.id, "playout", std::chrono::milliseconds(200), true});
}

void Theatre::reset_gate() {
  frame_ = ~0u;
  term = 1, on_air = 0, equal_frames = 0;
  output.clear();
  for (auto& n : nodes) n.alive = n.seen = false, n.beats = 0, n.player.drawn.clear();
}

RequestId Theatre::ask(size_t who, decltype(ControlRequest::what) what) {
  const RequestId id{next_id_++};
  Event event;
  auto& request = event.emplace<ControlRequest>();
  request.id = id;
  request.what = std::move(what);
  give(who, event);
  return id;
}

void Theatre::give(size_t who, const Event& event) {
  if (nodes[who].running) perform(who, nodes[who].server->step(event, now_));
}

const Reply* Theatre::reply(size_t who, RequestId id) const {
  for (const auto& r : nodes[who].replies)
    if (r.id == id) return &r;
  return nullptr;
}

size_t Theatre::count(size_t who, const std::string& kind) const {
  size_t n = 0;
  for (const auto& r : nodes[who].records) n += r.kind == kind;
  return n;
}

void Theatre::send(size_t from, const SendPeer& p) {
  ++datagrams;
  const auto roll = [&](uint32_t per_mille) { return random_() % 1000 < per_mille; };
  if (roll(weather.lost)) return;
  const size_t to = 1 - from;
  const size_t copies = roll(weather.doubled) ? 2 : 1;
  for (size_t i = 0; i < copies; ++i) {
    const auto span = static_cast<uint64_t>((weather.most - weather.least).count()) + 1;
    const Duration takes = weather.least + Duration(static_cast<int64_t>(random_() % span));
    flights_.emplace(now_ + takes, Flight{to, {p.envelope, p.payload}, nodes[to].restarts});
  }
}

void Theatre::perform(size_t who, const Actions& actions) {
  Node& n = nodes[who];
  const auto say = [&](std::string what) { trace.push_back(std::to_string(who) + " " + what); };
  for (const auto& action : actions) {
    if (const auto* b = std::get_if<SendHeartbeat>(&action)) {
      if (n.link) ++n.beats, n.said = b->heartbeat.state;
    } else if (const auto* r = std::get_if<SendRequest>(&action)) {
      request_ = r->request, asker_ = who;
    } else if (const auto* p = std::get_if<SendPeer>(&action)) {
      send(who, *p);
      say("peer " + std::to_string(p->payload.size()));
    } else if (std::get_if<AcceptApplication>(&action)) {
      ++n.player.sessions;
    } else if (const auto* c = std::get_if<SendParameter>(&action)) {
      n.player.changes[c->key][{n.player.sessions, c->index.value}] = {c->frame.value, c->value};
      say("parameter " + c->key + " " + std::to_string(c->index.value) + " " +
          std::to_string(c->frame.value));
    } else if (const auto* d = std::get_if<SendDiscard>(&action)) {
      n.player.discard = d->on;
    } else if (const auto* a = std::get_if<Reply>(&action)) {
      n.replies.push_back(*a);
      say("reply " + std::to_string(a->id.value) + " " + a->text);
    } else if (const auto* w = std::get_if<WriteRecord>(&action)) {
      n.records.push_back(w->record);
      say(text(w->record));
      if (w->record.kind == "parameter") {
        const auto index = static_cast<uint64_t>(std::get<int64_t>(w->record.fields[0].second));
        const auto& content = text({.kind = "", .fields = w->record.fields});
        const auto [it, is_new] = log_.emplace(index, content);
        if (!is_new && it->second != content) ++unequal_log;
      }
    }
  }
}

void Theatre::deliver_until(Instant end) {
  for (;;) {
    std::optional<Instant> next;
    size_t timer = 2;
    for (size_t who = 0; who < 2; ++who) {
      if (!nodes[who].running) continue;
      const auto at = nodes[who].server->next_deadline();
      if (at && (!next || *at < *next)) next = at, timer = who;
    }
    if (!flights_.empty() && (!next || flights_.begin()->first <= *next)) {
      next = flights_.begin()->first;
      timer = 2;
    }
    if (!next || *next >= end) break;
    now_ = std::max(now_, *next);
    if (timer < 2) {
      give(timer, Timer{});
    } else {
      const Flight f = flights_.begin()->second;
      flights_.erase(flights_.begin());
      if (f.port == nodes[f.to].restarts) give(f.to, f.datagram);
    }
  }
  now_ = end;
}

bool Theatre::healthy(size_t who) const {
  const Node& n = nodes[who];
  return n.alive && !protocol::is_withdrawn(n.said) && n.player.drawn.contains(frame_);
}

void Theatre::boundary() {
  // The frame just sent.
  const auto drew = [&](size_t who) { return nodes[who].player.drawn.contains(frame_); };
  for (auto& n : nodes) {
    n.alive = n.beats + 2 >= options_.beats_per_frame;
    n.beats = 0;
  }
  const bool equal =
      drew(0) && drew(1) && nodes[0].player.drawn.at(frame_) == nodes[1].player.drawn.at(frame_);
  equal_frames = equal ? std::min(equal_frames + 1, 65535u) : 0;
  if (drew(on_air))
    output[frame_] = nodes[on_air].player.drawn.at(frame_);
  else if (drew(1 - on_air))
    output[frame_] = nodes[1 - on_air].player.drawn.at(frame_);  // rescued

  const size_t to = 1 - on_air;
  const bool eligible = healthy(to) && nodes[to].seen;
  const bool asked = request_ && request_->op == (to == 0 ? protocol::RequestOp::switch_to_a
                                                          : protocol::RequestOp::switch_to_b);
  const bool change = !locked && eligible && (asked || !healthy(on_air));
  const bool is_protected = healthy(0) && healthy(1) && equal_frames >= 8;
  for (size_t who = 0; who < 2; ++who) nodes[who].seen = healthy(who);
  if (change) on_air = to, ++term;
  std::optional<protocol::Event> answer;
  if (request_) {
    const auto result = asked && !change ? protocol::RequestResult::refused_not_eligible
                                         : protocol::RequestResult::done;
    answer = protocol::Event{
        .sequence = ++event_sequence_,
        .kind = protocol::EventKind::request,
        .source = static_cast<uint8_t>(asker_),
        .frame = frame_,
        .term = term,
        .data = uint32_t(request_->op) | uint32_t(result) << 8 | uint32_t(request_->id) << 16};
    request_.reset();
  }
  ++frame_;
  for (size_t who = 0; who < 2; ++who) {
    Node& n = nodes[who];
    if (n.player.alive) {
      n.player.drawn[frame_ + 2] = n.player.at(frame_ + 2);
      if (n.running) give(who, ApplicationAlive{n.player.id, now_});
    }
    if (!n.link) continue;
    protocol::Tick t{.port = port(who), .on_air = port(on_air), .frame = frame_, .term = term};
    t.state_a = nodes[0].alive ? nodes[0].said : protocol::ServerState::unknown;
    t.state_b = nodes[1].alive ? nodes[1].said : protocol::ServerState::unknown;
    t.alarms = is_protected ? 0 : static_cast<uint16_t>(protocol::Alarm::unprotected);
    if (flap_hold) t.alarms |= static_cast<uint16_t>(protocol::Alarm::flap_hold);
    t.mode = mode;
    t.equal_frames = static_cast<uint16_t>(equal_frames);
    give(who, LinkTick{t});
    if (answer && event_log) give(who, LinkEvent{*answer});
  }
  if (nodes[0].running && nodes[1].running && delivers(server(0).state()) &&
      delivers(server(1).state()))
    ++two_primaries;
}

void Theatre::run_frames(uint32_t frames) {
  for (uint32_t i = 0; i < frames; ++i) {
    if (options_.appliance) {
      boundary();
    } else {
      ++frame_;
      for (size_t who : {0u, 1u})
        if (nodes[who].player.alive) give(who, ApplicationAlive{nodes[who].player.id, now_});
    }
    deliver_until(now_ + frame_time);
  }
}

bool Theatre::run_until_synchronized(uint32_t most) {
  return run_until(most, [&] {
    return nodes[0].running && nodes[1].running && server(on_air).state() == ServerState::primary &&
           server(1 - on_air).state() == ServerState::secondary_synchronized;
  });
}

}  // namespace understudy::test
