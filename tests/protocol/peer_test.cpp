// SPDX-License-Identifier: Apache-2.0
// The daemons' messages: golden bytes, round trip, every truncation, every list and text bound, and
// random bytes. What decodes must encode to the same bytes again.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "protocol/peer.hpp"

namespace understudy::protocol::peer {
namespace {

using Bytes = std::vector<uint8_t>;

template <class Message>
Bytes bytes_of(const Message& m) {
  Bytes b(Envelope::payload_max);
  b.resize(encode(m, b));
  return b;
}

/// Decodes by type and encodes again; nothing when it did not decode.
std::optional<Bytes> again(std::span<const uint8_t> in) {
  const auto back = [](const auto& m) { return m ? std::optional(bytes_of(*m)) : std::nullopt; };
  const auto type = type_of(in);
  if (!type) return std::nullopt;
  switch (*type) {
    case Type::hello:
      return back(decode_hello(in));
    case Type::status:
      return back(decode_status(in));
    case Type::entries:
      return back(decode_entries(in));
    case Type::acknowledge:
      return back(decode_acknowledge(in));
    case Type::sync_start:
      return back(decode_sync_start(in));
    case Type::sync_request:
      return back(decode_sync_request(in));
    case Type::snapshot:
      return back(decode_snapshot(in));
    case Type::set_request:
      return back(decode_set_request(in));
    case Type::set_answer:
      return back(decode_set_answer(in));
  }
  return std::nullopt;
}

std::vector<Bytes> samples() {
  Entries entries;
  entries.entries.add({7, 120, "caption", "hello"});
  entries.entries.add({8, 121, "gain", ""});
  Acknowledge acknowledge;
  acknowledge.stamps.add({7, 120});
  Snapshot snapshot{.attempt = 3, .piece = 1, .pieces = 2, .index = 9, .frame = 8, .chain = 7};
  snapshot.values.add({"ticker", "abc"});
  return {bytes_of(Hello{"alpha", 5, 6}),
          bytes_of(Status{.state = ServerState::failed,
                          .appliance = true,
                          .term = 2,
                          .frame = 99,
                          .log_base = 1,
                          .log_last = 5,
                          .log_committed = 4,
                          .chain = 0xDEADBEEF,
                          .following = 3,
                          .applications = 2,
                          .applications_down = 1,
                          .load = 1500,
                          .burdened = true,
                          .reason = "playout died"}),
          bytes_of(entries),
          bytes_of(acknowledge),
          bytes_of(SyncStart{}),
          bytes_of(SyncRequest{3, 0x8000000000000001}),
          bytes_of(snapshot),
          bytes_of(SetRequest{1, "caption", "x"}),
          bytes_of(SetAnswer{1, SetResult::refused, 0, 0, "no"})};
}

TEST(Peer, golden_bytes) {
  EXPECT_EQ(bytes_of(Hello{"ab", 0x0102030405060708, 9}),
            (Bytes{1, 8, 7, 6, 5, 4, 3, 2, 1, 9, 0, 0, 0, 0, 0, 0, 0, 2, 0, 'a', 'b'}));
  Acknowledge a;
  a.stamps.add({0x0102, 0xFFFFFFFE});
  EXPECT_EQ(bytes_of(a), (Bytes{4, 1, 2, 1, 0, 0, 0, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF}));
  EXPECT_EQ(bytes_of(SyncRequest{1, 2}), (Bytes{6, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0}));
  Bytes header(Envelope::header_bytes);
  ASSERT_EQ(encode_header({1, 2, 3}, header), Envelope::header_bytes);
  EXPECT_EQ(header, (Bytes{'U', 'P', 2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0,
                           0,   0,   0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0}));
}

TEST(Peer, each_message_comes_back_and_no_shorter_or_longer_one_does) {
  for (const auto& message : samples()) {
    ASSERT_FALSE(message.empty());
    EXPECT_EQ(again(message), message);
    for (size_t n = 0; n < message.size(); ++n)
      EXPECT_FALSE(again(std::span(message).first(n))) << int(message[0]) << " cut to " << n;
    Bytes longer = message;
    longer.push_back(0);
    EXPECT_FALSE(again(longer)) << int(message[0]);
  }
}

TEST(Peer, values_out_of_range_are_refused) {
  const auto refused = [](Bytes b, size_t at, uint8_t value) {
    b[at] = value;
    return !again(b);
  };
  const auto s = samples();
  EXPECT_TRUE(refused(s[1], 1, server_state_last + 1));
  EXPECT_TRUE(refused(s[1], 2, 2));      // a flag is 0 or 1
  EXPECT_TRUE(refused(s[1], 11, 0xFF));  // base beyond what is committed
  EXPECT_TRUE(refused(s[6], 5, 2));      // piece 2 of 2
  EXPECT_TRUE(refused(s[6], 6, 0));      // of none
  EXPECT_TRUE(refused(s[6], 6, 65));     // of more than the bits of a request
  EXPECT_TRUE(refused(s[8], 5, 3));
  EXPECT_TRUE(refused(s[3], 1, limits::log_pending_max + 1));
  Bytes no_challenge = s[0];
  std::fill_n(no_challenge.begin() + 1, 8, uint8_t{0});
  EXPECT_FALSE(again(no_challenge));
}

TEST(Peer, texts_at_their_bound_pass_and_one_more_does_not_encode) {
  const std::string key(limits::parameter_key_max, 'k'), value(limits::parameter_bytes_max, 'v');
  EXPECT_TRUE(again(bytes_of(SetRequest{1, key, value})));
  EXPECT_TRUE(bytes_of(SetRequest{1, key + "k", value}).empty());
  EXPECT_TRUE(bytes_of(SetRequest{1, key, value + "v"}).empty());
  EXPECT_FALSE(again(bytes_of(SetRequest{1, "", value})));
  Few<Entry, 2> few;
  EXPECT_TRUE(few.add({}));
  EXPECT_TRUE(few.add({}));
  EXPECT_FALSE(few.add({}));
}

TEST(Peer, an_envelope_is_taken_apart_only_when_it_is_whole) {
  Bytes datagram(Envelope::header_bytes + 5 + Envelope::mac_bytes, 0xAA);
  encode_header({11, 22, 33}, datagram);
  const auto opened = open_envelope(datagram);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->envelope, (Envelope{11, 22, 33}));
  EXPECT_EQ(opened->payload.size(), 5u);
  EXPECT_EQ(opened->authenticated.size(), Envelope::header_bytes + 5);
  EXPECT_EQ(opened->mac.size(), Envelope::mac_bytes);
  for (size_t n = 0; n < Envelope::header_bytes + 1 + Envelope::mac_bytes; ++n)
    EXPECT_FALSE(open_envelope(std::span(datagram).first(n)));
  for (size_t at : {0u, 1u, 2u, 3u}) {
    auto wrong = datagram;
    wrong[at] ^= 1;
    EXPECT_FALSE(open_envelope(wrong)) << at;
  }
  EXPECT_FALSE(open_envelope(Bytes(limits::peer_datagram_max + 1)));
  encode_header({0, 22, 33}, datagram);
  EXPECT_FALSE(open_envelope(datagram));
  encode_header({11, 22, 0}, datagram);
  EXPECT_FALSE(open_envelope(datagram));
}

TEST(Peer, random_bytes_and_flipped_bits_decode_to_nothing_or_to_themselves) {
  std::mt19937_64 random(6);
  const auto known = samples();
  size_t decoded = 0;
  for (int i = 0; i < 200000; ++i) {
    Bytes b;
    if (i % 2 == 0) {
      b.resize(random() % 80);
      for (auto& x : b) x = static_cast<uint8_t>(random());
      if (!b.empty()) b[0] = static_cast<uint8_t>(random() % 12);
    } else {
      b = known[random() % known.size()];
      for (uint64_t n = 1 + random() % 3; n > 0; --n)
        b[random() % b.size()] ^= static_cast<uint8_t>(1u << random() % 8);
    }
    if (const auto back = again(b)) {
      ++decoded;
      EXPECT_EQ(*back, b);
    }
  }
  EXPECT_GT(decoded, 1000u);
}

}  // namespace
}  // namespace understudy::protocol::peer
