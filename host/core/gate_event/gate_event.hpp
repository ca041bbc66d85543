// SPDX-License-Identifier: Apache-2.0
// An entry of the gate's event log in words, for whoever shows it to a person.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/events.hpp"
#include "protocol/link.hpp"

namespace understudy::core {

/// The kind of that name ("rescued_lines"); nothing: there is none.
std::optional<protocol::EventKind> gate_event_named(std::string_view name);

/// An event's `data` where it counts or measures ("280 lines"); empty: it does not.
std::string gate_event_amount(protocol::EventKind kind, uint32_t data);

/// What happened: "B is on air, term 2, because of: beats missed".
std::string gate_event_meaning(const protocol::Event& event);

}  // namespace understudy::core
