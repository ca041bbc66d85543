// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/delivery.hpp"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "host/edge/repair/leftover_sockets.hpp"

namespace understudy::edge {

using boost::system::error_code;

namespace {

constexpr auto between_looks = std::chrono::milliseconds(50);
constexpr auto handover_patience = std::chrono::milliseconds(300);
constexpr size_t descriptors_kept = 512;  // for files, links and the like

/// As many as there are descriptors for.
size_t clients_most(size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return wanted;
  const size_t all = limit.rlim_cur, can = all - std::min(all / 2, descriptors_kept);
  if (can < wanted)
    spdlog::warn("{} clients at most, not {}: only {} files may be open (systemd: LimitNOFILE=)",
                 can, wanted, all);
  return std::min(can, wanted);
}

}  // namespace

Result<std::unique_ptr<Delivery>> Delivery::open(boost::asio::io_context& io,
                                                 const DeliveryOptions& options) {
  auto root = AssetRoot::open(options.root);
  if (!root) return std::unexpected(root.error());
  std::optional<PeerKey> key;
  if (options.checkpoint_peer) {
    auto read = read_key_file(options.key_file);
    if (!read) return std::unexpected(read.error());
    key = *read;
  }
  const auto own = OwnInterface::find(options.interface);
  if (!own) return std::unexpected(own.error());
  std::unique_ptr<Delivery> out(new Delivery(io, options, *own));
  out->add(std::make_unique<HttpService>(*out, std::move(*root), options.listen));
  if (!options.rtsp.listen.empty()) {
    auto again = AssetRoot::open(options.root);
    if (!again) return std::unexpected(again.error());
    auto by = options.rtsp;
    by.media.by.own = *own;
    if (*own) by.media.by.interface = own->name;
    auto rtsp = RtspService::open(*out, std::move(*again), std::move(by), key);
    if (!rtsp) return std::unexpected(rtsp.error());
    out->add(std::move(*rtsp));
  }
  if (auto ok = out->open_world(key); !ok) return std::unexpected(ok.error());
  return out;
}

Delivery::Delivery(boost::asio::io_context& io, DeliveryOptions options, const OwnInterface& own)
    : io_(io),
      options_(std::move(options)),
      own_(own),
      admission_(clients_most(options_.clients), options_.clients_per_address),
      door_(io, admission_,
            [this](Service& service, Descriptor socket, const ConnectionOrigin& origin) {
              take_client(service, std::move(socket), origin);
            }),
      record_bytes_(protocol::limits::checkpoint_record_max),
      look_timer_(io),
      position_timer_(io),
      takeover_timer_(io),
      leave_timer_(io) {
  transport_.keep_to(own_);
  door_.keep_to(own_);
  stack_.add(transport_);
}

void Delivery::add(std::unique_ptr<Service> service) {
  for (auto* p : service->protocols()) stack_.add(*p);
  for (const auto& a : service->listen()) addresses_.push_back(a);
  services_.push_back(std::move(service));
}

Delivery::~Delivery() {
  sender_.reset();
  holder_.reset();
  channel_watches_.clear();
  queue_watch_.stop();
  for (auto& s : services_) s->forget();
}

Result<void> Delivery::open_world(const std::optional<PeerKey>& key) {
  auto guard = Guard::open(addresses_, own_);
  if (!guard) return std::unexpected(guard.error());
  guard_.emplace(std::move(*guard));
  if (auto ok = stand_by(); !ok) return ok;
  auto neighbours = Neighbours::open(own_);
  if (!neighbours) return std::unexpected(neighbours.error());
  neighbours_.emplace(std::move(*neighbours));
  if (auto ok = open_hold(); !ok) return ok;
  for (const auto& service : addresses_)
    if (const auto left = destroy_leftovers(service, own_); !left)
      spdlog::warn("sockets of an earlier process may be left: {}", left.error().text);
    else if (*left)
      spdlog::info("{} sockets of an earlier process are gone", *left);
  if (key && options_.checkpoint_listen) {
    auto holder = RecordHolder::open(
        io_, *options_.checkpoint_listen, *key,
        {.hello = [this](std::string_view name) { return take_hello(name); },
         .message = [this](const protocol::checkpoint::Message& m) { take(m); },
         .lost = [](const std::string& why) { spdlog::info("the server's link is gone: {}", why); },
         .refused =
             [this](const std::string& from, const std::string& why) {
               if (const auto times = link_refused_.happened())
                 spdlog::warn("{} was refused on the checkpoint link: {} ({} times)", from, why,
                              *times);
             }});
    if (!holder) return std::unexpected(holder.error());
    holder_ = std::move(*holder);
    sender_ = std::make_unique<RecordSender>(
        io_, *options_.checkpoint_peer, *key, options_.name,
        RecordSender::Calls{.opened = [this] { second_opened(); },
                            .acknowledged = [this](uint64_t n) { second_acknowledged(n); },
                            .lost = [this](const std::string& why) { second_lost(why); }});
  }
  look();
  tell_positions();
  return {};
}

void Delivery::take_client(Service& service, Descriptor socket, const ConnectionOrigin& origin) {
  if (const auto old = held_by_ends_.find({origin.service, origin.client});
      old != held_by_ends_.end())
    drop_held(old->second);  // that client begins anew
  const auto id = input_accepted(origin);
  live_.emplace(id.value, Live{.service = &service});
  auto& stream = transport_.add(id, std::move(socket), origin);
  changed(id);
  service.accepted(id, stream);
}

void Delivery::changed(core::ConnectionId connection) {
  const auto at = live_.find(connection.value);
  if (at == live_.end() || std::exchange(at->second.dirty, true)) return;
  dirty_.push_back(connection);
  flush_soon();
}

void Delivery::ended(core::ConnectionId connection) {
  const auto at = live_.find(connection.value);
  if (at == live_.end()) return;
  at->second.service->drop(connection);
  if (const auto* socket = transport_.find(connection)) {
    const auto& client = socket->origin().client;
    admission_.leave(client.family, client.endpoint);
    if (options_.strict) drop_input(connection, socket->origin());
  }
  transport_.drop(connection);
  live_.erase(at);
  if (sender_ && sender_->open()) gone_.push_back(connection.value);
  flush_soon();
}

void Delivery::look() {
  for (auto& s : services_) s->look();
  door_.look();
  check_commit();
  keep_neighbours();
  if (options_.strict) drop_old_handshakes();
  if (!dirty_.empty() || !untold_.empty()) flush_soon();  // what found no room on the link
  look_timer_.expires_after(between_looks);
  look_timer_.async_wait([this](error_code e) {
    if (!e) look();
  });
}

/// Anything that the kernel has taken from a client and nobody has read.
bool Delivery::unread() const {
  for (const auto& [id, live] : live_)
    if (const auto* socket = transport_.find({id}); socket && socket->has_unread()) return true;
  return false;
}

void Delivery::stop(std::function<void()> done) {
  if (!serving_ || leaving_) return done();
  leaving_ = true;
  if (const auto silent = takeover_.waiting()) {  // no record of them goes to the other
    counts_.given_up += silent;
    spdlog::warn("{} connections are given up: this server stops before their clients answered it",
                 silent);
  }
  door_.close();
  for (auto& s : services_) s->freeze();
  if (auto ok = stand_by(); !ok) spdlog::error("{}", ok.error().text);
  for (auto& [id, l] : live_) changed({id});
  flush();
  leave_until_ = std::chrono::steady_clock::now() + handover_patience;
  leave_done_ = std::move(done);
  leave_when_held();
}

/// Everything is held there, nobody is there, or it takes too long.
void Delivery::leave_when_held() {
  const bool alone = !sender_ || !sender_->open();
  // In strict mode the other holds what is not read here.
  const bool held = dirty_.empty() && awaited_.empty() && passing_.empty() && untold_.empty() &&
                    acknowledged_frame_ >= waiting_frame_ &&
                    ((options_.strict && !behind_) || !unread());
  if (alone || held || std::chrono::steady_clock::now() >= leave_until_)
    return leave(!alone, std::exchange(leave_done_, nullptr));
  leave_timer_.expires_after(std::chrono::milliseconds(1));
  leave_timer_.async_wait([this](error_code e) {
    if (!e) leave_when_held();
  });
}

/// Where nobody goes on with them, clients hear that their connections end.
void Delivery::leave(bool goes_on, const std::function<void()>& done) {
  spdlog::info("stopped serving: {} connections {}", live_.size(),
               goes_on ? "go on at the other server" : "end: there is no other server");
  if (!goes_on)
    for (auto& [id, live] : live_)
      if (auto* socket = transport_.find({id})) socket->finish();
  for (auto& s : services_) s->forget();
  goes_on ? transport_.abandon_all() : transport_.drop_all();
  live_.clear();
  inputs_.drop_all();
  input_kept_ = 0;
  for (const auto& p : std::exchange(passing_, {})) queue_->drop(p.packet);
  admission_.clear();
  dirty_.clear();
  awaited_.clear();
  gone_.clear();
  untold_.clear();
  for (auto& [id, held] : held_) held.told.reset();
  serving_ = leaving_ = joining_ = false;
  if (sender_) sender_->run(false);
  done();
}

uint64_t Delivery::backlog() const {
  uint64_t out = 0;
  for (const auto& [id, live] : live_)
    if (const auto* socket = transport_.find({id})) out += socket->sent() - socket->acknowledged();
  return out;
}

DeliveryStatus Delivery::status() const {
  auto s = counts_;
  s.serving = serving_ && !leaving_;
  s.term = term_;
  s.connections = live_.size();
  s.held = held_.size();
  s.waiting = takeover_.waiting();
  s.steps = steps_;
  s.turned_away = door_.turned_away();
  s.second_holds = sender_ && sender_->open() && complete_frame_ != 0 &&
                   acknowledged_frame_ >= complete_frame_ && !behind_;
  s.strict = options_.strict;
  s.strict_holds = s.strict && s.serving && s.second_holds;
  s.strict_why = !s.strict || s.strict_holds        ? ""
                 : !s.serving                       ? "it stands by"
                 : !second_there()                  ? "there is no second server"
                 : joining_ || complete_frame_ == 0 ? "the second server joins"
                                                    : "the second server is slow";
  s.handshakes = inputs_.handshakes();
  for (const auto& service : services_) {
    const auto made = service->made_in_step();
    s.made_in_step.discarded += made.discarded;
    s.made_in_step.equal += made.equal;
    s.made_in_step.different += made.different;
  }
  return s;
}

}  // namespace understudy::edge
