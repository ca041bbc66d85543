// SPDX-License-Identifier: Apache-2.0
// An outcome in words for the terminal, and in JSON for programs.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sim/network/outcome.hpp"

namespace understudy::network {
namespace {

using Json = nlohmann::ordered_json;

std::string amount(uint64_t n, const std::string& unit) {
  if (unit != "bytes") return fmt::format("{} {}", n, unit);
  const auto bytes = static_cast<double>(n);
  return n < 10u << 20 ? fmt::format("{:.2f} MiB", bytes / (1 << 20))
                       : fmt::format("{:.0f} MiB", bytes / (1 << 20));
}

std::string numbers_words(const ClientOutcome& c) {
  if (!c.flow || c.flow->kind != Heard::Kind::rtp) return {};
  std::string out = fmt::format("{} packets, {} missing, {} doubled", c.stream.packets,
                                c.stream.missing, c.stream.doubled);
  if (c.stream.doubled) out += " (a receiver knows them by their number and shows none)";
  return out;
}

std::string silence_words(const Stream& s) {
  if (!s.longest) return "nothing came";
  return fmt::format("silent for {:.1f} ms at most; elsewhere {:.1f} ms",
                     (s.over_change ? *s.over_change : *s.longest).milliseconds(),
                     s.longest_else ? s.longest_else->milliseconds() : 0);
}

Json client_json(const ClientOutcome& c, const Outcome& o) {
  const auto silence = [&o](const std::optional<Stream::Silence>& v) {
    return v ? Json{{"lasts", v->milliseconds()}, {"begins_after_fault", o.after_fault(v->from)}}
             : Json();
  };
  const auto moment = [&o](const std::optional<WallTime>& v) {
    return v ? Json(o.after_fault(*v)) : Json();
  };
  const auto& s = c.stream;
  Json speakers = Json::array();
  for (const auto& m : s.speakers) speakers.push_back(mac_text(m));
  return {{"name", c.name},
          {"command", c.command},
          {"right", c.right()},
          {"exit", c.exit},
          {"unit", c.unit},
          {"wanted", c.wanted},
          {"got", c.got},
          {"sha256", {{"of", c.hashed}, {"wanted", c.hash_wanted}, {"got", c.hash_got}}},
          {"packets", s.packets},
          {"missing", s.missing},
          {"doubled", s.doubled},
          {"late", s.late},
          {"speakers", speakers},
          {"silence_ms",
           {{"longest", silence(s.longest)},
            {"over_change", silence(s.over_change)},
            {"longest_else", silence(s.longest_else)}}},
          {"after_fault_ms",
           {{"last_of_first", moment(s.last_before)}, {"first_of_second", moment(s.first_after)}}}};
}

}  // namespace

std::string mac_text(const Mac& m) {
  return fmt::format("{:02x}", fmt::join(m, ":"));
}

std::string got_words(const ClientOutcome& c) {
  std::string out = c.got == c.wanted
                        ? amount(c.got, c.unit)
                        : fmt::format("{} of {}", amount(c.got, c.unit), amount(c.wanted, c.unit));
  if (const auto numbers = numbers_words(c); !numbers.empty()) out += ", " + numbers;
  return out;
}

std::vector<std::string> summary(const Outcome& o) {
  std::vector<std::string> out;
  out.push_back(fmt::format("fault      {}: {}, when {} of the download had come", o.fault,
                            o.fault_words, amount(o.bytes_at_fault, "bytes")));
  out.push_back(fmt::format("on air     {} in term {}, then {} in term {}", o.before.server,
                            o.before.term, o.after.server, o.after.term));
  if (o.voices.second_speaks)
    out.push_back(fmt::format("           the second server speaks {:+.1f} ms after the fault",
                              o.after_fault(*o.voices.second_speaks)));
  for (const auto& c : o.clients) {
    out.push_back(fmt::format("{:<11}{}", c.name, got_words(c)));
    out.push_back(fmt::format("           sha256 of {} {} ({}...)", c.hashed,
                              c.hash_got == c.hash_wanted ? "equal" : "NOT EQUAL",
                              c.hash_got.substr(0, 16)));
    out.push_back("           " + silence_words(c.stream));
  }
  out.push_back(fmt::format("network    {} clients, {} connections, {} resets", o.clients.size(),
                            o.voices.connections, o.voices.resets));
  const auto disturbance = o.disturbance();
  if (!disturbance.empty()) out.push_back("           (the machine was busy: " + disturbance + ")");
  if (!o.delivery_says.empty()) out.push_back("takeover   " + o.delivery_says);
  const auto wrong = o.complaints();
  for (const auto& c : wrong) out.push_back("WRONG      " + c);
  if (wrong.empty())
    out.emplace_back("verdict    right: no client noticed");
  else if (!disturbance.empty())
    out.emplace_back("verdict    none: the machine was too busy; run it again on a quieter one");
  else
    out.push_back(fmt::format("verdict    {} thing{} not as it should be", wrong.size(),
                              wrong.size() == 1 ? "" : "s"));
  return out;
}

Json to_json(const Outcome& o) {
  const auto holder = [](const Holder& h) {
    return Json{{"server", h.server}, {"term", h.term}, {"mac", mac_text(h.mac)}};
  };
  Json clients = Json::array();
  for (const auto& c : o.clients) clients.push_back(client_json(c, o));
  return {{"right", o.complaints().empty()},
          {"complaints", o.complaints()},
          {"disturbance", o.disturbance()},
          {"fault", o.fault},
          {"command", o.command},
          {"bytes_at_fault", o.bytes_at_fault},
          {"on_air_before", holder(o.before)},
          {"on_air_after", holder(o.after)},
          {"second_speaks_after_fault_ms",
           o.voices.second_speaks ? Json(o.after_fault(*o.voices.second_speaks)) : Json()},
          {"first_after_second", o.voices.first_after_second},
          {"connections", o.voices.connections},
          {"resets", o.voices.resets},
          {"clients", clients},
          {"packets_missed", o.packets_missed},
          {"held_back", o.held_back},
          {"delivery_says", o.delivery_says}};
}

}  // namespace understudy::network
