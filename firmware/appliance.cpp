// SPDX-License-Identifier: Apache-2.0
#include "firmware/appliance.hpp"

#include "firmware/lights.hpp"
#include "firmware/link_beat.hpp"
#include "firmware/print.hpp"
#include "protocol/events.hpp"
#include "protocol/link.hpp"
#include "protocol/registers.hpp"

namespace understudy::firmware {
namespace registers = protocol::registers;
namespace soc = protocol::soc;
using hardware::device;
using hardware::gate;
using protocol::Server;

namespace {
uint32_t beats_of(uint32_t server) {
  return gate(server == 0 ? registers::beats_a : registers::beats_b);
}
Server on_air() {
  return static_cast<Server>(device(soc::sense) & 1);
}
bool is_protected() {
  return (gate(registers::status) & 2) != 0;
}
}  // namespace

void Appliance::begin() {
  const auto loaded = store_.load(config_);
  apply_config();
  const auto cause = static_cast<soc::Start>(device(soc::watchdog));
  const bool trap = words_.wake(cause);
  own_alarm_ = loaded == ConfigStore::Loaded::older || cause == soc::Start::hung || trap;
  const uint32_t now = device(soc::time);
  for (uint32_t s = 0; s < 2; ++s) seen_[s] = {beats_of(s), now, false};
  print("\r\nUnderstudy ");
  print(version);
  print(", type help\r\n> ");
}

void Appliance::apply_config() {
  for (size_t i = 0; i < config_values.size(); ++i)
    if (config_values[i].gate_register != 0) gate(config_values[i].gate_register, config_.get(i));
}

void Appliance::turn() {
  const uint32_t now = device(soc::time);
  listen();
  listen_to_links();
  boot_turn(now);
  self_test_turn(now);
  const LightFacts facts{on_air(),   is_protected(), static_cast<uint16_t>(gate(registers::alarms)),
                         own_alarm_, boot_.busy(),   boot_.server()};
  device(soc::lights, lights_of(facts, now) | (device(soc::lights) & soc::lights_pattern));
}

void Appliance::press(const std::optional<Press>& press) {
  if (!press) return;
  device(soc::relays, static_cast<uint32_t>(press->relay) << 16 | press->ms);
  words_.pressed();
}

void Appliance::boot_turn(uint32_t now) {
  for (uint32_t s = 0; s < 2; ++s) {
    const uint32_t beats = beats_of(s);
    if (beats != seen_[s].beats || static_cast<uint32_t>(on_air()) == s)
      seen_[s] = {beats, now, false};
    const uint32_t after = config_.get(Key::autoboot_s);
    // a server that nobody hears, once a silence, and not the one on air
    if (after == 0 || seen_[s].asked || boot_.busy() || self_test_.busy() ||
        (now - seen_[s].since) / 1000 < after)
      continue;
    seen_[s].asked = true;
    press(boot_.ask(static_cast<Server>(s), Way::cycle, config_.boot_times(), now));
  }
  const uint32_t relays = device(soc::relays);
  const uint32_t s = static_cast<uint32_t>(boot_.server());
  press(boot_.step(
      {now, beats_of(s), (relays & soc::press_ms_max) != 0, (relays & soc::relays_cut) != 0}));
  if (boot_.phase() != told_) {
    told_ = boot_.phase();
    if (told_ == BootSequence::Phase::no_life || told_ == BootSequence::Phase::cut)
      own_alarm_ = true;
    print("\r\nboot ");
    print(s == 0 ? "a: " : "b: ");
    print(boot_.why());
    print("\r\n> ");
  }
}

SelfTest::Facts Appliance::self_test_facts(uint32_t now) const {
  return {now, beats_of(0) + beats_of(1), gate(registers::rescued) + gate(registers::lost),
          on_air(), is_protected()};
}

void Appliance::beat(uint32_t server) {
  protocol::Heartbeat heartbeat;
  heartbeat.sequence = beat_sequence_;
  heartbeat.state =
      server == 0 ? protocol::ServerState::primary : protocol::ServerState::secondary_synchronized;
  put_beat(heartbeat, [&](uint8_t b) { device(soc::link_byte, server << 8 | b); });
}

void Appliance::self_test_turn(uint32_t now) {
  if (self_test_.busy()) {
    const auto actions = self_test_.step(self_test_facts(now));
    if (actions.begin) {
      beat_period_ = gate(registers::beat_period);
      gate(registers::untagged, 3);
      gate(registers::beats, 0x0101);
      gate(registers::beat_period, 0xFF'FFFF);
      device(soc::lights, device(soc::lights) | soc::lights_pattern);
    }
    if (actions.beat) {
      ++beat_sequence_;
      beat(0), beat(1);
    }
    if (actions.switch_to)
      gate(registers::command, static_cast<uint32_t>(*actions.switch_to == Server::a
                                                         ? protocol::RequestOp::switch_to_a
                                                         : protocol::RequestOp::switch_to_b));
    if (actions.end) {
      device(soc::lights, device(soc::lights) & ~soc::lights_pattern);
      gate(registers::beat_period, beat_period_);
      gate(registers::command, static_cast<uint32_t>(protocol::RequestOp::clear_alarms));
      apply_config();
    }
  }
  if (self_test_.phase() != told_test_) {
    told_test_ = self_test_.phase();
    print("\r\nself test: ");
    print(self_test_.why());
    print("\r\n> ");
  }
}

void Appliance::listen() {
  const uint32_t heard = device(soc::console);
  if (!(heard & soc::console_heard)) return;
  const auto c = static_cast<char>(heard);
  if (c >= ' ' && c <= '~') print(c);  // who sends faster than this comes back loses bytes
  if (!line_.put(static_cast<uint8_t>(heard))) return;
  print("\r\n");
  answer(line_);
  print("> ");
}

void Appliance::listen_to_links() {
  const uint32_t waiting = device(soc::link_frames);
  for (uint8_t s = 0; s < 2; ++s) {
    if (!(waiting >> s & 1)) continue;
    const auto id = take_line_of(s);
    device(soc::link_frames, 1u << s);
    if (!id) continue;
    voice.begin(hardware::LinkPort{s}, *id);
    voice.end(answer(link_line_));
  }
}

std::optional<uint8_t> Appliance::take_line_of(uint8_t server) {
  return take_line([=](uint32_t i) { return hardware::LinkPort{server}.byte_at(i); }, link_line_);
}

Appliance::Result Appliance::answer(const CommandLine& line) {
  if (line.too_long()) return print("too long\r\n"), Result::wrong;
  if (line.words() == 0) return Result::done;
  if (line.is(0, "boot")) return boot(line);
  if (line.is(0, "power")) return power(line);
  if (line.is(0, "config")) return line.is(1, "save") ? save() : config(line);
  if (line.is(0, "selftest")) return self_test();
  if (line.is(0, "help"))
    help();
  else if (line.is(0, "version"))
    print("firmware "), print(version), print(", gate's link "),
        print_number(gate(registers::version)), print("\r\n");
  else if (line.is(0, "status"))
    status();
  else if (line.is(0, "progress"))
    progress();
  else if (line.is(0, "counters"))
    counters();
  else if (line.is(0, "restart")) {
    if (voice.open()) voice.end(Result::done);  // it is sent all the same
    device(soc::watchdog, soc::watchdog_restart);
  } else
    return print("what? type help\r\n"), Result::wrong;
  return Result::done;
}

void Appliance::help() {
  print(
      "status                       on air, alarms, boot, self test\r\n"
      "boot a|b [reset|on|cycle]    press its buttons, wait for heartbeats (cycle unless said)\r\n"
      "power a|b on|off|reset       press one button, wait for nothing\r\n"
      "progress                     of boot, self test, press: busy, good, bad, cut (it is on "
      "air)\r\n"
      "config [NAME [VALUE]]        all values, one, set one; config save, ranges\r\n"
      "counters                     starts, presses, last trap\r\n"
      "selftest                     pattern at both inputs, change, compare\r\n"
      "version, help, restart       (of the core alone, with the configuration of the flash)\r\n");
}

void Appliance::status() {
  const uint32_t s = gate(registers::status), alarms = gate(registers::alarms);
  print("on air       "), print(on_air() == Server::a ? "a" : "b");
  print("\r\nprotected    "), print(s & 2 ? "yes" : "no");
  print("\r\nhealthy      "), print(s & 4 ? "a " : ""), print(s & 8 ? "b" : "");
  print("\r\nterm, frame  "), print_number(gate(registers::term)), print(", "),
      print_number(gate(registers::frame));
  print("\r\nalarms       ");
  for (uint8_t i = 0; i < protocol::alarm_bits; ++i)
    if (alarms >> i & 1) print(protocol::alarm_names[i]), print(' ');
  print("\r\nboot         "), print(boot_.phase_name());
  print("\r\nself test    "), print(self_test_.why());
  print("\r\nup           "), print_number(device(soc::time)), print(" ms\r\n");
}

/// One line each, for programs: what, server, state, why.
void Appliance::progress() {
  using Boot = BootSequence::Phase;
  using Test = SelfTest::Phase;
  const auto letter = [](uint32_t server) { return server == 0 ? "a " : "b "; };
  const auto boot = boot_.phase();
  print("boot "), print(letter(static_cast<uint32_t>(boot_.server())));
  print(boot == Boot::idle      ? "none"
        : boot == Boot::alive   ? "good "
        : boot == Boot::no_life ? "bad "
        : boot == Boot::cut     ? "cut "
                                : "busy ");
  print(boot_.why());
  const auto test = self_test_.phase();
  print("\r\nselftest ");
  print(test == Test::idle     ? "none"
        : test == Test::passed ? "good "
        : test == Test::failed ? "bad "
                               : "busy ");
  print(self_test_.why());
  const uint32_t relays = device(soc::relays);
  print("\r\npress "), print(letter(relays >> 17 & 1)),
      print(relays >> 16 & 1 ? "reset " : "power ");
  print(relays & soc::relays_cut     ? "cut\r\n"
        : relays & soc::press_ms_max ? "busy\r\n"
                                     : "good\r\n");
}

/// Whether buttons of that server may be pressed now.
Appliance::Result Appliance::refuse_press(const CommandLine& line) {
  if (on_air() == (line.is(1, "a") ? Server::a : Server::b))
    return print("refused: it is on air\r\n"), Result::refused;
  if (boot_.busy() || self_test_.busy()) return print("refused: busy\r\n"), Result::refused;
  return Result::done;
}

Appliance::Result Appliance::boot(const CommandLine& line) {
  Way way = Way::cycle;
  bool known = line.is(1, "a") || line.is(1, "b");
  if (line.words() > 2) {
    if (line.is(2, "reset"))
      way = Way::reset;
    else if (line.is(2, "on"))
      way = Way::on;
    else if (!line.is(2, "cycle"))
      known = false;
  }
  if (!known) return print("boot a|b [reset|on|cycle]\r\n"), Result::wrong;
  if (const auto no = refuse_press(line); no != Result::done) return no;
  press(boot_.ask(line.is(1, "a") ? Server::a : Server::b, way, config_.boot_times(),
                  device(soc::time)));
  return Result::done;
}

Appliance::Result Appliance::power(const CommandLine& line) {
  const bool reset = line.is(2, "reset"), off = line.is(2, "off");
  if (!(line.is(1, "a") || line.is(1, "b")) || !(reset || off || line.is(2, "on")))
    return print("power a|b on|off|reset\r\n"), Result::wrong;
  if (const auto no = refuse_press(line); no != Result::done) return no;
  const uint32_t relay = (line.is(1, "b") ? 2u : 0u) + (reset ? 1u : 0u);
  const uint32_t ms = config_.get(off ? Key::force_ms : Key::press_ms);
  press(Press{static_cast<soc::Relay>(relay), static_cast<uint16_t>(ms)});
  return Result::done;
}

Appliance::Result Appliance::self_test() {
  if (boot_.busy() || self_test_.busy()) return print("refused: busy\r\n"), Result::refused;
  self_test_.ask(self_test_facts(device(soc::time)));
  return Result::done;
}

Appliance::Result Appliance::save() {
  if (!store_.save(config_))
    return print("not saved: the flash does not hold it\r\n"), Result::failed;
  return print("saved\r\n"), Result::done;
}

Appliance::Result Appliance::config(const CommandLine& line) {
  const bool ranges = line.is(1, "ranges");
  bool found = false;
  for (size_t i = 0; i < config_values.size(); ++i) {
    const ConfigValue& v = config_values[i];
    if (line.words() > 1 && !ranges && !line.is(1, v.name)) continue;
    found = true;
    if (line.words() > 2) {
      const auto value = line.number(2);
      if (!value || !config_.set(i, *value)) {
        print("from "), print_number(v.least), print(" to "), print_number(v.most), print("\r\n");
        return Result::wrong;
      }
      apply_config();
    }
    print(v.name), print(' '), print_number(ranges ? v.least : config_.get(i));
    if (ranges) print(' '), print_number(v.most);
    print("\r\n");
  }
  if (!found) return print("no such value; config shows all\r\n"), Result::wrong;
  return Result::done;
}

void Appliance::counters() {
  print("starts   "), print_number(words_.starts);
  print(": board "), print_number(words_.by_cause[0]);
  print(", watchdog "), print_number(words_.by_cause[1]);
  print(", asked "), print_number(words_.by_cause[2]);
  print("\r\npresses  "), print_number(words_.presses);
  print("\r\ntraps    "), print_number(words_.traps);
  if (words_.traps != 0)
    print(", last "), print_hex(words_.stuck_cause), print(" at "), print_hex(words_.stuck_pc);
  print("\r\n");
}

}  // namespace understudy::firmware
