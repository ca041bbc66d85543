// SPDX-License-Identifier: Apache-2.0
// Any line on the control socket: a request or nothing.
#include <cstdlib>

#include "host/edge/daemon/control_server.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto request =
      understudy::edge::parse_control_request({reinterpret_cast<const char*>(data), size});
  if (request && !(*request)["do"].is_string()) std::abort();
  return 0;
}
