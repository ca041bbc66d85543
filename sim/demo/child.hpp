// SPDX-License-Identifier: Apache-2.0
// A process that the demo started. It is always ended, by its own number, when this object goes:
// also on an error or an interrupt; and the kernel ends it should the demo itself be killed.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "host/core/error.hpp"

namespace understudy::demo {

class Child {
 public:
  struct Start {
    std::string name;                    // for messages
    std::vector<std::string> arguments;  // [0] is the program's path
    std::string log;                     // standard output and error go there
    int network = -1;                    // descriptor of the network namespace to run in; -1: ours
    int input = -1, output = -1;         // standard input and output, when not /dev/null and log
  };

  /// Errors: the program is not there or cannot be run.
  static std::expected<Child, Error> start(const Start& start);
  Child(Child&& from) noexcept;
  Child& operator=(Child&& from) noexcept;
  ~Child() { kill(); }

  const std::string& name() const { return name_; }
  bool running() const { return pid_ > 0; }
  pid_t process() const { return pid_; }
  /// For poll(): readable when it has ended. -1 when it is not running.
  int ended_descriptor() const { return pidfd_; }

  /// SIGKILL; returns when it is gone and reaped.
  void kill();
  /// SIGSTOP; returns when the kernel says that all of it stands still.
  void hang();
  /// SIGINT, as ctrl-c.
  void interrupt();
  /// SIGTERM, then SIGKILL when that did not help in time.
  void finish(std::chrono::milliseconds patience);
  /// Waits for its own end. Nothing: it still runs after `patience`.
  std::optional<int> wait(std::chrono::milliseconds patience);
  /// The exit status as the shell counts (128 + signal); nothing while it runs.
  std::optional<int> status() const { return status_; }
  /// The last lines of what it said.
  std::string last_words(size_t lines = 6) const;

 private:
  Child(std::string name, std::string log, pid_t pid, int pidfd)
      : name_(std::move(name)), log_(std::move(log)), pid_(pid), pidfd_(pidfd) {}
  void reap();

  std::string name_, log_;
  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<int> status_;
};

}  // namespace understudy::demo
