// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "Vlink_receiver.h"
#include "bench.hpp"
#include "protocol/link.hpp"

namespace understudy::gateware {
namespace {

using namespace protocol;

struct Heard {
  std::vector<uint8_t> beats;  // the states said
  std::vector<Request> requests;
  unsigned errors = 0, first_errors = 0;
};

class Receiver {
 public:
  Block<Vlink_receiver> block;
  Heard heard;

  Receiver() { block->rx_tvalid = 0; }
  void byte(uint8_t b, unsigned gap = 0) {
    block->rx_tvalid = 1;
    block->rx_tdata = b;
    block.clock();
    listen();
    block->rx_tvalid = 0;
    for (; gap > 0; --gap) {
      block.clock();
      listen();
    }
  }
  void bytes(std::span<const uint8_t> all) {
    for (uint8_t b : all) byte(b);
  }
  template <class Message>
  void say(const Message& m) {
    bytes(frame(m).bytes());
  }

 private:
  void listen() {
    if (block->beat) heard.beats.push_back(block->beat_state);
    if (block->request) heard.requests.push_back({block->request_id, RequestOp(block->request_op)});
    heard.errors += block->error;
    heard.first_errors += block->error_first;
  }
};

Heartbeat beat(uint32_t sequence, uint32_t boot = 7, ServerState state = ServerState::primary) {
  return {sequence, boot, 0x01000002, state};
}

TEST(LinkReceiver, takes_heartbeats_and_requests_with_all_their_fields) {
  Receiver r;
  r.say(beat(0, 0x00FF0000, ServerState::secondary_no_primary));
  r.say(Request{0x1200, RequestOp::switch_to_b});
  r.say(Request{0xFFFF, RequestOp(0xEE)});  // what it means is not the link's business
  EXPECT_EQ(r.heard.beats, std::vector<uint8_t>{9});
  EXPECT_EQ(r.heard.requests,
            (std::vector<Request>{{0x1200, RequestOp::switch_to_b}, {0xFFFF, RequestOp(0xEE)}}));
  EXPECT_EQ(r.heard.errors, 0u);
}

TEST(LinkReceiver, a_beat_counts_only_when_its_number_is_ahead) {
  Receiver r;
  const auto counts = [&](uint32_t sequence, uint32_t boot) {
    r.heard.beats.clear();
    r.say(beat(sequence, boot));
    return r.heard.beats.size() == 1;
  };
  EXPECT_TRUE(counts(0xFFFFFFF0, 1));   // the first one, whatever its number
  EXPECT_FALSE(counts(0xFFFFFFF0, 1));  // repeated
  EXPECT_FALSE(counts(0xFFFFFFEF, 1));  // behind
  EXPECT_TRUE(counts(0xFFFFFFF1, 1));
  EXPECT_TRUE(counts(5, 1));  // ahead, across the wrap
  EXPECT_FALSE(counts(0xFFFFFFF2, 1));
  EXPECT_FALSE(counts(5 + 0x80000000u, 1));  // as far ahead as behind
  EXPECT_TRUE(counts(5 + 0x7FFFFFFFu, 1));
  EXPECT_TRUE(counts(5, 2));  // another boot
  EXPECT_FALSE(counts(5, 2));
  EXPECT_EQ(r.heard.errors, 0u);  // stale is not garbage
}

TEST(LinkReceiver, passes_over_lines_for_the_firmware_and_counts_broken_ones) {
  Receiver r;
  for (const size_t n : {1, 4, 13, 14, 39})
    r.say(FirmwareLine{7, LinkText<limits::firmware_line_max>(std::string(n, 'x'))});
  EXPECT_EQ(r.heard.errors, 0u);
  r.say(beat(1));  // and what comes behind one is heard
  EXPECT_EQ(r.heard.beats.size(), 1u);
  auto broken = frame(FirmwareLine{7, {"status"}});
  broken.data[4] = uint8_t(broken.data[4] ^ 1);
  r.bytes(broken.bytes());
  EXPECT_EQ(r.heard.errors, 1u);
  r.say(FirmwareText{7, 0, {"an answer"}, true, FirmwareResult::done});  // the wrong way round
  EXPECT_EQ(r.heard.errors, 2u);
  EXPECT_TRUE(r.heard.requests.empty() && r.heard.beats.size() == 1);
}

TEST(LinkReceiver, each_truncation_and_each_longer_message_is_garbage) {
  for (const auto& whole : {frame(beat(1)), frame(Request{3, RequestOp::mode_manual})})
    for (size_t keep = 1; keep + 1 < whole.size; ++keep) {
      Receiver r;
      r.bytes(whole.bytes().first(keep));
      r.byte(0);
      EXPECT_EQ(r.heard.errors, 1u) << keep;
      EXPECT_TRUE(r.heard.beats.empty() && r.heard.requests.empty()) << keep;
      r.say(beat(2));
      EXPECT_EQ(r.heard.beats.size(), 1u);
    }
  std::array<uint8_t, 32> message{};
  for (size_t n : {size_t{1}, size_t{3}, size_t{5}, size_t{13}, size_t{15}, size_t{20}}) {
    Receiver r;
    message[0] = n < 10 ? uint8_t(LinkType::request) : uint8_t(LinkType::heartbeat);
    r.bytes(frame_message(std::span(message).first(n)).bytes());
    EXPECT_EQ(r.heard.errors, 1u) << n;
    EXPECT_TRUE(r.heard.beats.empty() && r.heard.requests.empty()) << n;
  }
}

TEST(LinkReceiver, any_flipped_bit_is_garbage) {
  const auto whole = frame(beat(0x00112200));
  for (size_t i = 0; i + 1 < whole.size; ++i)
    for (int bit = 0; bit < 8; ++bit) {
      Receiver r;
      auto bad = whole;
      bad.data[i] = static_cast<uint8_t>(bad.data[i] ^ (1 << bit));
      r.bytes(bad.bytes());
      EXPECT_TRUE(r.heard.beats.empty()) << i << "." << bit;
      EXPECT_GE(r.heard.errors, 1u) << i << "." << bit;
    }
}

TEST(LinkReceiver, unknown_types_and_states_are_garbage_though_their_crc_is_right) {
  for (unsigned type = 0; type < 256; ++type) {
    if (type >= 1 && type <= 3) continue;
    for (size_t n : {Heartbeat::bytes, Request::bytes, Tick::bytes}) {
      Receiver r;
      std::vector<uint8_t> message(n);
      message[0] = static_cast<uint8_t>(type);
      r.bytes(frame_message(message).bytes());
      ASSERT_EQ(r.heard.errors, 1u) << type;
      ASSERT_TRUE(r.heard.beats.empty() && r.heard.requests.empty()) << type;
    }
  }
  Receiver r;
  r.say(beat(1, 7, ServerState(10)));
  r.say(beat(2, 7, ServerState(255)));
  EXPECT_EQ(r.heard.errors, 2u);
  EXPECT_TRUE(r.heard.beats.empty());
}

TEST(LinkReceiver, the_first_bad_frame_after_a_good_one_is_told_apart) {
  Receiver r;
  const std::array<uint8_t, 3> bad{1, 1, 0};
  for (int i = 0; i < 3; ++i) r.bytes(bad);
  EXPECT_EQ(r.heard.first_errors, 1u);
  r.byte(0);  // an empty frame is neither good nor bad
  r.bytes(bad);
  EXPECT_EQ(r.heard.first_errors, 1u);
  r.say(Request{1, RequestOp::clear_alarms});
  r.bytes(bad);
  EXPECT_EQ(r.heard.first_errors, 2u);
  EXPECT_EQ(r.heard.errors, 5u);
  EXPECT_EQ(r.block->errors, 5u);
}

/// What protocol/'s decoder makes of the same bytes; the two were written apart.
class Reference {
 public:
  unsigned beats = 0, requests = 0, errors = 0;
  void byte(uint8_t b) {
    const uint32_t before = decoder_.errors();
    const auto message = decoder_.byte(b);
    errors += decoder_.errors() - before;
    if (!message) return;
    if (const auto h = decode_heartbeat(*message)) {
      const uint32_t ahead = h->sequence - sequence_;
      if (!any_ || h->boot_id != boot_ || (ahead > 0 && ahead < 0x80000000u)) {
        ++beats;
        any_ = true, sequence_ = h->sequence, boot_ = h->boot_id;
      }
    } else if (decode_request(*message)) {
      ++requests;
    } else {
      ++errors;
    }
  }

 private:
  LinkDecoder decoder_;
  bool any_ = false;
  uint32_t sequence_ = 0, boot_ = 0;
};

TEST(LinkReceiver, agrees_with_the_hosts_decoder_on_floods_garbage_and_everything_between) {
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    Random random(seed);
    Receiver r;
    Reference reference;
    const auto both = [&](uint8_t b) {
      r.byte(b, random() % 8 == 0 ? random() % 3 : 0);
      reference.byte(b);
      ASSERT_EQ(r.heard.beats.size(), reference.beats) << "seed " << seed;
      ASSERT_EQ(r.heard.requests.size(), reference.requests) << "seed " << seed;
      ASSERT_EQ(r.heard.errors, reference.errors) << "seed " << seed;
    };
    for (int round = 0; round < 2000; ++round) {
      switch (random() % 6) {
        case 0:  // garbage, sometimes longer than any message
          for (unsigned n = random() % 150; n > 0; --n) both(static_cast<uint8_t>(random()));
          break;
        case 1:  // few zeros
          for (unsigned n = random() % 150; n > 0; --n)
            both(static_cast<uint8_t>(1 + random() % 4));
          both(0);
          break;
        case 2: {  // damaged
          auto f = frame(beat(random() % 64, random() % 2));
          f.data[random() % f.size] = static_cast<uint8_t>(random());
          for (uint8_t b : f.bytes()) both(b);
          break;
        }
        case 3:
          for (uint8_t b : frame(Request{uint16_t(random()), RequestOp(random() % 8)}).bytes())
            both(b);
          break;
        default:
          for (uint8_t b : frame(beat(random(), random() % 2, ServerState(random() % 12))).bytes())
            both(b);
      }
      if (HasFatalFailure()) return;
    }
    EXPECT_GT(reference.beats, 50u);
    EXPECT_GT(reference.requests, 50u);
    EXPECT_GT(reference.errors, 300u);
    EXPECT_EQ(r.block->errors, reference.errors);
  }
}

}  // namespace
}  // namespace understudy::gateware
