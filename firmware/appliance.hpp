// SPDX-License-Identifier: Apache-2.0
// The firmware's parts and its loop: reads the gate's facts, hands them to what decides, does what
// that says.
#pragma once

#include "firmware/boot_sequence.hpp"
#include "firmware/command_line.hpp"
#include "firmware/config.hpp"
#include "firmware/config_store.hpp"
#include "firmware/hardware.hpp"
#include "firmware/last_words.hpp"
#include "firmware/self_test.hpp"
#include "protocol/link.hpp"

namespace understudy::firmware {

class Appliance {
 public:
  static constexpr const char* version = "0.1";
  static constexpr std::array<uint32_t, 2> config_sectors = {
      0xF'0000, 0xF'1000};  // from the firmware's image on

  constexpr explicit Appliance(LastWords& words) : words_(words), store_(flash_, config_sectors) {}

  // noinline: else each one's stack frame would be the loop's
  [[gnu::noinline]] void begin();
  void turn();  // once round the loop; feeding the watchdog is the caller's

 private:
  using Result = protocol::FirmwareResult;
  struct Seen {  // of a server, for booting it by itself
    uint32_t beats = 0, since = 0;
    bool asked = false;
  };

  void apply_config();
  [[gnu::noinline]] void listen();
  [[gnu::noinline]] void listen_to_links();
  [[gnu::noinline]] std::optional<uint8_t> take_line_of(uint8_t server);
  [[gnu::noinline]] Result answer(const CommandLine& line);
  [[gnu::noinline]] void boot_turn(uint32_t now);
  [[gnu::noinline]] void self_test_turn(uint32_t now);
  void press(const std::optional<Press>& press);
  [[gnu::noinline]] void beat(uint32_t server);
  SelfTest::Facts self_test_facts(uint32_t now) const;

  [[gnu::noinline]] void help();
  [[gnu::noinline]] void status();
  [[gnu::noinline]] void progress();
  [[gnu::noinline]] Result boot(const CommandLine& line);
  [[gnu::noinline]] Result power(const CommandLine& line);
  Result refuse_press(const CommandLine& line);
  Result self_test();
  [[gnu::noinline]] Result save();
  [[gnu::noinline]] Result config(const CommandLine& line);
  [[gnu::noinline]] void counters();

  LastWords& words_;
  hardware::SpiFlash flash_;
  ConfigStore store_;
  Config config_;
  BootSequence boot_;
  SelfTest self_test_;
  CommandLine line_, link_line_;
  std::array<Seen, 2> seen_{};
  uint32_t beat_sequence_ = 0, beat_period_ = 0;
  bool own_alarm_ = false;
  BootSequence::Phase told_ = BootSequence::Phase::idle;
  SelfTest::Phase told_test_ = SelfTest::Phase::idle;
};

}  // namespace understudy::firmware
