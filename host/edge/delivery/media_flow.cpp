// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/media_flow.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "protocol/crc.hpp"

namespace understudy::edge {

namespace checkpoint = protocol::checkpoint;
using rtp::Item;

namespace {

constexpr const char* canonical_name = "understudy";  // CNAME: the service, not one of its servers
constexpr size_t packets_in_a_turn = 4 * protocol::limits::rtp_burst_packets;
constexpr uint64_t turn_nanoseconds = 1'000'000;
constexpr size_t checks_kept = 1024;
constexpr uint64_t heard_ahead = 1'000'000'000;  // more than this before it is due: not believed

}  // namespace

uint64_t shared_clock() {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::system_clock::now().time_since_epoch())
                                   .count());
}

MediaFlow::MediaFlow(boost::asio::io_context& io, std::shared_ptr<MediaFile> media,
                     std::string path, std::string tag, const FlowIdentity& identity,
                     const FlowTarget& target)
    : timer(io),
      media_(std::move(media)),
      path_(std::move(path)),
      tag_(std::move(tag)),
      identity_(identity),
      target_(target),
      source_{identity.ssrc, identity.sequence, media_->payload_type(), canonical_name} {}

size_t MediaFlow::encode(std::span<uint8_t> out) const {
  checkpoint::Rtp m;
  m.flags = static_cast<uint8_t>((running_ ? checkpoint::Rtp::running : 0) |
                                 (settled_ ? checkpoint::Rtp::settled : 0));
  m.carrier = target_.carrier, m.hops = target_.hops;
  m.payload_type = source_.payload_type;
  m.session = identity_.session, m.ssrc = identity_.ssrc;
  m.first_timestamp = identity_.timestamp, m.first_sequence = identity_.sequence;
  m.address = target_.rtp.endpoint.address;
  m.rtp = datagrams() ? target_.rtp.endpoint.port : target_.rtp_channel;
  m.rtcp = datagrams() ? target_.rtcp.endpoint.port : target_.rtcp_channel;
  m.path = path_, m.tag = tag_;
  m.run = first_run_;
  for (const auto& r : runs_) m.runs[m.count++] = r.run;
  m.position = position_, m.check = check_;
  return checkpoint::encode(m, out);
}

void MediaFlow::apply(const checkpoint::Rtp& m, checkpoint::Family family, int64_t later) {
  identity_ = {m.session, m.ssrc, m.first_timestamp, m.first_sequence};
  source_.ssrc = m.ssrc, source_.first_sequence = m.first_sequence;
  target_ = {.carrier = m.carrier,
             .rtp = {family, {m.address, 0}},
             .rtcp = {family, {m.address, 0}},
             .hops = m.hops};
  if (datagrams())
    target_.rtp.endpoint.port = m.rtp, target_.rtcp.endpoint.port = m.rtcp;
  else
    target_.rtp_channel = static_cast<uint8_t>(m.rtp),
    target_.rtcp_channel = static_cast<uint8_t>(m.rtcp);
  // A shared flow comes in several records: the latest run and the furthest place are true.
  const uint32_t last = m.run + static_cast<uint32_t>(m.count) - 1;
  const bool same = has_run() && m.count > 0 && last == last_run();
  if (shared() && has_run() && (m.count == 0 || static_cast<int32_t>(last - last_run()) < 0))
    return;
  const uint64_t position = same ? std::max(position_, m.position) : m.position;
  auto old = std::move(runs_);
  const uint32_t old_first = first_run_;
  runs_.clear();
  first_run_ = m.run;
  for (size_t i = 0; i < m.count; ++i) {
    auto run = m.runs[i];
    run.origin = static_cast<uint64_t>(static_cast<int64_t>(run.origin) + later);
    const size_t at = first_run_ + i - old_first;
    if (at < old.size() && old[at].run == run)
      runs_.push_back(std::move(old[at]));
    else
      keep(run);
  }
  position_ = position;
  if (!same && has_run()) {
    made_ = std::max(position, place_due(shared_clock()));
    checks_.clear();
  }
  if (position == m.position && m.check != 0) told_ = Check{m.position, m.check};
  running_ = m.flags & checkpoint::Rtp::running;
  settled_ = m.flags & checkpoint::Rtp::settled;
}

void MediaFlow::keep(const rtp::Run& run) {
  runs_.push_back({run, std::make_unique<rtp::RunItems>(source_, run, *media_)});
}

uint32_t MediaFlow::begin(uint64_t place, uint32_t first_unit, uint32_t end_unit, uint64_t now) {
  std::optional<rtp::Run> previous;
  if (has_run()) previous = runs_.back().run;
  keep(rtp::next_run(source_, *media_, previous, place, identity_.timestamp, first_unit, end_unit,
                     now));
  if (datagrams()) forget_before(last_run());
  position_ = made_ = 0;
  check_ = 0;
  running_ = true;
  return last_run();
}

void MediaFlow::forget_before(uint32_t run) {
  while (runs_.size() > 1 && static_cast<int32_t>(first_run_ - run) < 0) {
    runs_.pop_front();
    ++first_run_;
  }
}

rtp::RunItems* MediaFlow::items(uint32_t run) {
  const uint32_t at = run - first_run_;
  return at < runs_.size() ? runs_[at].items.get() : nullptr;
}

uint32_t MediaFlow::unit_at(uint64_t place) {
  if (!has_run()) return 0;
  auto& last = runs_.back();
  if (!last.items->seek(place)) return last.run.end_unit;
  return static_cast<uint32_t>(last.items->item().unit);
}

MediaFlow::Did MediaFlow::run_until(uint64_t now, DatagramPorts* ports) {
  Did did;
  if (!running_ || !has_run()) return did;
  auto& items = *runs_.back().items;
  uint64_t& at = ports ? position_ : made_;
  size_t n = 0;
  std::vector<DatagramPorts::Packet> packets;
  std::vector<uint64_t> ends;
  bool more = items.seek(at);
  // What the other has sent is made here too, be this clock a little behind.
  const auto wanted = [&](const Item& i) {
    return i.due <= now || (!ports && i.place < position_);
  };
  for (; more && wanted(items.item()) && n < packets_in_a_turn; more = items.next(), ++n) {
    const auto bytes = items.bytes();
    if (!ports) {
      at = items.item().end();
      checks_.push_back({at, protocol::crc32c(bytes)});
      if (checks_.size() > checks_kept) checks_.pop_front();
      continue;
    }
    if (burst_.size() == n) burst_.emplace_back();
    burst_[n].assign(bytes.begin(), bytes.end());
    packets.push_back({burst_[n], items.item().control()});
    ends.push_back(items.item().end());
  }
  const bool all = ports == nullptr || n == 0;
  const size_t sent = all ? n : ports->send(packets, target_.rtp, target_.rtcp);
  if (!all && sent > 0) at = ends[sent - 1], check_ = protocol::crc32c(burst_[sent - 1]);
  if (!ports) compare(did);
  did.packets = sent;
  if (sent < n || (more && n == packets_in_a_turn))
    did.next = now + turn_nanoseconds;
  else if (more)
    did.next = items.item().due;
  else if (ports)
    running_ = false;
  return did;
}

/// Before the first packet that is due later, about: where making in step begins.
uint64_t MediaFlow::place_due(uint64_t now) {
  auto& [run, items] = runs_.back();
  const auto& index = media_->index();
  if (now <= run.origin || run.first_unit >= index.size()) return 0;
  const auto passed = static_cast<int64_t>((now - run.origin) / 100'000 * 9);
  const size_t unit = index.at(index.decode(run.first_unit) + passed);
  return items->place_of(std::clamp<size_t>(unit, run.first_unit, run.end_unit));
}

/// What the other has sent against what was made here, when both are known.
void MediaFlow::compare(Did& did) {
  if (!told_) return;
  for (const auto& c : checks_)
    if (c.place == told_->place) {
      ++(c.crc == told_->crc ? did.equal : did.different);
      told_.reset();
      return;
    }
}

void MediaFlow::listen(const SocketAddress& from, const std::string& interface) {
  if (ear_ || !shared()) return;
  auto ear = GroupEar::open(target_.rtp, interface, from, identity_.ssrc);
  if (ear)
    ear_ = std::move(*ear);
  else
    spdlog::warn("{}: packets may be doubled at a takeover (--multicast-interface says where)",
                 ear.error().text);
}

/// To what was due that much before the packet that comes next; whole units.
void MediaFlow::go_back(std::chrono::milliseconds time) {
  auto& items = *runs_.back().items;
  if (!items.seek(position_)) return;
  const auto before = static_cast<uint64_t>(std::chrono::nanoseconds(time).count());
  const uint64_t due = items.item().due;
  position_ = std::min(position_, place_due(due > before ? due - before : 0));
}

MediaFlow::Known MediaFlow::take_over(uint64_t now) {
  const auto last = ear_ ? ear_->last() : std::nullopt;
  ear_.reset();
  sending = true;
  const bool stopped = std::exchange(settled_, false);
  if (!has_run() || !running_) return Known::told;
  if (!last) {
    if (!stopped && !shared()) go_back(std::chrono::milliseconds(protocol::limits::rtp_again_ms));
    return Known::told;
  }
  auto& run = runs_.back();
  auto& items = *run.items;
  // The number near the one that comes next by what was told.
  if (!items.seek(position_)) return Known::told;
  const auto& item = items.item();
  const uint64_t next =
      items.packets_at(item.unit) + (item.kind == Item::Kind::packet ? uint64_t{item.part} : 0);
  const auto expected = static_cast<uint16_t>(source_.first_sequence + next);
  const int64_t ahead = static_cast<int16_t>(*last - expected);
  if (ahead < 0 && static_cast<uint64_t>(-ahead) > next) return Known::told;
  const uint64_t place = items.place_behind(next + static_cast<uint64_t>(ahead));
  if (items.seek(place) && items.item().due > now + heard_ahead) return Known::told;
  position_ = place;
  return Known::heard;
}

}  // namespace understudy::edge
