// SPDX-License-Identifier: Apache-2.0
// Lights, last words, the typed line, a heartbeat's bytes.
#include <gtest/gtest.h>

#include <random>
#include <span>
#include <string>
#include <vector>

#include "firmware/command_line.hpp"
#include "firmware/last_words.hpp"
#include "firmware/lights.hpp"
#include "firmware/link_beat.hpp"
#include "firmware/link_console.hpp"

namespace understudy::firmware {
namespace {
using protocol::Server;
using protocol::soc::Start;

TEST(Lights, say_who_is_on_air_what_is_protected_and_what_is_wrong) {
  LightFacts f;
  f.alarms = uint16_t(protocol::Alarm::unprotected);
  EXPECT_EQ(lights_of(f, 0), 1);  // nobody beside A: not protected, which is no alarm
  f.on_air = Server::b, f.is_protected = true, f.alarms = 0;
  EXPECT_EQ(lights_of(f, 0), 2 | 4);
  for (unsigned i = 0; i < protocol::alarm_bits; ++i) {
    f.alarms = uint16_t(1u << i);
    EXPECT_EQ(lights_of(f, 0) & 8, f.alarms == uint16_t(protocol::Alarm::unprotected) ? 0 : 8) << i;
  }
  f.alarms = 0, f.own_alarm = true;
  f.boots = true, f.booted = Server::a;
  EXPECT_EQ(lights_of(f, 0), 2 | 4);
  EXPECT_EQ(lights_of(f, 256), 1 | 2 | 4 | 8);  // both blink
}

TEST(LastWords, count_each_start_and_keep_the_trap_until_power_goes) {
  LastWords w;
  w.check = 12345;  // memory as it is at power up
  w.starts = 99;
  EXPECT_FALSE(w.wake(Start::board));
  EXPECT_EQ(w.starts, 1u);
  w.pressed();
  w.trapped(0x80000007, 0x1234);
  EXPECT_TRUE(w.wake(Start::asked));
  EXPECT_FALSE(w.wake(Start::hung));
  EXPECT_EQ(w.starts, 3u);
  EXPECT_EQ(w.by_cause, (std::array<uint16_t, 3>{1, 1, 1}));
  EXPECT_EQ(w.traps, 1u);
  EXPECT_EQ(w.presses, 1u);
  EXPECT_EQ(w.stuck_pc, 0x1234u);
}

TEST(LastWords, any_bit_that_changed_is_noticed) {
  LastWords sound;
  sound.wake(Start::board);
  sound.trapped(3, 0x55);
  for (size_t bit = 0; bit < 8 * sizeof(LastWords); ++bit) {
    LastWords w = sound;
    reinterpret_cast<uint8_t*>(&w)[bit / 8] ^= uint8_t(1u << bit % 8);
    EXPECT_FALSE(w.wake(Start::board)) << bit;
    EXPECT_EQ(w.starts, 1u) << bit;
  }
}

bool type(CommandLine& line, const std::string& text) {
  bool done = false;
  for (const char c : text) done = line.put(uint8_t(c));
  return done;
}

TEST(CommandLine, splits_words_and_reads_numbers) {
  CommandLine line;
  EXPECT_FALSE(type(line, "  config  press_ms 0x1f"));
  EXPECT_TRUE(type(line, "\r"));
  EXPECT_EQ(line.words(), 3u);
  EXPECT_TRUE(line.is(0, "config") && line.is(1, "press_ms"));
  EXPECT_FALSE(line.is(0, "confi") || line.is(0, "configs") || line.is(3, ""));
  EXPECT_EQ(line.number(2), 0x1Fu);
  EXPECT_EQ(line.number(1), std::nullopt);
  for (const auto& [text, want] :
       {std::pair<const char*, std::optional<uint32_t>>{"4294967295", 0xFFFFFFFF},
        {"4294967296", std::nullopt},
        {"0x100000000", std::nullopt},
        {"0x", std::nullopt},
        {"12a", std::nullopt},
        {"-1", std::nullopt},
        {"0", 0}}) {
    EXPECT_TRUE(type(line, std::string(text) + "\n"));
    EXPECT_EQ(line.number(0), want) << text;
  }
}

TEST(CommandLine, backspace_garbage_and_lines_that_are_too_long) {
  CommandLine line;
  EXPECT_TRUE(type(line, "hexy\b\x7Flp\x01\xFF\r"));
  EXPECT_TRUE(line.is(0, "help"));
  EXPECT_TRUE(type(line, std::string(200, 'x') + "\r"));
  EXPECT_TRUE(line.too_long());
  EXPECT_EQ(line.words(), 0u);
  EXPECT_TRUE(type(line, std::string(CommandLine::length_max, 'y') + "\r"));
  EXPECT_FALSE(line.too_long());
  EXPECT_TRUE(line.is(0, std::string(CommandLine::length_max, 'y').c_str()));
  EXPECT_TRUE(type(line, "a b c d e f\r"));
  EXPECT_EQ(line.words(), CommandLine::words_max);
  std::mt19937 random(1);
  for (int i = 0; i < 100'000; ++i) (void)line.put(uint8_t(random()));
}

TEST(LinkBeat, is_the_frame_of_the_protocol) {
  std::mt19937 random(2);
  for (int i = 0; i < 2000; ++i) {
    const auto any = [&] { return uint32_t(random()); };
    const protocol::Heartbeat beat{i < 4 ? uint32_t(i) : any(), i % 3 ? 0 : any(),
                                   i % 5 ? 0 : any(), protocol::ServerState(i % 10)};
    std::vector<uint8_t> put;
    put_beat(beat, [&](uint8_t b) { put.push_back(b); });
    const auto frame = protocol::frame(beat);
    ASSERT_EQ(put, std::vector<uint8_t>(frame.bytes().begin(), frame.bytes().end())) << i;
  }
}

struct Sent {  // where a voice puts its frames
  std::vector<uint8_t>* wire;
  std::array<uint8_t, 64>* memory;
  bool* takes;
  bool ready() const { return *takes; }
  void put(uint32_t i, uint8_t b) const { memory->at(i) = b; }
  void send() const {
    for (const uint8_t b : *memory) {
      wire->push_back(b);
      if (b == 0) return;
    }
    ADD_FAILURE() << "a frame without an end";
  }
};

TEST(LinkVoice, says_what_the_links_own_decoder_reads) {
  std::vector<uint8_t> wire;
  std::array<uint8_t, 64> memory{};
  bool takes = true;
  LinkVoice<Sent> voice({&wire, &memory, &takes});
  for (uint32_t length = 0; length < 70; ++length)
    for (const int id : {0, 1, 255}) {
      wire.clear();
      voice.begin({&wire, &memory, &takes}, uint8_t(id));
      std::string text;
      for (uint32_t i = 0; i < length; ++i) text += char('!' + int(i)), voice.put(text.back());
      voice.put('\r');  // the console's
      voice.end(protocol::FirmwareResult::wrong);
      EXPECT_FALSE(voice.open());
      protocol::LinkDecoder decoder;
      std::string got;
      bool last = false;
      uint8_t number = 0;
      for (const uint8_t b : wire) {
        const auto message = decoder.byte(b);
        if (!message) continue;
        const auto piece = protocol::decode_firmware_text(*message);
        ASSERT_TRUE(piece);
        EXPECT_FALSE(last);
        EXPECT_EQ(piece->id, id);
        EXPECT_EQ(piece->number, number++);
        got.append(piece->text.view().data(), piece->text.size);
        last = piece->last;
        EXPECT_EQ(piece->result,
                  last ? protocol::FirmwareResult::wrong : protocol::FirmwareResult::done);
      }
      EXPECT_TRUE(last);
      EXPECT_EQ(decoder.errors(), 0u);
      EXPECT_EQ(got, text);
    }
  takes = false;  // a host that takes nothing gets nothing more, and no whole answer
  wire.clear();
  voice.begin({&wire, &memory, &takes}, 1);
  voice.put('x');
  takes = true;
  for (int i = 0; i < 60; ++i) voice.put('y');
  voice.end(protocol::FirmwareResult::done);
  EXPECT_TRUE(wire.empty());
}

TEST(LinkLine, is_taken_from_a_right_frame_and_from_no_other) {
  CommandLine line;
  const auto take = [&](std::span<const uint8_t> frame) {
    return take_line([&](uint32_t i) { return i < frame.size() ? frame[i] : uint8_t{1}; }, line);
  };
  for (size_t n = 1; n <= protocol::limits::firmware_line_max; ++n) {
    const std::string text(n, 'a');
    const auto f = protocol::frame(protocol::FirmwareLine{
        uint8_t(n - 1), protocol::LinkText<39>(std::span<const char>(text))});
    EXPECT_EQ(take(f.bytes()), n - 1);
    EXPECT_STREQ(line.word(0), text.c_str());
    for (size_t i = 0; i + 1 < f.size; ++i) {
      auto broken = f;
      broken.data[i] = uint8_t(broken.data[i] ^ 0x10);
      EXPECT_EQ(take(broken.bytes()), std::nullopt) << n << " " << i;
    }
    for (size_t k = 0; k + 1 < f.size; ++k) {
      std::vector<uint8_t> cut(f.data.begin(), f.data.begin() + long(k));
      cut.push_back(0);
      EXPECT_EQ(take(cut), std::nullopt) << n << " " << k;
    }
  }
  EXPECT_EQ(take(protocol::frame(protocol::Heartbeat{}).bytes()), std::nullopt);
  EXPECT_EQ(take({}), std::nullopt);  // no end
  std::mt19937 random(9);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<uint8_t> noise(random() % 64 + 1);
    for (auto& b : noise) b = uint8_t(random());
    noise.push_back(0);
    EXPECT_EQ(take(noise), std::nullopt);
  }
}

}  // namespace
}  // namespace understudy::firmware
