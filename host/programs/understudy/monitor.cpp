// SPDX-License-Identifier: Apache-2.0
// `understudy monitor`: a live view of status and the last events. q or ctrl-c ends it; when the
// output is no terminal it prints once.
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

#include "host/edge/command_line/print.hpp"
#include "host/programs/understudy/command.hpp"

namespace understudy::tool {

using nlohmann::json;

namespace {

constexpr int refresh_ms = 200;
volatile std::sig_atomic_t interrupted = 0;

/// Raw keys, another screen, no cursor; all back at the end.
class Screen {
 public:
  Screen() {
    is_terminal_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
    if (is_terminal_) {
      termios raw = before_;
      raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
      ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    print("\x1b[?1049h\x1b[?25l");
  }
  ~Screen() {
    print("\x1b[?25h\x1b[?1049l");
    std::fflush(stdout);
    if (is_terminal_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

 private:
  termios before_{};
  bool is_terminal_ = false;
};

std::string page(const json& status, const json& records, bool colours, size_t rows) {
  std::string out = status_text(status);
  if (colours) {
    for (const char* bad : {"NO ", "NOT CONNECTED", "NOT HEARD", "Failed"})
      for (size_t at = 0; (at = out.find(bad, at)) != std::string::npos;) {
        const auto marked = fmt::format("\x1b[1;31m{}\x1b[0m", bad);
        out.replace(at, std::string_view(bad).size(), marked);
        at += marked.size();
      }
  }
  out += "\n\n";
  const size_t used = static_cast<size_t>(std::count(out.begin(), out.end(), '\n')) + 1;
  const size_t room = rows > used ? rows - used : 3;
  const size_t first = records.size() > room ? records.size() - room : 0;
  for (size_t i = first; i < records.size(); ++i) out += event_line(records[i]) + "\n";
  return out;
}

std::expected<std::pair<json, json>, int> look(const Context& context) {
  const auto status = ask(context, {{"do", "status"}});
  if (!status) return std::unexpected(status.error());
  const auto events = ask(context, {{"do", "events"}, {"last", 40}});
  if (!events) return std::unexpected(events.error());
  return std::pair{*status, events->value("records", json::array())};
}

int live(const Context& context) {
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  const Screen screen;
  while (!interrupted) {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) size.ws_row = 24;
    const auto seen = look(context);
    if (!seen) return seen.error();
    std::string text = page(seen->first, seen->second, true, size.ws_row - 1u);
    for (size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 4)
      text.replace(at, 1, "\x1b[K\n");
    print("\x1b[H{}\x1b[J", text);
    std::fflush(stdout);
    pollfd key{STDIN_FILENO, POLLIN, 0};
    char pressed = 0;
    if (::poll(&key, 1, refresh_ms) > 0 && ::read(STDIN_FILENO, &pressed, 1) == 1 &&
        (pressed == 'q' || pressed == 'Q'))
      break;
  }
  return ok;
}

int once(const Context& context) {
  const auto seen = look(context);
  if (!seen) return seen.error();
  if (context.json)
    print("{}\n",
          json_line(json{{"ok", true}, {"status", seen->first}, {"records", seen->second}}));
  else
    print("{}", page(seen->first, seen->second, false, 24));
  return ok;
}

}  // namespace

void add_monitor(CLI::App& app, Context& context) {
  auto* command =
      app.add_subcommand("monitor", "a live view; q ends it; printed once if no terminal");
  command->callback([&context] {
    context.run = [&context] {
      return ::isatty(STDOUT_FILENO) && !context.json ? live(context) : once(context);
    };
  });
}

}  // namespace understudy::tool
