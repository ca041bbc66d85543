// SPDX-License-Identifier: Apache-2.0
#include "sim/network/outcome.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace understudy::network {
namespace {

double ms_since(WallTime from, WallTime to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

std::string size_text(uint64_t bytes) {
  return fmt::format("{:.0f} MiB", static_cast<double>(bytes) / (1 << 20));
}

std::string mac_text(const Mac& m) {
  return fmt::format("{:02x}", fmt::join(m, ":"));
}

std::optional<double> after_fault(const Outcome& o, const std::optional<WallTime>& at) {
  if (!at) return std::nullopt;
  return ms_since(o.struck, *at);
}

std::string moment(const std::optional<double>& ms) {
  return ms ? fmt::format("{:+.1f} ms", *ms) : "never";
}

}  // namespace

Stream stream_of(std::span<const Heard> heard) {
  Stream out;
  std::optional<uint32_t> end;
  std::optional<WallTime> last;
  const auto longer = [](std::optional<Stream::Silence>& best, const Stream::Silence& s) {
    if (!best || s.to - s.from > best->to - best->from) best = s;
  };
  for (const auto& h : heard) {
    if (!out.announced && !out.speakers.empty() && h.from != out.speakers.front())
      out.announced = h.at;
    out.resets += h.reset;
    if (h.opens) {
      ++out.opened;
      end = h.sequence + 1;
    }
    if (h.bytes == 0 || !end) continue;
    const uint32_t reaches = h.sequence + h.bytes;
    if (static_cast<int32_t>(reaches - *end) <= 0) continue;  // a probe, or sent again
    end = reaches;
    const bool another = out.speakers.empty() || out.speakers.back() != h.from;
    if (another) out.speakers.push_back(h.from);
    if (out.speakers.size() == 1) out.last_before = h.at;
    if (out.speakers.size() == 2 && !out.first_after) out.first_after = h.at;
    if (last) {
      const Stream::Silence s{*last, h.at};
      longer(out.longest, s);
      longer(another ? out.over_change : out.longest_else, s);
    }
    last = h.at;
  }
  return out;
}

std::vector<std::string> Outcome::complaints() const {
  std::vector<std::string> out;
  const auto demand = [&out](bool good, const std::string& otherwise) {
    if (!good) out.push_back(otherwise);
  };
  demand(curl_exit == 0, fmt::format("curl ended with {}: {}", curl_exit, curl_says));
  demand(hash_got == hash_wanted, "the file that came is not the file that was asked for");
  demand(connections == 1, fmt::format("curl made {} connections, not one", connections));
  demand(curl_exit != 0 || http_code == 200, fmt::format("HTTP status {}", http_code));
  demand(stream.resets == 0, fmt::format("the client saw {} resets", stream.resets));
  demand(bytes_at_fault < object_bytes, "the fault came when the download was over");
  demand(packets_missed == 0, fmt::format("{} packets were not heard", packets_missed));
  if (expect_change) {
    demand(after.server != before.server && after.server != "nobody",
           fmt::format("on air: {} before, {} after", before.server, after.server));
    demand(after.term == before.term + 1,
           fmt::format("the term went from {} to {}", before.term, after.term));
    demand(stream.speakers == std::vector{mac_before, mac_after},
           fmt::format("new bytes came from {} servers in turn, not from the first and then the "
                       "second",
                       stream.speakers.size()));
  } else {
    demand(after.server == before.server && after.term == before.term,
           fmt::format("on air changed from {} to {}", before.server, after.server));
  }
  return out;
}

std::vector<std::string> summary(const Outcome& o) {
  std::vector<std::string> out;
  const auto& s = o.stream;
  out.push_back(
      fmt::format("download   {} with curl over {} connection{}: exit {}, HTTP {}, {:.1f} s",
                  size_text(o.object_bytes), o.connections, o.connections == 1 ? "" : "s",
                  o.curl_exit, o.http_code, o.seconds));
  out.push_back(fmt::format("contents   sha256 {} ({}...)",
                            o.hash_got == o.hash_wanted ? "equal" : "NOT EQUAL",
                            o.hash_got.substr(0, 16)));
  out.push_back(fmt::format("fault      {}: {}, when {} had come", o.fault, o.fault_words,
                            size_text(o.bytes_at_fault)));
  out.push_back(fmt::format("on air     {} in term {}, then {} in term {}", o.before.server,
                            o.before.term, o.after.server, o.after.term));
  if (s.longest)
    out.push_back(fmt::format(
        "silence    {:.1f} ms at most in the client's byte stream; elsewhere {:.1f} ms",
        s.longest->milliseconds(), s.longest_else ? s.longest_else->milliseconds() : 0));
  if (o.expect_change)
    out.push_back(
        fmt::format("           last byte of the first {}, the second speaks {}, its first byte {}",
                    moment(after_fault(o, s.last_before)), moment(after_fault(o, s.announced)),
                    moment(after_fault(o, s.first_after))));
  out.push_back(fmt::format("resets     {} seen at the client's network card", s.resets));
  if (o.held_back != 0)
    out.push_back(fmt::format(
        "           (the machine was busy: {} packets of the one on air were held back, for its "
        "daemon had not run for a lease)",
        o.held_back));
  if (!o.delivery_says.empty()) out.push_back("takeover   " + o.delivery_says);
  const auto wrong = o.complaints();
  for (const auto& c : wrong) out.push_back("WRONG      " + c);
  if (wrong.empty())
    out.emplace_back("verdict    right: the client never noticed");
  else
    out.push_back(fmt::format("verdict    {} thing{} not as it should be", wrong.size(),
                              wrong.size() == 1 ? "" : "s"));
  return out;
}

nlohmann::ordered_json to_json(const Outcome& o) {
  using Json = nlohmann::ordered_json;
  const auto number = [](const std::optional<double>& v) { return v ? Json(*v) : Json(); };
  const auto silence = [&o](const std::optional<Stream::Silence>& v) {
    return v ? Json{{"lasts", v->milliseconds()},
                    {"begins_after_fault", ms_since(o.struck, v->from)}}
             : Json();
  };
  const auto holder = [](const Holder& h, const Mac& mac) {
    return Json{{"server", h.server}, {"term", h.term}, {"mac", mac_text(mac)}};
  };
  Json speakers = Json::array();
  for (const auto& m : o.stream.speakers) speakers.push_back(mac_text(m));
  return {{"right", o.complaints().empty()},
          {"complaints", o.complaints()},
          {"fault", o.fault},
          {"object_bytes", o.object_bytes},
          {"bytes_at_fault", o.bytes_at_fault},
          {"curl",
           {{"exit", o.curl_exit},
            {"http_code", o.http_code},
            {"connections", o.connections},
            {"seconds", o.seconds}}},
          {"sha256", {{"wanted", o.hash_wanted}, {"got", o.hash_got}}},
          {"on_air_before", holder(o.before, o.mac_before)},
          {"on_air_after", holder(o.after, o.mac_after)},
          {"silence_ms",
           {{"longest", silence(o.stream.longest)},
            {"over_change", silence(o.stream.over_change)},
            {"longest_else", silence(o.stream.longest_else)}}},
          {"after_fault_ms",
           {{"last_byte_of_first", number(after_fault(o, o.stream.last_before))},
            {"second_speaks", number(after_fault(o, o.stream.announced))},
            {"first_byte_of_second", number(after_fault(o, o.stream.first_after))}}},
          {"resets", o.stream.resets},
          {"speakers", speakers},
          {"packets_missed", o.packets_missed},
          {"held_back", o.held_back},
          {"delivery_says", o.delivery_says}};
}

}  // namespace understudy::network
