// SPDX-License-Identifier: Apache-2.0
// The answer to a request for a file: header bytes, and which bytes of which asset follow. Made
// once, by the server that got the request; its bytes are in the record, so the other one sends the
// same, date included.
#pragma once

#include <memory>

#include "host/core/connection/http_answers.hpp"
#include "host/edge/delivery/asset_root.hpp"
#include "host/edge/delivery/http_request.hpp"

namespace understudy::edge {

struct HttpResponse {
  core::HttpAnswer answer;
  std::shared_ptr<const Asset> asset;  // null where nothing of one follows
  bool closes = false;
};

/// `now`: for the Date field.
HttpResponse respond(const HttpRequest& request, AssetRoot& root, time_t now);
HttpResponse respond(const BadRequest& bad, time_t now);

}  // namespace understudy::edge
