// SPDX-License-Identifier: Apache-2.0
// Which new clients are let in: so many in all, and so many from one address, so that no one client
// can shut the others out. An IPv6 host has a whole /64 (RFC 6177), so that is what counts as one
// address there. Behind one IPv4 address there may be a thousand people: the limit is generous.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "protocol/checkpoint.hpp"

namespace understudy::core {

class Admission {
 public:
  enum class Answer : uint8_t { welcome, full, too_many_from_there };

  Admission(size_t most, size_t most_from_one) : most_(most), most_from_one_(most_from_one) {}

  /// Counts it when it is welcome.
  Answer ask(protocol::checkpoint::Family family, const protocol::checkpoint::Endpoint& client);
  /// One that is here whatever the limits say: it was taken over.
  void count(protocol::checkpoint::Family family, const protocol::checkpoint::Endpoint& client);
  void leave(protocol::checkpoint::Family family, const protocol::checkpoint::Endpoint& client);
  void clear();
  size_t inside() const { return inside_; }

 private:
  size_t most_, most_from_one_, inside_ = 0;
  std::unordered_map<uint64_t, size_t> from_;  // by address; nobody from there: no entry
};

}  // namespace understudy::core
