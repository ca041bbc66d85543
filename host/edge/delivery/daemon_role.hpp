// SPDX-License-Identifier: Apache-2.0
// A delivery's role as its server's daemon gives it: registers as a critical application, says that
// it is alive, and serves while the daemon says so. A daemon that is gone changes nothing here: its
// lease ends in the kernel, and the next daemon says what is true then.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "host/edge/daemon/watch.hpp"
#include "host/edge/daemon_link/daemon_link.hpp"
#include "host/edge/delivery/delivery.hpp"

namespace understudy::edge {

class DaemonRole {
 public:
  /// `socket`: RUNDIR/applications.
  DaemonRole(boost::asio::io_context& io, Delivery& delivery, const std::string& socket,
             const std::string& name);
  /// This end is on purpose.
  void goodbye() { link_.goodbye(); }

 private:
  void look();
  void tell_load();
  void collect();
  void follow();

  boost::asio::io_context& io_;
  Delivery& delivery_;
  DaemonLink link_;
  Watch watch_;
  boost::asio::steady_timer timer_;
  std::optional<News::Service> said_;
  bool changing_ = false;
  std::chrono::steady_clock::time_point due_;  // of the timer
  std::chrono::microseconds latest_{0};        // the most that it came late, since last told
  uint64_t backlog_ = 0;
  uint32_t looks_ = 0;
};

}  // namespace understudy::edge
