// SPDX-License-Identifier: Apache-2.0
// What is wrong with a configuration is said with line, column, key, what is allowed and the
// nearest known word.
#include "host/edge/daemon/configuration.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {
using namespace understudy::edge;
using understudy::core::Initiator;
using understudy::core::Policy;

const std::string good = R"([server]
name = "alpha"
run_dir = "/run/understudy"
events = "/var/log/understudy/events.jsonl"

[appliance]
uri = "sim:unix:/tmp/x/link-a"

[peer]
listen = "127.0.0.1:7701"
address = "[::1]:7702"
key_file = "/etc/understudy/peer.key"

[heartbeat]
per_frame = 16

[synchronization]
initiator = "component"
equal_frames = 20

[applications]
policy = "all"
required = ["playout", "feed"]
)";

std::string with(const std::string& from, const std::string& to) {
  std::string out = good;
  const size_t at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return out.replace(at, from.size(), to);
}

TEST(Configuration, a_good_one_is_read) {
  const auto c = parse_configuration(good);
  ASSERT_TRUE(c.has_value()) << to_text(c.error()[0], "good");
  EXPECT_EQ(c->name, "alpha");
  EXPECT_EQ(c->appliance.path, "/tmp/x/link-a");
  ASSERT_TRUE(c->peer);
  EXPECT_EQ(c->peer->listen.port, 7701);
  EXPECT_EQ(c->peer->address.address, "::1");
  EXPECT_EQ(c->beats_per_frame, 16u);
  EXPECT_EQ(c->initiator, Initiator::component);
  EXPECT_EQ(c->equal_frames, 20u);
  EXPECT_EQ(c->policy, Policy::all);
  EXPECT_EQ(c->required, (std::vector<std::string>{"playout", "feed"}));
}

TEST(Configuration, the_least_one_is_read) {
  const auto c =
      parse_configuration("server = {name='a', run_dir='/r'}\nappliance = {uri='none'}\n");
  ASSERT_TRUE(c.has_value());
  EXPECT_EQ(c->appliance.kind, ApplianceUri::Kind::none);
  EXPECT_FALSE(c->peer);
  EXPECT_EQ(c->beats_per_frame, 8u);
}

TEST(Configuration, a_real_wire_gets_more_heartbeats_unless_it_is_said) {
  for (const auto& [uri, beats] : {std::pair{"usb:serial=A", 16u},
                                   {"tty:/dev/ttyUSB0", 16u},
                                   {"pci:0000:01:00.0", 16u},
                                   {"sim:unix:/a", 8u}}) {
    const std::string text =
        std::string("server = {name='a', run_dir='/r'}\nappliance = {uri='") + uri + "'}\n";
    EXPECT_EQ(parse_configuration(text)->beats_per_frame, beats) << uri;
    EXPECT_EQ(parse_configuration(text + "heartbeat = {per_frame = 5}\n")->beats_per_frame, 5u);
  }
}

struct Wrong {
  const char *from, *to;
  uint32_t line;
  std::string key;
  std::vector<std::string> said;
};

TEST(Configuration, every_error_names_place_key_and_what_is_allowed) {
  const std::vector<Wrong> table = {
      {"name = \"alpha\"", "name = \"al pha\"", 2, "server.name", {"al pha", "letters"}},
      {"name = \"alpha\"", "name = 7", 2, "server.name", {"whole number", "text in quotes"}},
      {"name = \"alpha\"\n", "", 1, "server.name", {"missing"}},
      {"name = \"alpha\"", "naem = \"alpha\"", 2, "server.naem", {"did you mean name?"}},
      {"[heartbeat]", "[hartbeat]", 14, "hartbeat", {"did you mean heartbeat?", "synchronization"}},
      {"per_frame = 16", "per_frame = 65", 15, "heartbeat.per_frame", {"is 65", "2 to 64"}},
      {"per_frame = 16", "per_frame = 1", 15, "heartbeat.per_frame", {"is 1;", "2 to 64"}},
      {"per_frame = 16", "per_frame = 8.5", 15, "heartbeat.per_frame", {"whole number"}},
      {"per_frame = 16",
       "per_frame = -9223372036854775808",
       15,
       "heartbeat.per_frame",
       {"2 to 64"}},
      {"\"component\"",
       "\"componnet\"",
       18,
       "synchronization.initiator",
       {"did you mean component?", "second, first or component"}},
      {"equal_frames = 20", "equal_frames = 65536", 19, "synchronization.equal_frames", {"65535"}},
      {"sim:unix:/tmp/x/link-a",
       "usb:1234",
       7,
       "appliance.uri",
       {"usb:1234", "none, sim:unix:PATH, usb:serial=SERIAL"}},
      {"127.0.0.1:7701", "127.0.0.1", 10, "peer.listen", {"no port"}},
      {"127.0.0.1:7701", "127.0.0.1:99999", 10, "peer.listen", {"99999"}},
      {"127.0.0.1:7701", "localhost:7701", 10, "peer.listen", {"localhost", "numeric"}},
      {"\"[::1]:7702\"", "\"127.0.0.1:7701\"", 11, "peer.address", {"same as peer.listen"}},
      {"[\"playout\", \"feed\"]", "\"playout\"", 23, "applications.required", {"not a list"}},
      {"[\"playout\", \"feed\"]",
       "[\"playout\", \"playout\"]",
       23,
       "applications.required",
       {"twice"}},
      {"policy = \"all\"", "policy = \"some\"", 22, "applications.policy", {"any or all"}},
      {"[server]", "server = 3", 1, "server", {"write [server]"}},
      {"run_dir = \"/run/understudy\"", "run_dir = \"\"", 3, "server.run_dir", {"empty"}},
  };
  for (const auto& row : table) {
    const auto c = parse_configuration(with(row.from, row.to));
    ASSERT_FALSE(c.has_value()) << row.to;
    const ConfigurationError* found = nullptr;
    for (const auto& e : c.error())
      if (e.key == row.key) found = &e;
    ASSERT_TRUE(found) << row.to << ": " << to_text(c.error()[0], "f");
    EXPECT_EQ(found->line, row.line) << row.to;
    EXPECT_GT(found->column, 0u);
    for (const auto& word : row.said)
      EXPECT_NE(found->what.find(word), std::string::npos) << row.to << ": " << found->what;
  }
}

TEST(Configuration, all_errors_come_at_once_in_order) {
  std::string text = with("per_frame = 16", "per_frame = 0");
  text.replace(text.find("\"alpha\""), 7, "\"\"");
  text += "colour = 3\n";
  const auto c = parse_configuration(text);
  ASSERT_FALSE(c.has_value());
  ASSERT_EQ(c.error().size(), 3u);
  EXPECT_EQ(c.error()[0].key, "server.name");
  EXPECT_EQ(c.error()[1].key, "heartbeat.per_frame");
  EXPECT_EQ(c.error()[2].key, "applications.colour");
  EXPECT_TRUE(to_text(c.error()[1], "u.toml").starts_with("u.toml:15:13: heartbeat.per_frame is 0"))
      << to_text(c.error()[1], "u.toml");
}

TEST(Configuration, broken_toml_names_line_and_column) {
  const auto c = parse_configuration("[server]\nname = \"alpha\nrun_dir = 3\n");
  ASSERT_FALSE(c.has_value());
  EXPECT_EQ(c.error()[0].line, 2u);
}

TEST(Configuration, a_line_that_would_exhaust_the_parser_is_refused) {
  std::string key = "x";
  for (int i = 0; i < 50'000; ++i) key += ".a";
  const auto c = parse_configuration("[server]\n" + key + " = 1\n");
  ASSERT_FALSE(c.has_value());
  EXPECT_EQ(c.error()[0].line, 2u);
  EXPECT_NE(c.error()[0].what.find("at most 1024"), std::string::npos) << c.error()[0].what;
}

TEST(Configuration, a_run_dir_that_no_socket_fits_in_is_refused) {
  const auto c = parse_configuration(with("/run/understudy\"", "/" + std::string(100, 'r') + "\""));
  ASSERT_FALSE(c.has_value());
  EXPECT_EQ(c.error()[0].key, "server.run_dir");
}

}  // namespace
