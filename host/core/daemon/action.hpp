// SPDX-License-Identifier: Apache-2.0
// All that a server wants done, as values, in the order in which it is to be done.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "host/core/daemon/event.hpp"
#include "host/core/record.hpp"

namespace understudy::core {

/// To the appliance; what cannot be sent (link down) is dropped.
struct SendHeartbeat {
  protocol::Heartbeat heartbeat;
};
struct SendRequest {
  protocol::Request request;
};

/// To the peer: put the envelope's header before the payload and the MAC behind.
struct SendPeer {
  protocol::peer::Envelope envelope;
  std::vector<uint8_t> payload;
};

/// Answers to ApplicationRegistered. After a refusal the id is forgotten.
struct AcceptApplication {
  ApplicationId id;
};
struct RefuseApplication {
  ApplicationId id;
  std::string why;
};
struct SendParameter {
  ApplicationId id;
  LogIndex index;
  FrameNumber frame;
  std::string key, value;
};
struct SendDiscard {
  ApplicationId id;
  bool on = false;
};
struct SendService {
  ApplicationId id;
  bool serving = false;
  Term term;
};

enum class ReplyCode : uint8_t { done, refused, bad_request, timeout, not_protected };
constexpr std::string_view to_text(ReplyCode c) {
  constexpr std::string_view names[] = {"done", "refused", "bad_request", "timeout",
                                        "not_protected"};
  return names[static_cast<uint8_t>(c)];
}
/// The one answer to a ControlRequest, now or later.
struct Reply {
  RequestId id;
  ReplyCode code = ReplyCode::done;
  std::string text;                 // for a person
  std::vector<RecordField> fields;  // for a program: frame, index, ...
};

struct WriteRecord {
  Record record;
};

using Action =
    std::variant<SendHeartbeat, SendRequest, SendPeer, AcceptApplication, RefuseApplication,
                 SendParameter, SendDiscard, SendService, Reply, WriteRecord>;
using Actions = std::vector<Action>;

}  // namespace understudy::core
