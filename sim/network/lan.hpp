// SPDX-License-Identifier: Apache-2.0
// A small network of namespaces: nodes on one bridge, each with `eth0`. Made in a network and mount
// namespace of the program's own (a user namespace too, where it is not root), so it needs no root
// and leaves nothing behind.
//
//    one (10.0.0.1)   two (10.0.0.2)   client (10.0.0.9)
//          |                |                |
//          +-------- bridge "lan" -----------+
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace understudy::network {

inline constexpr int real_time_priority = 20;
/// Whether a process started here may have it.
bool real_time_allowed();

/// A child process; killed and reaped at the end.
class Running {
 public:
  Running() = default;
  explicit Running(pid_t pid) : pid_(pid) {}
  Running(Running&& from) noexcept : pid_(std::exchange(from.pid_, -1)) {}
  Running& operator=(Running&& from) noexcept {
    kill();
    pid_ = std::exchange(from.pid_, -1);
    return *this;
  }
  ~Running() { kill(); }
  pid_t pid() const { return pid_; }
  void signal(int number) const;
  void kill();
  /// Exit status, 128 + N after signal N; -1 when it goes on for longer.
  int wait(int milliseconds);

 private:
  pid_t pid_ = -1;
};

class Lan {
 public:
  /// Once, before any thread: namespaces of this process's own. An empty text, or why it cannot.
  static std::string enter();

  Lan() = default;
  Lan(const Lan&) = delete;
  ~Lan();
  /// Addresses with prefix, as "10.0.0.1/24".
  void add(const std::string& node, const std::vector<std::string>& addresses);
  /// One more network card on the node's cable, with a hardware address of its own (macvlan).
  void card(const std::string& node, const std::string& name,
            const std::vector<std::string>& addresses);
  /// A wire of their own between two nodes; at both ends its interface is `name`.
  void wire(const std::string& name, const std::string& one, const std::string& address_one,
            const std::string& two, const std::string& address_two);
  /// Runs in the node's network; the exit status.
  int run(const std::string& node, const std::string& shell, std::string* said = nullptr) const;
  Running start(const std::string& node, const std::vector<std::string>& words,
                const std::string& output) const;
  /// The node's cable: out or in.
  void cable(const std::string& node, bool in) const;
  /// Two servers cannot hear each other (their bridge ports are isolated); others hear both.
  void part(const std::vector<std::string>& nodes, bool apart) const;
  /// One end of a wire between two nodes goes down or up, and with it the wire.
  void wire_up(const std::string& name, const std::string& node, bool up) const;
  /// The node is gone, with its addresses and cables, when its last process is.
  void power_off(const std::string& node);
  /// Enters the node's network with this thread for as long as it lives.
  int network_of(const std::string& node) const;

 private:
  std::map<std::string, pid_t> nodes_;
  pid_t hold();
  void give(const std::string& node, const std::string& name,
            const std::vector<std::string>& addresses) const;
  bool bridge_ = false;
};

/// Starts a program in this process's own network.
Running start_here(const std::vector<std::string>& words, const std::string& output);
/// Runs a shell line here; its exit status.
int shell(const std::string& line, std::string* said = nullptr);

}  // namespace understudy::network
