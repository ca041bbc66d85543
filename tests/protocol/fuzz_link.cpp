// SPDX-License-Identifier: Apache-2.0
// Any bytes on a link: the decoder neither crashes nor lets a message through that does not encode
// back to itself.
#include <cstdlib>

#include "protocol/link.hpp"

namespace {
using namespace understudy::protocol;

template <class Message>
void same_again(const std::optional<Message>& m, std::span<const uint8_t> from) {
  if (!m) return;
  std::array<uint8_t, limits::link_payload_max> b{};
  const size_t n = encode(*m, b);
  if (n != from.size() || !std::equal(from.begin(), from.end(), b.begin())) std::abort();
}

void decode_all(std::span<const uint8_t> message) {
  same_again(decode_heartbeat(message), message);
  same_again(decode_request(message), message);
  same_again(decode_tick(message), message);
  same_again(decode_event(message), message);
  same_again(decode_firmware_line(message), message);
  same_again(decode_firmware_text(message), message);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span input(data, size);
  decode_all(input);
  LinkDecoder decoder;
  for (uint8_t b : input)
    if (const auto message = decoder.byte(b)) decode_all(*message);
  if (size <=
      limits::link_payload_max - 4) {  // what was framed comes out of any state the decoder is in
    decoder.byte(0);
    bool came = size == 0;
    for (uint8_t b : frame_message(input).bytes()) came |= decoder.byte(b).has_value();
    if (!came) std::abort();
  }
  return 0;
}
