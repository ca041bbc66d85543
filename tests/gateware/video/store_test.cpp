// SPDX-License-Identifier: Apache-2.0
// The line store alone, under random traffic, against a plain model of its rules; every line that
// is read is read to its end while others are written, and must be the one that was stored.
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <optional>
#include <random>
#include <vector>

#include "Vline_store.h"
#include "Vline_store___024root.h"
#include "rtl/drive.hpp"

namespace understudy::gate {
namespace {

constexpr uint32_t width = 48, slots = 4;

struct Line {
  std::vector<uint32_t> pixels;
  bool good = false, discard = false;
  uint32_t frame = 0, number = 0, crc = 0, brightest = 0;
};

/// rtl/README.md, "Receiver and line store", in plain C++.
struct Model {
  std::array<Line, slots> slot;
  uint32_t last = 0;
  std::optional<uint32_t> reading;
  uint32_t begin() {
    last = (last + 1) % slots;
    if (reading == last) last = (last + 1) % slots;
    slot[last].good = false;
    return last;
  }
  void end(const Line& line) {
    for (auto& s : slot)
      if (line.good && s.good && s.frame == line.frame && s.number == line.number) s.good = false;
    slot[last] = line;
  }
  std::optional<uint32_t> find(uint32_t frame, uint32_t number) const {
    for (uint32_t i = 0; i < slots; ++i)
      if (slot[i].good && slot[i].frame == frame && slot[i].number == number) return i;
    return std::nullopt;
  }
};

struct Store : testing::Test {
  Vline_store m;
  Model model;
  std::mt19937 random{7};
  Line incoming;
  size_t at = 0;  // pixel of the incoming line that comes next; 0: none is under way
  std::vector<uint32_t> reading, read;
  bool data_due = false;
  uint32_t found = 0, overlapped = 0;

  Store() {
    m.clk = 0, m.line_tvalid = 0, m.line_select = 0, m.take = 0, m.line_end = 0, m.read_enable = 0;
    reset(m);
  }
  /// One clock; a pixel of the incoming line may come in it.
  void step(bool pixel) {
    m.line_tvalid = pixel;
    if (pixel) {
      m.line_tdata = incoming.pixels[at];
      m.line_tfirst = at == 0;
      m.line_tlast = ++at == incoming.pixels.size();
      m.line_good = incoming.good, m.line_discard = incoming.discard;
      m.line_frame = incoming.frame, m.line_number = static_cast<uint16_t>(incoming.number);
      m.line_crc = incoming.crc, m.line_brightest = static_cast<uint8_t>(incoming.brightest);
    }
    const bool first = pixel && m.line_tfirst, last = pixel && m.line_tlast;
    if (m.line_select) select(first);
    const bool ends = m.line_end;
    const std::optional<uint32_t> taken = taken_;
    if (first) model.begin();  // the lock is as it stands before this clock
    if (last) model.end(incoming), at = 0;
    clock(m);
    if (data_due) read.push_back(m.read_data);
    data_due = false;
    if (ends) model.reading.reset();
    if (taken) model.reading = taken;
    taken_.reset();
  }
  void select(bool begins) {
    if (begins) {  // a slot taken in the very clock is no longer there
      Model m2 = model;
      m2.begin();
      expected_ = m2.find(m.wanted_frame, m.wanted_line);
    } else {
      expected_ = model.find(m.wanted_frame, m.wanted_line);
    }
    m.eval();
    ASSERT_EQ(m.found, expected_.has_value());
    if (!expected_) return;
    const Line& l = model.slot[*expected_];
    ASSERT_EQ(m.found_crc, l.crc);
    ASSERT_EQ(m.found_discard, l.discard);
    ASSERT_EQ(m.found_brightest, l.brightest);
    ++found;
    if (random() % 4 == 0) return;  // the other server's line is taken
    m.take = 1;
    taken_ = expected_;
    reading = l.pixels;
  }
  Line make(uint32_t frame, uint32_t number) {
    Line l;
    l.good = random() % 8 != 0;
    const size_t n = l.good ? width : random() % 4 == 0 ? 1 : width - 20 + random() % 60;
    for (size_t i = 0; i < n; ++i) l.pixels.push_back(uint32_t(random()) & 0xFFFFFF);
    l.frame = frame, l.number = number, l.crc = static_cast<uint32_t>(random());
    l.discard = random() & 1, l.brightest = random() & 0xFF;
    return l;
  }
  std::optional<uint32_t> expected_, taken_;
};

TEST_F(Store, what_is_read_is_the_line_that_was_stored_whatever_is_written_meanwhile) {
  uint32_t next = 0;  // lines in order, now and then doubled, left out, or of another frame
  for (int wanted = 0; wanted < 4000; ++wanted) {
    const uint32_t density = 1 + random() % 4;  // how fast the source is during this line
    const auto pixel = [&] {
      if (at == 0) {
        if (random() % 10 == 0) return false;
        next = random() % 9 == 0 ? next : next + 1 + (random() % 9 == 0);
        if (next + 3 < uint32_t(wanted) || next > uint32_t(wanted) + 4)
          next = uint32_t(wanted) + uint32_t(random() % 3);
        incoming = make(random() % 12 == 0 ? 8 : 9, next);
      }
      return random() % 4 < density;
    };
    m.line_select = 1, m.wanted_frame = 9, m.wanted_line = static_cast<uint16_t>(wanted);
    step(pixel());
    if (HasFatalFailure()) return;
    const bool reads = m.take;
    m.line_select = m.take = 0;
    for (int i = 0; i < 7; ++i) step(pixel());
    read.clear();
    for (uint32_t x = 0; x < width; ++x) {
      m.read_enable = 1;
      data_due = true;
      const bool p = pixel();
      overlapped += p && reads;
      step(p);
    }
    m.read_enable = 0, m.line_end = 1;
    step(pixel());
    m.line_end = 0;
    for (int i = 0; i < 20; ++i) step(pixel());
    if (reads) {
      ASSERT_EQ(read, reading) << "line " << wanted;
    }
  }
  EXPECT_GT(found, 800u);
  EXPECT_GT(overlapped, 10000u);
}

TEST_F(Store, of_a_doubled_line_the_one_stored_last_counts) {
  for (uint32_t i = 0; i < 2; ++i) {
    incoming = make(1, 1);
    incoming.good = true, incoming.pixels.assign(width, i), incoming.crc = 100 + i;
    for (uint32_t x = 0; x < width; ++x) step(true);
  }
  m.line_select = 1, m.wanted_frame = 1, m.wanted_line = 1;
  m.eval();
  EXPECT_TRUE(m.found);
  EXPECT_EQ(m.found_crc, 101u);
}

TEST_F(Store, a_line_under_way_and_a_bad_one_are_not_there) {
  const auto there = [&] {
    m.line_select = 1, m.wanted_frame = 1, m.wanted_line = 1;
    m.eval();
    const bool yes = m.found;
    m.line_select = 0;
    return yes;
  };
  incoming = make(1, 1);
  incoming.good = false, incoming.pixels.assign(width, 0);
  for (uint32_t x = 0; x < width; ++x) step(true);
  EXPECT_FALSE(there());
  incoming.good = true;
  for (uint32_t x = 0; x < width; ++x) {
    EXPECT_FALSE(there()) << x;
    step(true);
  }
  EXPECT_TRUE(there());
}

}  // namespace
}  // namespace understudy::gate
