// SPDX-License-Identifier: Apache-2.0
// Any bytes from an application: what decodes encodes back to itself.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "protocol/application.hpp"

namespace {
template <class Message>
void same_again(const std::optional<Message>& m, std::span<const uint8_t> from) {
  if (!m) return;
  std::array<uint8_t, 1024> b{};
  const size_t n = encode(*m, b);
  if (n != from.size() || !std::equal(from.begin(), from.end(), b.begin())) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace understudy::protocol::application;
  const std::span input(data, size);
  same_again(decode_hello(input), input);
  same_again(decode_alive(input), input);
  same_again(decode_load(input), input);
  same_again(decode_parameter(input), input);
  same_again(decode_applied(input), input);
  same_again(decode_discard(input), input);
  return 0;
}
