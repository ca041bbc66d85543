// SPDX-License-Identifier: Apache-2.0
// From standing by to serving: does what core::Takeover says.
#include <spdlog/spdlog.h>

#include <thread>
#include <utility>

#include "host/core/check.hpp"
#include "host/edge/delivery/delivery.hpp"

namespace understudy::edge {

using boost::system::error_code;
using core::Takeover;

namespace {

constexpr size_t probes_together = 128;  // then answers are looked for
constexpr auto guard_after = std::chrono::seconds(2);
constexpr auto hear_most = std::chrono::seconds(60);  // for clients that had bytes behind a hole
// Asked more often than an answer that does not name the probe must stay the last word.
constexpr Takeover::Times again_times{.longest_wait = std::chrono::milliseconds(200),
                                      .patience = 2 * hear_most};

}  // namespace

Instant Delivery::now() const {
  return instant(static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                           std::chrono::steady_clock::now().time_since_epoch())
                                           .count()));
}

/// The guard and the ear are there before they are needed: both take milliseconds.
Result<void> Delivery::stand_by() {
  takeover_ = Takeover();
  again_ = Takeover(again_times);
  restored_.clear();
  if (auto ok = guard_->hold_all_resets(true); !ok) return ok;
  if (channel_) return {};
  auto channel = ProbeChannel::open(addresses_, own_);
  if (!channel) return std::unexpected(channel.error());
  channel_.emplace(std::move(*channel));
  for (const int d : channel_->descriptors())
    channel_watches_.emplace_back(io_, d, [this] { hear(); });
  return {};
}

void Delivery::serve(uint32_t term) {
  if (serving_ || term < term_) return;
  steps_.begin(std::chrono::steady_clock::now());
  term_ = term;
  serving_ = true;
  told_settled_ = false;
  spdlog::info("serving under term {}; {} connections to take over", term, held_.size());
  Takeover::Actions actions;
  takeover_.step(Takeover::OnAir{}, now(), actions);
  act(actions);
  again_.step(Takeover::OnAir{}, now(), actions);
  door_.open(services_, options_.strict ? int{protocol::limits::input_held_max} : 0);
  hear();
  arm_takeover();
  if (sender_) sender_->run(true);
}

void Delivery::hear() {
  if (!channel_) return;
  if (!serving_) return channel_->receive([](const HeardSegment&) {});
  Takeover::Actions actions, again;
  channel_->receive([&](const HeardSegment& heard) {
    const Ends ends{heard.service, heard.client};
    if (const auto at = restored_.find(ends); at != restored_.end())
      hear_again(at->second.connection, heard.answer, again);
    const auto at = held_by_ends_.find(ends);
    if (at == held_by_ends_.end()) return;
    steps_.reach(TakeoverSteps::answered);
    takeover_.step(Takeover::Answered{at->second, heard.answer}, now(), actions);
  });
  act(actions);
  act_again(again);
  for (auto& s : services_) s->begin_ready();
  if (!told_settled_ || again_.waiting()) arm_takeover();
}

void Delivery::act(const Takeover::Actions& actions) {
  for (const auto& action : actions) {
    if (const auto* probe = std::get_if<Takeover::Probe>(&action)) {
      const auto& held = held_.at(probe->connection.value);
      ProbeSegment s{
          held.service, held.client, probe->sequence.value, probe->acknowledge.value, {}};
      const auto& transport = *held.unready.entries.front().part;
      if (TcpTransport::has_timestamps(transport))
        s.timestamps = core::ClientAnswer::Timestamps{TcpTransport::timestamp_now(transport), 0};
      probes_.push_back(s);
      if (probes_.size() >= probes_together) send_probes();
    } else if (const auto* ready = std::get_if<Takeover::Ready>(&action)) {
      handle(*ready);
    } else {
      handle(std::get<Takeover::GiveUp>(action));
    }
  }
  send_probes();
}

void Delivery::send_probes() {
  if (probes_.empty()) return;
  if (channel_) channel_->send(probes_);
  steps_.reach(TakeoverSteps::probed);
  probes_.clear();
}

void Delivery::handle(const Takeover::Ready& a) {
  auto at = held_.find(a.connection.value);
  CHECK(at != held_.end());
  const auto id = live_id(at->second);
  auto* service = at->second.serves;
  live_.emplace(id.value, Live{.service = service});
  const auto& input = at->second.input;
  TcpTransport::put_ahead(*at->second.unready.entries.front().part,
                          input.bytes(at->second.recorded), input.closed());
  if (auto ok = stack_.ready(id, at->second.unready, a.resume); ok) {
    ++counts_.taken_over;
    for (const auto step : {TakeoverSteps::restored, TakeoverSteps::last_restored})
      steps_.reach(step);
    const auto& socket = *transport_.find(id);
    note_restored(id, a.resume);
    add_input(id, socket.origin(), socket.received());
    admission_.count(at->second.client.family, at->second.client.endpoint);
    if (second_there()) changed(id);  // one that joins later gets all
  } else {
    ++counts_.given_up;
    spdlog::error("connection from {} is lost: {}", to_text(at->second.client), ok.error().text);
    live_.erase(id.value);
    service->drop(id);
    transport_.drop(id);
  }
  drop_held(a.connection);
}

void Delivery::note_restored(core::ConnectionId id, const core::Resume& resume) {
  const auto& origin = transport_.find(id)->origin();
  const core::Stream output{{origin.initial_send}};
  const auto& beyond = resume.answer.beyond;
  restored_[{origin.service, origin.client}] = {
      id, beyond ? output.offset_of(*beyond, resume.offset) : resume.offset};
}

/// A client that had bytes beyond a hole acknowledges them all when the hole is filled, the FIN
/// too if it had that: more than this kernel has sent, so it takes no such acknowledgement, ever.
/// Seen by the ear, as long as it is there. (RTSP's bundles are not restored twice.)
bool Delivery::is_ahead(core::ConnectionId id, const core::ClientAnswer& answer) const {
  const auto at = live_.find(id.value);
  const auto* socket = at == live_.end() ? nullptr : transport_.find(id);
  if (!socket || answer.reset ||
      at->second.service->application() != protocol::checkpoint::Application::http)
    return false;
  const core::Stream output{{socket->origin().initial_send}};
  const auto acknowledged = socket->acknowledged();
  const auto offset = output.offset_of(answer.acknowledged, acknowledged);
  return offset > socket->transmitted() && offset <= at->second.service->end(id) + 1;
}

/// Anybody may say so: the client is asked as at the takeover, and its answer counts as there.
void Delivery::hear_again(core::ConnectionId id, const core::ClientAnswer& answer,
                          Takeover::Actions& actions) {
  if (!again_.waits_for(id)) {
    if (!is_ahead(id, answer)) return;
    for (const auto& probe : ask_again(id)) actions.push_back(probe);
  }
  again_.step(Takeover::Answered{id, answer}, now(), actions);
}

/// The probe is of what this kernel knows to be acknowledged, never of what was only said to be.
Takeover::Actions Delivery::ask_again(core::ConnectionId id) {
  const auto& socket = *transport_.find(id);
  const auto& origin = socket.origin();
  core::Known known;
  known.output = {{origin.initial_send}};
  known.input = {{origin.initial_receive}};
  known.acknowledged = socket.acknowledged();
  known.end = live_.at(id.value).service->end(id);
  known.end_closes = true;
  known.received = socket.received();
  known.client_closed = socket.client_closed();
  known.tells_doubles = true;  // who does not is believed when nothing else is said
  return again_.hold(id, known);
}

void Delivery::act_again(const Takeover::Actions& actions) {
  for (const auto& action : actions)
    if (const auto* probe = std::get_if<Takeover::Probe>(&action)) {
      const auto* socket = transport_.find(probe->connection);
      if (!socket) {
        again_.drop(probe->connection);
        continue;
      }
      const auto& origin = socket->origin();
      ProbeSegment s{
          origin.service, origin.client, probe->sequence.value, probe->acknowledge.value, {}};
      if (origin.transport.flags & protocol::checkpoint::Transport::timestamps)
        s.timestamps = core::ClientAnswer::Timestamps{timestamp(socket->number()), 0};
      probes_.push_back(s);
    } else if (const auto* ready = std::get_if<Takeover::Ready>(&action);
               ready && is_ahead(ready->connection, ready->resume.answer)) {
      restore_again(ready->connection, ready->resume.answer);
    }
  send_probes();
}

/// The connection is taken over from this server's own hands, at the byte that the client is at.
void Delivery::restore_again(core::ConnectionId id, const core::ClientAnswer& answer) {
  auto& live = live_.at(id.value);
  const auto record = record_of(id, live);
  if (sections_.bad()) return;
  auto unready = stack_.create(record);
  if (!unready) return;
  const auto resume = core::compare(unready->known, answer);
  if (!resume) return;
  auto& socket = *transport_.find(id);
  const auto origin = socket.origin();
  auto unread = socket.take_unread();
  TcpTransport::put_ahead(*unready->entries.front().part, std::move(unread.bytes), unread.closed);
  live.service->drop(id);  // before the socket that it waits for
  socket.abandon();
  transport_.drop(id);
  const auto ok = stack_.ready(id, *unready, *resume);
  if (ok) {
    ++counts_.restored_again;
    note_restored(id, *resume);
    return changed(id);
  }
  spdlog::error("connection from {} is lost: {}", to_text(origin.client), ok.error().text);
  ++counts_.given_up;
  // What ended() would do, if there were still a socket.
  transport_.drop(id);
  admission_.leave(origin.client.family, origin.client.endpoint);
  if (options_.strict) drop_input(id, origin);
  ended(id);
}

void Delivery::handle(const Takeover::GiveUp& a) {
  const auto at = held_.find(a.connection.value);
  if (at == held_.end()) return;
  if (a.why == Takeover::Lost::silent || a.why == Takeover::Lost::mismatch) {
    ++counts_.given_up;
    spdlog::warn("connection from {} is given up: {}", to_text(at->second.client),
                 a.last ? core::to_text(*a.last) : "the client does not answer");
  }
  if (at->second.told && second_there()) {
    gone_.push_back(at->second.told->value);
    flush_soon();
  }
  drop_held(a.connection);
}

void Delivery::arm_takeover() {
  auto deadline = takeover_.next_deadline();
  if (!deadline && !told_settled_) {
    told_settled_ = true;
    hear_from_ = std::chrono::steady_clock::now();
    steps_.reach(TakeoverSteps::settled);
    const auto took = *steps_.at(TakeoverSteps::settled);
    spdlog::info("{} connections taken over in {} us; {}", counts_.taken_over,
                 std::chrono::duration_cast<std::chrono::microseconds>(took).count(),
                 steps_.text());
  }
  if (const auto again = again_.next_deadline(); again && (!deadline || *again < *deadline))
    deadline = again;
  const auto wait = deadline ? std::chrono::nanoseconds(*deadline - now()) : guard_after;
  takeover_timer_.expires_after(wait);
  takeover_timer_.async_wait([this](error_code e) {
    if (e || !serving_) return;
    if (!takeover_.next_deadline() && !again_.next_deadline()) return takeover_settled();
    Takeover::Actions actions, again;
    takeover_.step(Takeover::Timer{}, now(), actions);
    act(actions);
    again_.step(Takeover::Timer{}, now(), again);
    act_again(again);
    hear();
    arm_takeover();
  });
}

/// Forgets the restored connections whose clients have filled their holes, or had none.
bool Delivery::holes_are_left() {
  std::erase_if(restored_, [this](const auto& entry) {
    const auto* socket = transport_.find(entry.second.connection);
    return !socket || socket->acknowledged() >= entry.second.holes_end;
  });
  return !restored_.empty();
}

/// Every connection is restored or given up: what was for restoring goes.
void Delivery::takeover_settled() {
  const auto heard = std::chrono::steady_clock::now() - hear_from_;
  if (heard < guard_after || (holes_are_left() && heard < hear_most)) return arm_takeover();
  restored_.clear();
  if (!channel_) return;
  channel_watches_.clear();
  // Closing packet sockets waits for the kernel's grace period (10 ms): not on this thread.
  std::thread([gone = std::move(*channel_)] {}).detach();
  channel_.reset();
  if (auto ok = guard_->hold_all_resets(false); !ok) spdlog::error("{}", ok.error().text);
}

}  // namespace understudy::edge
