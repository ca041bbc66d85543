// SPDX-License-Identifier: Apache-2.0
// playout: decodes a video file, draws the parameters, tags the lines, serves a video output.
#include <signal.h>
#include <sys/signalfd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <iostream>
#include <optional>

#include "host/edge/asset/default_clip.hpp"
#include "host/edge/command_line/command_line.hpp"
#include "host/edge/playout/player.hpp"
#include "host/edge/video_output/open_output.hpp"
#include "protocol/limits.hpp"

namespace {

using namespace understudy;

// What the program's end says to whoever started it.
constexpr int exit_picture = 1, exit_usage = exit_wrong_use, exit_refused = 3, exit_output = 4;

constexpr auto exit_codes = R"(Exit codes:
  0  ended by SIGINT or SIGTERM
  1  the picture: no such video, or it can no longer be read, decoded or drawn
  2  wrong use of this command
  3  the daemon refused to register it
  4  the video output is not there, or ended)";

struct Options {
  std::string asset = "default", video, name = "playout", diverge, font = glyphs::default_font;
  std::string discard = "no";
  std::optional<std::string> daemon;
  uint32_t deadline_ms = 100, patience_ms = 5000;
  bool no_tags = false;
};

std::expected<playout::Divergence, Error> read_divergence(const std::string& text) {
  playout::Divergence at;
  const char* const end = text.data() + text.size();
  auto [rest, code] = std::from_chars(text.data(), end, at.frame);
  if (code == std::errc{} && rest != end && *rest == ':')
    std::tie(rest, code) = [&] {
      const auto r = std::from_chars(rest + 1, end, at.line);
      return std::pair(r.ptr, r.ec);
    }();
  if (code != std::errc{} || rest != end)
    return error("--diverge-at '" + text + "': is FRAME or FRAME:LINE");
  return at;
}

/// A descriptor that becomes readable when this program is asked to end.
Descriptor stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  return Descriptor(signalfd(-1, &set, SFD_CLOEXEC));
}

int fail(int code, const std::string& name, const std::string& why) {
  std::cerr << name << ": " << why << std::endl;
  return code;
}

std::string describe(const asset::Facts& f, const Raster& r) {
  auto text = f.codec + " " + std::to_string(f.width) + "x" + std::to_string(f.height) + ", " +
              std::to_string(f.frames) + " frames at " + std::to_string(f.rate.numerator) + "/" +
              std::to_string(f.rate.denominator) + (f.constant_rate ? "" : " on average") +
              " a second, to " + std::to_string(r.width) + "x" + std::to_string(r.height);
  if (f.ends_early) text += "; the file breaks off: " + *f.ends_early;
  return text;
}

int exit_code(playout::End end) {
  switch (end) {
    case playout::End::stopped:
      return 0;
    case playout::End::picture_failed:
      return exit_picture;
    case playout::End::refused:
      return exit_refused;
    case playout::End::output_ended:
      return exit_output;
  }
  return exit_usage;
}

int play(const Options& o) {
  playout::FrameMakerOptions making{.font = o.font, .tags = !o.no_tags};
  const auto file = asset::named_asset(o.asset);
  if (!file) return fail(exit_picture, o.name, file.error().text);
  making.asset = *file;
  if (!o.diverge.empty()) {
    const auto at = read_divergence(o.diverge);
    if (!at) return fail(exit_usage, o.name, at.error().text);
    making.diverge_at = *at;
  }
  const auto stop = stop_signals();
  const std::chrono::milliseconds patience(o.patience_ms);
  const auto output = video_output::open(o.video, patience);
  if (!output) return fail(exit_output, o.name, output.error().text);
  auto maker = playout::FrameMaker::open(making, (*output)->raster());
  if (!maker) return fail(exit_picture, o.name, maker.error().text);
  maker->set_discard(o.discard == "initial");
  const auto say = [&](std::string_view text) { std::cerr << o.name << ": " << text << std::endl; };
  say(describe(maker->facts(), (*output)->raster()));

  std::optional<DaemonLink> daemon;
  if (o.daemon) daemon.emplace(DaemonLinkOptions{*o.daemon, o.name, o.deadline_ms});
  playout::Player player(*maker, daemon ? &*daemon : nullptr, stop.get(), say);
  auto ended = player.greet(patience);
  if (!ended) ended = player.run(**output);
  if (ended->end != playout::End::stopped) say(ended->why);
  return exit_code(ended->end);
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  CLI::App app("Plays a video file into a video output, each line tagged.");
  app.add_option("--asset", o.asset, "a video file, or 'default'")->capture_default_str();
  app.add_option("--video", o.video, "where the frames go: sim:unix:DIR/video-a")->required();
  app.add_option("--daemon", o.daemon,
                 "the daemon's socket RUNDIR/applications; without it: unmanaged");
  app.add_option("--name", o.name, "the name to register under")
      ->capture_default_str()
      ->check([](const std::string& n) {
        return n.empty() || n.size() > protocol::limits::application_name_max
                   ? std::string("1 to 48 bytes")
                   : std::string();
      });
  app.add_option("--deadline", o.deadline_ms,
                 "ms without a sign of life until it counts as hanging; 0: never")
      ->capture_default_str();
  app.add_option("--discard", o.discard, "initial: marked discard until the daemon says otherwise")
      ->check(CLI::IsMember({"no", "initial"}))
      ->capture_default_str();
  app.add_option("--patience", o.patience_ms, "ms to wait for output and daemon at the start")
      ->capture_default_str();
  app.add_option("--font", o.font, "a font file for caption and ticker")->capture_default_str();
  app.add_flag("--no-tags", o.no_tags, "plain lines, as any other player would send");
  app.add_option("--diverge-at", o.diverge,
                 "a fault: other pixels from FRAME[:LINE] on, correctly tagged");
  app.footer(exit_codes);
  if (const auto code = parse_command_line(app, "playout", argc, argv)) return *code;
  return play(o);
}
