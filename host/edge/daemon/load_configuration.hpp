// SPDX-License-Identifier: Apache-2.0
// The section [overburdening].
#pragma once

#include "host/edge/daemon/configuration_reader.hpp"

namespace understudy::edge {

/// After the sections that say whether there is an appliance and a peer.
void read_overburdening(Reader& r, Configuration& c);

}  // namespace understudy::edge
