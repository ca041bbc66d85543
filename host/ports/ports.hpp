// SPDX-License-Identifier: Apache-2.0
// What the core needs done in the world: one small interface for each neighbour. The edge
// implements them; tests use their own.
#pragma once

#include "host/core/daemon/action.hpp"

namespace understudy::ports {

class Link {
 public:
  virtual ~Link() = default;
  virtual void send(const protocol::Heartbeat& heartbeat) = 0;
  virtual void send(const protocol::Request& request) = 0;
};

class Peer {
 public:
  virtual ~Peer() = default;
  virtual void send(const core::SendPeer& datagram) = 0;
};

class Applications {
 public:
  virtual ~Applications() = default;
  virtual void accept(core::ApplicationId id) = 0;
  virtual void refuse(core::ApplicationId id, const std::string& why) = 0;
  virtual void send(const core::SendParameter& parameter) = 0;
  virtual void send(const core::SendDiscard& discard) = 0;
  virtual void send(const core::SendService& service) = 0;
};

class Control {
 public:
  virtual ~Control() = default;
  virtual void reply(const core::Reply& reply) = 0;
};

class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void write(const Record& record) = 0;
};

struct Ports {
  Link& link;
  Peer& peer;
  Applications& applications;
  Control& control;
  EventSink& events;
};

/// Does each action through its port, in order.
inline void perform(const core::Actions& actions, Ports ports) {
  struct Visitor {
    Ports& to;
    void operator()(const core::SendHeartbeat& a) const { to.link.send(a.heartbeat); }
    void operator()(const core::SendRequest& a) const { to.link.send(a.request); }
    void operator()(const core::SendPeer& a) const { to.peer.send(a); }
    void operator()(const core::AcceptApplication& a) const { to.applications.accept(a.id); }
    void operator()(const core::RefuseApplication& a) const { to.applications.refuse(a.id, a.why); }
    void operator()(const core::SendParameter& a) const { to.applications.send(a); }
    void operator()(const core::SendDiscard& a) const { to.applications.send(a); }
    void operator()(const core::SendService& a) const { to.applications.send(a); }
    void operator()(const core::Reply& a) const { to.control.reply(a); }
    void operator()(const core::WriteRecord& a) const { to.events.write(a.record); }
  };
  for (const auto& action : actions) std::visit(Visitor{ports}, action);
}

}  // namespace understudy::ports
