// SPDX-License-Identifier: Apache-2.0
// What a server decides about each request, by RFC 2326's table of methods and states (A.2): a
// status, and what is to be done before it is said. Doing it may still turn the status into
// another. One session a connection; it ends with its connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/core/rtsp/play_range.hpp"
#include "host/core/rtsp/request.hpp"
#include "host/core/rtsp/transport.hpp"

namespace understudy::rtsp {

enum class State : uint8_t { none, ready, playing };

struct Session {
  uint64_t identifier = 0;  // 0: no session
  State state = State::none;
  std::string path;  // of the file that was set up
};

/// As the Session field has it.
std::string session_text(uint64_t identifier);

/// The file that a URL names, below the root and decoded, the control of its track taken off.
/// Empty: none, as for "*".
std::string path_of(std::string_view url);

enum class Act : uint8_t { nothing, describe, set_up, play, pause, tear_down };

struct Decision {
  int status = 200;
  Act act = Act::nothing;
  std::string path;                    // describe, set_up
  std::vector<TransportOffer> offers;  // set_up; destinations are empty
  PlayRange range;                     // play
  std::string fields;                  // further header lines, each with its end
};

Decision decide(const Request& request, const Session& session);

/// A whole response. `fields` as in Decision. A body needs its Content-Type among the fields.
std::string respond(int status, uint32_t sequence, std::string_view fields = {},
                    std::string_view body = {});

}  // namespace understudy::rtsp
