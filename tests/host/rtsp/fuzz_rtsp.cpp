// SPDX-License-Identifier: Apache-2.0
// Any bytes on an RTSP connection, in any pieces: what comes out is the same as when they come at
// once, and what is held stays bounded. Then what is decided about each request, and any section.
#include <algorithm>
#include <cstdlib>

#include "host/core/rtsp/session.hpp"
#include "protocol/checkpoint_rtsp.hpp"

namespace {

using namespace understudy::rtsp;

struct Told {
  size_t requests = 0, packets = 0, bytes = 0;
  int status = 0;
  bool operator==(const Told&) const = default;
};

/// One turn of reading all that is whole. False: nothing more is to come.
bool drain(Input& input, Told& told, Session& session) {
  for (;;) {
    const auto piece = input.next();
    if (std::holds_alternative<Incomplete>(piece)) return true;
    if (const auto* wrong = std::get_if<Unreadable>(&piece)) {
      told.status = wrong->status;
      return false;
    }
    if (const auto* packet = std::get_if<Interleaved>(&piece)) {
      ++told.packets, told.bytes += packet->bytes.size();
      continue;
    }
    const auto& request = std::get<Request>(piece);
    ++told.requests, told.bytes += request.body.size() + request.url.size();
    const auto d = decide(request, session);
    if (respond(d.status, request.sequence, d.fields).size() >
        understudy::protocol::limits::rtsp_response_max)
      std::abort();
    if (d.act == Act::set_up) session = {7, State::ready, d.path};
    if (d.act == Act::play) session.state = State::playing;
    if (d.act == Act::tear_down) session = {};
  }
}

Told feed(std::span<const uint8_t> data, size_t step) {
  Input input;
  Told told;
  Session session;
  while (!data.empty()) {
    const size_t n = std::min({data.size(), step, input.room()});
    if (n == 0) std::abort();
    input.take(data.first(n));
    data = data.subspan(n);
    if (input.unread().size() > understudy::protocol::limits::rtsp_unread_max) std::abort();
    if (!drain(input, told, session)) break;
  }
  return told;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span all(data, size);
  const size_t step = size ? 1 + data[0] % 32 : 1;
  if (feed(all, step) != feed(all, 4096)) std::abort();
  if (const auto section = understudy::protocol::checkpoint::decode_rtsp(all)) {
    std::vector<uint8_t> again(size);
    if (understudy::protocol::checkpoint::encode(*section, again) != size) std::abort();
  }
  return 0;
}
