// SPDX-License-Identifier: Apache-2.0
#include "host/edge/delivery/client_inputs.hpp"

namespace understudy::edge {

namespace limits = protocol::limits;

size_t EndsHash::operator()(const Ends& e) const {
  uint64_t h = 0xcbf29ce484222325;
  const auto mix = [&](const protocol::checkpoint::Endpoint& p) {
    for (const auto b : p.address) h = (h ^ b) * 0x100000001b3;
    h = (h ^ p.port) * 0x100000001b3;
  };
  mix(e.client.endpoint);
  h = (h ^ e.service.endpoint.port) * 0x100000001b3;
  return h;
}

void ClientInputs::syn(const Ends& ends, const Segment& segment) {
  auto& place = syns_[ends];
  place = {segment, ++syn_number_};
  place.segment.bytes = {};
  syn_order_.emplace_back(syn_number_, ends);
  while (syn_order_.size() > limits::handshakes_max) {
    const auto [number, oldest] = syn_order_.front();
    syn_order_.pop_front();
    if (const auto at = syns_.find(oldest); at != syns_.end() && at->second.number == number)
      syns_.erase(at);
  }
}

std::optional<Segment> ClientInputs::take_syn(const Ends& ends, uint32_t sequence) {
  const auto at = syns_.find(ends);
  if (at == syns_.end() || at->second.segment.sequence != sequence) return std::nullopt;
  const auto out = at->second.segment;
  syns_.erase(at);
  return out;
}

ClientInput* ClientInputs::find(const Ends& ends) {
  const auto at = inputs_.find(ends);
  return at == inputs_.end() ? nullptr : &at->second;
}

ClientInput& ClientInputs::add(const Ends& ends, ClientInput input) {
  drop(ends);
  if (!input.accepted) ++handshakes_;
  return inputs_[ends] = std::move(input);
}

void ClientInputs::accepted(ClientInput& input) {
  if (!std::exchange(input.accepted, true)) --handshakes_;
}

void ClientInputs::drop(const Ends& ends) {
  const auto at = inputs_.find(ends);
  if (at == inputs_.end()) return;
  if (!at->second.accepted) --handshakes_;
  inputs_.erase(at);
}

void ClientInputs::drop_all() {
  inputs_.clear();
  syns_.clear();
  syn_order_.clear();
  handshakes_ = 0;
}

void ClientInputs::forget_frames() {
  for (auto& [ends, input] : inputs_) input.frame = 0;
}

std::vector<ClientInput> ClientInputs::drop_handshakes_before(SteadyTime time) {
  std::vector<ClientInput> out;
  if (handshakes_ == 0) return out;
  for (auto at = inputs_.begin(); at != inputs_.end();) {
    auto& input = at->second;
    if (input.accepted || input.since >= time) {
      ++at;
      continue;
    }
    out.push_back(std::move(input));
    --handshakes_;
    at = inputs_.erase(at);
  }
  return out;
}

}  // namespace understudy::edge
