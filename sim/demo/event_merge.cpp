// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/event_merge.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <sstream>

namespace understudy::demo {
namespace {

using protocol::EventKind;

/// What `data` means, in words, for the kinds where a number alone says little.
void explain(Json& out, const protocol::Event& e) {
  const uint32_t low = e.data & 0xFF;
  switch (e.kind) {
    case EventKind::takeover:
      out["reason"] = protocol::to_text(protocol::Reason(low));
      break;
    case EventKind::hold:
      out["reason"] = protocol::to_text(protocol::Reason(low));
      if (e.data & 0x100) out["flap"] = true;
      break;
    case EventKind::server_state:
      out["state"] = protocol::to_text(protocol::ServerState(low));
      out["before"] = protocol::to_text(protocol::ServerState(e.data >> 8 & 0xFF));
      break;
    case EventKind::request:
      out["operation"] = protocol::to_text(protocol::RequestOp(low));
      out["result"] = protocol::to_text(protocol::RequestResult(e.data >> 8 & 0xFF));
      out["id"] = e.data >> 16;
      break;
    default:
      break;
  }
}

// Facts that differ between two runs of one seed and say nothing about the run.
constexpr std::array<const char*, 6> private_facts{"pid",  "boot_id", "wall",
                                                   "path", "address", "clock"};

constexpr std::string_view lost_kind = "records_lost";

}  // namespace

Json describe(const protocol::Event& e) {
  constexpr const char* sources[] = {"A", "B", "gate"};
  Json out;
  out["kind"] = protocol::to_text(e.kind);
  out["source"] = sources[std::min<size_t>(e.source, 2)];
  out["frame"] = e.frame, out["line"] = e.line, out["clock"] = e.clock;
  out["term"] = e.term, out["data"] = e.data;
  explain(out, e);
  out["sequence"] = e.sequence;
  return out;
}

std::vector<TimedRecord> gate_records(std::span<const protocol::Event> events,
                                      uint64_t clocks_per_second) {
  std::vector<TimedRecord> out;
  for (const auto& e : events) {
    const auto time =
        uint64_t(static_cast<unsigned __int128>(e.clock) * 1'000'000'000u / clocks_per_second);
    Json record;
    record["time"] = time, record["who"] = "gate";
    record.update(describe(e));
    out.push_back({time, std::move(record)});
  }
  return out;
}

std::expected<std::vector<TimedRecord>, Error> daemon_records(const std::string& text,
                                                              protocol::Server server,
                                                              std::optional<uint64_t> frame_ns) {
  std::vector<TimedRecord> out;
  std::istringstream in(text);
  std::string line;
  for (size_t number = 1; std::getline(in, line); ++number) {
    const bool cut_short = in.eof();
    Json parsed = Json::parse(line, nullptr, false);
    if (parsed.is_object() && parsed.value("kind", "") == lost_kind && !parsed.contains("time"))
      parsed["time"] = out.empty() ? uint64_t{0} : out.back().time;
    const bool good =
        parsed.is_object() && parsed.contains("time") && parsed["time"].is_number_integer();
    if (!good && cut_short) break;
    if (!good)
      return error(std::string("events of server ") + protocol::to_text(server) + ", line " +
                   std::to_string(number) + ": not an object with a time");
    // A daemon whose link was cut lives on by its own clock; what it writes then is no part of the
    // run's virtual time.
    if (parsed.value("clock", "virtual") != "virtual") {
      if (!frame_ns) continue;
      parsed["time"] =
          uint64_t(std::max<int64_t>(0, parsed.value("frame", int64_t{0}))) * *frame_ns;
    }
    Json record;
    record["time"] = parsed["time"], record["who"] = protocol::to_text(server);
    for (const auto& [key, value] : parsed.items())
      if (key != "time" &&
          std::find(private_facts.begin(), private_facts.end(), key) == private_facts.end())
        record[key] = value;
    out.push_back({parsed["time"].get<uint64_t>(), std::move(record)});
  }
  return out;
}

uint64_t records_lost(std::span<const TimedRecord> records) {
  uint64_t lost = 0;
  for (const auto& r : records)
    if (r.record.value("kind", "") == lost_kind) lost += r.record.value("lost", uint64_t{0});
  return lost;
}

std::vector<TimedRecord> merge(std::vector<std::vector<TimedRecord>> lists) {
  std::vector<TimedRecord> all;
  for (auto& list : lists) std::move(list.begin(), list.end(), std::back_inserter(all));
  std::vector<std::pair<uint64_t, size_t>> order;  // time, place in `all`
  order.reserve(all.size());
  for (size_t i = 0; i < all.size(); ++i) order.emplace_back(all[i].time, i);
  std::sort(order.begin(), order.end());
  std::vector<TimedRecord> out;
  out.reserve(all.size());
  for (const auto& [time, place] : order) out.push_back(std::move(all[place]));
  return out;
}

std::string as_lines(std::span<const TimedRecord> records) {
  std::string out;
  for (const auto& r : records)
    out += r.record.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return out;
}

}  // namespace understudy::demo
