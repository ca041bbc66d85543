// SPDX-License-Identifier: Apache-2.0
// The sections [address], [ping], [fence] and [boot]: read, and refused with place, key, allowed.
#include <gtest/gtest.h>

#include "host/edge/daemon/configuration.hpp"

namespace {
using namespace understudy::edge;

const std::string good = R"([server]
name = "alpha"
run_dir = "/run/understudy"
[appliance]
uri = "none"
[address]
interface = "eth0"
service = ["192.0.2.10/32", "2001:db8::10/128"]
monitor = ["192.0.2.11/32"]
lease_ms = 120
announce = 4
[ping]
period_ms = 50
misses = 2
second_period_ms = 700
copy_every = 20
before_first_reply = "boot"
[fence]
kernel = true
guarded_ports = [80, 554]
[boot]
device = "ipmi"
host = "bmc.example"
user = "admin"
password_file = "/etc/understudy/ipmi"
hold_ms = 60000
)";

std::string with(const std::string& from, const std::string& to) {
  std::string out = good;
  const size_t at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return out.replace(at, from.size(), to);
}

TEST(NetworkConfiguration, a_good_one_is_read) {
  const auto c = parse_configuration(good);
  ASSERT_TRUE(c) << to_text(c.error()[0], "good");
  ASSERT_TRUE(c->address && c->ping);
  EXPECT_EQ(c->address->service.size(), 2u);
  EXPECT_EQ(c->address->lease_ms, 120u);
  EXPECT_EQ(c->address->guarded_ports, (std::vector<uint16_t>{80, 554}));
  EXPECT_EQ(c->ping->timeout_ms, 50u);  // as the period, unless said
  EXPECT_TRUE(c->ping->boot_before_reply);
  EXPECT_EQ(c->boot.kind, BootKind::ipmi);
  EXPECT_EQ(c->boot.hold.count(), 60'000);
}

struct Wrong {
  const char *from, *to, *key;
  std::vector<std::string> said;
};

TEST(NetworkConfiguration, every_error_names_key_and_what_is_allowed) {
  const std::vector<Wrong> table = {
      {"interface = \"eth0\"\n", "", "address.interface", {"missing"}},
      {"\"192.0.2.10/32\"", "\"192.0.2.10/40\"", "address.service", {"no prefix", "allowed"}},
      {"\"192.0.2.10/32\"", "\"www\"", "address.service", {"no numeric address"}},
      {"\"192.0.2.11/32\"", "\"192.0.2.10/32\"", "address.monitor", {"service address too"}},
      {"\"192.0.2.10/32\"", "\"2001:db8::10/64\"", "address.service", {"twice"}},
      {"lease_ms = 120", "lease_ms = 50", "address.lease_ms", {"less than 4 frames"}},
      {"lease_ms", "leese_ms", "address.leese_ms", {"did you mean lease_ms?"}},
      {"second_period_ms = 700",
       "second_period_ms = 40",
       "ping.second_period_ms",
       {"less than ping.timeout_ms"}},
      {"\"boot\"", "\"bot\"", "ping.before_first_reply", {"did you mean boot?", "wait or boot"}},
      {"[80, 554]", "[80, 70000]", "fence.guarded_ports", {"70000"}},
      {"[80, 554]", "80", "fence.guarded_ports", {"not a list"}},
      {"kernel = true", "kernel = \"yes\"", "fence.kernel", {"not true or false"}},
      {"device = \"ipmi\"", "device = \"impi\"", "boot.device", {"did you mean ipmi?"}},
      {"host = \"bmc.example\"\n", "", "boot.host", {"missing"}},
      {"device = \"ipmi\"", "device = \"command\"", "boot.command", {"missing"}},
      {"device = \"ipmi\"", "device = \"wol\"\nmac = \"1:2\"", "boot.mac", {"no hardware address"}},
      {"monitor = [\"192.0.2.11/32\"]\n", "", "address.monitor", {"[ping] needs it"}},
      {"[ping]\n",
       "[peer]\nlisten = \"127.0.0.1:1\"\naddress = \"127.0.0.2:1\"\nkey_file = \"/k\"\n[ping]\n",
       "ping",
       {"kernel answers for both"}},
  };
  for (const auto& row : table) {
    const auto c = parse_configuration(with(row.from, row.to));
    ASSERT_FALSE(c) << row.to;
    bool found = false;
    for (const auto& e : c.error()) {
      if (e.key != row.key) continue;
      found = true;
      EXPECT_GT(e.line, 1u);
      for (const auto& text : row.said)
        EXPECT_NE(e.what.find(text), std::string::npos) << row.key << ": " << e.what;
    }
    EXPECT_TRUE(found) << row.key << " is not among: " << to_text(c.error()[0], "f");
  }
}

TEST(NetworkConfiguration, without_an_appliance_the_ping_monitor_must_be_there) {
  const auto from = good.find("[ping]"), to = good.find("[fence]");
  const auto c = parse_configuration(good.substr(0, from) + good.substr(to));
  ASSERT_FALSE(c);
  EXPECT_NE(c.error()[0].what.find("[ping]"), std::string::npos);
}

}  // namespace
