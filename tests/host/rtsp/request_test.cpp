// SPDX-License-Identifier: Apache-2.0
#include "host/core/rtsp/request.hpp"

#include <gtest/gtest.h>

#include <random>

namespace understudy::rtsp {
namespace {

std::span<const uint8_t> bytes(std::string_view s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

/// What comes out of `in`, given in pieces of at most `step` bytes, as text.
std::string told(std::string_view in, size_t step) {
  Input input;
  std::string out;
  while (!in.empty()) {
    const size_t n = std::min({step, in.size(), input.room()});
    if (n == 0) return out + "stuck";
    input.take(bytes(in.substr(0, n)));
    in.remove_prefix(n);
    for (;;) {
      const auto piece = input.next();
      if (std::holds_alternative<Incomplete>(piece)) break;
      if (const auto* w = std::get_if<Unreadable>(&piece))
        return out + "wrong " + std::to_string(w->status) + " " + std::to_string(w->sequence);
      if (const auto* p = std::get_if<Interleaved>(&piece)) {
        out +=
            "packet " + std::to_string(p->channel) + " " + std::to_string(p->bytes.size()) + "\n";
        continue;
      }
      const auto& r = std::get<Request>(piece);
      out += r.method + " " + r.url + " " + std::to_string(r.sequence) + " '" +
             std::string(r.field("session")) + "' '" + r.body + "'\n";
    }
  }
  return out;
}

TEST(RtspInput, requests_and_packets_come_out_however_the_bytes_come_in) {
  const std::string packet = std::string("$\1\0\3", 4) + "abc";
  const std::string long_one = std::string("$\0\xff\xf0", 4) + std::string(0xfff0, '$');
  const std::string in = "\r\nOPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n" + packet +
                         "SET_PARAMETER rtsp://h/a RTSP/1.0\nCseq:2\nSession:  12 \n"
                         "Content-Length: 5\n\nab\r\nc" +
                         long_one + packet + "PAUSE rtsp://h/a RTSP/1.0\r\nCSeq: 3\r\n\r\n";
  const std::string want =
      "OPTIONS * 1 '' ''\npacket 1 3\nSET_PARAMETER rtsp://h/a 2 '12' 'ab\r\nc'\npacket 1 3\n"
      "PAUSE rtsp://h/a 3 '' ''\n";
  for (const size_t step : {1u, 2u, 3u, 7u, 100u, 4096u, 1u << 20}) EXPECT_EQ(told(in, step), want);
}

TEST(RtspInput, what_is_wrong_gets_its_status) {
  const auto all = [](std::string_view s) { return told(s, 1 << 20); };
  EXPECT_EQ(all("GARBAGE\r\n\r\n"), "wrong 400 0");
  EXPECT_EQ(all("PLAY a RTSP/2.0\r\nCSeq: 4\r\n\r\n"), "wrong 505 4");
  EXPECT_EQ(all("PLAY a HTTP/1.1\r\nCSeq: 4\r\n\r\n"), "wrong 400 0");
  EXPECT_EQ(all("PLAY a RTSP/1.0\r\n\r\n"), "wrong 400 0");
  EXPECT_EQ(all("PLAY a RTSP/1.0\r\nCSeq: 4294967296\r\n\r\n"), "wrong 400 0");
  EXPECT_EQ(all("PLAY a RTSP/1.0\r\nCSeq: 4\r\nno colon\r\n\r\n"), "wrong 400 0");
  EXPECT_EQ(all("PLAY a RTSP/1.0\r\nCSeq: 4\r\nContent-Length: 4097\r\n\r\n"), "wrong 413 4");
  EXPECT_EQ(all("PLAY a RTSP/1.0\r\nCSeq: 4\r\nContent-Length: -1\r\n\r\n"), "wrong 400 4");
  EXPECT_EQ(all("PLAY a b RTSP/1.0\r\nCSeq: 4\r\n\r\n"), "wrong 400 0");
  EXPECT_EQ(all(std::string(10'000, 'a')), "wrong 413 0");
  std::string fields = "PLAY a RTSP/1.0\r\nCSeq: 4\r\n";
  for (int i = 0; i < 80; ++i) fields += "a: b\r\n";
  EXPECT_EQ(all(fields + "\r\n"), "wrong 400 0");
}

TEST(RtspInput, garbage_neither_breaks_nor_fills_it) {
  std::mt19937 random(5);
  constexpr std::string_view words[] = {
      "PLAY ", "rtsp://h/", " RTSP/1.0\r\n",         "CSeq: 1\r\n",
      "\r\n",  "$",         "Content-Length: 3\r\n", "\n"};
  for (int round = 0; round < 3000; ++round) {
    std::string in;
    while (in.size() < 600) {
      if (random() % 4)
        in += words[random() % std::size(words)];
      else
        in += static_cast<char>(random());
    }
    EXPECT_EQ(told(in, 1 + random() % 20), told(in, 1 << 20));
  }
}

TEST(RtspInput, a_restored_one_goes_on_where_the_other_stood) {
  const std::string in = "PLAY rtsp://h/a RTSP/1.0\r\nCSeq: 3\r\n\r\n";
  for (size_t n = 0; n < in.size(); ++n) {
    Input first, second;
    first.take(bytes(std::string_view(in).substr(0, n)));
    EXPECT_TRUE(std::holds_alternative<Incomplete>(first.next()));
    ASSERT_TRUE(second.restore(first.unread(), first.skip()));
    second.take(bytes(std::string_view(in).substr(n)));
    EXPECT_TRUE(std::holds_alternative<Request>(second.next())) << n;
  }
  Input first, second;
  first.take(bytes(std::string("$\1\x80\0", 4) + "abc"));
  EXPECT_TRUE(std::holds_alternative<Incomplete>(first.next()));
  EXPECT_EQ(first.skip(), 0x8000u - 3);
  EXPECT_TRUE(second.restore(first.unread(), first.skip()));
  EXPECT_FALSE(second.restore({}, 0x10000));
}

}  // namespace
}  // namespace understudy::rtsp
