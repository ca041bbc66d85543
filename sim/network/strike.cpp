// SPDX-License-Identifier: Apache-2.0
// The stage's faults: what each does to the server on air, and what of it ends again.
#include <fmt/format.h>

#include <csignal>
#include <stdexcept>

#include "sim/network/stage.hpp"

namespace understudy::network {

using namespace std::chrono_literals;

namespace {

/// All of them at one moment; the kernel takes 40 ms to bury one that had packet sockets.
void kill_at_once(std::initializer_list<demo::Child*> children) {
  for (const auto* c : children) ::kill(c->process(), SIGKILL);
  for (auto* c : children) c->kill();
}

}  // namespace

void Stage::strike(Fault fault, size_t server) {
  auto& s = servers_[server];
  switch (fault) {
    case Fault::none:
      return;
    case Fault::cable:
      lan_.cable(node(server), false);
      return kill_at_once({&*s.delivery, &*s.daemon});
    case Fault::kill:
      return kill_at_once({&*s.delivery, &*s.daemon, &*s.playout});
    case Fault::hang:
      return s.daemon->hang();
    case Fault::app:
      return s.delivery->kill();
    case Fault::power:
      lan_.power_off(node(server));
      return kill_at_once({&*s.delivery, &*s.daemon, &*s.playout});
    case Fault::operator_switch:
      return switch_by_operator(server);
    case Fault::overload:
      throttle_.emplace(delivery(server));
      return;
    case Fault::partition:
      lan_.part({node(0), node(1)}, true);
      lan_.wire_up("peer0", node(server), false);
      return cut_link(server, true);
  }
}

void Stage::relent(Fault fault, size_t server) {
  if (fault == Fault::hang) ::kill(servers_[server].daemon->process(), SIGCONT);
  if (fault == Fault::overload) throttle_.reset();
  if (fault != Fault::partition) return;
  cut_link(server, false);
  lan_.wire_up("peer0", node(server), true);
  lan_.part({node(0), node(1)}, false);
}

void Stage::switch_by_operator(size_t server) {
  auto tool =
      start(node(server), {program("understudy"), "--daemon", folder_ / letters[server], "switch"},
            "tool.log");
  if (tool.wait(15s) != 0)
    throw std::runtime_error("understudy switch:\n" + tool.last_words() + logs());
}

/// The wire between a server's daemon and the appliance, as if a hand had pulled its plug.
void Stage::cut_link(size_t server, bool out) {
  const auto said = ask_appliance(fmt::format(R"({{"do":"fault","name":"{}","source":"{}"}})",
                                              out ? "usb" : "heal", server == 0 ? "A" : "B"));
  if (said.find("\"ok\":true") == std::string::npos)
    throw std::runtime_error("the appliance: " + said);
}

}  // namespace understudy::network
