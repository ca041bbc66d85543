// SPDX-License-Identifier: Apache-2.0
#include "host/edge/server/daemon.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>

#include "host/core/render/parameters.hpp"
#include "host/edge/transport/open_transport.hpp"
#include "protocol/limits.hpp"

namespace understudy::edge {
namespace {

using namespace std::chrono_literals;
using protocol::limits::applications_max;
using protocol::limits::control_clients_max;

constexpr std::chrono::milliseconds silence =
    std::chrono::seconds(protocol::limits::sim_silence_seconds);
constexpr auto leave_most = 1000ms;
constexpr auto leave_unheard = 100ms;
constexpr auto leave_look = 5ms;
constexpr int timers_a_turn = 64;

template <class T>
T random_not_zero() {
  T out = 0;
  while (out == 0) randombytes_buf(&out, sizeof out);
  return out;
}

/// A second, or sixty frames where they are slower than usual.
std::chrono::milliseconds link_silence(const Configuration& c) {
  namespace limits = protocol::limits;
  return std::chrono::milliseconds(
      std::max(limits::link_silence_ms, limits::link_silence_frames * 1000 / c.frames_per_second));
}

core::Options options_of(const Configuration& c) {
  core::Options o;
  o.name = c.name;
  o.session = random_not_zero<uint64_t>();
  o.boot_id = random_not_zero<uint32_t>();
  o.appliance = c.appliance.kind != ApplianceUri::Kind::none;
  o.peer = c.peer.has_value();
  o.guarded = c.address.has_value();
  o.frame = Duration(1'000'000'000 / c.frames_per_second);
  o.beats_per_frame = c.beats_per_frame;
  o.initiator = c.initiator;
  o.equal_frames = c.equal_frames;
  o.monitor = {c.policy, c.required, c.recovery};
  if (c.overburdening) o.overburdening = c.overburdening->options;
  o.check_parameter = [](std::string_view key, std::string_view value) {
    render::Parameters scratch;
    return render::set(scratch, key, value);
  };
  return o;
}

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

}  // namespace

Result<std::unique_ptr<Daemon>> Daemon::open(boost::asio::io_context& io,
                                             const Configuration& configuration) {
  if (sodium_init() < 0) return failure("libsodium does not start: no source of random numbers");
  auto directory = RunDirectory::open(configuration.run_dir);
  if (!directory) return std::unexpected(directory.error());
  std::optional<PeerKey> key;
  if (configuration.peer) {
    auto read = read_key_file(configuration.peer->key_file);
    if (!read) return std::unexpected(read.error());
    key = *read;
  }
  std::optional<EventFile> events;
  if (!configuration.events.empty()) {
    auto file = EventFile::open(configuration.events);
    if (!file) return std::unexpected(file.error());
    events = std::move(*file);
  }
  auto daemon = std::unique_ptr<Daemon>(
      new Daemon(io, configuration, std::move(*directory), std::move(events)));
  if (auto opened = daemon->open_sockets(key); !opened) return std::unexpected(opened.error());
  return daemon;
}

Daemon::Daemon(boost::asio::io_context& io, const Configuration& configuration,
               RunDirectory directory, std::optional<EventFile> events)
    : io_(io),
      configuration_(configuration),
      directory_(std::move(directory)),
      server_(options_of(configuration)),
      transport_(open_transport(io, configuration.appliance, link_silence(configuration))),
      firmware_(io,
                [this](const protocol::FirmwareLine& line) {
                  transport_->send(protocol::frame(line).bytes());
                }),
      journal_(configuration.name, std::move(events),
               [this](const std::string& line) {
                 if (control_) control_->publish(line);
               }),
      timer_(io),
      leaving_(io),
      signals_(io, SIGTERM, SIGINT),
      told_at_(std::chrono::steady_clock::now()) {}

Daemon::~Daemon() = default;

Result<void> Daemon::open_sockets(const std::optional<PeerKey>& key) {
  if (configuration_.peer) {
    auto socket = PeerSocket::open(io_, *configuration_.peer, *key, *this);
    if (!socket) return std::unexpected(socket.error());
    peer_ = std::move(*socket);
    peer_->set_lockstep(transport_->lockstep());
  }
  auto applications =
      UnixListener::open(directory_.path("applications"), SOCK_SEQPACKET, applications_max);
  if (!applications) return std::unexpected(applications.error());
  applications_ = std::make_unique<ApplicationSocket>(io_, std::move(*applications), *this);
  auto control = UnixListener::open(directory_.path("control"), SOCK_STREAM, control_clients_max);
  if (!control) return std::unexpected(control.error());
  control_ = std::make_unique<ControlServer>(
      io_, std::move(*control),
      [this](ControlServer::Client client, const nlohmann::json& r) { take_request(client, r); });
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (!error) leave();
  });
  if (journal_.file() && journal_.file()->was_torn())
    note(Severity::warning, "event_file",
         "its last record was cut short; this one starts a new line");
  if (transport_->lockstep()) journal_.hold();
  if (configuration_.address) {
    auto keeper = ServiceKeeper::open(io_, configuration_, *this);
    if (!keeper) return std::unexpected(keeper.error());
    keeper_ = std::move(*keeper);
    if (!keeper_->holds_service()) feed(core::ServiceHeld{false});
  }
  if (configuration_.overburdening) {
    auto load = LoadGauge::open(
        io_, *configuration_.overburdening,
        [this](core::Figure f, int64_t value) { feed(core::LoadMeasured{f, value}); });
    if (!load) return std::unexpected(load.error());
    load_ = std::move(*load);
  }
  transport_->start(*this);
  if (!transport_->lockstep()) feed(core::Timer{});
  return {};
}

// --- time ----------------------------------------------------------------------------------------

bool Daemon::time_stands_still() const {
  return transport_->lockstep() && !attached_once_;
}

Instant Daemon::now() const {
  if (in_lockstep() || time_stands_still()) return told_;
  return told_ + std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - told_at_);
}

void Daemon::arm_timer() {
  timer_.cancel();
  const auto due = server_.next_deadline();
  if (!due || in_lockstep() || time_stands_still()) return;
  timer_.expires_after(std::max<Duration>(*due - now(), 0ns));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    run_timers();
    arm_timer();
  });
}

void Daemon::run_timers() {
  for (int i = 0; i < timers_a_turn; ++i) {
    const auto due = server_.next_deadline();
    if (!due || *due > now()) return;
    feed(core::Timer{});
  }
}

// --- core ----------------------------------------------------------------------------------------

void Daemon::feed(core::Event event) {
  pending_.push_back(std::move(event));
  if (busy_) return;  // an action's consequence: after all of that step's actions
  busy_ = true;
  while (!pending_.empty()) {
    const auto next = std::move(pending_.front());
    pending_.pop_front();
    const auto actions = server_.step(next, now());
    if (keeper_) keeper_->server_is(server_.status());
    for (const auto& action : actions) perform(action);
  }
  busy_ = false;
  arm_timer();
}

void Daemon::perform(const core::Action& action) {
  std::visit(
      Overloaded{
          [&](const core::SendHeartbeat& a) {
            transport_->send(protocol::frame(a.heartbeat).bytes());
          },
          [&](const core::SendRequest& a) { transport_->send(protocol::frame(a.request).bytes()); },
          [&](const core::SendPeer& a) {
            if (peer_) peer_->send(a.envelope, a.payload);
          },
          [&](const core::AcceptApplication& a) { applications_->accept(a.id.value); },
          [&](const core::RefuseApplication& a) { applications_->refuse(a.id.value, a.why); },
          [&](const core::SendParameter& a) {
            applications_->send(a.id.value, protocol::application::Parameter{
                                                a.index.value, a.frame.value, a.key, a.value});
          },
          [&](const core::SendDiscard& a) {
            applications_->send(a.id.value, protocol::application::Discard{a.on});
          },
          [&](const core::SendService& a) {
            applications_->send(a.id.value,
                                protocol::application::Service{a.serving, a.term.value});
          },
          [&](const core::Reply& a) { answer(a); },
          [&](const core::WriteRecord& a) { journal_.write(a.record, time_is_virtual()); },
      },
      action);
}

void Daemon::note(Severity severity, std::string kind, std::string text) {
  const auto status = server_.status();
  Record record{now(), {status.frame}, {status.term}, severity, std::move(kind), {}};
  record.fields.emplace_back("text", std::move(text));
  journal_.write(record, time_is_virtual());
}

// --- appliance -----------------------------------------------------------------------------------

void Daemon::link_up(const ports::LinkFacts& facts) {
  const auto steady_now = std::chrono::steady_clock::now();
  const auto since = std::chrono::duration_cast<Duration>(steady_now - told_at_);
  const auto before = attached_once_ ? told_ + since : told_;
  attached_once_ = linked_ = true;
  last_trouble_.clear();
  offset_ = std::max<Duration>(before.time_since_epoch() - facts.now, 0ns);
  told_ = Instant(facts.now + offset_);
  decoder_ = {};
  link_errors_ = 0;
  if (peer_) peer_->set_lockstep(transport_->lockstep());
  if (!transport_->lockstep()) journal_.release(), told_ = before, told_at_ = steady_now;
  if (keeper_) keeper_->new_link();
  Duration frame{0};
  if (facts.raster)
    frame = Duration(1'000'000'000LL * facts.raster->fps_denominator / facts.raster->fps_numerator);
  feed(core::LinkUp{frame});
}

void Daemon::link_turn(const ports::LinkTurn& turn) {
  if (transport_->lockstep()) {
    applications_->drain();
    journal_.release();
    told_ = std::max(told_, Instant(turn.now + offset_));
    applications_->speak_for_timeless();
    if (peer_ && !peer_->handle_up_to(turn.peer_sent, silence)) {
      ++peer_waits_lost_;
      note(Severity::warning, "peer_lost_datagram",
           fmt::format("datagram {} of the peer did not come within {} s of wall time",
                       turn.peer_sent, silence / 1s));
    }
  }
  take_link_bytes(turn.bytes);
  if (transport_->lockstep()) settle_turn();
}

void Daemon::settle_turn() {
  run_timers();
  applications_->settle(silence);
  run_timers();
  std::optional<ports::Nanoseconds> wake;
  if (const auto due = server_.next_deadline()) wake = due->time_since_epoch() - offset_;
  transport_->finish_turn(wake, peer_ ? peer_->sent() : 0);
}

void Daemon::link_down(const std::string& why) {
  if (linked_ && transport_->lockstep()) told_at_ = std::chrono::steady_clock::now();
  if (why != last_trouble_)
    note(Severity::warning, "appliance_link",
         fmt::format("appliance link {}: {}; trying again", linked_ ? "lost" : "refused", why));
  last_trouble_ = why;
  if (!std::exchange(linked_, false)) return;
  firmware_.abandon("the appliance's link was lost: " + why);
  if (peer_) peer_->set_lockstep(false);
  feed(core::LinkDown{});
}

void Daemon::take_link_bytes(std::span<const uint8_t> bytes) {
  for (const uint8_t byte : bytes) {
    const auto message = decoder_.byte(byte);
    if (!message) continue;
    if (const auto tick = protocol::decode_tick(*message)) {
      if (keeper_) tell_keeper(*tick);
      feed(core::LinkTick{*tick});
    } else if (const auto event = protocol::decode_event(*message))
      feed(core::LinkEvent{*event});
    else if (const auto piece = protocol::decode_firmware_text(*message))
      firmware_.take(*piece);
    else
      feed(core::LinkGarbage{1});
  }
  if (const uint32_t errors = decoder_.errors(); errors != link_errors_)
    feed(core::LinkGarbage{errors - std::exchange(link_errors_, errors)});
}

// --- applications --------------------------------------------------------------------------------

void Daemon::application_hello(ApplicationId id, const protocol::application::Hello& hello,
                               int32_t pid) {
  spdlog::debug("application {} is process {}", hello.name, pid);
  feed(core::ApplicationRegistered{{id},
                                   std::string(hello.name),
                                   std::chrono::milliseconds(hello.deadline_ms),
                                   (hello.flags & protocol::application::wants_parameters) != 0,
                                   (hello.flags & protocol::application::wants_service) != 0});
}
void Daemon::application_alive(ApplicationId id, uint64_t time) {
  // An application's clock is the appliance's, or the system's monotonic one, or wrong: never later
  // than now.
  feed(core::ApplicationAlive{{id}, in_lockstep() ? not_later(time, offset_, now()) : now()});
}
/// Only where it counts: it is of this machine's clock, and a run in virtual time has none of that.
void Daemon::application_load(ApplicationId id, const protocol::application::Load& load) {
  if (configuration_.overburdening)
    feed(core::ApplicationLoad{{id}, load.lateness_us, load.backlog_bytes});
}
void Daemon::application_applied(ApplicationId id, uint64_t index) {
  feed(core::ApplicationApplied{{id}, {index}});
}
void Daemon::application_goodbye(ApplicationId id) {
  feed(core::ApplicationEnded{{id}, core::ApplicationEnd::goodbye});
}
void Daemon::application_gone(ApplicationId id, core::ApplicationEnd how, const std::string& why) {
  spdlog::debug("application {}: {}", id, why);
  feed(core::ApplicationEnded{{id}, how});
}

// --- peer ----------------------------------------------------------------------------------------

void Daemon::peer_datagram(const core::PeerDatagram& datagram) {
  feed(datagram);
}
void Daemon::peer_garbage(core::PeerGarbage::Why why) {
  feed(core::PeerGarbage{why});
}

// --- service address -----------------------------------------------------------------------------

void Daemon::tell_keeper(const protocol::Tick& tick) {
  if (tick.version != protocol::link_version) return;
  core::LeaseWord word{
      .on_air = tick.on_air == tick.port, .term = {tick.term}, .frame = FrameNumber{tick.frame}};
  if (!transport_->lockstep()) word.frame_duration = server_.frame_duration();
  const auto theirs = tick.port == protocol::Server::a ? tick.state_b : tick.state_a;
  keeper_->word(word, theirs != protocol::ServerState::unknown);
}

void Daemon::service_record(Severity severity, std::string kind, std::vector<RecordField> fields) {
  const auto status = server_.status();
  journal_.write(
      {now(), {status.frame}, {status.term}, severity, std::move(kind), std::move(fields)},
      time_is_virtual());
}

void Daemon::service_role(bool primary) {
  feed(core::RoleSaid{primary});
}

void Daemon::service_held(bool held, Term term) {
  spdlog::debug("service address {} in term {}", held ? "held" : "released", term.value);
  feed(core::ServiceHeld{held});
}

void Daemon::copy_due(uint32_t number) {
  feed(core::CopyDue{number});
}

// --- the end -------------------------------------------------------------------------------------

void Daemon::leave() {
  if (leave_until_) return io_.stop();
  leave_until_ = std::chrono::steady_clock::now() + leave_most;
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (!error) io_.stop();
  });
  note(Severity::info, "leaving", "told to end: going offline first");
  feed(core::ControlRequest{{0}, core::OfflineRequest{.force = true}});
  beats_when_leaving_ = server_.status().beats_sent;
  look_whether_left();
}

void Daemon::look_whether_left() {
  const auto s = server_.status();
  const auto left = *leave_until_ - std::chrono::steady_clock::now();
  const bool told = transport_->up() ? s.beats_sent > beats_when_leaving_ + 1
                                     : left < leave_most - leave_unheard;  // the peer alone hears
  const bool said = protocol::is_withdrawn(s.state) && told;
  const bool off_air = !s.appliance || s.on_air != s.port;
  if ((said && off_air) || left <= 0ms) {
    note(Severity::info, "left", "the daemon ends");
    return io_.stop();
  }
  leaving_.expires_after(leave_look);
  leaving_.async_wait([this](const boost::system::error_code& error) {
    if (!error) look_whether_left();
  });
}

}  // namespace understudy::edge
