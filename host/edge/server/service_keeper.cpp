// SPDX-License-Identifier: Apache-2.0
#include "host/edge/server/service_keeper.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>

namespace understudy::edge {
namespace {

using namespace std::chrono_literals;
using core::LeaseAction;
using core::PingEvent;

constexpr auto announce_first = 10ms;

const char* name(Role role) {
  return role == Role::service ? "service" : "monitor";
}

core::PingOptions ping_options(const Configuration& c, bool witness) {
  const auto& p = *c.ping;
  const auto ms = [](uint32_t n) { return std::chrono::milliseconds(n); };
  return {.period = ms(p.period_ms),
          .timeout = ms(p.timeout_ms),
          .misses = p.misses,
          .second_period = ms(p.second_period_ms),
          .copy_every = p.copy_every,
          .boot_before_reply = p.boot_before_reply,
          .hold = c.boot.hold,
          .witness = witness};
}

}  // namespace

ServiceKeeper::ServiceKeeper(boost::asio::io_context& io, const Configuration& configuration,
                             ServiceOwner& owner)
    : io_(io),
      configuration_(configuration),
      owner_(owner),
      witness_(configuration.appliance.kind != ApplianceUri::Kind::none),
      service_{.lease = core::Lease(
                   core::LeaseTimes::of(std::chrono::milliseconds(configuration.address->lease_ms)),
                   !witness_),
               .addresses = configuration.address->service},
      monitor_{.lease = core::Lease(service_.lease.times(), true),
               .addresses = configuration.address->monitor},
      timer_(io) {
  if (configuration.ping) ping_.emplace(ping_options(configuration, witness_));
}

Instant ServiceKeeper::now() {
  return Instant(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

Result<std::unique_ptr<ServiceKeeper>> ServiceKeeper::open(boost::asio::io_context& io,
                                                           const Configuration& configuration,
                                                           ServiceOwner& owner) {
  auto keeper = std::unique_ptr<ServiceKeeper>(new ServiceKeeper(io, configuration, owner));
  const auto& a = *configuration.address;
  auto interface = Interface::open(a.interface);
  if (!interface) return std::unexpected(interface.error());
  keeper->interface_ = std::move(*interface);
  if (a.kernel_fence) {
    const auto lease = std::chrono::duration_cast<std::chrono::milliseconds>(
        keeper->service_.lease.times().kernel_set);
    auto fence = Fence::open({a.interface, a.service, a.monitor, lease, a.guarded_ports});
    if (!fence) return std::unexpected(fence.error());
    keeper->fence_ = std::move(*fence);
  }
  for (const auto* addresses : {&a.service, &a.monitor})
    for (const auto& address : *addresses)
      if (auto gone = keeper->interface_->remove(address); !gone)
        return std::unexpected(gone.error());
  if (auto opened = keeper->open_sockets(); !opened) return std::unexpected(opened.error());
  keeper->boot_device_ = BootDevice::make(io, configuration.boot, {});
  keeper->turn();
  return keeper;
}

Result<void> ServiceKeeper::open_sockets() {
  if (!ping_) return {};
  const auto& a = *configuration_.address;
  for (const bool v6 : {false, true}) {
    const auto same = [v6](const IpAddress& x) { return x.is_v6() == v6; };
    if (!std::ranges::any_of(a.service, same) && !std::ranges::any_of(a.monitor, same)) continue;
    auto socket = EchoSocket::open(io_, v6, [this](const IpAddress& from, uint32_t number) {
      const auto is = [&](const IpAddress& x) { return x.same_host(from); };
      const auto& c = *configuration_.address;
      if (std::ranges::any_of(c.service, is))
        take(ping_->answered(core::PingTarget::service, number, now()));
      else if (std::ranges::any_of(c.monitor, is))
        take(ping_->answered(core::PingTarget::monitor, number, now()));
      turn();
    });
    if (!socket) return std::unexpected(socket.error());
    echo_[v6 ? 1 : 0] = std::move(*socket);
  }
  return {};
}

Result<void> ServiceKeeper::clean(const Configuration& configuration) {
  if (!configuration.address) return {};
  const auto& a = *configuration.address;
  auto interface = Interface::open(a.interface);
  if (!interface) return std::unexpected(interface.error());
  for (const auto* addresses : {&a.service, &a.monitor})
    for (const auto& address : *addresses)
      if (auto gone = (*interface)->remove(address); !gone) return gone;
  return a.kernel_fence ? Fence::clean(a.interface) : Result<void>{};
}

ServiceKeeper::~ServiceKeeper() {
  for (const Role role : {Role::service, Role::monitor}) {
    if (fence_) (void)fence_->shut(role);
    place(role).held.reset();
  }
  if (fence_) (void)fence_->remove();
}

// --- what comes in -------------------------------------------------------------------------------

void ServiceKeeper::word(const core::LeaseWord& word, bool other_beats) {
  const Instant t = now();
  on_air_ = word.on_air;
  other_beats_ = other_beats;
  term_ = word.term;
  perform(service_.lease.word(word, t), Role::service);
  if (ping_) take(ping_->tell(word.on_air ? PingEvent::gate_on : PingEvent::gate_off, t));
  turn();
}

void ServiceKeeper::new_link() {
  service_.lease.new_link();
}

void ServiceKeeper::server_is(const core::Status& s) {
  const Instant t = now();
  const bool withdrawn = protocol::is_withdrawn(s.state);
  if (!witness_) term_ = Term{s.term};
  if (withdrawn != withdrawn_) {
    withdrawn_ = withdrawn;
    if (withdrawn) {
      perform(service_.lease.withdraw(), Role::service);
      perform(monitor_.lease.withdraw(), Role::monitor);
    } else {
      service_.lease.allow();
      monitor_.lease.allow();
    }
    if (ping_) take(ping_->tell(withdrawn ? PingEvent::withdraw : PingEvent::restored, t));
  }
  if (witness_ && on_air_ && !s.appliance) {  // nobody says so any more
    on_air_ = false;
    if (ping_) take(ping_->tell(PingEvent::gate_off, t));
  }
  core::PeerView view;
  if (s.peer && s.peer->state != protocol::ServerState::unknown) {
    view.heard = true;
    view.serves = core::delivers(s.peer->state);
    view.withdrawn = protocol::is_withdrawn(s.peer->state);
    view.outranks = s.peer->term > s.term || (s.peer->term == s.term && s.peer->name < s.name);
    if (!view.serves) perform(service_.lease.other_let_go(Term{s.peer->term}, t), Role::service);
    if (ping_) ping_->set_first(s.name < s.peer->name);
  }
  view.heard |= witness_ && other_beats_;
  if (ping_) take(ping_->peer(view, t));
  turn();
}

void ServiceKeeper::operator_says_other_is_off() {
  if (ping_) take(ping_->tell(PingEvent::operator_says, now()));
  perform(service_.lease.other_is_dead(now()), Role::service);
  turn();
}

// --- time ----------------------------------------------------------------------------------------

void ServiceKeeper::turn() {
  if (std::exchange(busy_, true)) return;
  const Instant t = now();
  perform(service_.lease.step(t), Role::service);
  perform(monitor_.lease.step(t), Role::monitor);
  if (ping_) take(ping_->step(t));
  own_words();
  announce_again();
  busy_ = false;
  arm();
}

/// The monitor address, and without an appliance the service address too, follow the ping monitor.
void ServiceKeeper::own_words() {
  const Instant t = now();
  if (!witness_) {
    const bool serves = ping_->serves() && !withdrawn_;
    if (!serves) perform(service_.lease.word({.term = term_}, t), Role::service);
    if (serves != role_) {
      role_ = serves;
      owner_.service_role(serves);  // a later server_is() brings the new term
    } else if (serves) {
      perform(service_.lease.word({.on_air = true, .term = term_, .proven = true}, t),
              Role::service);
    }
    if (service_.lease.unsure()) {
      take(ping_->tell(PingEvent::unsure, t));
      perform(service_.lease.step(t), Role::service);
    }
  }
  const bool monitors = !monitor_.addresses.empty() && !withdrawn_ && ping_ && ping_->monitors();
  perform(monitor_.lease.word({.on_air = monitors, .term = {1}, .proven = true}, t), Role::monitor);
}

void ServiceKeeper::arm() {
  Instant due = now() + service_.lease.times().word / 2;  // a daemon that stood still notices
  const auto by = [&due](std::optional<Instant> t) {
    if (t) due = std::min(due, *t);
  };
  by(service_.lease.next_deadline());
  by(monitor_.lease.next_deadline());
  if (ping_) by(ping_->next_deadline());
  for (const auto* p : {&service_, &monitor_})
    if (p->held && p->announced < configuration_.address->announce) by(p->announce_at);
  timer_.expires_after(std::max<Duration>(due - now(), 100us));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) turn();
  });
}

// --- what is decided -----------------------------------------------------------------------------

void ServiceKeeper::take(core::PingActions actions) {
  for (const auto& change : actions.changes)
    owner_.service_record(change.to == core::PingState::held ? Severity::error : Severity::info,
                          "ping",
                          {{"from", std::string(to_text(change.from))},
                           {"to", std::string(to_text(change.to))},
                           {"on", std::string(to_text(change.on))},
                           {"why", std::string(change.why)}});
  if (!actions.changes.empty() && !ping_->monitors()) {
    // Whoever is about to serve, or to boot the other, stands by no more: before anything else.
    perform(monitor_.lease.word({.term = {1}}, now()), Role::monitor);
  }
  for (const auto& ask : actions.asks) {
    const auto& c = *configuration_.address;
    for (const auto& a : ask.target == core::PingTarget::service ? c.service : c.monitor)
      if (auto& socket = echo_[a.is_v6() ? 1 : 0]) (void)socket->ask(a, ask.number);
  }
  if (actions.copy) owner_.copy_due(*actions.copy);
  if (actions.boot) boot();
  if (const auto& why = ping_->blocked(); why != last_blocked_) {
    last_blocked_ = why;
    if (!why.empty())
      owner_.service_record(Severity::warning, "address", {{"what", "not taken"}, {"why", why}});
  }
}

void ServiceKeeper::boot() {
  const auto ended = [this](bool struck, std::string text) {
    last_boot_ = struck ? "struck" : text;
    owner_.service_record(struck ? Severity::warning : Severity::error, "boot",
                          {{"device", boot_device_ ? boot_device_->describe() : "none"},
                           {"struck", struck},
                           {"text", text}});
    if (struck) perform(service_.lease.other_is_dead(now()), Role::service);
    take(ping_->boot_ended(struck, std::move(text), now()));
    turn();
  };
  const auto later = [this, ended](std::string why) {
    boost::asio::post(io_, [ended, why] { ended(false, why); });
  };
  if (!boot_device_)
    return later(
        "no boot device is configured, so nothing proves that the other is down: add "
        "[boot], or look for yourself and type: understudy serve --other-is-off");
  if (!interface_->carrier())
    return later(fmt::format("this server's own link {} is down: it is not the other that is away",
                             interface_->name()));
  owner_.service_record(Severity::warning, "boot",
                        {{"device", boot_device_->describe()}, {"asked", true}});
  boot_device_->boot([this, ended](Result<void> result) {
    if (!result) return ended(false, result.error().text);
    if (!boot_device_->proves())
      return ended(false, boot_device_->describe() + " was sent, and proves nothing");
    ended(true, "the other server was off or has restarted");
  });
}

void ServiceKeeper::perform(LeaseAction action, Role role) {
  switch (action) {
    case LeaseAction::none:
      return;
    case LeaseAction::acquire:
      return acquire(role);
    case LeaseAction::renew:
      if (!place(role).held) return acquire(role);
      renew(role);
      return;
    case LeaseAction::release:
      return release(role);
  }
}

void ServiceKeeper::acquire(Role role) {
  Place& p = place(role);
  p.held.reset();
  auto held = HeldAddresses::hold(*interface_, p.addresses);
  if (!held) return trouble(std::unexpected(held.error()));  // the next renewal tries again
  p.held.emplace(std::move(*held));
  if (!renew(role)) return p.held.reset();  // nothing could leave yet: the next renewal tries again
  ++p.sequence;
  p.held->announce();
  p.announced = 1;
  p.announce_at = now() + announce_first;
  owner_.service_record(Severity::info, "address",
                        {{"what", "held"},
                         {"role", name(role)},
                         {"at_term", int64_t{term_.value}},
                         {"sequence", static_cast<int64_t>(p.sequence)}});
  if (role == Role::service) owner_.service_held(true, p.lease.term());
}

void ServiceKeeper::release(Role role) {
  Place& p = place(role);
  if (fence_) trouble(fence_->shut(role));
  if (!p.held) return;
  p.held.reset();
  if (role == Role::service) owner_.service_held(false, term_);
  owner_.service_record(
      Severity::info, "address",
      {{"what", "released"}, {"role", name(role)}, {"at_term", int64_t{term_.value}}});
}

/// A renewal, after a look at the clock: a process that stood still before it does not send it.
/// Then a grant and another, where the first may have found the kernel's lease over: not before it,
/// for a grant waits when others change nftables' rules, and a busy machine makes that outlast a
/// lease. False: it was too late.
bool ServiceKeeper::renew(Role role) {
  auto& lease = place(role).lease;
  Instant told = Fence::clock();
  if (!fence_) {
    lease.renewed(told);
    return true;
  }
  if (!lease.valid(now())) return false;
  trouble(fence_->renew(role));
  if (lease.needs_grant(now(), Fence::tick())) {
    const Instant granted = Fence::clock();
    trouble(fence_->grant(role));
    told = Fence::clock();
    if (!lease.valid(now())) return false;
    trouble(fence_->renew(role));
    if (!lease.in_force(granted, now(), Fence::tick()))
      return true;  // perhaps: the next asks again
  }
  lease.renewed(told);
  return true;
}

void ServiceKeeper::announce_again() {
  const Instant t = now();
  for (auto* p : {&service_, &monitor_}) {
    if (!p->held || p->announced >= configuration_.address->announce || t < p->announce_at)
      continue;
    p->held->announce();
    p->announce_at = t + announce_first * (1 << std::min(p->announced * 2, 16u));
    ++p->announced;
  }
}

void ServiceKeeper::trouble(const Result<void>& result) {
  const std::string text = result ? "" : result.error().text;
  if (text == last_trouble_) return;
  last_trouble_ = text;
  if (!text.empty())
    owner_.service_record(Severity::error, "address", {{"what", "trouble"}, {"why", text}});
}

nlohmann::json ServiceKeeper::status() const {
  using nlohmann::json;
  const auto of = [&](const Place& p) {
    json list = json::array();
    for (const auto& a : p.addresses) list.push_back(a.with_prefix());
    json out{{"addresses", list},
             {"held", p.held.has_value()},
             {"lease", to_text(p.lease.state())},
             {"sequence", p.sequence}};
    if (const auto until = p.lease.waits_until())
      out["waits_ms"] = std::max<int64_t>(0, (*until - now()) / 1ms);
    return out;
  };
  json out{{"interface", interface_->name()},   {"service", of(service_)},
           {"monitor", of(monitor_)},           {"lease_ms", configuration_.address->lease_ms},
           {"fencing_token", term_.value},      {"stale_words", service_.lease.stale_words()},
           {"kernel_fence", fence_ != nullptr}, {"trouble", last_trouble_}};
  if (ping_)
    out["ping"] = {{"state", to_text(ping_->state())}, {"asked", ping_->asked()},
                   {"answered", ping_->answers()},     {"misses", ping_->misses()},
                   {"copies", ping_->copies()},        {"boots", ping_->boots()},
                   {"blocked", ping_->blocked()},      {"last_boot", last_boot_}};
  out["boot_device"] = boot_device_ ? boot_device_->describe() : "none";
  return out;
}

}  // namespace understudy::edge
