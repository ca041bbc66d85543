// SPDX-License-Identifier: Apache-2.0
// The programs before modelled devices: `understudy find`, and a daemon whose cable is pulled.
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "protocol/link.hpp"
#include "tests/host/edge/temporary_directory.hpp"
#include "tests/transport/far_end.hpp"
#include "tests/transport/mock_bus.hpp"

namespace {

using namespace understudy;
using namespace understudy::test;
using namespace std::chrono_literals;
using nlohmann::json;

struct Called {
  std::string out;
  int code = -1;
};

Called call(const std::string& command) {
  Called called;
  FILE* pipe = ::popen(command.c_str(), "r");
  std::array<char, 4096> part{};
  for (size_t n; (n = std::fread(part.data(), 1, part.size(), pipe)) > 0;)
    called.out.append(part.data(), n);
  called.code = WEXITSTATUS(::pclose(pipe));
  return called;
}

void say_tick(FarEnd& far) {
  far.send(protocol::frame(protocol::Tick{.port = protocol::Server::b}).bytes());
}

/// Ticks on until it is so; false after ten seconds.
template <class So>
bool ticking_until(FarEnd& far, bool plugged, So so) {
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (std::chrono::steady_clock::now() < end) {
    if (plugged) say_tick(far), far.pump();
    if (so()) return true;
    std::this_thread::sleep_for(10ms);
  }
  return false;
}

TEST(Find, lists_what_is_there_and_says_why_it_cannot_be_used) {
  MockBus bus;
  bus.tell("plug 1-1 ft2232h UD0001");
  bus.tell("plug 1-2 ft231x UD0002");
  bus.tell("pci 0000:01:00.0");
  const auto found = call(std::string(UNDERSTUDY_TOOL) + " find --json");
  const auto all = json::parse(found.out)["appliances"];
  ASSERT_GE(all.size(), 3u) << found.out;
  EXPECT_EQ(all[0]["uri"], "usb:serial=UD0001");
  EXPECT_EQ(all[0]["state"], "silent");
  EXPECT_EQ(all[1]["uri"], "usb:serial=UD0002");
  EXPECT_EQ(all[2]["uri"], "pci:0000:01:00.0");
  EXPECT_EQ(all[2]["state"], "cannot_open");
  EXPECT_NE(all[2]["why"].get<std::string>().find("all ones"), std::string::npos);
}

TEST(Find, tells_version_port_and_who_is_on_air_of_one_that_ticks) {
  auto far = make_usb_end("ft2232h");
  far->plug();
  auto tool = std::async(std::launch::async,
                         [] { return call(std::string(UNDERSTUDY_TOOL) + " find --json"); });
  EXPECT_TRUE(
      ticking_until(*far, true, [&] { return tool.wait_for(0s) == std::future_status::ready; }));
  const auto found = tool.get();
  EXPECT_EQ(found.code, 0) << found.out;
  const auto first = json::parse(found.out)["appliances"][0];
  EXPECT_EQ(first["state"], "ready") << found.out;
  EXPECT_EQ(first.value("link_version", 0), protocol::link_version);
  EXPECT_EQ(first.value("port", ""), "B");
  EXPECT_EQ(first.value("on_air", ""), "A");
}

/// What the firmware hears, answered with its own words.
void answer_firmware(FarEnd& far, size_t& answered) {
  protocol::LinkDecoder decoder;
  size_t lines = 0;
  for (const uint8_t byte : far.received()) {
    const auto message = decoder.byte(byte);
    const auto line = message ? protocol::decode_firmware_line(*message) : std::nullopt;
    if (!line || ++lines <= answered) continue;
    ++answered;
    const protocol::FirmwareText text{
        .id = line->id, .number = 0, .text = "firmware 9.9\xff\n", .last = true};
    far.send(protocol::frame(text).bytes());
  }
}

TEST(Version, speaks_to_the_firmware_over_each_kind_of_device) {
  for (const auto& kind : contract_kinds()) {
    if (kind.name == std::string("sim")) continue;
    auto far = kind.make();
    far->plug();
    auto tool = std::async(std::launch::async, [uri = far->uri()] {
      return call(std::string(UNDERSTUDY_TOOL) + " version --json --appliance " + uri);
    });
    size_t answered = 0;
    EXPECT_TRUE(ticking_until(*far, true, [&] {
      answer_firmware(*far, answered);
      return tool.wait_for(0s) == std::future_status::ready;
    }));
    const auto said = tool.get();
    EXPECT_EQ(said.code, 0) << kind.name << ": " << said.out;
    EXPECT_NE(said.out.find("firmware 9.9?"), std::string::npos) << kind.name << ": " << said.out;
  }
}

TEST(Version, says_why_a_device_cannot_be_used_without_waiting_for_one) {
  const auto begin = std::chrono::steady_clock::now();
  const auto said =
      call(std::string(UNDERSTUDY_TOOL) + " version --json --appliance tty:/dev/null");
  EXPECT_EQ(said.code, 3);
  EXPECT_NE(said.out.find("is no serial device"), std::string::npos) << said.out;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST(Version, bytes_that_are_no_text_are_answered_in_json_all_the_same) {
  const auto said = call(std::string(UNDERSTUDY_TOOL) + " --json version --appliance '\xff'");
  EXPECT_EQ(said.code, 2);
  EXPECT_FALSE(json::parse(said.out)["ok"].get<bool>()) << said.out;
}

TEST(Unplugged, the_daemon_says_what_happened_and_attaches_again) {
  TemporaryDirectory directory;
  auto far = make_usb_end("ft2232h");
  far->plug();
  write_file(directory / "c.toml", "[server]\nname = \"one\"\nrun_dir = \"" + directory / "run" +
                                       "\"\nevents = \"" + directory / "events" +
                                       "\"\n[appliance]\nuri = \"" + far->uri() + "\"\n");
  const auto config = directory / "c.toml", events = directory / "events";
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::execl(UNDERSTUDYD, "understudyd", "--config", config.c_str(), nullptr);
    ::_exit(127);
  }
  const auto says = [&](const std::string& words) {
    return [&, words] { return contents(events).find(words) != std::string::npos; };
  };
  EXPECT_TRUE(ticking_until(*far, true, says("\"heard\":true"))) << contents(events);
  far->unplug();
  EXPECT_TRUE(ticking_until(*far, false,
                            says("appliance link lost: FT2232H \\\"UD0001\\\" at 1-1 "
                                 "is lost: unplugged; trying again")))
      << contents(events);
  EXPECT_TRUE(ticking_until(*far, false, says("no USB bridge with serial number")));
  far->plug();
  const auto attached_twice = [&] {
    const auto text = contents(events);
    const auto lost = text.rfind("\"heard\":false");
    return lost != text.npos && text.find("\"heard\":true", lost) != text.npos;
  };
  EXPECT_TRUE(ticking_until(*far, true, attached_twice)) << contents(events);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

}  // namespace
