// SPDX-License-Identifier: Apache-2.0
// Two deliveries before a client, in their network: serving, taking over, and what the client sees.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/edge/daemon/descriptor.hpp"
#include "tests/delivery/topology.hpp"

namespace understudy::network {

/// A byte of every test object: a function of where it stands, so that a client can check each one.
uint8_t object_byte(uint64_t at);
/// A text of `size` such bytes.
std::string object_bytes(uint64_t from, uint64_t size);
/// A file of such bytes.
void make_object(const std::filesystem::path& path, uint64_t size);

/// A client that nobody helps: a plain socket.
class Client {
 public:
  /// Connects from the client's place. Throws when it cannot.
  /// `own`: its own port; 0: any.
  Client(const Network& network, bool six = false, uint16_t port = 80, uint16_t own = 0);
  void send(std::string_view text) const;
  /// FIN; what comes is still read.
  void half_close() const;
  /// Exactly so many bytes; fewer when the connection ended, was reset (see `broken`) or stalled.
  std::string take(size_t bytes, std::chrono::milliseconds most = std::chrono::seconds(20));
  /// Waits for an answer's first byte, and leaves it there.
  bool answered();
  /// A response's header, blank line included.
  std::string take_head();
  /// The header and `length` bytes of the object, checked; says what is wrong, or nothing.
  std::string take_object(uint64_t first, uint64_t length);
  /// The server has closed: nothing more comes, and no error.
  bool at_end();
  bool broken() const { return broken_; }
  int number() const { return socket_.number(); }

 private:
  edge::Descriptor socket_;
  std::string ahead_;
  bool broken_ = false;
};

class Pair {
 public:
  static constexpr uint64_t big_size = 256u << 20, small_size = 100'000;

  /// Both run, server a serves, and server b holds what it is told. `more`: further arguments.
  /// `root`: a folder with `big` and `small` in it; made when none is given.
  explicit Pair(std::vector<std::string> more = {}, const std::string& root = {});
  ~Pair();

  const Network& network() const { return network_; }
  std::string ask(Place server, const std::string& line) const;
  /// The same without waiting for the answer.
  void tell(Place server, const std::string& line);
  uint64_t number(Place server, const std::string& key) const;
  bool is(Place server, const std::string& key) const;
  /// b holds so many connections.
  bool held(uint64_t connections) const;
  /// The cable is pulled and the process killed, a; b has the address and serves.
  void take_over();
  /// The other way: a is told to stop, then b serves.
  void hand_over();
  /// Segments with RST that have come to the client so far.
  size_t resets();
  /// Bytes of memory that a server's process has now.
  uint64_t memory(Place server) const;
  std::string log(Place server) const;
  std::string path(const std::string& name) const { return folder_ / name; }

  demo::Child& process(Place server) { return server == Place::server_a ? *a_ : *b_; }
  void start(Place server) { start(server, more_); }
  /// With other further arguments.
  void start(Place server, const std::vector<std::string>& more);

 private:
  edge::Descriptor say(Place server, const std::string& line) const;
  std::vector<std::string> more_;
  std::filesystem::path folder_;
  Network network_;
  std::optional<demo::Child> a_, b_;
  edge::Descriptor resets_four_, resets_six_;  // packet sockets at the client
  size_t resets_ = 0;
  edge::Descriptor told_;
};

std::string get(const std::string& path, const std::string& fields = {});

}  // namespace understudy::network
