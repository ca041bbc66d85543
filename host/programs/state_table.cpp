// SPDX-License-Identifier: Apache-2.0
// Prints the state table as Markdown: state_table > host/core/server_state/STATES.md
#include <cstdio>

#include "host/core/server_state/describe.hpp"

int main() {
  return std::fputs(understudy::core::states_markdown().c_str(), stdout) < 0 ? 1 : 0;
}
