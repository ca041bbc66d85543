// SPDX-License-Identifier: Apache-2.0
// Connections whose clients have not answered yet belong to nobody else any more: a second that
// joins gets them too, as they came from the first, under the number that they will have here.
#include <string_view>

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
  return send_ahead(held);
}

/// What the client has sent beyond the record, as the first told it (strict mode).
bool Delivery::send_ahead(const Held& held) {
  const auto ahead = held.input.bytes(held.recorded);
  std::string_view left = ahead;
  bool closes = held.input.closed();
  for (uint64_t from = held.recorded.value; !left.empty() || closes;) {
    const auto part = left.substr(0, protocol::limits::input_message_max);
    left.remove_prefix(part.size());
    const bool fin = closes && left.empty();
    const checkpoint::Input m{
        held.told->value, from, fin ? checkpoint::Input::closed : uint8_t{0},
        std::span(reinterpret_cast<const uint8_t*>(part.data()), part.size())};
    const size_t size = checkpoint::encode(m, record_bytes_);
    if (!sender_->add(LinkMessage::input, std::span(record_bytes_).first(size))) return false;
    waiting_frame_ = sender_->frame_number();
    from += part.size();
    if (fin) closes = false;
  }
  return true;
}

}  // namespace understudy::edge
