// SPDX-License-Identifier: Apache-2.0
// One list of all that happened: the gate's events and both daemons' records, ordered by virtual
// time. Two runs of one seed give the same bytes: process numbers and wall times are left out.
#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/core/error.hpp"
#include "protocol/link.hpp"

namespace understudy::demo {

using Json = nlohmann::ordered_json;

/// "who": "gate" | "A" | "B", "time": nanoseconds since reset.
struct TimedRecord {
  uint64_t time = 0;
  Json record;
};

Json describe(const protocol::Event& event);
/// `clocks_per_second` turns the gate's pixel clocks into time.
std::vector<TimedRecord> gate_records(std::span<const protocol::Event> events,
                                      uint64_t clocks_per_second);
/// A daemon's events.jsonl. A last line that was cut short (the daemon was killed) is passed over,
/// and so are records by another clock than the virtual one (its link was cut); with `frame_ns`,
/// how long a frame is, those stand where the frame begins that they name.
/// `records_lost`, by which a daemon says that its disk was full, has no time: it gets that of the
/// record before it. Errors: any other line that is no object or has no time.
std::expected<std::vector<TimedRecord>, Error> daemon_records(
    const std::string& text, protocol::Server server, std::optional<uint64_t> frame_ns = {});
/// How many records the daemon could not write.
uint64_t records_lost(std::span<const TimedRecord> records);
/// Sorted by time; at one time the gate first, then A, then B, each in its own order.
std::vector<TimedRecord> merge(std::vector<std::vector<TimedRecord>> lists);
std::string as_lines(std::span<const TimedRecord> records);

}  // namespace understudy::demo
