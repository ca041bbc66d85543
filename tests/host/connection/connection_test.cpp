// SPDX-License-Identifier: Apache-2.0
// The comparison of the client's acknowledgement with the shared state at each class of offset, the
// takeover's schedule, and a protocol that nobody here knows taking part by the three calls alone.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "host/core/connection/admission.hpp"
#include "host/core/connection/comparison.hpp"
#include "host/core/connection/http_answers.hpp"
#include "host/core/connection/protocol.hpp"
#include "host/core/connection/takeover.hpp"

namespace understudy::core {
namespace {

using namespace std::chrono_literals;
namespace checkpoint = protocol::checkpoint;

/// 100 bytes of head and 5000 of an object, twice, and then a head of 40 alone.
HttpAnswers answers() {
  HttpAnswers out;
  for (const uint64_t first : {7, 90'000})
    out.add({{}, std::string(100, 'h'), "film", "\"t\"", first, 5000});
  out.add({{}, std::string(40, 'e'), "", "", 0, 0});
  return out;
}
constexpr uint64_t all_bytes = 2 * 5100 + 40;

/// What the stream has at each offset, written down independently of HttpAnswers.
std::string expected_at(uint64_t offset) {
  if (offset >= 10'200) return "head 2 byte " + std::to_string(offset - 10'200);
  const uint64_t i = offset / 5100, at = offset % 5100;
  if (at < 100) return "head " + std::to_string(i) + " byte " + std::to_string(at);
  return "film byte " + std::to_string((i ? 90'000 : 7) + at - 100);
}
std::string found_at(const HttpAnswers& a, StreamOffset offset) {
  const auto place = a.locate(offset);
  if (!place) return "nothing";
  if (!place->in_head) return place->answer->path + " byte " + std::to_string(place->byte);
  const auto index = place->answer - &a.all().front();
  return "head " + std::to_string(index) + " byte " + std::to_string(place->byte);
}

Known known_from(uint32_t initial_send) {
  Known k;
  k.output = {{initial_send}};
  k.input = {{5000}};
  k.end = {all_bytes};
  k.received = {300};
  return k;
}
ClientAnswer answer_at(const Known& k, uint64_t offset) {
  ClientAnswer a;
  a.acknowledged = k.output.at({offset});
  a.sequence = k.input.at(k.received);
  a.window = 1000;
  return a;
}

TEST(Comparison, resumes_at_the_very_byte_in_every_class_of_offset) {
  const auto a = answers();
  ASSERT_EQ(a.end().value, all_bytes);
  // Initial sequence numbers such that 2^32 falls before, in, at the edges of and after the
  // objects.
  for (const uint32_t initial :
       {0u, 1u, 0x7FFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFEu, 0u - 50u, 0u - 101u, 0u - 2000u, 0u - 5101u,
        0u - 5150u, 0u - 10'201u, 0u - 10'240u, 0u - 10'241u}) {
    const auto k = known_from(initial);
    // Before the object (in its head), its first byte, inside, its last, between two, at the end.
    for (const uint64_t offset : {0u, 1u, 99u, 100u, 101u, 2600u, 5098u, 5099u, 5100u, 5101u, 5199u,
                                  5200u, 10'199u, 10'200u, 10'239u}) {
      const auto resume = compare(k, answer_at(k, offset));
      ASSERT_TRUE(resume) << to_text(resume.error());
      EXPECT_EQ(resume->offset.value, offset) << initial;
      EXPECT_EQ(found_at(a, resume->offset), expected_at(offset));
    }
    const auto last = compare(k, answer_at(k, all_bytes));
    ASSERT_TRUE(last);
    EXPECT_EQ(last->offset.value, all_bytes);
    EXPECT_EQ(found_at(a, last->offset), "nothing");
  }
}

TEST(Comparison, every_offset_of_a_stream_far_beyond_the_first_wrap) {
  auto k = known_from(12345);
  const uint64_t base = (uint64_t{5} << 32) - 3000;
  k.acknowledged = {base};
  k.end = {base + all_bytes};
  for (uint64_t i = 0; i <= all_bytes; ++i) {
    const auto resume = compare(k, answer_at(k, base + i));
    ASSERT_TRUE(resume);
    ASSERT_EQ(resume->offset.value, base + i);
  }
}

TEST(Comparison, an_acknowledgement_of_what_was_never_sent_is_refused) {
  auto k = known_from(0xFFFFFF00);
  k.acknowledged = {5000};
  EXPECT_EQ(compare(k, answer_at(k, all_bytes + 1)).error(), Mismatch::never_sent);
  EXPECT_EQ(compare(k, answer_at(k, all_bytes + 1'000'000)).error(), Mismatch::never_sent);
  EXPECT_EQ(compare(k, answer_at(k, 4999)).error(), Mismatch::stale);
  EXPECT_EQ(compare(k, answer_at(k, 0)).error(), Mismatch::stale);
}

TEST(Comparison, a_fin_that_follows_the_end_may_be_acknowledged_too) {
  auto k = known_from(0xFFFFFF00);
  EXPECT_FALSE(compare(k, answer_at(k, all_bytes + 1)));
  k.end_closes = true;
  const auto finished = compare(k, answer_at(k, all_bytes + 1));
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->offset.value, all_bytes) << "the FIN is sent once more";
  EXPECT_FALSE(compare(k, answer_at(k, all_bytes + 2)));
}

TEST(Comparison, the_clients_own_sequence_number_must_fit) {
  const auto k = known_from(0);
  auto a = answer_at(k, 10);
  a.sequence = a.sequence - 1;  // a keep-alive probe of the client, or a forgery
  EXPECT_EQ(compare(k, a).error(), Mismatch::client_behind);
  a.payload = 1;  // data sent again
  EXPECT_TRUE(compare(k, a));
  a = answer_at(k, 10);
  a.sequence = a.sequence + 100'000;  // in flight: it will be sent again
  EXPECT_TRUE(compare(k, a));
  a.sequence = a.sequence + window_max;
  EXPECT_EQ(compare(k, a).error(), Mismatch::client_ahead);
  a = answer_at(k, 10);
  a.reset = true;
  EXPECT_EQ(compare(k, a).error(), Mismatch::reset);
  a.sequence = a.sequence + 1;  // in the window, but not the client's next byte: anybody's
  EXPECT_EQ(compare(k, a).error(), Mismatch::client_ahead);
}

TEST(Comparison, a_clients_fin_counts_in_its_sequence_number) {
  auto k = known_from(0);
  k.client_closed = true;
  auto a = answer_at(k, 10);
  EXPECT_EQ(compare(k, a).error(), Mismatch::client_behind);
  a.sequence = a.sequence + 1;
  EXPECT_TRUE(compare(k, a));
}

TEST(Comparison, random_segments_never_lead_beyond_what_was_sent) {
  std::mt19937 random(7);
  for (int i = 0; i < 200'000; ++i) {
    auto k = known_from(static_cast<uint32_t>(random()));
    k.acknowledged = {random() % all_bytes};
    ClientAnswer a;
    a.acknowledged = {static_cast<uint32_t>(random())};
    if (i & 1) a.acknowledged = k.output.at({random() % 20'000});
    a.sequence = {k.input.at(k.received).value + static_cast<uint32_t>(random() % 4000)};
    if (const auto r = compare(k, a)) {
      EXPECT_LE(r->offset, k.end);
      EXPECT_GE(r->offset, k.acknowledged);
    }
  }
}

TEST(HttpAnswers, what_is_acknowledged_is_forgotten_and_the_rest_stays_in_its_place) {
  auto a = answers();
  a.acknowledged({5099});
  EXPECT_EQ(a.all().size(), 3u);
  a.acknowledged({5100});
  EXPECT_EQ(a.all().size(), 2u);
  EXPECT_FALSE(a.locate({5099}));
  EXPECT_EQ(found_at(a, {5250}), "film byte 90050");
  a.acknowledged({all_bytes});
  EXPECT_TRUE(a.empty());
  EXPECT_EQ(a.end().value, all_bytes);
  a.add({{}, "x", "", "", 0, 0});
  EXPECT_EQ(a.all().front().begin.value, all_bytes);
}

TEST(HttpAnswers, come_back_from_their_section_as_they_were) {
  auto a = answers();
  a.unanswered = "GET /half";
  a.close_at_end();
  a.acknowledged({6000});
  std::vector<uint8_t> bytes(4096);
  bytes.resize(a.encode(bytes));
  const auto b = HttpAnswers::decode(bytes);
  ASSERT_TRUE(b);
  EXPECT_EQ(b->end(), a.end());
  EXPECT_TRUE(b->closes());
  EXPECT_EQ(b->unanswered, a.unanswered);
  for (uint64_t o = 0; o <= all_bytes; ++o) ASSERT_EQ(found_at(*b, {o}), found_at(a, {o}));
}

class TakeoverTest : public testing::Test {
 protected:
  static constexpr ConnectionId one{1}, two{2};
  Takeover takeover;
  Instant now = instant(1'000'000'000);
  Known k = known_from(100);

  Takeover::Actions step(const Takeover::Event& e) {
    Takeover::Actions out;
    takeover.step(e, now, out);
    return out;
  }
  template <class T>
  static size_t count(const Takeover::Actions& all) {
    size_t n = 0;
    for (const auto& a : all) n += std::holds_alternative<T>(a);
    return n;
  }
};

TEST_F(TakeoverTest, probes_everybody_once_on_air_and_makes_each_ready_once) {
  takeover.hold(one, k);
  takeover.hold(two, k);
  EXPECT_TRUE(step(Takeover::Answered{one, answer_at(k, 10)}).empty()) << "not on air";
  const auto probes = step(Takeover::OnAir{});
  ASSERT_EQ(count<Takeover::Probe>(probes), 2u);
  const auto& p = std::get<Takeover::Probe>(probes[0]);
  EXPECT_EQ(p.sequence, SequenceNumber{100}) << "one below the first unacknowledged byte";
  EXPECT_EQ(p.acknowledge, k.input.at(k.received));
  EXPECT_TRUE(step(Takeover::OnAir{}).empty());
  const auto ready = step(Takeover::Answered{one, answer_at(k, 10)});
  ASSERT_EQ(count<Takeover::Ready>(ready), 1u);
  EXPECT_EQ(std::get<Takeover::Ready>(ready[0]).resume.offset.value, 10u);
  EXPECT_TRUE(step(Takeover::Answered{one, answer_at(k, 10)}).empty());
  EXPECT_EQ(takeover.waiting(), 1u);
}

TEST_F(TakeoverTest, probes_again_ever_more_rarely_and_gives_up_at_the_stated_time) {
  takeover.hold(one, k);
  step(Takeover::OnAir{});
  std::vector<int64_t> waits;
  Takeover::Actions last;
  while (takeover.next_deadline()) {
    waits.push_back((*takeover.next_deadline() - now) / 1ms);
    now = *takeover.next_deadline();
    last = step(Takeover::Timer{});
    ASSERT_LT(waits.size(), 100u);
  }
  EXPECT_EQ(std::vector(waits.begin(), waits.begin() + 8),
            (std::vector<int64_t>{10, 20, 40, 80, 160, 320, 640, 1000}));
  ASSERT_EQ(count<Takeover::GiveUp>(last), 1u);
  EXPECT_EQ(std::get<Takeover::GiveUp>(last[0]).why, Takeover::Lost::silent);
  EXPECT_GE(now - instant(1'000'000'000), 60s);
  EXPECT_LE(now - instant(1'000'000'000), 62s);
}

TEST_F(TakeoverTest, a_wrong_answer_does_not_end_the_waiting_for_the_true_one) {
  takeover.hold(one, k);
  step(Takeover::OnAir{});
  EXPECT_TRUE(step(Takeover::Answered{one, answer_at(k, all_bytes + 5)}).empty());
  EXPECT_EQ(takeover.refused_answers(), 1u);
  EXPECT_EQ(count<Takeover::Ready>(step(Takeover::Answered{one, answer_at(k, 0)})), 1u);
}

/// What the first server sent last is still on its way: its acknowledgements come here, before the
/// answer to the probe, and are not the end of it.
TEST_F(TakeoverTest, waits_for_the_answer_to_the_probe_where_a_client_can_tell) {
  k.tells_doubles = true;
  takeover.hold(one, k);
  step(Takeover::OnAir{});
  for (uint64_t at = 1; at <= 20; ++at, now += 1ms)
    EXPECT_EQ(count<Takeover::Ready>(step(Takeover::Answered{one, answer_at(k, at)})), 0u);
  auto probed = answer_at(k, 30);
  probed.duplicate = k.output.at(k.acknowledged) - 1;
  const auto ready = step(Takeover::Answered{one, probed});
  ASSERT_EQ(count<Takeover::Ready>(ready), 1u);
  EXPECT_EQ(std::get<Takeover::Ready>(ready[0]).resume.offset.value, 30u);
  EXPECT_FALSE(takeover.next_deadline());
}

TEST_F(TakeoverTest, takes_the_last_answer_of_a_client_that_does_not_tell) {
  k.tells_doubles = true;
  takeover.hold(one, k);
  step(Takeover::OnAir{});
  step(Takeover::Answered{one, answer_at(k, 10)});
  now += 99ms;
  step(Takeover::Answered{one, answer_at(k, 20)});
  const Instant quiet = now + 500ms;
  now += 99ms;
  step(Takeover::Answered{one, answer_at(k, 20)});  // said again, it is no news
  Takeover::Actions all;
  while (count<Takeover::Ready>(all) == 0 && takeover.next_deadline()) {
    now = *takeover.next_deadline();
    all = step(Takeover::Timer{});
  }
  EXPECT_EQ(now, quiet) << "to the nanosecond";
  ASSERT_EQ(count<Takeover::Ready>(all), 1u);
  for (const auto& a : all) {
    const auto* r = std::get_if<Takeover::Ready>(&a);
    EXPECT_TRUE(!r || r->resume.offset.value == 20u);
  }
  EXPECT_EQ(takeover.waiting(), 0u);
}

TEST_F(TakeoverTest, an_answer_that_names_the_probe_counts_before_any_other) {
  k.tells_doubles = true;
  takeover.hold(one, k);
  const auto probes = step(Takeover::OnAir{});
  ASSERT_EQ(count<Takeover::Probe>(probes), 1u);
  const auto probed = std::get<Takeover::Probe>(probes[0]).sequence;
  EXPECT_EQ(probed, k.output.at(k.acknowledged) - 1) << "further away is out of the window";
  auto forged = answer_at(k, 5000), own = answer_at(k, 10);
  forged.duplicate = probed - 1, own.duplicate = probed;
  EXPECT_TRUE(step(Takeover::Answered{one, forged}).empty());
  const auto ready = step(Takeover::Answered{one, own});
  ASSERT_EQ(count<Takeover::Ready>(ready), 1u);
  EXPECT_EQ(std::get<Takeover::Ready>(ready[0]).resume.offset.value, 10u);
  EXPECT_EQ(takeover.waiting(), 0u);
}

TEST(Admission, counts_clients_in_all_and_from_one_address) {
  using checkpoint::Family;
  Admission admission(5, 2);
  const auto from = [](uint8_t network, uint8_t host, uint16_t port) {
    checkpoint::Endpoint e;
    e.address[0] = 0x20, e.address[3] = network, e.address[15] = host, e.port = port;
    return e;
  };
  const auto ask = [&](Family family, const checkpoint::Endpoint& e) {
    return admission.ask(family, e);
  };
  EXPECT_EQ(ask(Family::ipv4, from(1, 0, 1)), Admission::Answer::welcome);
  EXPECT_EQ(ask(Family::ipv4, from(1, 0, 2)), Admission::Answer::welcome);
  EXPECT_EQ(ask(Family::ipv4, from(1, 0, 3)), Admission::Answer::too_many_from_there);
  EXPECT_EQ(ask(Family::ipv4, from(2, 0, 3)), Admission::Answer::welcome);
  EXPECT_EQ(ask(Family::ipv6, from(1, 1, 1)), Admission::Answer::welcome);
  EXPECT_EQ(ask(Family::ipv6, from(1, 2, 1)), Admission::Answer::welcome);
  EXPECT_EQ(ask(Family::ipv6, from(3, 3, 1)), Admission::Answer::full);
  admission.leave(Family::ipv4, from(2, 0, 3));
  EXPECT_EQ(ask(Family::ipv6, from(1, 3, 1)), Admission::Answer::too_many_from_there) << "one /64";
  admission.count(Family::ipv6, from(1, 4, 1));  // taken over: it is here anyway
  EXPECT_EQ(admission.inside(), 5u);
}

TEST_F(TakeoverTest, a_client_that_reset_is_let_go_and_one_that_has_everything_gets_its_end) {
  k.end_closes = true;
  takeover.hold(one, k);
  takeover.hold(two, k);
  step(Takeover::OnAir{});
  auto reset = answer_at(k, 0);
  reset.reset = true;
  EXPECT_EQ(std::get<Takeover::GiveUp>(step(Takeover::Answered{one, reset})[0]).why,
            Takeover::Lost::client_reset);
  const auto ready = step(Takeover::Answered{two, answer_at(k, all_bytes + 1)});
  EXPECT_EQ(std::get<Takeover::Ready>(ready.at(0)).resume.offset.value, all_bytes);
  EXPECT_FALSE(takeover.next_deadline());
}

TEST_F(TakeoverTest, news_of_a_connection_that_still_waits_is_probed_at_once) {
  EXPECT_TRUE(takeover.hold(one, k).empty());
  step(Takeover::OnAir{});
  k.acknowledged = {50};
  EXPECT_EQ(count<Takeover::Probe>(takeover.hold(one, k)), 1u);
  EXPECT_TRUE(step(Takeover::Answered{one, answer_at(k, 10)}).empty()) << "older than is known";
  EXPECT_EQ(count<Takeover::Ready>(step(Takeover::Answered{one, answer_at(k, 60)})), 1u);
}

// --- three protocols, the third of them a stranger
// --------------------------------------------------

/// Counts upwards, one byte each: what it sends is a function of the offset and a key.
class Counting final : public Protocol {
 public:
  struct Part final : UnreadyPart {
    uint8_t key = 0;
    uint64_t length = 0;
    std::optional<End> end() const override { return End{{length}, false}; }
  };
  uint8_t kind() const override { return 200; }
  void append(ConnectionId c, SectionWriter& out) override {
    out.add(kind(), [&](std::span<uint8_t> room) {
      protocol::ByteWriter w(room);
      w.u8(keys.at(c.value)), w.u64(1'000'000);
      return w.size();
    });
  }
  std::expected<std::unique_ptr<UnreadyPart>, Error> create(
      const checkpoint::Record&, std::span<const uint8_t> section,
      std::unique_ptr<UnreadyPart> previous) override {
    auto part = std::make_unique<Part>();
    protocol::ByteReader r(section);
    part->key = r.u8(), part->length = r.u64();
    if (!r.complete()) return error("counting: wrong section");
    updates += previous != nullptr;
    return part;
  }
  std::expected<void, Error> ready(ConnectionId c, UnreadyPart& part, const Resume& r) override {
    next[c.value] = static_cast<uint8_t>(static_cast<Part&>(part).key + r.offset.value);
    order->push_back("counting");
    return {};
  }
  std::map<uint64_t, uint8_t> keys, next;
  int updates = 0;
  std::vector<std::string>* order = nullptr;
};

/// Stands for the transport: its section is one number.
class Plain final : public Protocol {
 public:
  struct Part final : UnreadyPart {};
  uint8_t kind() const override { return 1; }
  void append(ConnectionId, SectionWriter& out) override {
    out.add(kind(), [](std::span<uint8_t> room) { return room[0] = 9, size_t{1}; });
  }
  std::expected<std::unique_ptr<UnreadyPart>, Error> create(const checkpoint::Record&,
                                                            std::span<const uint8_t> section,
                                                            std::unique_ptr<UnreadyPart>) override {
    if (section.size() != 1 || section[0] != 9) return error("plain: wrong section");
    return std::make_unique<Part>();
  }
  std::expected<void, Error> ready(ConnectionId, UnreadyPart&, const Resume&) override {
    order->push_back("plain");
    if (fails) return error("plain: cannot");
    return {};
  }
  bool fails = false;
  std::vector<std::string>* order = nullptr;
};

class StackTest : public testing::Test {
 protected:
  StackTest() {
    plain.order = counting.order = &order;
    stack.add(plain);
    stack.add(counting);
    counting.keys[4] = 17;
    stack.append({4}, writer);
    record.server = "alpha", record.connection = 4;
    record.service.port = 80, record.client.port = 5000;
    record.sections = writer.sections();
  }
  Plain plain;
  Counting counting;
  Stack stack;
  SectionWriter writer;
  checkpoint::Record record;
  std::vector<std::string> order;
};

TEST_F(StackTest, a_third_protocol_takes_part_by_the_three_calls_alone) {
  std::vector<uint8_t> wire(4096);
  wire.resize(checkpoint::encode(record, wire));
  const auto held = checkpoint::decode_record(wire);
  ASSERT_TRUE(held);
  auto unready = stack.create(*held);
  ASSERT_TRUE(unready) << unready.error().text;
  EXPECT_EQ(unready->known.end.value, 1'000'000u);
  const auto resume = compare(unready->known, answer_at(unready->known, 999));
  ASSERT_TRUE(resume);
  ASSERT_TRUE(stack.ready({77}, *unready, *resume));
  EXPECT_EQ(order, (std::vector<std::string>{"plain", "counting"})) << "the transport first";
  EXPECT_EQ(counting.next.at(77), static_cast<uint8_t>(17 + 999));
}

TEST_F(StackTest, a_newer_record_replaces_the_parts_of_the_older) {
  auto first = stack.create(record);
  ASSERT_TRUE(first);
  auto second = stack.create(record, std::move(*first));
  ASSERT_TRUE(second);
  EXPECT_EQ(counting.updates, 1);
}

TEST_F(StackTest, an_unknown_section_or_a_wrong_one_is_refused) {
  auto strange = record;
  const uint8_t byte = 1;
  strange.sections.add({99, {&byte, 1}});
  EXPECT_FALSE(stack.create(strange));
  auto wrong = record;
  wrong.sections.items[1].bytes = wrong.sections.items[1].bytes.first(3);
  EXPECT_FALSE(stack.create(wrong));
}

TEST_F(StackTest, a_bundle_is_made_ready_as_one_or_not_at_all) {
  auto unready = stack.create(record);
  ASSERT_TRUE(unready);
  plain.fails = true;
  const auto resume = compare(unready->known, answer_at(unready->known, 0));
  ASSERT_TRUE(resume);
  EXPECT_FALSE(stack.ready({1}, *unready, *resume));
  EXPECT_EQ(order, (std::vector<std::string>{"plain"}));
}

}  // namespace
}  // namespace understudy::core
