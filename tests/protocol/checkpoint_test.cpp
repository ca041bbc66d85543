// SPDX-License-Identifier: Apache-2.0
// The checkpoint record, its sections and its link: golden bytes, round trip, every truncation,
// every single changed bit either refused or the same bytes again, and bounds.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "protocol/checkpoint.hpp"
#include "protocol/checkpoint_http.hpp"
#include "protocol/checkpoint_link.hpp"

namespace understudy::protocol::checkpoint {
namespace {

using Bytes = std::vector<uint8_t>;

std::string hex(std::span<const uint8_t> b) {
  std::string out;
  for (const auto x : b) {
    out += "0123456789abcdef"[x >> 4];
    out += "0123456789abcdef"[x & 15];
  }
  return out;
}

const Transport transport{
    .flags = 7, .send_scale = 10, .receive_scale = 7, .segment = 1460, .timestamp = 0x01020304};

Http http() {
  Http h;
  h.flags = Http::closes;
  h.answers[0] = {
      .begin = 1000, .head = "HEAD", .path = "film", .tag = "\"a\"", .first = 5, .length = 96};
  h.answers[1] = {.begin = 1100, .head = "304", .path = "", .tag = "", .first = 0, .length = 0};
  h.count = 2;
  h.next = 1103;
  h.unanswered = "GE";
  return h;
}

struct Sample {
  Bytes transport_bytes = Bytes(64), http_bytes = Bytes(1024);
  Record record;
  Sample() {
    transport_bytes.resize(encode(transport, transport_bytes));
    http_bytes.resize(encode(http(), http_bytes));
    record.server = "alpha", record.term = 3, record.gathered = 0x1122334455667788;
    record.connection = 42;
    record.service = {{10, 9, 0, 100}, 80}, record.client = {{10, 9, 0, 9}, 50000};
    record.application = Application::http, record.flags = Record::client_closed;
    record.initial_send = 0xFFFFFFF0, record.initial_receive = 7;
    record.sent = 1050, record.acknowledged = 1020, record.received = 200;
    record.sections.add({uint8_t(SectionKind::transport), transport_bytes});
    record.sections.add({uint8_t(SectionKind::http), http_bytes});
  }
  Bytes bytes() const {
    Bytes b(limits::checkpoint_record_max);
    b.resize(encode(record, b));
    return b;
  }
};

TEST(Checkpoint, golden_bytes) {
  const Sample s;
  EXPECT_EQ(hex(s.transport_bytes), "070a07b40504030201");
  EXPECT_EQ(hex(s.http_bytes),
            "01014f0400000000000002"
            "e803000000000000"
            "040048454144"
            "040066696c6d"
            "0300226122"
            "0500000000000000"
            "6000000000000000"
            "4c04000000000000"
            "0300333034"
            "0000"
            "0000"
            "0000000000000000"
            "0000000000000000"
            "02004745");
  EXPECT_EQ(hex(s.bytes()),
            "5543"
            "01"
            "01"
            "04"
            "01"
            "03000000"
            "8877665544332211"
            "2a00000000000000"
            "0a090064000000000000000000000000"
            "5000"
            "0a090009000000000000000000000000"
            "50c3"
            "f0ffffff"
            "07000000"
            "1a04000000000000"
            "fc03000000000000"
            "c800000000000000"
            "05616c706861"
            "02"
            "01"
            "09000000" +
                hex(s.transport_bytes) +
                "02"
                "59000000" +
                hex(s.http_bytes));
}

TEST(Checkpoint, holds_every_field_that_it_must) {
  const Sample s;
  const auto b = s.bytes();
  const auto r = decode_record(b);
  ASSERT_TRUE(r);
  EXPECT_EQ(r->server, "alpha");
  EXPECT_EQ(r->gathered, s.record.gathered);
  EXPECT_EQ(r->service, s.record.service);
  EXPECT_EQ(r->client, s.record.client);
  EXPECT_EQ(r->application, Application::http);
  EXPECT_EQ(r->initial_send, 0xFFFFFFF0u);
  EXPECT_EQ(r->initial_receive, 7u);
  EXPECT_EQ(r->current_send(), 0xFFFFFFF0u + 1 + 1050) << "across 2^32";
  EXPECT_EQ(r->current_receive(), 208u);
  ASSERT_EQ(r->sections.count, 2u);
  EXPECT_EQ(decode_transport(r->sections.items[0].bytes), transport);
  const auto h = decode_http(r->sections.items[1].bytes);
  ASSERT_TRUE(h);
  EXPECT_EQ(h->answers[0], http().answers[0])
      << "the object's identifier and its first byte's place";
  EXPECT_EQ(h->answers[0].body(), 1004u);
}

template <class Decode>
void truncations_are_refused(const Bytes& b, Decode decode) {
  ASSERT_TRUE(decode(b));
  for (size_t n = 0; n < b.size(); ++n)
    EXPECT_FALSE(decode(std::span(b).first(n))) << n << " bytes";
  auto longer = b;
  longer.push_back(0);
  EXPECT_FALSE(decode(longer));
}

TEST(Checkpoint, every_truncation_is_refused) {
  const Sample s;
  truncations_are_refused(s.bytes(),
                          [](std::span<const uint8_t> b) { return decode_record(b).has_value(); });
  truncations_are_refused(s.transport_bytes, [](std::span<const uint8_t> b) {
    return decode_transport(b).has_value();
  });
  truncations_are_refused(s.http_bytes,
                          [](std::span<const uint8_t> b) { return decode_http(b).has_value(); });
  const auto p = encode(Position{1, 9, 8});
  truncations_are_refused({p.begin(), p.end()}, [](std::span<const uint8_t> b) {
    return decode_position(b).has_value();
  });
  Bytes input(64);
  input.resize(encode(Input{3, 9, Input::closed, Bytes{1, 2, 3}}, input));
  truncations_are_refused(input,
                          [](std::span<const uint8_t> b) { return decode_input(b).has_value(); });
  const auto g = greeting(Nonce{1, 2, 3});
  truncations_are_refused({g.begin(), g.end()}, [](std::span<const uint8_t> b) {
    return decode_greeting(b).has_value();
  });
}

TEST(Checkpoint, a_changed_bit_is_refused_or_means_what_it_says) {
  const Sample s;
  const auto b = s.bytes();
  for (size_t bit = 0; bit < b.size() * 8; ++bit) {
    auto c = b;
    c[bit / 8] ^= uint8_t(1 << (bit % 8));
    if (const auto r = decode_record(c)) {
      Bytes again(limits::checkpoint_record_max);
      again.resize(encode(*r, again));
      EXPECT_EQ(hex(again), hex(c));
    }
  }
}

TEST(Checkpoint, answers_that_do_not_lie_end_to_end_are_refused) {
  Bytes b(1024);
  const auto refused = [&](const Http& h) { return encode(h, b) == 0; };
  EXPECT_FALSE(refused(http()));
  auto h = http();
  h.answers[1].begin = 1101;
  EXPECT_TRUE(refused(h)) << "a hole";
  h = http();
  h.next = 1104;
  EXPECT_TRUE(refused(h)) << "an end that no answer reaches";
  h = http();
  h.answers[0].length = ~uint64_t{0} - 1000;
  EXPECT_TRUE(refused(h)) << "lengths that overflow";
  h = http();
  h.answers[1].length = 5, h.next = 1108;
  EXPECT_TRUE(refused(h)) << "bytes of no object";
  h = http();
  const std::string big(limits::response_head_max + 1, 'x');
  h.answers[1].head = big, h.next = 1100 + big.size();
  EXPECT_TRUE(refused(h)) << "a head beyond its bound";
}

TEST(Checkpoint, records_that_contradict_themselves_are_refused) {
  Bytes b(limits::checkpoint_record_max);
  const auto refused = [&](auto change) {
    Sample s;
    change(s.record);
    return encode(s.record, b) == 0;
  };
  EXPECT_FALSE(refused([](Record&) {}));
  EXPECT_TRUE(refused([](Record& r) { r.acknowledged = r.sent + 1; }));
  EXPECT_TRUE(refused([](Record& r) { r.connection = 0; }));
  EXPECT_TRUE(refused([](Record& r) { r.server = ""; }));
  EXPECT_TRUE(refused([](Record& r) { r.client.port = 0; }));
  EXPECT_TRUE(refused([](Record& r) { r.client.address[10] = 1; }))
      << "an IPv4 address is four bytes";
  EXPECT_TRUE(refused([](Record& r) { r.flags = 2; }));
  static const Bytes big(limits::checkpoint_record_max);
  EXPECT_TRUE(refused([&](Record& r) { r.sections.add({9, big}); }));
}

TEST(CheckpointLink, messages_follow_each_other_in_a_frame) {
  Bytes b(256);
  ByteWriter w(b);
  put_message(w, LinkMessage::position, encode(Position{3, 20, 10}));
  put_message(w, LinkMessage::gone, encode_number(3));
  put_message(w, LinkMessage::complete, {});
  ByteReader r(w.written());
  EXPECT_EQ(decode_position(next_message(r)->bytes), (Position{3, 20, 10}));
  EXPECT_EQ(decode_number(next_message(r)->bytes), 3u);
  EXPECT_EQ(next_message(r)->type, LinkMessage::complete);
  EXPECT_FALSE(next_message(r));
  EXPECT_FALSE(r.bad());
  ByteReader cut(w.written().first(10));
  EXPECT_FALSE(next_message(cut));
  EXPECT_TRUE(cut.bad());
  const Bytes unknown{8, 0, 0, 0, 0};
  ByteReader strange(unknown);
  EXPECT_FALSE(next_message(strange));
  EXPECT_TRUE(strange.bad());
}

TEST(CheckpointLink, input_is_these_bytes_and_comes_back) {
  const Bytes bytes{'G', 'E', 'T'};
  Bytes b(64);
  b.resize(encode(Input{0x0102, 0x0A0B0C, Input::closed, bytes}, b));
  EXPECT_EQ(hex(b),
            "0201000000000000"
            "0c0b0a0000000000"
            "01"
            "03000000"
            "474554");
  const auto m = decode_input(b);
  ASSERT_TRUE(m);
  EXPECT_EQ(m->connection, 0x0102u);
  EXPECT_EQ(m->offset, 0x0A0B0Cu);
  EXPECT_EQ(m->flags, Input::closed);
  EXPECT_EQ(Bytes(m->bytes.begin(), m->bytes.end()), bytes);
}

TEST(CheckpointLink, input_that_says_nothing_or_too_much_is_refused) {
  Bytes b(limits::input_message_max + 64);
  const Bytes one(1), most(limits::input_message_max), more(limits::input_message_max + 1);
  EXPECT_NE(encode(Input{1, 0, 0, one}, b), 0u);
  EXPECT_NE(encode(Input{1, 0, 0, most}, b), 0u);
  EXPECT_EQ(encode(Input{1, 0, 0, more}, b), 0u);
  EXPECT_EQ(encode(Input{0, 0, 0, one}, b), 0u) << "of no connection";
  EXPECT_EQ(encode(Input{1, 0, 0, {}}, b), 0u) << "neither bytes nor an end";
  EXPECT_EQ(encode(Input{1, 0, 2, one}, b), 0u) << "a flag that is not known";
  EXPECT_EQ(encode(Input{1, uint64_t{1} << 62, 0, one}, b), 0u);
}

}  // namespace
}  // namespace understudy::protocol::checkpoint
