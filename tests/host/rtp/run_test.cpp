// SPDX-License-Identifier: Apache-2.0
#include "host/core/rtp/run.hpp"

#include <gtest/gtest.h>

#include "host/core/rtp/packet.hpp"
#include "host/core/rtp/rtcp.hpp"
#include "tests/host/rtp/receiver.hpp"

namespace understudy::rtp {
namespace {

constexpr uint64_t epoch = 1'700'000'000'000'000'000;

Source source() {
  return {0xcafe0001, 65'500, payload_h264, "understudy"};
}
Run whole(const MadeMedia& media) {
  Run r;
  r.end_unit = static_cast<uint32_t>(media.index().size());
  r.timestamp = 0xfffffff0;
  r.clock = r.origin = epoch;
  return r;
}

TEST(Run, items_lie_one_after_the_other_and_their_numbers_go_up_by_one) {
  MadeMedia media(300);
  RunItems items(source(), whole(media), media);
  ASSERT_TRUE(items.seek(0));
  uint64_t place = 0, due = 0;
  uint16_t sequence = source().first_sequence;
  uint32_t octets = 0, packets = 0;
  size_t reports = 0, markers = 0;
  bool more = true;
  for (; more; more = items.next()) {
    const auto& i = items.item();
    ASSERT_EQ(i.place, place);
    const Bytes bytes(items.bytes().begin(), items.bytes().end());
    ASSERT_EQ(bytes.size(), i.size);
    place = i.end();
    if (i.control()) {
      ++reports;
      const auto r = decode_rtcp(bytes);
      ASSERT_TRUE(r);
      EXPECT_EQ(r->goodbye, i.kind == Item::Kind::goodbye);
      NetworkReader n{std::span<const uint8_t>(bytes).subspan(20)};
      EXPECT_EQ(n.u32(), packets);
      EXPECT_EQ(n.u32(), octets);
      if (i.kind == Item::Kind::goodbye) break;
    } else {
      const auto p = decode(bytes);
      ASSERT_TRUE(p);
      EXPECT_EQ(p->header.sequence, sequence++);
      EXPECT_EQ(p->header.timestamp,
                0xfffffff0u + uint32_t(media.index().present(i.unit) - media.index().present(0)));
      markers += p->header.marker;
      ++packets, octets += static_cast<uint32_t>(p->payload.size());
    }
    if (i.part == 0) {
      EXPECT_GE(i.due, due);
      due = i.due;
    }
  }
  EXPECT_EQ(items.item().kind, Item::Kind::goodbye);
  EXPECT_FALSE(items.next());
  EXPECT_EQ(place, items.end());
  EXPECT_EQ(reports, 4u);  // at 0, 5 and 10 s, and the goodbye
  EXPECT_EQ(markers, 300u);
  EXPECT_FALSE(items.seek(place));
}

TEST(Run, any_place_leads_to_the_item_that_has_it) {
  MadeMedia media(60);
  auto run = whole(media);
  run.first_unit = 10, run.end_unit = 45;
  RunItems all(source(), run, media), jump(source(), run, media);
  ASSERT_TRUE(all.seek(0));
  do {
    for (const uint64_t place : {all.item().place, all.item().place + 1, all.item().end() - 1}) {
      ASSERT_TRUE(jump.seek(place));
      ASSERT_EQ(jump.item().place, all.item().place);
      ASSERT_EQ(jump.item().size, all.item().size);
      ASSERT_EQ(jump.item().due, all.item().due);
      const Bytes a(all.bytes().begin(), all.bytes().end());
      const Bytes b(jump.bytes().begin(), jump.bytes().end());
      ASSERT_EQ(a, b);
    }
  } while (all.next());
}

TEST(Run, the_next_run_goes_on_with_numbers_and_clock) {
  MadeMedia media(60);
  const auto first = whole(media);
  RunItems items(source(), first, media);
  ASSERT_TRUE(items.seek(0));
  do {  // paused before each item in turn
    const auto& i = items.item();
    const auto next = next_run(source(), media, first, i.place, 0, 20, 60, epoch + 2'000'000'000);
    RunItems after(source(), next, media);
    uint64_t sent = items.packets_at(i.unit);
    if (i.kind == Item::Kind::packet) sent += i.part;
    EXPECT_EQ(after.packets_at(20), sent);
    EXPECT_EQ(after.timestamp(20), first.timestamp + 180'000);
  } while (items.next());
  const auto end = next_run(source(), media, first, items.end(), 0, 20, 60, epoch);
  EXPECT_EQ(end.first_packet, media.index().packets_before(60));
  EXPECT_EQ(end.first_octet, media.index().octets_before(60));
}

TEST(Run, a_packets_number_leads_to_the_place_behind_it) {
  MadeMedia media(40);
  auto run = whole(media);
  run.first_unit = 3, run.end_unit = 30, run.first_packet = 100'000;
  RunItems all(source(), run, media), jump(source(), run, media);
  ASSERT_TRUE(all.seek(0));
  uint64_t number = run.first_packet;
  do {
    if (all.item().kind != Item::Kind::packet) continue;
    ASSERT_EQ(jump.place_behind(number), all.item().end());
    ++number;
  } while (all.next());
  EXPECT_EQ(jump.place_behind(run.first_packet - 1), 0u);
  EXPECT_EQ(jump.place_behind(number), all.place_of(30));
}

TEST(Run, what_a_run_does_not_send_does_not_change_its_bytes) {
  MadeMedia media(40);
  auto run = whole(media);
  auto later = run;
  later.origin += 77;  // another server's clock
  RunItems a(source(), run, media), b(source(), later, media);
  ASSERT_TRUE(a.seek(0) && b.seek(0));
  do {
    const Bytes x(a.bytes().begin(), a.bytes().end()), y(b.bytes().begin(), b.bytes().end());
    ASSERT_EQ(x, y);
    ASSERT_EQ(a.item().due + 77, b.item().due);
  } while (a.next() && b.next());
}

TEST(Run, a_run_beyond_its_file_ends_with_the_file) {
  MadeMedia media(5);
  auto run = whole(media);
  run.first_unit = 900, run.end_unit = 1000;
  RunItems items(source(), run, media);
  ASSERT_TRUE(items.seek(0));
  EXPECT_EQ(items.item().kind, Item::Kind::goodbye);
  EXPECT_FALSE(items.seek(items.end()));
}

}  // namespace
}  // namespace understudy::rtp
