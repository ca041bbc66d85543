// SPDX-License-Identifier: Apache-2.0
// What can be done to the server on air, and whether the other one is to go on for it.
#pragma once

#include <array>
#include <cstdint>

namespace understudy::network {

enum class Fault : uint8_t {
  none,
  cable,
  kill,
  hang,
  app,
  power,
  operator_switch,
  overload,
  partition
};
struct FaultFacts {
  Fault fault;
  const char *name, *words;
  bool changes_server = true;
  const char* of_whole_host = nullptr;  // why it cannot strike one of two servers on one host
};
inline constexpr std::array<FaultFacts, 9> faults{{
    {Fault::cable, "cable", "the primary's cable pulled, its daemon and delivery killed", true,
     "one host has one cable, and would lose both servers with it"},
    {Fault::kill, "kill", "the primary's daemon, delivery and playout killed (SIGKILL)"},
    {Fault::hang, "hang", "the primary's daemon hung (SIGSTOP), and went on later (SIGCONT)"},
    {Fault::app, "app", "the primary's delivery killed (SIGKILL)"},
    {Fault::power, "power", "the primary lost power: all of it gone at once", true,
     "one host has one power supply, and would lose both servers with it"},
    {Fault::operator_switch, "operator", "an operator typed 'understudy switch'"},
    {Fault::overload, "overload", "the primary's delivery got too little of its processor"},
    {Fault::partition, "partition",
     "the primary heard neither the other server nor the appliance; clients still heard it", true,
     "no wire lies between two servers on one host"},
    {Fault::none, "none", "nothing was broken", false},
}};

/// What both daemons' configuration has besides for `overload`: too much is known soon.
inline constexpr auto overload_sections =
    "[overburdening]\nlateness_ms = 40\nhold_ms = 600\nrest_ms = 2000\nserve_ms = 1000\n";

}  // namespace understudy::network
