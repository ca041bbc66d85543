// SPDX-License-Identifier: Apache-2.0
// The network that these tests run in, made of the process's own namespaces, so anybody may run
// them:
//
//     server a ── port-a ┐
//     10.9.0.1           │
//     server b ── port-b ┼─ bridge
//     10.9.0.2           │
//     client ──── port-c ┤          service address: 10.9.0.100, fd00:9::100
//     10.9.0.9           │
//     stranger ── port-d ┘
//     10.9.0.66
//
// Each has IPv6 too (fd00:9::1 and so on). The service address is where it was last given.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "host/edge/daemon/descriptor.hpp"
#include "sim/demo/child.hpp"

namespace understudy::network {

enum class Place { bridge, server_a, server_b, client, stranger };

inline constexpr auto service_four = "10.9.0.100", service_six = "fd00:9::100";

class Network {
 public:
  /// Throws when the kernel does not let us (a test then says why).
  Network();
  Network(const Network&) = delete;

  /// Runs there, on this thread: sockets that it opens stay there.
  void in(Place place, const std::function<void()>& what) const;
  /// `words[0]` is a path or in /usr/sbin, /usr/bin.
  demo::Child start(Place place, std::vector<std::string> words, const std::string& log) const;
  /// `ip WORDS` there; throws when it fails.
  void ip(Place place, const std::string& words) const;
  /// What a command says there.
  std::string output(Place place, const std::string& shell) const;
  void cable(Place place, bool plugged) const;
  /// The service addresses are at this server, and its neighbours are told.
  void give_address(Place server) const;
  void take_address(Place server) const;

 private:
  edge::Descriptor bridge_, server_a_, server_b_, client_, stranger_;
  int descriptor(Place place) const;
};

/// Asks until it is so; false when it is not within the time.
bool eventually(const std::function<bool()>& so,
                std::chrono::milliseconds most = std::chrono::seconds(10));

}  // namespace understudy::network
