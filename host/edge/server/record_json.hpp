// SPDX-License-Identifier: Apache-2.0
// A record of core's as one line of JSON: time, clock, frame, term, server, severity, kind, core's
// fields in their order, and a text for people.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "host/core/record.hpp"

namespace understudy::edge {

/// `clock` is "virtual" while an appliance keeps the time, else "monotonic".
nlohmann::ordered_json to_json(const Record& record, std::string_view server,
                               std::string_view clock);

/// "from Secondary, to Primary": the record's fields as words.
std::string text_of(const Record& record);

void add_fields(nlohmann::ordered_json& out, const std::vector<RecordField>& fields);

}  // namespace understudy::edge
