// SPDX-License-Identifier: Apache-2.0
// Connections whose clients have not answered yet belong to nobody else any more: a second that
// joins gets them too, as they came from the first, under the number that they will have here.
#include "host/edge/delivery/delivery.hpp"

namespace understudy::edge {

namespace checkpoint = protocol::checkpoint;
using checkpoint::LinkMessage;

void Delivery::tell_waiting(core::ConnectionId connection) {
  untold_.push_back(connection);
  flush_soon();
}

core::ConnectionId Delivery::live_id(const Held& held) {
  return held.told ? *held.told : core::ConnectionId{next_id_++};
}

/// False: the link has no room now.
bool Delivery::send_waiting() {
  for (; !untold_.empty(); untold_.pop_back()) {
    const auto at = held_.find(untold_.back().value);
    if (at != held_.end() && !send_waiting(at->second)) return false;
  }
  return true;
}

bool Delivery::send_waiting(Held& held) {
  auto record = checkpoint::decode_record(held.record);
  if (!record) return true;
  held.told = live_id(held);
  record->server = options_.name, record->term = term_, record->connection = held.told->value;
  const size_t size = checkpoint::encode(*record, record_bytes_);
  if (size == 0) return true;
  if (!sender_->add(LinkMessage::record, std::span(record_bytes_).first(size))) return false;
  ++counts_.records_sent;
  waiting_frame_ = sender_->frame_number();
  auto from = held.recorded;
  const auto ahead = held.input.bytes(from);
  const bool closed = held.input.closed();
  for (size_t at = 0; at < ahead.size() || (closed && at == ahead.size());) {
    const size_t n = std::min<size_t>(ahead.size() - at, protocol::limits::input_message_max);
    const bool last = at + n == ahead.size();
    const checkpoint::Input m{held.told->value, from.value + at,
                              closed && last ? checkpoint::Input::closed : uint8_t{0},
                              std::span(reinterpret_cast<const uint8_t*>(ahead.data()) + at, n)};
    const size_t bytes = checkpoint::encode(m, record_bytes_);
    if (bytes == 0 || !sender_->add(LinkMessage::input, std::span(record_bytes_).first(bytes)))
      return false;
    waiting_frame_ = sender_->frame_number();
    at += n;
    if (last) break;
  }
  return true;
}

}  // namespace understudy::edge
