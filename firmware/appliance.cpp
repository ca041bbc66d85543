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
  answer();
  print("> ");
}

void Appliance::answer() {
  if (line_.too_long())
    print("too long\r\n");
  else if (line_.words() == 0)
    return;
  else if (line_.is(0, "help"))
    help();
  else if (line_.is(0, "version"))
    print("firmware "), print(version), print(", gate's link "),
        print_number(gate(registers::version)), print("\r\n");
  else if (line_.is(0, "status"))
    status();
  else if (line_.is(0, "boot"))
    boot();
  else if (line_.is(0, "config"))
    config();
  else if (line_.is(0, "counters"))
    counters();
  else if (line_.is(0, "selftest"))
    self_test_.ask(self_test_facts(device(soc::time)));
  else if (line_.is(0, "restart"))
    device(soc::watchdog, soc::watchdog_restart);
  else
    print("what? type help\r\n");
}

void Appliance::help() {
  print(
      "status                       on air, alarms, boot, self test\r\n"
      "boot a|b [reset|on|cycle]    press its buttons, wait for heartbeats (cycle unless said)\r\n"
      "config [NAME [VALUE]]        all values, one, set one; config save\r\n"
      "counters                     starts, presses, last trap\r\n"
      "selftest                     pattern at both inputs, change, compare\r\n"
      "version, restart, help\r\n");
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

void Appliance::boot() {
  const bool a = line_.is(1, "a"), b = line_.is(1, "b");
  Way way = Way::cycle;
  bool known = a || b;
  if (line_.words() > 2) {
    if (line_.is(2, "reset"))
      way = Way::reset;
    else if (line_.is(2, "on"))
      way = Way::on;
    else if (!line_.is(2, "cycle"))
      known = false;
  }
  if (!known) {
    print("boot a|b [reset|on|cycle]\r\n");
  } else if (on_air() == (a ? Server::a : Server::b)) {
    print("refused: it is on air\r\n");
  } else if (boot_.busy() || self_test_.busy()) {
    print("refused: busy\r\n");
  } else {
    press(boot_.ask(a ? Server::a : Server::b, way, config_.boot_times(), device(soc::time)));
  }
}

void Appliance::config() {
  if (line_.is(1, "save")) {
    print(store_.save(config_) ? "saved\r\n" : "not saved: the flash does not hold it\r\n");
    return;
  }
  bool found = false;
  for (size_t i = 0; i < config_values.size(); ++i) {
    if (line_.words() > 1 && !line_.is(1, config_values[i].name)) continue;
    found = true;
    if (line_.words() > 2) {
      const auto value = line_.number(2);
      if (!value || !config_.set(i, *value)) {
        print("from "), print_number(config_values[i].least), print(" to "),
            print_number(config_values[i].most), print("\r\n");
        return;
      }
      apply_config();
    }
    print(config_values[i].name), print(' '), print_number(config_.get(i)), print("\r\n");
  }
  if (!found) print("no such value; config shows all\r\n");
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
