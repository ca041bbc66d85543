// SPDX-License-Identifier: Apache-2.0
// Prints the state table for people: state_table > host/core/server_state/STATES.md
//                                    state_table --svg > docs/states.svg
#include <cstdio>
#include <string_view>

#include "host/core/server_state/describe.hpp"
#include "host/core/server_state/diagram.hpp"

int main(int count, char** words) {
  using namespace understudy::core;
  const bool svg = count == 2 && std::string_view(words[1]) == "--svg";
  if (count > 1 && !svg) {
    std::fputs("state_table [--svg]: prints the nine states as Markdown, or as a picture\n",
               stderr);
    return 2;
  }
  std::fputs((svg ? states_svg() : states_markdown()).c_str(), stdout);
  return std::fflush(stdout) == 0 && !std::ferror(stdout) ? 0 : 1;
}
