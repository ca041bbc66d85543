// SPDX-License-Identifier: Apache-2.0
#include "host/core/server_state/describe.hpp"

#include <array>

#include "host/core/server_state/server_state.hpp"

namespace understudy::core {
namespace {

using protocol::to_text;

constexpr std::array<std::string_view, state_event_count> meanings = {
    "the gate lets this server through",
    "the gate lets the other server through",
    "the other server is there and fit for its role",
    "it is silent, failed or offline, or its beats do not reach the gate",
    "the other daemon is a new process",
    "critical applications died or hang",
    "they are back",
    "an operator takes this server out",
    "an operator puts it back in",
    "a data synchronisation begins, whoever initiated it",
    "it led to nothing within its time, or the log was lost",
    "the gate has shown the configured number of equal frames",
    "a frame was not equal, or a change came after its frame was drawn",
    "no tick comes any more",
    "ticks come again, and nothing else is wrong",
};

std::string name(ServerState s) {
  return to_text(s);
}

std::string rows_text() {
  std::string out = "| in state | on | goes to | the daemon | why |\n|---|---|---|---|---|\n";
  for (const auto& row : state_table())
    out += "| " + name(row.from) + " | " + std::string(to_text(row.on)) + " | " + name(row.to) +
           " | " + std::string(row.action) + " | " + std::string(row.why) + " |\n";
  return out;
}

std::string events_text() {
  std::string out = "| event | means |\n|---|---|\n";
  for (size_t i = 0; i < state_event_count; ++i)
    out += "| " + std::string(to_text(StateEvent(i))) + " | " + std::string(meanings[i]) + " |\n";
  return out;
}

}  // namespace

std::string states_markdown() {
  return "# The nine states of a server\n\n"
         "Printed from the table in `server_state.cpp` by `state_table`; do not edit. A daemon "
         "starts in " +
         name(initial_state) +
         ".\nAn event that has no row in a state is counted, and the state stays.\n\n"
         "![Nine boxes, and an arrow for each way between them](../../../docs/states.svg)\n\n" +
         rows_text() + "\n" + events_text();
}

}  // namespace understudy::core
