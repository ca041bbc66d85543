// SPDX-License-Identifier: Apache-2.0
// The section [overburdening]: read, and refused with place, key, allowed.
#include <gtest/gtest.h>

#include "host/edge/daemon/configuration.hpp"

namespace {
using namespace understudy::edge;
using namespace std::chrono_literals;
using understudy::core::Figure;

const std::string good = R"([server]
name = "alpha"
run_dir = "/run/understudy"
[appliance]
uri = "sim:unix:/tmp/link"
[peer]
listen = "127.0.0.1:7701"
address = "127.0.0.1:7702"
key_file = "/etc/key"
[overburdening]
run_queue = 8
run_queue_file = "/tmp/queue"
lateness_ms = 20
backlog_kib = 4096
hold_ms = 1500
low_percent = 60
rest_ms = 5000
serve_ms = 3000
)";

std::string with(const std::string& from, const std::string& to) {
  std::string out = good;
  const size_t at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return out.replace(at, from.size(), to);
}

TEST(LoadConfiguration, a_good_one_is_read) {
  const auto c = parse_configuration(good);
  ASSERT_TRUE(c) << to_text(c.error()[0], "good");
  ASSERT_TRUE(c->overburdening);
  const auto& o = c->overburdening->options;
  const auto of = [&](Figure f) { return o.thresholds[static_cast<size_t>(f)]; };
  EXPECT_EQ(of(Figure::run_queue), 800);
  EXPECT_EQ(of(Figure::cpu_pressure), 0);
  EXPECT_EQ(of(Figure::lateness), 20'000);
  EXPECT_EQ(of(Figure::backlog), 4096 * 1024);
  EXPECT_EQ(c->overburdening->run_queue_file, "/tmp/queue");
  EXPECT_EQ(c->overburdening->cpu_pressure_file, "/proc/pressure/cpu");
  EXPECT_EQ(o.hold, 1500ms);
  EXPECT_EQ(o.rest, 5000ms);
  EXPECT_EQ(o.serve, 3000ms);
  EXPECT_EQ(o.low_percent, 60u);
  EXPECT_FALSE(parse_configuration(good.substr(0, good.find("[overb")))->overburdening);
}

TEST(LoadConfiguration, every_error_names_key_and_what_is_allowed) {
  struct Wrong {
    const char *from, *to, *key, *said;
  };
  const auto figures = good.substr(good.find("run_queue = "));
  const Wrong table[] = {
      {"run_queue = 8", "run_queue = 0", "overburdening.run_queue", "is 0; allowed: 1 to 100000"},
      {"run_queue = 8", "run_queue = 8.5", "overburdening.run_queue", "with a fraction"},
      {"run_queue = 8", "run_que = 8", "overburdening.run_que", "did you mean run_queue?"},
      {"run_queue = 8\n", "", "overburdening.run_queue_file",
       "has no use without overburdening.run_queue"},
      {"lateness_ms = 20", "cpu_pressure = 101", "overburdening.cpu_pressure", "1 to 100"},
      {"hold_ms = 1500", "hold_ms = 99", "overburdening.hold_ms", "is 99"},
      {"low_percent = 60", "low_percent = 100", "overburdening.low_percent", "1 to 99"},
      {"serve_ms = 3000", "serve_ms = 999", "overburdening.serve_ms", "is 999"},
      {"\"sim:unix:/tmp/link\"", "\"none\"", "overburdening", "needs an appliance"},
      {figures.c_str(), "hold_ms = 1000\n", "overburdening", "names no figure"},
  };
  for (const auto& row : table) {
    const auto c = parse_configuration(with(row.from, row.to));
    ASSERT_FALSE(c) << row.to;
    bool found = false;
    for (const auto& e : c.error())
      found |= e.key == row.key && e.what.find(row.said) != std::string::npos && e.line > 1;
    EXPECT_TRUE(found) << row.to << ": " << to_text(c.error()[0], "f");
  }
  const auto from = good.find("[peer]"), to = good.find("[overb");
  const auto alone = parse_configuration(good.substr(0, from) + good.substr(to));
  ASSERT_FALSE(alone);
  EXPECT_NE(alone.error()[0].what.find("needs the section [peer]"), std::string::npos);
}

}  // namespace
