// SPDX-License-Identifier: Apache-2.0
// Any text as a configuration: either it is in range in every key, or its errors have a place.
#include <cstdlib>

#include "host/edge/daemon/configuration.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace understudy::edge;
  const auto c = parse_configuration({reinterpret_cast<const char*>(data), size});
  if (!c) {
    if (c.error().empty()) std::abort();
    for (const auto& e : c.error())
      if (e.what.empty() || to_text(e, "file").empty()) std::abort();
    return 0;
  }
  if (c->name.empty() || c->name.size() > 31 || c->run_dir.empty()) std::abort();
  if (c->beats_per_frame < 2 || c->beats_per_frame > 64 || c->required.size() > 32) std::abort();
  return 0;
}
