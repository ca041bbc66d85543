// SPDX-License-Identifier: Apache-2.0
#include "host/core/rtsp/output.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace understudy::rtsp {
namespace {

/// All bytes from `from` on: responses as they are, media as "[run:place+length]".
std::string read(const Output& o, uint64_t from) {
  std::string out;
  while (const auto p = o.locate(from)) {
    if (!p->text.empty())
      out += p->text;
    else
      out += "[" + std::to_string(p->run) + ":" + std::to_string(p->place) + "+" +
             std::to_string(p->left) + "]";
    from += p->left;
  }
  EXPECT_EQ(from, o.end());
  return out;
}

TEST(RtspOutput, a_response_goes_in_at_an_items_end_and_media_goes_on) {
  Output o;
  o.say("play ok;");
  o.begin_run(0, 1000);
  EXPECT_EQ(o.end(), 1008u);
  EXPECT_EQ(o.open_media(0)->place, 0u);
  EXPECT_EQ(o.open_media(308)->place, 300u);
  o.say_at(320, "alive;");  // the item that holds 300 ends there
  EXPECT_EQ(read(o, 0), "play ok;[0:0+320]alive;[0:320+680]");
  EXPECT_EQ(read(o, 330), "ive;[0:320+680]");
  EXPECT_EQ(read(o, 335), "[0:321+679]");
  // Another before the media has gone on: it follows the first.
  o.say_at(o.open_media(330)->place, "twice;");
  EXPECT_EQ(read(o, 328), "alive;twice;[0:320+680]");
  EXPECT_EQ(o.end(), 1020u);
}

TEST(RtspOutput, pause_cuts_and_play_begins_anew) {
  Output o;
  o.begin_run(4, 1000);
  o.stop_at(100);
  o.say("paused;");
  o.begin_run(5, 50);
  EXPECT_EQ(read(o, 0), "[4:0+100]paused;[5:0+50]");
  o.stop_at(0);
  EXPECT_EQ(read(o, 0), "[4:0+100]paused;");
  EXPECT_FALSE(o.open_media(100));
  o.acknowledged(101);
  EXPECT_EQ(o.first_run(), std::nullopt);
  EXPECT_EQ(read(o, 101), "aused;");
  EXPECT_EQ(o.locate(50), std::nullopt);
  o.acknowledged(107);
  EXPECT_EQ(o.end(), 107u);
  o.begin_run(6, 10);
  o.stop_at(0);
  EXPECT_EQ(o.end(), 107u);
}

TEST(RtspOutput, a_run_that_is_sent_is_not_open) {
  Output o;
  o.begin_run(0, 10);
  EXPECT_TRUE(o.open_media(9));
  EXPECT_FALSE(o.open_media(10));
  o.say("x");
  EXPECT_FALSE(o.open_media(0));
}

TEST(RtspOutput, promises_reach_only_so_far) {
  Output o;
  o.begin_run(0, 100u << 20);
  EXPECT_TRUE(o.grant(0));
  EXPECT_EQ(o.granted(), protocol::limits::rtsp_grant_bytes);
  EXPECT_FALSE(o.grant(0));
  EXPECT_TRUE(o.grant(5));
  o.stop_at(1000);
  EXPECT_TRUE(o.grant(5));
  EXPECT_EQ(o.granted(), 1000u);
}

TEST(RtspOutput, room_is_bounded) {
  Output o;
  while (o.ready()) {
    if (!o.open_media(0)) o.begin_run(0, 1 << 20);
    o.say_at(o.open_media(0)->place + 10, std::string(100, 'a'));
  }
  EXPECT_LE(o.spans().size(), protocol::limits::rtsp_spans_max);
  o.acknowledged(5000);
  EXPECT_TRUE(o.ready());
  Output t;
  while (t.ready()) t.say(std::string(protocol::limits::rtsp_response_max, 'a'));
  EXPECT_EQ(t.end(), protocol::limits::rtsp_text_max);
}

TEST(RtspOutput, the_other_server_has_the_same) {
  Output o;
  o.say("ab");
  o.begin_run(3, 1000);
  o.say_at(20, "cd");
  o.acknowledged(5);
  o.grant(5);
  protocol::checkpoint::Rtsp m;
  o.put(m);
  std::vector<uint8_t> bytes(1000);
  bytes.resize(encode(m, bytes));
  const auto back = protocol::checkpoint::decode_rtsp(bytes);
  ASSERT_TRUE(back);
  const auto other = Output::from(*back);
  EXPECT_EQ(read(other, 5), read(o, 5));
  EXPECT_EQ(other.granted(), o.granted());
  EXPECT_EQ(other.end(), o.end());
}

}  // namespace
}  // namespace understudy::rtsp
