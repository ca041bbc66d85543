// SPDX-License-Identifier: Apache-2.0
#include "protocol/link.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "protocol/application.hpp"
#include "protocol/sim.hpp"

namespace understudy::protocol {
namespace {

template <class Message, class Decode>
void round_trip_and_truncation(const Message& m, Decode decode) {
  std::array<uint8_t, 256> b{};
  const size_t n = encode(m, b);
  ASSERT_GT(n, 0u);
  const auto whole = std::span<const uint8_t>(b);
  ASSERT_TRUE(decode(whole.first(n)));
  EXPECT_EQ(*decode(whole.first(n)), m);
  for (size_t k = 0; k < n; ++k) EXPECT_FALSE(decode(whole.first(k))) << k;
  EXPECT_FALSE(decode(whole.first(n + 1)));
  for (size_t k = 0; k < n; ++k) EXPECT_EQ(encode(m, std::span(b).first(k)), 0u);
}

TEST(Link, each_message_survives_the_trip_and_no_shorter_or_longer_one_is_taken) {
  round_trip_and_truncation(Heartbeat{1, 2, 3, ServerState::primary},
                            [](auto s) { return decode_heartbeat(s); });
  round_trip_and_truncation(Request{9, RequestOp::switch_to_b},
                            [](auto s) { return decode_request(s); });
  round_trip_and_truncation(Tick{1, Server::b, Server::a, 7, 8, ServerState::primary,
                                 ServerState::secondary, 0x155, 900, Mode::lockout},
                            [](auto s) { return decode_tick(s); });
  round_trip_and_truncation(Event{5, EventKind::takeover, 1, 10, 11, 0x123456789ABC, 3, 4},
                            [](auto s) { return decode_event(s); });
}

TEST(Link, text_for_the_firmware_and_from_it_survives_the_trip) {
  const auto trip = [](const auto& m, size_t least, auto decode) {
    std::array<uint8_t, limits::link_payload_max - 4> b{};
    const size_t n = encode(m, b);
    ASSERT_EQ(n, least + m.text.size);
    const auto got = decode(std::span<const uint8_t>(b).first(n));
    ASSERT_TRUE(got) << n;
    EXPECT_EQ(*got, m);
    for (size_t k = 0; k < n; ++k) EXPECT_EQ(encode(m, std::span(b).first(k)), 0u);
  };
  for (size_t n = 0; n <= limits::firmware_line_max; ++n) {
    const std::string text(n, static_cast<char>('!' + n));
    if (n > 0)
      trip(FirmwareLine{static_cast<uint8_t>(n), LinkText<limits::firmware_line_max>(text)}, 2,
           [](auto s) { return decode_firmware_line(s); });
    if (n <= limits::firmware_text_max)
      trip(FirmwareText{1, static_cast<uint8_t>(n), LinkText<limits::firmware_text_max>(text),
                        n % 2 == 0, static_cast<FirmwareResult>(n % 4)},
           4, [](auto s) { return decode_firmware_text(s); });
  }
}

TEST(Link, text_that_is_too_long_or_no_text_is_refused) {
  std::array<uint8_t, 64> b{};
  b.fill('x');
  const auto line = [&](size_t n) {
    b[0] = uint8_t(LinkType::firmware_line);
    return decode_firmware_line(std::span<const uint8_t>(b).first(n)).has_value();
  };
  EXPECT_FALSE(line(0) || line(1) || line(2) || line(42) || line(60));
  EXPECT_TRUE(line(3) && line(41));
  for (const int control : {0, 10, 13, 31, 127, 200}) {
    b[5] = static_cast<uint8_t>(control);
    EXPECT_FALSE(line(10)) << control;
  }
  b.fill(0);
  const auto text = [&](size_t n) {
    b[0] = uint8_t(LinkType::firmware_text);
    return decode_firmware_text(std::span<const uint8_t>(b).first(n)).has_value();
  };
  EXPECT_FALSE(text(0) || text(3) || text(27) || text(60));
  EXPECT_TRUE(text(4) && text(26));
  b[3] = 4;  // a result that is none
  EXPECT_FALSE(text(4));
}

TEST(Link, golden_bytes) {
  const auto bytes = [](const auto& m) {
    std::string hex;
    const auto f = frame(m);
    for (const uint8_t b : f.bytes())
      for (const int nibble : {b >> 4, b & 15}) hex += "0123456789abcdef"[nibble];
    return hex;
  };
  EXPECT_EQ(bytes(FirmwareLine{7, {"boot a on"}}), "100307626f6f742061206f6eef13ae0800");
  EXPECT_EQ(bytes(FirmwareText{7, 0, {"refused: busy\n"}, true, FirmwareResult::refused}),
            "03830714726566757365643a20627573790a81e5107b5f00");
  EXPECT_EQ(bytes(Request{0x1203, RequestOp::switch_to_b}), "0902031202ad1995e400");
}

TEST(Link, sizes_are_the_stated_ones) {
  std::array<uint8_t, 64> b{};
  EXPECT_EQ(encode(Heartbeat{}, b), Heartbeat::bytes);
  EXPECT_EQ(encode(Request{}, b), Request::bytes);
  EXPECT_EQ(encode(Tick{}, b), Tick::bytes);
  EXPECT_EQ(encode(Event{}, b), Event::bytes);
}

TEST(Link, frames_hold_no_zero_but_the_last_and_decode_to_the_same) {
  std::mt19937 random(4);
  LinkDecoder decoder;
  for (size_t n = 1; n <= limits::link_payload_max - 4; ++n) {
    std::vector<uint8_t> message(n);
    for (auto& b : message) b = random() % 3 ? static_cast<uint8_t>(random()) : 0;
    const auto f = frame_message(message);
    ASSERT_EQ(f.size, n + 6);
    bool came = false;
    for (size_t i = 0; i < f.size; ++i) {
      EXPECT_EQ(f.data[i] == 0, i + 1 == f.size);
      if (const auto got = decoder.byte(f.data[i])) {
        came = true;
        EXPECT_TRUE(std::equal(got->begin(), got->end(), message.begin(), message.end()));
      }
    }
    EXPECT_TRUE(came) << n;
  }
  EXPECT_EQ(decoder.errors(), 0u);
}

TEST(Link, decoder_finds_the_next_good_message_after_garbage) {
  std::mt19937 random(5);
  LinkDecoder decoder;
  const auto good = frame(Heartbeat{1, 2, 3, ServerState::primary});
  for (int round = 0; round < 2000; ++round) {
    const size_t n = random() % 200;
    for (size_t i = 0; i < n; ++i) decoder.byte(static_cast<uint8_t>(random()));
    decoder.byte(0);
    bool came = false;
    for (uint8_t b : good.bytes()) came |= decoder.byte(b).has_value();
    ASSERT_TRUE(came);
  }
  EXPECT_GT(decoder.errors(), 1000u);
}

TEST(Sim, messages_survive_the_trip) {
  std::array<uint8_t, 64> b{};
  const std::array<uint8_t, 3> payload{1, 0, 2};
  auto n = sim::encode(sim::Sync{5, 6, payload}, b);
  auto sync = sim::decode_sync(std::span<const uint8_t>(b).first(n));
  ASSERT_TRUE(sync);
  EXPECT_EQ(sync->now, 5u);
  EXPECT_EQ(sync->link_bytes.size(), 3u);
  EXPECT_FALSE(sim::decode_sync(std::span<const uint8_t>(b).first(12)));
}

TEST(Application, hostile_lengths_are_refused) {
  std::array<uint8_t, 128> b{};
  const auto n = application::encode(application::Hello{1, 0, 100, "playout"}, b);
  ASSERT_TRUE(application::decode_hello(std::span<const uint8_t>(b).first(n)));
  b[8] = 0xFF;  // the name's length
  EXPECT_FALSE(application::decode_hello(std::span<const uint8_t>(b).first(n)));
}

}  // namespace
}  // namespace understudy::protocol
