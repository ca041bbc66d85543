// SPDX-License-Identifier: Apache-2.0
// One program run to its end without blocking: its exit status through a pidfd, what it said
// (bounded), killed when it takes too long or its owner goes.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/daemon/error.hpp"
#include "host/edge/daemon/watch.hpp"

namespace understudy::edge {

class Child {
 public:
  struct End {
    int status = -1;  // exit status; 128 + N after signal N
    bool late = false;
    std::string said;
  };
  using Ended = std::function<void(End)>;
  static Result<std::unique_ptr<Child>> start(boost::asio::io_context& io,
                                              std::vector<std::string> words,
                                              std::chrono::milliseconds most, Ended ended);
  ~Child();
  Child(const Child&) = delete;

 private:
  Child(boost::asio::io_context& io, Ended ended) : timer_(io), ended_(std::move(ended)) {}
  void hear();
  void gone();
  void kill();

  pid_t pid_ = -1;
  bool late_ = false;
  Descriptor process_, output_;
  Watch process_watch_, output_watch_;
  boost::asio::steady_timer timer_;
  std::string said_;
  Ended ended_;
};

}  // namespace understudy::edge
