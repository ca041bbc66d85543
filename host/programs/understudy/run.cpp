// SPDX-License-Identifier: Apache-2.0
// `understudy run`: registers any program as a critical application. The program's own process is
// the one that connects, so the daemon watches it and not this wrapper; the wrapper keeps the
// connection, says ALIVE while the program is not stopped, and GOODBYE when it is told to end.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>

#include "host/edge/command_line/print.hpp"
#include "host/edge/daemon/descriptor.hpp"
#include "host/programs/understudy/command.hpp"
#include "protocol/application.hpp"

namespace understudy::tool {
namespace {

namespace application = protocol::application;
using edge::Descriptor;

struct Options {
  std::string name;
  int64_t deadline_ms = 0;  // 0: none
  std::vector<std::string> program;
};

volatile std::sig_atomic_t asked_to_end = 0;

int trouble(const Context& context, int code, const std::string& text) {
  if (context.json)
    print("{}\n", json_line(nlohmann::json{{"ok", false}, {"code", code}, {"error", text}}));
  else
    complain("understudy: {}\n", text);
  return code;
}

std::string socket_path(const std::string& daemon) {
  std::error_code ignored;
  if (std::filesystem::is_directory(daemon, ignored)) return daemon + "/applications";
  return (std::filesystem::path(daemon).parent_path() / "applications").string();
}

void tell(int socket, std::span<const uint8_t> message) {
  [[maybe_unused]] const auto n =
      ::send(socket, message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void say_alive(int socket) {
  std::array<uint8_t, 9> alive;
  encode(application::Alive{application::Alive::timeless}, alive);
  tell(socket, alive);
}

/// In the child: connects the inherited socket, registers, waits for the answer, becomes the
/// program.
[[noreturn]] void become(int socket, int say_why, const std::string& path, const Options& options) {
  const auto fail = [&](const std::string& why) {
    [[maybe_unused]] const auto n = ::write(say_why, why.data(), why.size());
    ::_exit(127);
  };
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail(fmt::format("3no daemon at {} ({}): start it, or name its run directory with --daemon DIR",
                     path, std::strerror(errno)));
  std::array<uint8_t, 256> message;
  const size_t n =
      encode(application::Hello{.deadline_ms = uint32_t(options.deadline_ms), .name = options.name},
             message);
  if (n == 0 || ::send(socket, message.data(), n, MSG_NOSIGNAL) < 0) fail("6cannot register");
  if (options.deadline_ms) say_alive(socket);
  pollfd p{socket, POLLIN, 0};
  if (::poll(&p, 1, 5000) <= 0) fail("4the daemon does not answer the registration");
  std::array<char, 1024> answer;
  const ssize_t got = ::recv(socket, answer.data(), answer.size(), 0);
  if (got < 1 || answer[0] != char(application::Type::accepted))
    fail("1the daemon refused: " + std::string(answer.data() + (got > 0 ? 1 : 0),
                                               got > 0 ? static_cast<size_t>(got) - 1 : 0));
  std::vector<char*> arguments;
  for (const auto& a : options.program) arguments.push_back(const_cast<char*>(a.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  fail(fmt::format("6{}: {}", options.program[0], std::strerror(errno)));
  ::_exit(127);
}

/// Until the program ends; its exit status as a shell says it.
int accompany(int socket, pid_t child, const Options& options) {
  const int beat_ms =
      options.deadline_ms ? static_cast<int>(std::max<int64_t>(1, options.deadline_ms / 4)) : -1;
  bool stopped = false, told = false;
  for (;;) {
    int status = 0;
    while (::waitpid(child, &status, WNOHANG | WUNTRACED | WCONTINUED) == child) {
      if (WIFEXITED(status)) return WEXITSTATUS(status);
      if (WIFSIGNALED(status)) return 128 + WTERMSIG(status);
      stopped = WIFSTOPPED(status);
    }
    if (asked_to_end && !told) {
      const uint8_t goodbye = uint8_t(application::Type::goodbye);
      tell(socket, {&goodbye, 1});
      ::kill(child, SIGTERM);
      told = true;
    }
    if (options.deadline_ms && !stopped) say_alive(socket);
    sigset_t none;
    ::sigemptyset(&none);
    const timespec beat{beat_ms / 1000, (beat_ms % 1000) * 1'000'000L};
    ::ppoll(nullptr, 0, beat_ms < 0 ? nullptr : &beat, &none);  // a signal wakes it
  }
}

int run_program(const Context& context, const Options& options) {
  const auto path = socket_path(context.daemon);
  if (path.size() >= sizeof sockaddr_un{}.sun_path)
    return trouble(context, usage, "the path of the daemon's socket is too long");
  sigset_t watched;
  ::sigemptyset(&watched);
  for (const int s : {SIGCHLD, SIGTERM, SIGINT}) ::sigaddset(&watched, s);
  sigset_t before;
  ::sigprocmask(SIG_BLOCK, &watched, &before);
  std::signal(SIGCHLD, [](int) {});
  for (const int s : {SIGTERM, SIGINT}) std::signal(s, [](int) { asked_to_end = 1; });
  const Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  std::array<int, 2> ends{};
  if (!socket || ::pipe2(ends.data(), O_CLOEXEC) != 0)
    return trouble(context, failed, std::strerror(errno));
  Descriptor why(ends[0]), say_why(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return trouble(context, failed, std::strerror(errno));
  if (child == 0) {
    for (const int s : {SIGCHLD, SIGTERM, SIGINT}) std::signal(s, SIG_DFL);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    become(socket.number(), say_why.number(), path, options);
  }
  say_why.close();
  std::array<char, 1024> text;
  ssize_t n = 0;
  do n = ::read(why.number(), text.data(), text.size());
  while (n < 0 && errno == EINTR);
  if (n > 1) {
    ::waitpid(child, nullptr, 0);
    return trouble(context, text[0] - '0',
                   std::string(text.data() + 1, static_cast<size_t>(n) - 1));
  }
  return accompany(socket.number(), child, options);
}

}  // namespace

void add_run(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand(
      "run",
      "run a program as a critical application: when it ends by itself or is killed, the server "
      "fails; when `understudy run` is told to end (SIGTERM, ctrl-c), it ends in good order");
  auto options = std::make_shared<Options>();
  command->add_option("--name", options->name, "its name")
      ->required()
      ->check([](const std::string& name) {
        const size_t most = protocol::limits::application_name_max;
        if (!name.empty() && name.size() <= most) return std::string();
        return fmt::format("is 1 to {} bytes long, not {}", most, name.size());
      });
  command
      ->add_option("--deadline", options->deadline_ms,
                   "ms; also fail the server when the program is stopped for so long")
      ->check(CLI::Range(4, 3'600'000));
  command->add_option("program", options->program, "-- PROGRAM and its arguments")->required();
  command->positionals_at_end();
  command->callback([&context, options] {
    context.run = [&context, options] { return run_program(context, *options); };
  });
}

}  // namespace understudy::tool
