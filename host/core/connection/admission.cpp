// SPDX-License-Identifier: Apache-2.0
#include "host/core/connection/admission.hpp"

#include "host/core/check.hpp"

namespace understudy::core {

using protocol::checkpoint::Endpoint;
using protocol::checkpoint::Family;

namespace {

/// IPv4 addresses and IPv6 networks do not meet: no network in use begins with 32 zero bits.
uint64_t key(Family family, const Endpoint& client) {
  uint64_t out = 0;
  const size_t bytes = family == Family::ipv4 ? 4 : 8;
  for (size_t i = 0; i < bytes; ++i) out = out << 8 | client.address[i];
  return out;
}

}  // namespace

Admission::Answer Admission::ask(Family family, const Endpoint& client) {
  if (inside_ >= most_) return Answer::full;
  const auto at = from_.find(key(family, client));
  if (at != from_.end() && at->second >= most_from_one_) return Answer::too_many_from_there;
  count(family, client);
  return Answer::welcome;
}

void Admission::count(Family family, const Endpoint& client) {
  ++from_[key(family, client)];
  ++inside_;
}

void Admission::leave(Family family, const Endpoint& client) {
  const auto at = from_.find(key(family, client));
  CHECK(at != from_.end() && inside_ > 0);
  --inside_;
  if (--at->second == 0) from_.erase(at);
}

void Admission::clear() {
  from_.clear();
  inside_ = 0;
}

}  // namespace understudy::core
