// SPDX-License-Identifier: Apache-2.0
// Where clients come in: the listening sockets of all services. Who is one too many hears so (HTTP:
// 503) and then an orderly end; a few of these wait a moment at the door for that. When there is no
// descriptor left for a client, one that was kept for it lets him in and out.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "host/core/connection/admission.hpp"
#include "host/edge/daemon/watch.hpp"
#include "host/edge/delivery/seldom.hpp"
#include "host/edge/delivery/service.hpp"
#include "host/edge/repair/own_interface.hpp"

namespace understudy::edge {

class Door {
 public:
  using Take = std::function<void(Service&, Descriptor, const ConnectionOrigin&)>;

  Door(boost::asio::io_context& io, core::Admission& admission, Take take);
  void keep_to(const OwnInterface& own) { own_ = own; }
  /// `window`: the most that is announced to clients, 0 as the kernel likes.
  void open(const std::vector<std::unique_ptr<Service>>& services, int window);
  void close();
  /// Once in a while: those who were turned away go.
  void look();
  uint64_t turned_away() const { return turned_away_; }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Listener {
    Service* service;
    Descriptor socket;
    Watch watch;
  };
  struct Leaving {
    Descriptor socket;
    SteadyTime until;
  };
  void watch(size_t listener);
  void accept(size_t listener);
  void no_descriptor(size_t listener, int why);
  std::optional<SocketAddress> welcome(int socket);
  void turn_away(Descriptor socket, const Service& service);
  void let_go(Descriptor socket);

  boost::asio::io_context& io_;
  core::Admission& admission_;
  Take take_;
  OwnInterface own_;
  std::vector<Listener> listeners_;
  std::deque<Leaving> leaving_;
  Descriptor spare_;
  boost::asio::steady_timer pause_;
  Seldom full_, crowd_, none_left_, odd_;
  uint64_t turned_away_ = 0;
};

}  // namespace understudy::edge
