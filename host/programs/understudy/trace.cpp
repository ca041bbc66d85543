// SPDX-License-Identifier: Apache-2.0
// `understudy trace`: the gate's own event log, as far as the daemon still keeps it: when, in pixel
// clocks since the gate's reset and as frame and line of its raster, who, what, and what it means.
#include <fmt/format.h>

#include <utility>

#include "host/core/gate_event/gate_event.hpp"
#include "host/edge/command_line/print.hpp"
#include "host/programs/understudy/command.hpp"

namespace understudy::tool {
namespace {

using nlohmann::json;

/// The gate's event in a record of the daemon's, whose own frame, term and clock are the host's.
json gate_event(const json& record) {
  const auto kind = record.value("what", ""), source = record.value("source", "");
  const protocol::Event event{
      .kind = core::gate_event_named(kind).value_or(protocol::EventKind::none),
      .source = uint8_t(source == "A"   ? 0
                        : source == "B" ? 1
                                        : 2),
      .frame = record.value("at_frame", 0u),
      .line = record.value("line", uint16_t{0}),
      .clock = record.value("at_clock", uint64_t{0}),
      .term = record.value("at_term", 0u),
      .data = record.value("data", 0u)};
  return {
      {"clock", event.clock}, {"frame", event.frame}, {"line", event.line},
      {"source", source},     {"kind", kind},         {"meaning", core::gate_event_meaning(event)},
      {"term", event.term},   {"data", event.data},   {"sequence", record.value("sequence", 0u)}};
}

std::string row(const json& e) {
  return fmt::format("{:>15} {:>10} {:>5} {:<6} {:<13} {}", e["clock"].get<uint64_t>(),
                     e["frame"].get<uint32_t>(), e["line"].get<uint32_t>(),
                     e["source"].get<std::string>(), e["kind"].get<std::string>(),
                     e["meaning"].get<std::string>());
}

int trace(const Context& context, const EventChoice& choice) {
  bool headed = context.json;
  return show_events(context, choice, [&](const json& record) {
    if (!std::exchange(headed, true))
      print("{:>15} {:>10} {:>5} {:<6} {:<13} {}\n", "clock", "frame", "line", "source", "kind",
            "meaning");
    const auto event = gate_event(record);
    print("{}\n", context.json ? json_line(event) : row(event));
  });
}

}  // namespace

void add_trace(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "trace",
      "the gate's event log with pixel clocks, which the daemon keeps; --follow: each new "
      "event as it comes");
  auto choice = add_event_choice(*command);
  choice->kind = "gate";
  command->callback(
      [&context, choice] { context.run = [&context, choice] { return trace(context, *choice); }; });
}

}  // namespace understudy::tool
