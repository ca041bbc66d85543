// SPDX-License-Identifier: Apache-2.0
// `understudy status`: who this server is, what it shows, whether the pair is protected, and why
// not.
#include <fmt/format.h>

#include "host/edge/command_line/print.hpp"
#include "host/programs/understudy/command.hpp"

namespace understudy::tool {

using nlohmann::json;

namespace {

std::string words(const json& list) {
  std::string out;
  for (const auto& w : list) out += (out.empty() ? "" : ", ") + w.get<std::string>();
  return out.empty() ? "none" : out;
}

std::string applications(const json& list) {
  std::string out;
  for (const auto& a : list)
    out += fmt::format("\n                {:<20} {} process {}", a.value("name", ""),
                       a.value("state", ""), a.value("pid", 0));
  return out.empty() ? " none registered" : out;
}

std::string address(const json& a) {
  const auto line = [&](const char* role) {
    const auto p = a.value(role, json::object());
    std::string of = p.value("lease", "");
    if (p.contains("waits_ms")) of += fmt::format(" {} ms more", p.value("waits_ms", 0));
    return fmt::format("{:<15} {} on {}: {}, lease {}, sequence {}\n", role,
                       words(p.value("addresses", json::array())), a.value("interface", ""),
                       p.value("held", false) ? "HELD" : "not held", of, p.value("sequence", 0u));
  };
  std::string out = line("service") + line("monitor");
  out += fmt::format("fencing token   {}\n", a.value("fencing_token", 0u));
  if (!a.contains("ping")) return out;
  const auto p = a["ping"];
  out += fmt::format(
      "ping monitor    {}: {} of {} answered, {} missed in a row, {} copies, {} boots\n",
      p.value("state", ""), p.value("answered", 0u), p.value("asked", 0u), p.value("misses", 0u),
      p.value("copies", 0u), p.value("boots", 0u));
  if (const auto why = p.value("blocked", ""); !why.empty())
    out += fmt::format("NOT SERVING     {}\n", why);
  return out;
}

std::string burden(const json& b) {
  std::string out = "load            not known\n";
  if (b["load"].is_number())
    out = fmt::format("load            {} per mille{}\n", b["load"].get<int>(),
                      b.value("burdened", false) ? ", OVERBURDENED" : "");
  if (const auto why = b.value("overload", ""); !why.empty())
    out += "                " + why + "\n";
  if (const auto why = b.value("kept_because", ""); !why.empty())
    out += "NOT HANDED OVER " + why + "\n";
  if (const auto why = b.value("last", ""); !why.empty())
    out += fmt::format("handed over     {} times by itself, last: {}\n", b.value("handed_over", 0),
                       why);
  return out;
}

}  // namespace

std::string status_text(const json& s) {
  const auto appliance = s.value("appliance", json::object());
  const auto peer = s.value("peer", json::object());
  std::string out = fmt::format("server          {} ({}), {}\n", s.value("name", ""),
                                s.value("port", "port not known"), s.value("state", ""));
  out += fmt::format("on air          {}, term {}, frame {}\n",
                     appliance.value("up", false) ? s.value("on_air", "") : "not known",
                     s.value("term", 0u), s.value("frame", int64_t{-1}));
  out += fmt::format("protected       {} ({} equal frames)\n", is_protected(s) ? "yes" : "NO",
                     s.value("equal_frames", 0u));
  out += fmt::format("mode            {}\n", s.value("mode", ""));
  out += fmt::format("alarms          {}\n", words(s.value("alarms", json::array())));
  out += fmt::format("appliance       {} {}\n", appliance.value("uri", ""),
                     appliance.value("up", false) ? "connected" : "NOT CONNECTED");
  out += fmt::format("peer            {}\n",
                     !peer.value("configured", false) ? "none configured"
                     : peer.value("alive", false)
                         ? fmt::format("{}, {}", peer.value("name", ""), peer.value("state", ""))
                         : "NOT HEARD");
  if (s.contains("address")) out += address(s["address"]);
  if (s.contains("burden")) out += burden(s["burden"]);
  out += fmt::format("applications   {}", applications(s.value("applications", json::array())));
  return out;
}

void add_status(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("status", "this server's state, its peer's, and the gate's");
  auto needs = std::make_shared<bool>(false);
  command->add_flag("--protected", *needs, "exit code 5 unless the pair is protected");
  command->callback([&context, needs] {
    context.run = [&context, needs] {
      const auto status = ask(context, {{"do", "status"}});
      if (!status) return status.error();
      print("{}\n", context.json ? json_line(*status) : status_text(*status));
      return *needs && !is_protected(*status) ? int(not_protected) : int(ok);
    };
  });
}

}  // namespace understudy::tool
