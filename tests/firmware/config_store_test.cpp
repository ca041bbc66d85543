// SPDX-License-Identifier: Apache-2.0
// Two copies in flash: power may go at any byte that is erased or written, and one of them is
// whole.
#include "firmware/config_store.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace understudy::firmware {
namespace {

constexpr std::array<uint32_t, 2> sectors = {0x1000, 0x2000};

/// Bits are cleared by programming and set by erasing; power goes after so many bytes and leaves
/// the next one half changed.
struct FlashInMemory final : Flash {
  std::vector<uint8_t> content = std::vector<uint8_t>(0x4000, 0xFF);
  int64_t left = -1;
  uint8_t half = 0x5A;
  struct PowerCut {};

  void read(uint32_t address, std::span<uint8_t> to) override {
    std::copy_n(content.begin() + address, to.size(), to.begin());
  }
  void change(uint32_t at, uint8_t value) {
    if (left == 0) {
      content[at] = uint8_t((content[at] & ~half) | (value & half));
      throw PowerCut{};
    }
    if (left > 0) --left;
    content[at] = value;
  }
  void erase(uint32_t address) override {
    EXPECT_TRUE(address == sectors[0] || address == sectors[1]);
    for (uint32_t i = 0; i < 0x1000; ++i) change(address + i, 0xFF);
  }
  void program(uint32_t address, std::span<const uint8_t> bytes) override {
    EXPECT_EQ(address / 256, (address + bytes.size() - 1) / 256) << "over a page's end";
    for (size_t i = 0; i < bytes.size(); ++i)
      change(address + uint32_t(i), content[address + i] & bytes[i]);
  }
};

Config with(uint32_t press_ms) {
  Config c;
  EXPECT_TRUE(c.set(size_t(Key::press_ms), press_ms));
  EXPECT_TRUE(c.set(size_t(Key::life_s), press_ms % 3600 + 1));
  return c;
}
Config loaded(FlashInMemory& flash) {
  Config c;
  ConfigStore(flash, sectors).load(c);
  return c;
}

TEST(ConfigStore, an_empty_flash_gives_the_defaults_and_what_is_saved_comes_back) {
  FlashInMemory flash;
  Config c = with(9);
  ConfigStore store(flash, sectors);
  EXPECT_EQ(store.load(c), ConfigStore::Loaded::none);
  EXPECT_EQ(c, Config{});
  for (uint32_t i = 1; i < 20; ++i) {
    EXPECT_TRUE(store.save(with(i)));
    EXPECT_EQ(loaded(flash), with(i));
  }
}

TEST(ConfigStore, power_may_go_at_every_byte_of_a_write) {
  FlashInMemory before;
  {
    Config c;
    ConfigStore store(before, sectors);
    store.load(c);
    ASSERT_TRUE(store.save(with(1)));
    ASSERT_TRUE(store.save(with(2)));
  }
  unsigned cuts = 0, old = 0, fresh = 0;
  for (const unsigned half : {0x00, 0x5A, 0xA5, 0x0F})
    for (int64_t at = 0;; ++at) {
      FlashInMemory flash = before;
      flash.left = at, flash.half = uint8_t(half);
      Config c;
      ConfigStore store(flash, sectors);
      store.load(c);
      bool done = false;
      try {
        done = store.save(with(3));
      } catch (FlashInMemory::PowerCut) {
        ++cuts;
      }
      flash.left = -1;
      const Config after = loaded(flash);
      if (done) {
        EXPECT_EQ(after, with(3));
        EXPECT_GT(at, 4096);
        break;
      }
      EXPECT_TRUE(after == with(2) || after == with(3)) << "cut at byte " << at;
      (after == with(2) ? old : fresh)++;
      // and it can be saved again from there
      ConfigStore again(flash, sectors);
      again.load(c);
      EXPECT_TRUE(again.save(with(4)));
      EXPECT_EQ(loaded(flash), with(4)) << "cut at byte " << at;
    }
  EXPECT_EQ(cuts, 4 * (4096 + ConfigStore::record_bytes));
  EXPECT_GT(old, cuts - 10);
}

TEST(ConfigStore, cuts_upon_cuts_never_lose_it) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    FlashInMemory flash;
    uint32_t last = 1;
    {
      Config c;
      ConfigStore store(flash, sectors);
      store.load(c);
      ASSERT_TRUE(store.save(with(last)));
    }
    for (uint32_t round = 2; round < 60; ++round) {
      Config c;
      ConfigStore store(flash, sectors);
      store.load(c);
      EXPECT_TRUE(c == with(last)) << "seed " << seed << " round " << round;
      flash.left = random() % 4300, flash.half = uint8_t(random());
      try {
        if (store.save(with(round))) last = round;
      } catch (FlashInMemory::PowerCut) {
        flash.left = -1;
        if (loaded(flash) == with(round)) last = round;  // the last byte's last bit was there
      }
      flash.left = -1;
    }
  }
}

TEST(ConfigStore, one_bit_wrong_anywhere_and_the_other_copy_serves) {
  FlashInMemory good;
  Config c;
  ConfigStore store(good, sectors);
  store.load(c);
  ASSERT_TRUE(store.save(with(1)));
  ASSERT_TRUE(store.save(with(2)));
  const uint32_t newest = sectors[1];
  for (size_t bit = 0; bit < 8 * ConfigStore::record_bytes; ++bit) {
    FlashInMemory flash = good;
    flash.content[newest + bit / 8] ^= uint8_t(1u << bit % 8);
    Config found;
    EXPECT_EQ(ConfigStore(flash, sectors).load(found), ConfigStore::Loaded::older) << bit;
    EXPECT_EQ(found, with(1)) << bit;
  }
}

TEST(ConfigStore, the_sequence_number_may_wrap) {
  FlashInMemory flash;
  Config c;
  ConfigStore store(flash, sectors);
  store.load(c);
  ASSERT_TRUE(store.save(with(1)));
  // the number before the wrap, with its checksum
  auto* record = &flash.content[sectors[0]];
  for (int k = 0; k < 4; ++k) record[4 + k] = 0xFF;
  const uint32_t crc = protocol::crc32c({record, ConfigStore::record_bytes - 4});
  for (size_t k = 0; k < 4; ++k)
    record[ConfigStore::record_bytes - 4 + k] = uint8_t(crc >> (8 * k));
  for (uint32_t i = 2; i < 6; ++i) {
    ConfigStore next(flash, sectors);
    next.load(c);
    ASSERT_TRUE(next.save(with(i)));
    EXPECT_EQ(loaded(flash), with(i));
  }
}

TEST(Config, values_stay_in_their_ranges) {
  Config c;
  for (size_t i = 0; i < config_values.size(); ++i) {
    const auto& v = config_values[i];
    EXPECT_GE(v.normal, v.least) << v.name;
    EXPECT_LE(v.normal, v.most) << v.name;
    EXPECT_TRUE(c.set(i, v.most));
    if (v.most != 0xFFFF'FFFF) {
      EXPECT_FALSE(c.set(i, v.most + 1)) << v.name;
    }
    if (v.least > 0) {
      EXPECT_FALSE(c.set(i, v.least - 1)) << v.name;
    }
    EXPECT_EQ(c.get(i), v.most);
  }
}

}  // namespace
}  // namespace understudy::firmware
