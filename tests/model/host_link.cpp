// SPDX-License-Identifier: Apache-2.0
#include "tests/model/host_link.hpp"

#include <algorithm>

namespace understudy::side {

void HostLink::ask(uint16_t id, uint8_t op) {
  const auto f = protocol::frame(protocol::Request{id, protocol::RequestOp(op)});
  for (const uint8_t b : f.bytes()) bytes_.push_back({b, false});
  bytes_.back().ends_request = true;
}

bool HostLink::step(uint64_t clock, bool quiet, Inputs::Byte& out) {
  out = {};
  if (clock >= next_beat_) {
    next_beat_ += shape_.period;
    beat();
    next_byte_ = std::max(next_byte_, clock + random_.below(shape_.jitter + 1));
  }
  if (bytes_.empty() || clock < next_byte_) return false;
  const auto next = bytes_.front();
  if (next.ends_request && !quiet) return false;
  bytes_.pop_front();
  next_byte_ = clock + shape_.byte_clocks;
  out = {next.byte, !faults.cut};
  return next.ends_request && !faults.cut;
}

bool HostLink::may_spoil() {
  while (spoiled_.size() >= faults.spoiled_of) spoiled_.pop_front();
  const auto n = std::count(spoiled_.begin(), spoiled_.end(), true);
  return static_cast<uint32_t>(n) < faults.spoiled_most;
}

void HostLink::spoiled_beat() {
  const uint32_t how = random_.below(4);
  if (how == 0) return;       // never sent
  if (how == 1) --sequence_;  // said twice
  auto f = protocol::frame(protocol::Heartbeat{sequence_, boot_, 0, faults.state});
  if (how == 2) f.data[random_.below(static_cast<uint32_t>(f.size) - 1)] ^= 0x80;
  if (how == 3) f.size = random_.between(2, static_cast<uint32_t>(f.size) - 2);
  if (how == 3) f.data[f.size++] = 0;
  for (const uint8_t b : f.bytes()) bytes_.push_back({b, false});
}

void HostLink::beat() {
  if (random_.chance(faults.garbage)) garbage(random_.between(1, faults.garbage_bytes));
  if (faults.stopped || random_.chance(faults.miss)) return;
  if (faults.spoil) {
    const bool spoil = random_.chance(faults.spoil) && may_spoil();
    while (spoiled_.size() >= faults.spoiled_of) spoiled_.pop_front();
    spoiled_.push_back(spoil);
    ++sequence_;
    if (spoil) return spoiled_beat();
    --sequence_;
  }
  if (random_.chance(faults.restart)) {
    boot_ += 1 + random_.below(3);
    sequence_ = static_cast<uint32_t>(random_.next());
  } else if (!random_.chance(faults.stale)) {
    sequence_ += faults.spoil || random_.chance(900) ? 1
                 : random_.chance(300)               ? 0x7FFFFFFFu
                                                     : random_.between(1, 0x7FFFFFFFu);
  } else if (random_.chance(500)) {
    sequence_ -= random_.chance(200) ? 0x80000000u : random_.below(3);  // just behind, or half way
  }
  protocol::Heartbeat m{sequence_, boot_, 0, faults.state};
  auto f = protocol::frame(m);
  if (random_.chance(faults.corrupt)) {
    const uint32_t kind = random_.below(4);
    if (kind == 0)
      f.data[random_.below(static_cast<uint32_t>(f.size))] ^=
          static_cast<uint8_t>(1u << random_.below(8));
    else if (kind == 1)
      f.size = random_.between(1, static_cast<uint32_t>(f.size) - 1);
    else if (kind == 2)
      f = protocol::frame(protocol::Tick{});  // whole, but not for the appliance
    else
      f = protocol::frame(protocol::Heartbeat{sequence_, boot_, 0, protocol::ServerState(12)});
  }
  for (const uint8_t b : f.bytes()) bytes_.push_back({b, false});
}

void HostLink::garbage(uint32_t bytes) {
  for (uint32_t i = 0; i < bytes; ++i)
    bytes_.push_back({static_cast<uint8_t>(random_.chance(100) ? 0 : random_.next()), false});
  if (faults.garbage_ends || random_.chance(700)) bytes_.push_back({0, false});
}

}  // namespace understudy::side
