// SPDX-License-Identifier: Apache-2.0
#include "sim/appliance/link_port.hpp"

#include <algorithm>

#include "protocol/limits.hpp"

namespace understudy::sim {

void LinkPort::attach(Host* host, Clock now, uint64_t peer_total) {
  host_ = host;
  inbox_.clear(), outbox_.clear(), whole_ = 0;
  peer_before_ += peer_now_, peer_now_ = 0;
  peer_base_ = peer_total;
  due_ = host ? now : no_clock;
}

void LinkPort::cut() {
  cut_ = true;
  inbox_.clear(), outbox_.clear(), whole_ = 0;
  if (host_) host_->cut();
}

bool LinkPort::call(Clock now, uint64_t peer_total) {
  handed_.assign(outbox_.begin(), outbox_.begin() + long(whole_));
  outbox_.erase(outbox_.begin(), outbox_.begin() + long(whole_));
  whole_ = 0, due_ = no_clock, ++calls_;
  const auto done =
      host_->on_sync({raster_.nanoseconds(now), uint32_t(peer_total - peer_base_), handed_});
  if (!done) return false;
  due_ = std::min(due_, std::max(raster_.at_or_after(done->wake), now + 1));
  peer_now_ = std::max<uint64_t>(peer_now_, done->peer_sent);
  if (send(done->link_bytes, now)) return true;
  host_->flooded();
  return false;
}

bool LinkPort::send(std::span<const uint8_t> bytes, Clock now) {
  if (cut_ || bytes.empty()) return true;
  if (inbox_.size() + bytes.size() > protocol::limits::sim_message_max) return false;
  next_byte_ = std::max(next_byte_, now);
  inbox_.insert(inbox_.end(), bytes.begin(), bytes.end());
  return true;
}

int16_t LinkPort::byte(Clock now, Clock& until) {
  if (inbox_.empty()) return -1;
  if (now < next_byte_) return until = std::min(until, next_byte_), int16_t{-1};
  const uint8_t b = inbox_.front();
  inbox_.pop_front();
  next_byte_ = now + link_byte_clocks;
  if (!inbox_.empty()) until = std::min(until, next_byte_);
  ++bytes_in_;
  return b;
}

void LinkPort::received(std::vector<uint8_t>& bytes, size_t& complete, Clock now) {
  if (bytes.empty()) return;
  if (!cut_ && host_) {
    if (complete) whole_ = outbox_.size() + complete, call_at(now);
    outbox_.insert(outbox_.end(), bytes.begin(), bytes.end());
  }
  bytes.clear(), complete = 0;
}

}  // namespace understudy::sim
