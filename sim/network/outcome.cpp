// SPDX-License-Identifier: Apache-2.0
#include "sim/network/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace understudy::network {
namespace {

class Complaints {
 public:
  void demand(bool good, const std::string& otherwise) {
    if (!good) list.push_back(otherwise);
  }
  std::vector<std::string> list;
};

void judge(const ClientOutcome& c, const Outcome& o, Complaints& out) {
  const auto of = [&c](const std::string& words) { return c.name + ": " + words; };
  out.demand(c.exit == 0, of(fmt::format("ended with {}", c.exit)));
  out.demand(c.says.empty(), of(c.says));
  out.demand(c.hash_got == c.hash_wanted, of(c.hashed + " is not what was asked for"));
  out.demand(c.stream.missing == 0, of(fmt::format("{} numbers missing", c.stream.missing)));
  // Two servers that do not hear each other do not know what the other sent to the group: the same
  // packet may come twice, as over ST 2022-7's two ways, and a receiver shows it once.
  if (c.each_number_once && o.fault != "partition")
    out.demand(c.stream.doubled == 0 && c.stream.late == 0,
               of(fmt::format("{} numbers came twice, {} late", c.stream.doubled, c.stream.late)));
  auto wanted = std::vector{o.before.mac};
  if (o.expect_change) wanted.push_back(o.second);
  out.demand(c.stream.speakers == wanted,
             of(o.expect_change
                    ? fmt::format("was served by {} in turn, not by the first server and then the "
                                  "second",
                                  c.stream.speakers.size())
                    : "was served by others than the one on air"));
}

}  // namespace

std::vector<std::string> Outcome::complaints() const {
  Complaints out;
  for (const auto& c : clients) judge(c, *this, out);
  out.demand(!clients.empty() && bytes_at_fault < clients.front().wanted,
             "the fault came when the download was over");
  out.demand(
      voices.connections == clients.size(),
      fmt::format("{} connections were made by {} clients", voices.connections, clients.size()));
  out.demand(voices.resets == 0, fmt::format("clients saw {} resets", voices.resets));
  out.demand(packets_missed == 0, fmt::format("{} packets were not heard", packets_missed));
  if (expect_change) {
    out.demand(after.mac == second && after.server != before.server,
               fmt::format("on air: {} before, {} after", before.server, after.server));
    out.demand(after.term == before.term + 1,
               fmt::format("the term went from {} to {}", before.term, after.term));
    out.demand(voices.first_after_second == 0,
               fmt::format("the first server said {} things after the second had begun",
                           voices.first_after_second));
  } else {
    out.demand(after.server == before.server && after.term == before.term,
               fmt::format("on air changed from {} to {}", before.server, after.server));
    out.demand(!voices.second_speaks, "the second server spoke, and nothing had happened");
  }
  return out.list;
}

std::string Outcome::disturbance() const {
  if (voices.second_speaks && *voices.second_speaks < struck)
    return "the servers changed before the fault: the machine had kept one from running";
  if (after.term > before.term + 1)
    return "the servers changed again: the machine had kept one from running";
  if (held_back != 0)
    return fmt::format(
        "the fence held back {} packets of the one on air: its daemon had not run for a lease",
        held_back);
  return {};
}

}  // namespace understudy::network
