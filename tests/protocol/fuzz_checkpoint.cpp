// SPDX-License-Identifier: Apache-2.0
// Checkpoint records, sections and link messages under a fuzzer: what decodes must encode to the
// same bytes, and its HTTP answers must have a place for every offset that they claim to cover.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "host/core/connection/http_answers.hpp"
#include "protocol/checkpoint.hpp"
#include "protocol/checkpoint_link.hpp"

namespace {
using namespace understudy;
using namespace understudy::protocol::checkpoint;

template <class Message>
void same_again(const std::optional<Message>& m, std::span<const uint8_t> from) {
  if (!m) return;
  std::vector<uint8_t> b(protocol::limits::checkpoint_record_max + input_header_bytes);
  const size_t n = encode(*m, b);
  if (n != from.size() || !std::equal(from.begin(), from.end(), b.begin())) std::abort();
}

void answers_cover(std::span<const uint8_t> section) {
  const auto a = core::HttpAnswers::decode(section);
  if (!a || a->empty()) return;
  for (const auto& one : a->all())
    for (const auto offset : {one.begin, one.body(), core::StreamOffset{one.end().value - 1}})
      if (offset < one.end() && !a->locate(offset)) std::abort();
  if (a->locate(a->end())) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span input(data, size);
  if (size == 0) return 0;
  const auto rest = input.subspan(1);
  switch (data[0] % 4) {
    case 0:
      same_again(decode_record(rest), rest);
      break;
    case 1:
      same_again(decode_transport(rest), rest);
      break;
    case 2:
      same_again(decode_http(rest), rest);
      answers_cover(rest);
      break;
    default: {
      protocol::ByteReader r(rest);
      while (const auto m = next_message(r)) {
        (void)decode_position(m->bytes);
        (void)decode_number(m->bytes);
        same_again(decode_input(m->bytes), m->bytes);
      }
    }
  }
  return 0;
}
