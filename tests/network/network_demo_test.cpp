// SPDX-License-Identifier: Apache-2.0
// The network demo: its verdict by itself, and whole runs of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sim/network/lan.hpp"
#include "sim/network/outcome.hpp"
#include "sim/network/report.hpp"
#include "sim/network/sequence_diagram.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;

constexpr Mac first{2, 0, 0, 0, 0, 1}, second{2, 0, 0, 0, 0, 2};
constexpr Flow download_flow{Heard::Kind::tcp, false, 80, 40'000};
constexpr Flow group_flow{Heard::Kind::rtp, true, 6970, 20'000};

Heard of_flow(const Flow& flow, std::chrono::nanoseconds at, Mac from, uint32_t sequence,
              uint32_t bytes) {
  return {.at = WallTime(at),
          .from = from,
          .kind = flow.kind,
          .group = flow.group,
          .service_port = flow.service_port,
          .client_port = flow.client_port,
          .sequence = sequence,
          .bytes = bytes};
}
Heard segment(std::chrono::nanoseconds at, Mac from, uint32_t sequence, uint32_t bytes) {
  return of_flow(download_flow, at, from, sequence, bytes);
}
Heard numbered(std::chrono::nanoseconds at, Mac from, uint16_t sequence) {
  return of_flow(group_flow, at, from, sequence, 1328);
}

/// The sequence number wraps in it, and the second server probes and sends 100 bytes again.
std::vector<Heard> right_download() {
  std::vector<Heard> out{segment(0ms, first, 0xFFFFFF00, 0)};
  out[0].opens = true;
  out.push_back(segment(1ms, first, 0xFFFFFF01, 200));
  out.push_back(segment(4ms, first, 0xFFFFFFC9, 200));
  out.push_back(segment(50ms, second, 0x90, 1));
  out.push_back(segment(51ms, second, 0x2D, 200));
  out.push_back(segment(53ms, second, 0xF5, 200));
  return out;
}
/// RTP's number wraps in it too.
std::vector<Heard> right_group() {
  return {numbered(2ms, first, 0xFFFE), numbered(3ms, first, 0xFFFF), numbered(52ms, second, 0),
          numbered(55ms, second, 1)};
}

ClientOutcome client(const std::string& name, const Flow& flow, const std::vector<Heard>& heard) {
  ClientOutcome c{.name = name, .command = "x", .unit = "bytes", .exit = 0};
  c.wanted = c.got = 700;
  c.hashed = "the file", c.hash_wanted = c.hash_got = "0123456789abcdef0123";
  c.flow = flow, c.stream = stream_of(heard, flow);
  return c;
}

Outcome outcome_of(const std::vector<Heard>& download, const std::vector<Heard>& group) {
  Outcome o{.fault = "cable", .fault_words = "x", .command = "x"};
  o.bytes_at_fault = 400;
  o.before = {"A", 1, first}, o.after = {"B", 2, second}, o.second = second;
  o.struck = WallTime(3ms);
  o.clients = {client("curl", download_flow, download), client("listener", group_flow, group)};
  o.clients[1].each_number_once = true;
  o.heard = download;
  o.heard.insert(o.heard.end(), group.begin(), group.end());
  std::ranges::stable_sort(o.heard, {}, &Heard::at);
  o.voices = voices_of(o.heard, first, second);
  o.voices.connections = 2;  // the listener's questions
  return o;
}
Outcome right_outcome() {
  return outcome_of(right_download(), right_group());
}

TEST(NetworkOutcome, silences_are_between_new_bytes) {
  const auto s = stream_of(right_download(), download_flow);
  EXPECT_EQ(s.speakers, (std::vector{first, second}));
  ASSERT_TRUE(s.over_change && s.longest_else && s.longest);
  EXPECT_DOUBLE_EQ(s.over_change->milliseconds(), 47);
  EXPECT_DOUBLE_EQ(s.longest->milliseconds(), 47);
  EXPECT_DOUBLE_EQ(s.longest_else->milliseconds(), 3);
  EXPECT_EQ(s.bytes, 700u);
  EXPECT_EQ(right_outcome().voices.second_speaks, WallTime(50ms));
  EXPECT_EQ(right_outcome().complaints(), std::vector<std::string>{});
}

TEST(NetworkOutcome, rtp_numbers_are_counted) {
  auto heard = right_group();
  heard.insert(heard.begin() + 2, numbered(4ms, first, 0xFFFF));  // again
  heard.push_back(numbered(56ms, second, 4));                     // 2 is missing, 3 is late
  heard.push_back(numbered(57ms, second, 3));
  const auto s = stream_of(heard, group_flow);
  EXPECT_EQ(s.packets, 6u);
  EXPECT_EQ(s.doubled, 1u);
  EXPECT_EQ(s.missing, 1u);
  EXPECT_EQ(s.late, 1u);
  ASSERT_TRUE(s.over_change);
  EXPECT_DOUBLE_EQ(s.over_change->milliseconds(), 49);
}

TEST(NetworkOutcome, packets_are_read_from_their_frames) {
  const auto service = address_bytes("10.0.0.100");
  std::vector<uint8_t> frame(14 + 20 + 20 + 6);
  frame[11] = 7, frame[12] = 8;                                      // from; IPv4
  frame[14] = 0x45, frame[17] = 46, frame[23] = 6;                   // header, total length, TCP
  frame[26] = 10, frame[29] = 100, frame[35] = 80;                   // from the service, port 80
  frame[37] = 9, frame[41] = 5, frame[46] = 0x50, frame[47] = 0x12;  // to 9, sequence 5, SYN ACK
  const auto h = decode_frame(frame, service);
  ASSERT_TRUE(h);
  EXPECT_EQ(h->from, (Mac{0, 0, 0, 0, 0, 7}));
  EXPECT_TRUE(h->opens && h->acknowledges && !h->to_service && !h->reset);
  EXPECT_EQ(h->service_port, 80);
  EXPECT_EQ(h->client_port, 9);
  EXPECT_EQ(h->sequence, 5u);
  EXPECT_EQ(h->bytes, 6u);
  EXPECT_FALSE(decode_frame(frame, address_bytes("10.0.0.99")));
  for (size_t n = 0; n < 54; ++n) EXPECT_FALSE(decode_frame(std::span(frame).first(n), service));
}

TEST(NetworkOutcome, a_machine_that_was_busy_is_no_verdict) {
  EXPECT_EQ(right_outcome().disturbance(), "");
  auto o = right_outcome();
  o.clients[1].hash_got = "other";
  EXPECT_EQ(o.disturbance(), "");
  o.held_back = 1;
  EXPECT_NE(o.disturbance(), "");
  EXPECT_TRUE(summary(o).back().starts_with("verdict    none"));
  o = right_outcome();
  o.after.term = 4;
  EXPECT_NE(o.disturbance(), "");
  o = right_outcome();
  o.struck = WallTime(60ms);
  EXPECT_NE(o.disturbance(), "");
}

TEST(NetworkOutcome, the_change_is_drawn_from_the_packets) {
  const auto rows = sequence_rows(right_outcome());
  std::string all;
  for (const auto& r : rows) all += r.words + "\n";
  const auto fault = all.find("the fault"), probe = all.find("probe"),
             next = all.find("byte 300 to 499");
  EXPECT_LT(fault, probe) << all;
  EXPECT_LT(probe, next) << all;
  EXPECT_NE(next, std::string::npos) << all;
  EXPECT_NE(report_html(right_outcome()).find("</svg>"), std::string::npos);
}

TEST(NetworkOutcome, what_is_wrong_is_said) {
  const auto wrong = [](Outcome o) {
    const auto lines = summary(o);
    return o.complaints().size() == 1 && lines.at(lines.size() - 2).starts_with("WRONG");
  };
  const auto changed = [](auto change) {
    auto o = right_outcome();
    change(o);
    return o;
  };
  EXPECT_TRUE(wrong(changed([](Outcome& o) { o.clients[0].exit = 18; })));
  EXPECT_TRUE(wrong(changed([](Outcome& o) { o.clients[0].says = "HTTP status 206"; })));
  EXPECT_TRUE(wrong(changed([](Outcome& o) { o.clients[1].hash_got = "other"; })));
  EXPECT_TRUE(wrong(changed([](Outcome& o) { o.voices.connections = 3; })));
  EXPECT_TRUE(wrong(changed([](Outcome& o) { o.bytes_at_fault = o.clients[0].wanted; })));
  EXPECT_TRUE(wrong(changed([](Outcome& o) { o.after.term = 1; })));
  EXPECT_TRUE(wrong(changed([](Outcome& o) { o.after.server = "A"; })));
  EXPECT_TRUE(wrong(changed([](Outcome& o) { o.packets_missed = 1; })));
  EXPECT_TRUE(wrong(changed([](Outcome& o) { o.voices.resets = 1; })));
  auto group = right_group();
  group.push_back(numbered(56ms, second, 1));  // a number twice: a listener would show it
  EXPECT_TRUE(wrong(outcome_of(right_download(), group)));
  group.back().sequence = 3;  // one missing
  EXPECT_TRUE(wrong(outcome_of(right_download(), group)));
  // The first server says something, and be it nothing new, when the second has begun.
  auto download = right_download();
  download.push_back(segment(54ms, first, 0xF5, 200));
  EXPECT_TRUE(wrong(outcome_of(download, right_group())));
}

/// The report of one run; of another when the machine was too busy (exit 5).
nlohmann::json report_of(const std::string& options) {
  const std::string programs = UNDERSTUDY_PROGRAMS;
  std::string folder = "/tmp/understudy-demo-test-" + std::string(6, 'X');
  EXPECT_TRUE(::mkdtemp(folder.data()));
  std::string said;
  int code = 5;
  for (int run = 0; run < 4 && code == 5; ++run) {
    said.clear();
    code = shell(programs + "/understudy-network-demo --report " + folder + " " + options, &said);
  }
  EXPECT_EQ(code, 0) << said;
  EXPECT_TRUE(std::filesystem::exists(folder + "/report.html"));
  auto report = nlohmann::json::parse(std::ifstream(folder + "/report.json"), nullptr, false);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return report;
}

void expect_unnoticed(const nlohmann::json& report) {
  ASSERT_TRUE(report.is_object());
  EXPECT_TRUE(report["right"]) << report.dump(2);
  EXPECT_EQ(report["resets"], 0);
  EXPECT_EQ(report["connections"], 4);
  ASSERT_EQ(report["clients"].size(), 4u);
  for (const auto& c : report["clients"]) {
    EXPECT_EQ(c["got"], c["wanted"]) << c;
    EXPECT_EQ(c["sha256"]["got"], c["sha256"]["wanted"]) << c;
    EXPECT_EQ(c["missing"], 0) << c;
    EXPECT_EQ(c["speakers"].size(), 2u) << c;
  }
  EXPECT_EQ(report["clients"][3]["name"], "listener");
  if (report["fault"] != "partition") {
    EXPECT_EQ(report["clients"][3]["doubled"], 0);
  }
  EXPECT_EQ(report["first_after_second"], 0);
}

class NetworkDemo : public testing::TestWithParam<const char*> {};

TEST_P(NetworkDemo, no_client_notices) {
  expect_unnoticed(report_of(std::string("--size 24 --rate 24 --fault ") + GetParam()));
}
INSTANTIATE_TEST_SUITE_P(Fault, NetworkDemo,
                         testing::Values("cable", "kill", "hang", "app", "power", "operator",
                                         "partition"),
                         [](const auto& p) { return std::string(p.param); });

class NetworkDemoOneHost : public testing::TestWithParam<const char*> {};

TEST_P(NetworkDemoOneHost, no_client_notices) {
  expect_unnoticed(report_of(std::string("--hosts one --size 24 --rate 24 --fault ") + GetParam()));
}
INSTANTIATE_TEST_SUITE_P(Fault, NetworkDemoOneHost, testing::Values("kill", "hang", "operator"),
                         [](const auto& p) { return std::string(p.param); });

TEST(NetworkDemoStrict, no_client_notices) {
  expect_unnoticed(report_of("--strict --size 24 --rate 24 --fault cable"));
}
TEST(NetworkDemoStrict, nor_with_both_servers_on_one_host) {
  expect_unnoticed(report_of("--strict --hosts one --size 24 --rate 24 --fault kill"));
}

TEST(NetworkDemoHosts, what_strikes_a_whole_host_is_refused_with_what_to_type) {
  for (const char* fault : {"cable", "power", "partition"}) {
    std::string said;
    EXPECT_EQ(shell(std::string(UNDERSTUDY_PROGRAMS) +
                        "/understudy-network-demo --hosts one --fault " + fault,
                    &said),
              2);
    EXPECT_NE(said.find("--hosts two --fault " + std::string(fault)), std::string::npos) << said;
    EXPECT_NE(said.find("--fault kill | hang"), std::string::npos) << said;
  }
}

TEST(NetworkDemoReport, a_folder_that_takes_no_file_is_told_before_the_run) {
  std::string said;
  EXPECT_EQ(
      shell(std::string(UNDERSTUDY_PROGRAMS) + "/understudy-network-demo --report /proc/nowhere",
            &said),
      4);
  EXPECT_EQ(said, "understudy-network-demo: --report /proc/nowhere: No such file or directory\n");
}

TEST(NetworkDemoOverload, no_client_notices) {
  expect_unnoticed(report_of("--fault overload --size 64 --rate 16"));
}

TEST(NetworkDemoBySix, no_client_notices) {
  expect_unnoticed(report_of("--size 24 --rate 24 --ipv6"));
}

}  // namespace
}  // namespace understudy::network
