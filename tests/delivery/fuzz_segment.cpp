// SPDX-License-Identifier: Apache-2.0
// Held packets under a fuzzer: whatever comes, what is read lies inside of it.
#include <cstdlib>

#include "host/edge/hold/segment.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span packet(data, size);
  const auto s = understudy::edge::parse_segment(packet);
  (void)understudy::edge::checksum_right(packet);
  if (!s) return 0;
  const auto* begin = s->bytes.data();
  if (begin < data || begin + s->bytes.size() > data + size) std::abort();
  if (s->scale && *s->scale > 14) std::abort();
  return 0;
}
