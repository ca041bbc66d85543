// SPDX-License-Identifier: Apache-2.0
#include "sim/server/station.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>

namespace understudy::sim {
namespace {

constexpr const char* door_names[] = {"video-a", "video-b",   "link-a",
                                      "link-b",  "video-out", "control"};
constexpr auto look_every = std::chrono::milliseconds(2);  // while virtual time runs
constexpr auto slip_after = std::chrono::milliseconds(5);  // free-running and late: time slips
constexpr auto hello_within = std::chrono::seconds(2);     // a guest that says nothing goes
constexpr size_t guests_max = 16, operators_max = 8, messages_max = 100;

}  // namespace

std::expected<std::unique_ptr<Station>, std::string> Station::open(const StationOptions& options) {
  std::unique_ptr<Station> station(new Station(options));
  if (const auto error = station->set_up()) return std::unexpected(*error);
  return station;
}

Station::~Station() = default;

std::optional<std::string> Station::set_up() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM), sigaddset(&set, SIGINT);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_ = Descriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (::mkdir(options_.directory.c_str(), 0700) != 0 && errno != EEXIST)
    return options_.directory + ": " + std::strerror(errno);
  appliance_ = Appliance::make({.raster = options_.raster, .seed = options_.seed});
  if (!appliance_) return "raster " + std::string(options_.raster.name) + " is not built in";
  for (const char* name : door_names) {
    auto listener = Listener::open(options_.directory + "/" + name);
    if (!listener) return listener.error();
    listeners_.push_back(std::move(*listener));
  }
  const Raster& r = options_.raster;
  neighbours_.push_back(std::make_unique<VideoNeighbour>("video-a", Server::a, r, *this));
  neighbours_.push_back(std::make_unique<VideoNeighbour>("video-b", Server::b, r, *this));
  neighbours_.push_back(std::make_unique<LinkNeighbour>("link-a", Server::a, r, *this));
  neighbours_.push_back(std::make_unique<LinkNeighbour>("link-b", Server::b, r, *this));
  neighbours_.push_back(std::make_unique<OutputNeighbour>("video-out", r, *this));
  if (options_.free_running)
    for (auto& n : neighbours_) n->run_free();
  for (const auto& [address, value] : options_.registers) appliance_->write(address, value);
  appliance_->set_idle([this] { idle(); });
  return std::nullopt;
}

void Station::tell(const std::string& text) {
  std::cerr << "understudy-appliance: " << text << std::endl;
  if (messages_.size() < messages_max) messages_.push_back(text);
}

int Station::run() {
  while (!quit_) {
    admit();
    if (!job_) {
      serve(awaiting_timeout());
      continue;
    }
    const Job job = std::move(*job_);
    job_.reset();
    serve(0);  // who has died since the last run is known before this one begins
    admit();
    carry_out(job);
  }
  for (auto& n : neighbours_) n->close("the appliance ends");
  return 0;
}

void Station::carry_out(const Job& job) {
  running_ = true, asked_by_ = job.asked_by;
  looked_ = wall_origin_ = WallClock::now();
  virtual_origin_ = appliance_->nanoseconds();
  const std::string text = job.work();
  running_ = false;
  if (!quit_) reply(asked_by_, text);
  asked_by_ = -1;
}

void Station::idle() {
  if (!running_) return;
  const auto now = WallClock::now();
  if (now - looked_ >= look_every) {
    looked_ = now;
    serve(0);
    admit();
  }
  if (options_.real_time || options_.free_running) pace();
  if (quit_) appliance_->stop();
}

/// Never faster than the wall clock. Free-running it does not run after lost time either: the
/// raster slips, as the neighbours' clocks would not wait for it.
void Station::pace() {
  using namespace std::chrono_literals;
  const auto virtual_now = std::chrono::nanoseconds(appliance_->nanoseconds() - virtual_origin_);
  if (options_.free_running) fetch_link_bytes();
  while (!quit_) {
    const auto ahead = wall_origin_ + virtual_now - WallClock::now();
    if (options_.free_running && ahead < -slip_after) wall_origin_ -= ahead;
    if (ahead < 1ms) return;
    serve(int(ahead / 1ms));
    admit();
    if (options_.free_running) fetch_link_bytes();
  }
}

void Station::fetch_link_bytes() {
  for (const Door door : {link_a, link_b})
    if (static_cast<LinkNeighbour&>(*neighbours_[door]).has_bytes())
      appliance_->call_host_now(door == link_a ? Server::a : Server::b);
}

int Station::awaiting_timeout() const {
  auto next = WallClock::time_point::max();
  for (const Operator& op : operators_)
    if (op.awaits) next = std::min(next, op.until);
  for (const Guest& g : guests_) next = std::min(next, g.since + hello_within);
  if (next == WallClock::time_point::max()) return -1;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next - WallClock::now());
  return int(std::max<int64_t>(0, left.count() + 1));
}

void Station::wait(Neighbour& who) {
  if (options_.free_running || !who.owes() || !who.heeded()) return;
  const auto give_up =
      WallClock::now() + std::chrono::duration_cast<WallClock::duration>(
                             std::chrono::duration<double>(options_.silence_seconds));
  while (who.owes() && who.heeded() && !quit_) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(give_up - WallClock::now());
    if (left.count() <= 0) {
      tell(who.name() + " (process " + std::to_string(who.pid()) + ") has not answered for " +
           std::to_string(int(options_.silence_seconds)) + " s: given up, time goes on without it");
      who.give_up();
      return;
    }
    serve(int(left.count()));
  }
}

void Station::serve(int timeout_ms) {
  std::vector<pollfd> polled;
  const auto add = [&](int fd) { polled.push_back({fd, POLLIN, 0}); };
  add(signals_.get());
  for (const Listener& l : listeners_) add(l.get());
  for (const auto& n : neighbours_) add(n->socket());  // -1 is left out by poll
  const size_t first_guest = polled.size(), guests = guests_.size(), operators = operators_.size();
  for (const Guest& g : guests_) add(g.ready ? -1 : g.socket.get());
  for (const Operator& o : operators_) add(o.socket.get());
  if (::poll(polled.data(), polled.size(), timeout_ms) < 0) return;

  size_t i = 0;
  if (polled[i++].revents) quit_ = true;
  const size_t first_listener = i;
  i += listeners_.size();
  for (size_t door = 0; door < neighbours_.size(); ++door)
    if (polled[i++].revents && !neighbours_[door]->serve()) gone(door);
  auto guest = guests_.begin();
  for (size_t k = 0; k < guests; ++k, ++guest)
    if (polled[first_guest + k].revents) hear(*guest);
  auto op = operators_.begin();
  for (size_t k = 0; k < operators; ++k, ++op)
    if (polled[first_guest + guests + k].revents) serve_operator(*op);
  for (size_t door = 0; door < listeners_.size(); ++door)
    if (polled[first_listener + door].revents) accept(door);

  const auto late = WallClock::now() - hello_within;
  for (Guest& g : guests_)
    if (!g.ready && g.since < late) refuse(g.socket, "no HELLO");
  for (const auto& n : neighbours_) announce(*n);
  std::erase_if(guests_, [](const Guest& g) { return !g.socket; });
  std::erase_if(operators_, [](const Operator& o) { return !o.socket; });
  check_awaits();
}

void Station::accept(size_t door) {
  Descriptor socket = listeners_[door].accept();
  if (!socket) return;
  if (door == control) {
    if (operators_.size() >= operators_max)
      reply(socket.get(), R"({"ok":false,"error":"too many control connections"})");
    else
      operators_.push_back({std::move(socket), false, {}, {}});
  } else if (guests_.size() >= guests_max) {
    refuse(socket, "too many connections that have not said HELLO");
  } else {
    guests_.push_back({std::move(socket), door, WallClock::now()});
  }
}

void Station::hear(Guest& guest) {
  switch (receive_packet(guest.socket.get(), buffer_)) {
    case Received::nothing:
      return;
    case Received::closed:
      guest.socket.reset();
      return;
    case Received::packet:
      break;
  }
  const auto hello = protocol::sim::decode_hello(buffer_);
  const Neighbour& there = *neighbours_[guest.door];
  if (!hello) {
    refuse(guest.socket, "the first message must be HELLO with the right magic");
  } else if (hello->version != protocol::sim::version) {
    refuse(guest.socket, "version " + std::to_string(hello->version) + " is spoken there, " +
                             std::to_string(protocol::sim::version) + " here");
  } else if (there.attached()) {
    refuse(guest.socket, there.name() + " is taken by process " + std::to_string(there.pid()));
  } else {
    guest.ready = true;
  }
}

void Station::admit() {
  for (Guest& guest : guests_) {
    if (!guest.ready) continue;
    Neighbour& n = *neighbours_[guest.door];
    const Server server = guest.door % 2 ? Server::b : Server::a;
    if (n.attached()) {
      refuse(guest.socket, n.name() + " is taken by process " + std::to_string(n.pid()));
      continue;
    }
    if ((guest.door == link_a || guest.door == link_b) && appliance_->link(server).is_cut()) {
      refuse(guest.socket, "the link is cut");
      continue;
    }
    gone(guest.door);
    if (n.join(std::move(guest.socket), appliance_->nanoseconds()) || !n.attached()) continue;
    if (guest.door == video_out)
      appliance_->attach_sink(static_cast<OutputNeighbour*>(&n));
    else if (guest.door <= video_b)
      appliance_->attach_source(server, static_cast<VideoNeighbour*>(&n));
    else
      appliance_->attach_host(server, static_cast<LinkNeighbour*>(&n));
  }
  std::erase_if(guests_, [](const Guest& g) { return !g.socket; });
  check_awaits();
}

/// A playout's card goes on with the frames that it has; links and the output are let go at once.
void Station::gone(size_t door) {
  announce(*neighbours_[door]);
  if (door == video_out)
    appliance_->attach_sink(nullptr);
  else if (door >= link_a)
    appliance_->attach_host(door == link_a ? Server::a : Server::b, nullptr);
}

/// Each closing is told once, whoever sees it first.
void Station::announce(Neighbour& n) {
  if (const auto why = n.take_unsaid(); !why.empty()) tell(n.name() + " is closed: " + why);
}

void Station::refuse(Descriptor& socket, const std::string& why) {
  std::vector<uint8_t> text{uint8_t(protocol::sim::Type::refused)};
  text.insert(text.end(), why.begin(), why.end());
  send_packet(socket.get(), text);
  socket.reset();
}

}  // namespace understudy::sim
