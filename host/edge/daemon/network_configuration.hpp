// SPDX-License-Identifier: Apache-2.0
// The sections [address], [ping], [fence] and [boot].
#pragma once

#include "host/edge/daemon/configuration_reader.hpp"

namespace understudy::edge {

void read_network(Reader& r, Configuration& c);

}  // namespace understudy::edge
