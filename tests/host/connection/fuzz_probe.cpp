// SPDX-License-Identifier: Apache-2.0
// Any bytes as a packet that a stranger sent to the service address, and what a takeover makes of
// it: it never goes on at a byte that was not sent, and never twice.
#include <algorithm>
#include <cstdlib>

#include "host/core/connection/takeover.hpp"
#include "host/edge/repair/probe_channel.hpp"

namespace {
using namespace understudy;

void must(bool so) {
  if (!so) std::abort();
}

void answer(const edge::HeardSegment& heard, uint8_t how) {
  core::Known k;
  k.output = {{0xFFFFFF00}}, k.input = {{5000}};
  k.acknowledged = {2000}, k.end = {90'000}, k.received = {300};
  k.end_closes = how & 1, k.client_closed = how & 2;
  core::Takeover takeover;
  core::Takeover::Actions actions;
  takeover.hold({1}, k);
  takeover.step(core::Takeover::OnAir{}, instant(1), actions);
  actions.clear();
  for (int twice = 0; twice < 2; ++twice)
    takeover.step(core::Takeover::Answered{{1}, heard.answer}, instant(2), actions);
  must(actions.size() <= 1);
  for (const auto& a : actions)
    if (const auto* ready = std::get_if<core::Takeover::Ready>(&a))
      must(ready->resume.offset >= k.acknowledged && ready->resume.offset <= k.end);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto heard = edge::parse_packet({data + 1, size - 1});
  if (!heard) return 0;
  must(heard->service.family == heard->client.family);
  must(heard->answer.payload <= size);
  answer(*heard, data[0]);
  // What is sent to this client is a segment that reads back.
  edge::ProbeSegment probe{heard->service, heard->client, 77, 99, heard->answer.timestamps};
  const auto packet = edge::to_packet(probe);
  const auto back = edge::parse_packet(packet);
  must(back && back->client == heard->service && back->service == heard->client);
  must(back->answer.sequence.value == 77 && back->answer.acknowledged.value == 99);
  must(back->answer.payload == 1 && !back->answer.reset);
  return 0;
}
