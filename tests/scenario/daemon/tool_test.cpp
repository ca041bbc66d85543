// SPDX-License-Identifier: Apache-2.0
// The operator's tool and `understudyd --check` as a person types them: answers and exit codes.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <thread>

#include "host/edge/daemon/control_client.hpp"
#include "stage.hpp"

namespace {
using namespace understudy;
using namespace understudy::test;
using protocol::Server;

constexpr int soon = 60;  // frames

TEST(Tool, wrong_use_is_2_and_no_daemon_is_3_with_what_to_do) {
  Stage stage;
  EXPECT_EQ(stage.tool(Server::a, {}).code, 2);
  EXPECT_EQ(stage.tool(Server::a, {"swich"}).code, 2);
  EXPECT_EQ(stage.tool(Server::a, {"switch", "c"}).code, 2);
  EXPECT_EQ(stage.tool(Server::a, {"set", "caption"}).code, 2);
  EXPECT_EQ(stage.tool(Server::a, {"--help"}).code, 0);
  const auto said = stage.tool(Server::a, {"status"});
  EXPECT_EQ(said.code, 3);
  EXPECT_NE(said.text.find("understudyd --config"), std::string::npos) << said.text;
  EXPECT_EQ(stage.tool(Server::a, {"run", "--name", "x", "--", "/bin/true"}).code, 3);
}

TEST(Tool, a_protected_pair_is_shown_and_switched) {
  Stage stage;
  stage.start_both();
  EXPECT_EQ(stage.tool(Server::a, {"status", "--protected"}).code, 5);
  EXPECT_EQ(stage.tool(Server::a, {"status"}).code, 0);
  ASSERT_GE(stage.run_until(Server::b, "Secondary_synchronized", soon), 0);
  EXPECT_EQ(stage.tool(Server::a, {"status", "--protected"}).code, 0);
  EXPECT_EQ(stage.tool(Server::a, {"switch", "a"}).code, 1) << "it is on air";
  EXPECT_EQ(stage.tool(Server::a, {"switch", "b", "--no-wait"}).code, 0);
  stage.appliance.run(3);
  EXPECT_EQ(stage.appliance.on_air(), Server::b);
  EXPECT_EQ(stage.tool(Server::b, {"mode"}).json["mode"], "automatic");
  EXPECT_EQ(stage.tool(Server::b, {"mode", "lockout", "--no-wait"}).code, 0);
  stage.appliance.run(2);
  EXPECT_EQ(stage.tool(Server::b, {"mode"}).json["mode"], "lockout");
}

TEST(Tool, a_line_for_the_firmware_goes_through_the_daemon_and_says_how_it_ended) {
  Stage stage;
  stage.start_both();
  stage.appliance.firmware = true;
  const auto said = [&](std::vector<std::string> words) {  // while time goes on
    std::atomic<bool> over = false;
    std::jthread time([&] {
      while (!over) stage.appliance.run(1);
    });
    auto ended = stage.tool(Server::a, std::move(words));
    over = true;
    return ended;
  };
  const auto status = said({"console", "status", "please"});
  EXPECT_EQ(status.code, 0) << status.text;
  EXPECT_EQ(status.json["text"], "you typed:\nstatus please");
  EXPECT_EQ(status.json["result"], "done");
  EXPECT_EQ(said({"console", "refuse"}).code, 1);
  EXPECT_EQ(said({"console", std::string(40, 'x')}).code, 2);
  const auto lost = said({"console", "lose"});
  EXPECT_EQ(lost.code, 8) << lost.text;
  EXPECT_NE(lost.text.find("was lost on the link"), std::string::npos) << lost.text;
  stage.appliance.firmware = false;
  const auto nobody = said({"selftest"});
  EXPECT_EQ(nobody.code, 8) << nobody.text;
  EXPECT_NE(nobody.text.find("soft core does not answer"), std::string::npos) << nobody.text;
  EXPECT_TRUE(stage.appliance.problems().empty());
}

TEST(Tool, what_the_gate_refuses_is_1_and_what_does_not_come_is_4) {
  Stage stage;
  stage.start_both();
  ASSERT_GE(stage.run_until(Server::b, "Secondary_synchronized", soon), 0);
  const auto paused = stage.tool(Server::a, {"--timeout", "0.05", "switch", "b"});
  EXPECT_EQ(paused.code, 4) << paused.text;
  EXPECT_EQ(stage.tool(Server::a, {"set", "", "x"}).code, 2);
  EXPECT_EQ(stage.tool(Server::a, {"set", "caption", std::string(257, 'x')}).code, 2);
  stage.appliance.run(2);
  ASSERT_EQ(stage.tool(Server::a, {"mode", "lockout", "--no-wait"}).code, 0);
  stage.appliance.run(2);
  auto asked = stage.begin_tool(Server::b, {"switch", "--force"}, stage.directory / "asked");
  for (int i = 0; i < soon && contents(stage.directory / "asked").empty(); ++i) {
    stage.appliance.run(1);
    stage.status(Server::b);
  }
  for (int i = 0; i < 3000 && contents(stage.directory / "asked").empty(); ++i)
    stage.appliance.run(1);
  EXPECT_EQ(asked.wait(), 1) << contents(stage.directory / "asked");
  EXPECT_NE(contents(stage.directory / "asked").find("lockout"), std::string::npos);
}

TEST(Tool, offline_and_online) {
  Stage stage;
  stage.start_both();
  ASSERT_GE(stage.run_until(Server::b, "Secondary_synchronized", soon), 0);
  EXPECT_EQ(stage.tool(Server::a, {"offline"}).code, 0);
  stage.appliance.run(5);
  EXPECT_EQ(stage.appliance.on_air(), Server::b);
  EXPECT_EQ(stage.state(Server::a), "Secondary_offline");
  EXPECT_EQ(stage.tool(Server::b, {"offline"}).code, 5) << "nobody is proven equal";
  EXPECT_EQ(stage.tool(Server::a, {"online"}).code, 0);
  EXPECT_GE(stage.run_until(Server::a, "Secondary_synchronized", soon), 0);
}

TEST(Tool, events_come_with_their_past_and_as_they_happen) {
  Stage stage;
  stage.start_both();
  stage.appliance.run(20);
  const auto past = stage.tool(Server::b, {"events", "--last", "50"});
  EXPECT_EQ(past.code, 0);
  EXPECT_NE(past.text.find("\"kind\":\"state\""), std::string::npos) << past.text;
  const auto path = stage.directory / "follow";
  auto follower = stage.begin_tool(Server::b, {"events", "--follow", "--last", "1"}, path);
  while (contents(path).empty()) stage.status(Server::b);
  EXPECT_EQ(stage.tool(Server::b, {"offline", "--force"}).code, 0);
  stage.appliance.run(1);
  for (int i = 0; i < 2000 && contents(path).find("Secondary_offline") == std::string::npos; ++i)
    stage.status(Server::b);
  EXPECT_NE(contents(path).find("Secondary_offline"), std::string::npos);
  stage.daemons[1].signal(SIGKILL);
  EXPECT_EQ(follower.wait(), 3);
}

TEST(Tool, trace_shows_the_gates_own_events_with_pixel_clocks) {
  Stage stage;
  stage.start_both();
  ASSERT_GE(stage.run_until(Server::b, "Secondary_synchronized", soon), 0);
  const auto path = stage.directory / "follow";
  auto follower = stage.begin_tool(Server::b, {"trace", "--follow"}, path);
  const auto followed = [&](const char* words) {
    for (int i = 0; i < 5000 && contents(path).find(words) == std::string::npos; ++i)
      stage.status(Server::b);
    return contents(path).find(words) != std::string::npos;
  };
  ASSERT_EQ(stage.tool(Server::a, {"mode", "manual", "--no-wait"}).code, 0);
  stage.appliance.run(2);
  EXPECT_TRUE(followed("mode manual: done")) << contents(path);
  ASSERT_EQ(stage.tool(Server::a, {"switch", "b", "--no-wait"}).code, 0);
  stage.appliance.run(2);
  EXPECT_TRUE(followed("switch to b: done")) << contents(path);
  const auto past = stage.tool(Server::b, {"trace", "--last", "1"});
  EXPECT_EQ(past.code, 0);
  EXPECT_EQ(std::ranges::count(past.text, '\n'), 1) << past.text;
  EXPECT_EQ(past.json["kind"], "request");
  EXPECT_EQ(past.json["source"], "A");
  EXPECT_EQ(past.json["meaning"], "A asked switch to b: done");
  EXPECT_GT(past.json["clock"].get<uint64_t>(), 0u);
  EXPECT_TRUE(past.json.contains("frame") && past.json.contains("line")) << past.text;
  const auto all = stage.tool(Server::b, {"trace"}).text;
  EXPECT_EQ(all.find("\"kind\":\"state\""), std::string::npos) << "that is the daemon's: " << all;
  EXPECT_NE(all.find("mode manual: done"), std::string::npos) << all;
  Process people({UNDERSTUDY_TOOL, "--daemon", stage.run_dir(Server::b), "trace", "-n1"},
                 stage.directory / "people");
  EXPECT_EQ(people.wait(), 0);
  const auto text = contents(stage.directory / "people");
  EXPECT_NE(text.find("clock      frame  line source kind          meaning\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find(" A      request       A asked switch to b: done\n"), std::string::npos)
      << text;
}

/// The environment names the daemon where the command line does not.
TEST(Tool, finds_its_daemon_by_the_environment) {
  Stage stage;
  Process asked({"/usr/bin/env", "UNDERSTUDY_DAEMON=/no/such/place", UNDERSTUDY_TOOL, "status"},
                stage.directory / "out");
  EXPECT_EQ(asked.wait(), 3);
  EXPECT_NE(contents(stage.directory / "out").find("/no/such/place"), std::string::npos);
}

TEST(Tool, its_page_and_its_completion_have_every_command) {
  Stage stage;
  int outputs = 0;
  const auto said = [&](const char* program, const char* word) {
    const auto out = stage.directory / ("out" + std::to_string(outputs++));
    Process asked({program, word}, out);
    EXPECT_EQ(asked.wait(), 0) << program << " " << word;
    return contents(out);
  };
  const auto page = said(UNDERSTUDY_TOOL, "--print-man");
  const auto help = said(UNDERSTUDY_TOOL, "--help");
  write_file(stage.directory / "script",
             said(UNDERSTUDY_TOOL, "--print-completion") +
                 "COMP_WORDS=(understudy '') COMP_CWORD=1\n_understudy\necho ${COMPREPLY[*]}\n");
  Process bash({"/bin/bash", stage.directory / "script"}, stage.directory / "offers");
  EXPECT_EQ(bash.wait(), 0);
  std::istringstream offers(contents(stage.directory / "offers"));
  int commands = 0;
  for (std::string word; offers >> word; ++commands) {
    EXPECT_NE(page.find("\n.SS \\fBunderstudy " + word + "\\fR"), std::string::npos) << word;
    EXPECT_NE(help.find("\n  " + word + " "), std::string::npos) << word;
  }
  EXPECT_GE(commands, 17) << contents(stage.directory / "offers");
  const auto daemon = said(UNDERSTUDYD, "--print-man");
  EXPECT_NE(daemon.find("\n.SH CONFIGURATION (TOML)\n.TP\n\\fBserver.name\\fR\n"),
            std::string::npos)
      << daemon;
}

TEST(Tool, monitor_prints_once_without_a_terminal) {
  Stage stage;
  stage.start_both();
  stage.appliance.run(3);
  Process monitor({UNDERSTUDY_TOOL, "--daemon", stage.run_dir(Server::a), "monitor"},
                  stage.directory / "monitor");
  EXPECT_EQ(monitor.wait(), 0);
  const auto text = contents(stage.directory / "monitor");
  EXPECT_NE(text.find("server-a"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Tool, the_synchronisation_component_starts_what_nobody_else_starts) {
  Stage stage;
  stage.start_both("[synchronization]\ninitiator = \"component\"\n");
  EXPECT_EQ(stage.run_until(Server::b, "Secondary_synchronized", soon), -1);
  auto component = stage.begin_tool(Server::a,
                                    {"--timeout", "60", "sync", "--first", stage.run_dir(Server::a),
                                     "--second", stage.run_dir(Server::b)},
                                    stage.directory / "sync");
  for (int i = 0; i < 5000 && stage.state(Server::b) != "Secondary_synchronized"; ++i)
    stage.appliance.run(1);
  EXPECT_EQ(component.wait(), 0) << contents(stage.directory / "sync");
  EXPECT_EQ(stage.state(Server::b), "Secondary_synchronized");
}

TEST(Tool, run_refuses_a_name_that_is_taken_and_a_program_that_is_not_there) {
  Stage stage;
  stage.start_both();
  Process wrapper;
  ASSERT_GT(stage.run_application(Server::a, "feed", wrapper), 0);
  EXPECT_EQ(stage.tool(Server::a, {"run", "--name", "feed", "--", "/bin/true"}).code, 1);
  EXPECT_EQ(stage.tool(Server::a, {"run", "--name", "other", "--", "/no/such"}).code, 6);
}

TEST(Tool, run_names_the_option_that_is_wrong) {
  Stage stage;
  const std::vector<std::vector<std::string>> wrong{
      {"--name", ""}, {"--name", "x", "--deadline", "-1"}, {"--name", "x", "--deadline", "3"}};
  for (auto words : wrong) {
    const auto option = words[words.size() - 2];
    words.insert(words.begin(), "run");
    words.insert(words.end(), {"--", "/bin/true"});
    const auto said = stage.tool(Server::a, words);
    EXPECT_EQ(said.code, 2);
    EXPECT_NE(said.text.find(option), std::string::npos) << said.text;
  }
}

TEST(Tool, output_that_finds_no_room_is_a_failure) {
  Stage stage;
  Process full({"/bin/sh", "-c", std::string(UNDERSTUDY_TOOL) + " version >/dev/full"},
               stage.directory / "full");
  EXPECT_EQ(full.wait(), 6);
  EXPECT_NE(contents(stage.directory / "full").find("No space left"), std::string::npos);
}

/// It cannot be said what is wrong; the exit code is what it would have been.
TEST(Tool, errors_that_find_no_room_leave_the_exit_code) {
  Stage stage;
  const auto code = [&](const std::string& line) {
    return Process({"/bin/sh", "-c", line + " 2>/dev/full"}, stage.directory / "said").wait();
  };
  const std::string tool = UNDERSTUDY_TOOL, none = stage.directory / "none";
  EXPECT_EQ(code(std::string(UNDERSTUDYD) + " --check " + none), 3);
  EXPECT_EQ(code(tool + " --daemon " + none + " status"), 3);
  EXPECT_EQ(code(tool + " status --nonsense"), 2);
}

TEST(Control, a_value_of_the_wrong_type_is_refused_and_not_taken_for_another) {
  using nlohmann::json;
  Stage stage;
  stage.start_both();
  auto client = edge::ControlClient::open(stage.run_dir(Server::a));
  ASSERT_TRUE(client);
  for (const auto& [request, key] :
       {std::pair(json{{"do", "events"}, {"last", -1}}, "last"),
        std::pair(json{{"do", "events"}, {"last", 257}}, "last"),
        std::pair(json{{"do", "switch"}, {"to", "b"}, {"force", "yes"}}, "force"),
        std::pair(json{{"do", "offline"}, {"wait", 0}}, "wait")}) {
    const auto answer = client->ask(request, std::chrono::seconds(5));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->value("code", ""), "bad_request") << request;
    EXPECT_NE(answer->value("error", "").find(key), std::string::npos) << *answer;
  }
  const auto most = client->ask({{"do", "events"}, {"last", 256}}, std::chrono::seconds(5));
  EXPECT_TRUE(most && most->value("ok", false));
}

TEST(Check, a_good_file_is_ok_and_a_bad_one_names_all) {
  Stage stage;
  const auto path = stage.configuration(Server::a);
  Process good({UNDERSTUDYD, "--check", path}, stage.directory / "good");
  EXPECT_EQ(good.wait(), 0);
  EXPECT_EQ(contents(stage.directory / "good"), "OK\n");
  Process folder({UNDERSTUDYD, "--check", path.substr(0, path.rfind('/'))},
                 stage.directory / "folder");
  EXPECT_EQ(folder.wait(), 3);
  EXPECT_NE(contents(stage.directory / "folder").find("cannot read"), std::string::npos);
  write_file(path, contents(path) + "[heartbeat]\nper_frame = 1\nper_fame = 3\n");
  Process bad({UNDERSTUDYD, "--check", path}, stage.directory / "bad");
  EXPECT_EQ(bad.wait(), 1);
  const auto text = contents(stage.directory / "bad");
  EXPECT_NE(text.find(path + ":13:13: heartbeat.per_frame is 1"), std::string::npos) << text;
  EXPECT_NE(text.find("did you mean per_frame?"), std::string::npos) << text;
  Process none({UNDERSTUDYD, "--check", stage.directory / "none"}, stage.directory / "out");
  EXPECT_EQ(none.wait(), 3);
  Process use({UNDERSTUDYD}, stage.directory / "out");
  EXPECT_EQ(use.wait(), 2);
}

TEST(Check, a_key_that_others_can_read_is_an_error_with_the_command_that_mends_it) {
  Stage stage;
  const auto path = stage.configuration(Server::a);
  ASSERT_EQ(::chmod((stage.directory / "key").c_str(), 0644), 0);
  Process check({UNDERSTUDYD, "--check", path}, stage.directory / "out");
  EXPECT_EQ(check.wait(), 1);
  EXPECT_NE(contents(stage.directory / "out").find("chmod 600"), std::string::npos);
}

/// The file may be meant for another machine: said, and no error.
TEST(Check, an_interface_that_is_not_here_is_named) {
  Stage stage;
  const auto path = stage.configuration(Server::a);
  const auto bare = contents(path);
  for (const auto& [interface, said] : {std::pair("nowhere0", true), std::pair("lo", false)}) {
    write_file(path, bare + "[address]\ninterface = \"" + interface +
                         "\"\nservice = [\"10.9.0.100/24\"]\n");
    Process check({UNDERSTUDYD, "--check", path}, stage.directory / interface);
    EXPECT_EQ(check.wait(), 0);
    const auto text = contents(stage.directory / interface);
    EXPECT_EQ(text.find("no network interface nowhere0") != std::string::npos, said) << text;
    EXPECT_NE(text.find("OK\n"), std::string::npos) << text;
  }
}

/// It would be noticed only when the other server has to be booted. The file may be another
/// machine's.
TEST(Check, a_boot_device_that_cannot_work_from_here_is_named) {
  Stage stage;
  const auto path = stage.configuration(Server::a);
  const auto bare = contents(path);
  const std::string ipmi = "device = \"ipmi\"\nhost = \"192.0.2.102\"\nuser = \"admin\"\n";
  const std::string file = stage.directory / "ipmi";
  write_file(file, "secret\n");
  const auto said = [&](const std::string& boot) {
    write_file(path, bare + "[boot]\n" + boot);
    std::filesystem::remove(stage.directory / "out");
    Process check({UNDERSTUDYD, "--check", path}, stage.directory / "out");
    EXPECT_EQ(check.wait(), 0);
    return contents(stage.directory / "out");
  };
  EXPECT_NE(said(ipmi + "password_file = \"/nowhere\"\n").find("boot.password_file: cannot read"),
            std::string::npos);
  EXPECT_EQ(said(ipmi + "password_file = \"" + file + "\"\n"), "OK\n");
  EXPECT_NE(said("device = \"command\"\ncommand = [\"" + file + "\"]\n").find("boot.command: "),
            std::string::npos);
  EXPECT_EQ(said("device = \"command\"\ncommand = [\"true\"]\n"), "OK\n");
}

/// A page that shows a configuration shows one that the daemon takes.
TEST(Check, the_configurations_that_the_pages_show_are_good) {
  Stage stage;
  (void)stage.configuration(Server::a);  // makes the key
  for (const char* page : {"/docs/two-servers.md", "/host/README.md"}) {
    const auto text = contents(std::string(SOURCES) + page);
    constexpr std::string_view opens = "```toml\n", key = "/etc/understudy/peer.key";
    size_t at = text.find(opens);
    EXPECT_NE(at, std::string::npos) << page;
    for (; at != std::string::npos; at = text.find(opens, at + 1)) {
      const auto begin = at + opens.size();
      auto shown = text.substr(begin, text.find("```", begin) - begin);
      shown.replace(shown.find(key), key.size(), stage.directory / "key");
      write_file(stage.directory / "page.toml", shown);
      Process check({UNDERSTUDYD, "--check", stage.directory / "page.toml"},
                    stage.directory / "out");
      EXPECT_EQ(check.wait(), 0) << page << contents(stage.directory / "out");
    }
  }
}

}  // namespace
