// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <filesystem>
#include <limits>

#include "host/core/render/parameters.hpp"
#include "host/edge/command_line/command_line.hpp"
#include "sim/demo/png.hpp"

namespace understudy::demo {
namespace {

namespace fs = std::filesystem;

std::optional<uint32_t> whole_number(std::string_view text) {
  uint32_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string own_folder() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path().string();
}

std::vector<std::string> fault_names() {
  std::vector<std::string> out;
  out.reserve(faults.size());
  for (const auto& f : faults) out.emplace_back(f.text);
  return out;
}

/// CLI11 by itself wraps -1 around, cuts what is too big, and reads 010 as octal.
const CLI::Validator any_seed(
    [](std::string& text) {
      uint64_t value = 0;
      const char* const end = text.data() + text.size();
      const auto [rest, code] = std::from_chars(text.data(), end, value);
      if (code != std::errc{} || rest != end)
        return fmt::format("'{}' is no whole number from 0 to {}", text,
                           std::numeric_limits<uint64_t>::max());
      text = std::to_string(value);
      return std::string();
    },
    "");

struct Texts {
  std::string fault = "cable", at, hosts = "same", transport = "sim";
  std::vector<std::string> changes;
};

void describe(CLI::App& app, Settings& s, Texts& t) {
  app.add_option("--video", s.video,
                 "the video to play; any file that FFmpeg reads (default: one made "
                 "by the build)")
      ->check([](const std::string& path) {
        return path.empty() ? std::string("is the path of a file, not nothing") : std::string();
      });
  app.add_option("--fault", t.fault,
                 "what breaks: " + fmt::format("{}", fmt::join(fault_names(), ", ")))
      ->check(CLI::IsMember(fault_names()))
      ->capture_default_str();
  app.add_option("--at", t.at,
                 "FRAME or FRAME:LINE of the picture at which it breaks; without LINE the seed "
                 "picks one (default: 120:200, or half of --frames when that is less)");
  app.add_option("--frames", s.frames, "how many frames to play")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--seed", s.seed,
                 "decides the pixel, which bits, and the line when --at has none; the same seed, "
                 "the same run")
      ->check(any_seed)
      ->capture_default_str();
  app.add_option("--report", s.report,
                 "folder for report.html, report.json, events.jsonl; '' for none")
      ->capture_default_str();
  app.add_flag("--keep-frames", s.keep_frames, "also output.rgb and reference.rgb (RGB24) there");
  app.add_flag("--wave", s.wave, "also a waveform of the lines around the fault, for GTKWave");
  app.add_option("--raster", s.raster, "tiny, 480p, 720p or 1080p")
      ->check(CLI::IsMember({"tiny", "480p", "720p", "1080p"}))
      ->capture_default_str();
  app.add_option("--set-parameter", t.changes,
                 "FRAME:KEY=VALUE: change caption, ticker, ticker_speed or gain, to show from that "
                 "frame on; may be given several times");
  app.add_option("--hosts", t.hosts,
                 "same: both servers on loopback; namespaces: an own network each")
      ->check(CLI::IsMember({"same", "namespaces"}))
      ->capture_default_str();
  app.add_option("--transport", t.transport,
                 "how the daemons reach the appliance: sim, in virtual time; usb, by libusb and "
                 "modelled USB bridges, in wall time: such a run does not repeat to the clock")
      ->check(CLI::IsMember({"sim", "usb"}))
      ->capture_default_str();
  app.add_flag("--quiet", s.quiet, "no progress line");
}

void describe(CLI::App& app, CampaignSettings& c) {
  app.add_option("--runs", c.runs, "how many")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  app.add_option("--frames", c.frames, "frames a run")
      ->check(CLI::Range(40, 100'000))
      ->capture_default_str();
  app.add_option("--programs", c.programs, "folder of the other programs");
  app.add_option("--seed", c.seed, "decides fault, frame, line and pixel of each run")
      ->check(any_seed)
      ->capture_default_str();
  app.add_option("--jobs", c.jobs, "runs at a time; 0: one for each core")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  app.add_option("--video", c.video, "the video to play (default: the one made by the build)");
  app.add_option("--raster", c.raster, "tiny, 480p, 720p or 1080p")
      ->check(CLI::IsMember({"tiny", "480p", "720p", "1080p"}))
      ->capture_default_str();
  app.add_option("--report", c.report, "file for the table as JSON");
}

/// Where the fault strikes.
Result<void> finish_place(Settings& s, const std::string& at) {
  const auto raster = *sim::find_raster(s.raster);
  const bool strikes = s.fault != FaultName::none;
  const uint32_t first = strikes ? first_protected_frame + 1 : 0;
  if (strikes && s.frames < first + 3)
    return failure(exit_usage,
                   fmt::format("--frames {}: a fault needs {} or more: the pair is proven equal "
                               "in frame {}, and two frames after the fault are to be seen",
                               s.frames, first + 3, first_protected_frame));
  if (at.empty()) s.frame = std::min(120u, std::max(first, s.frames / 2));
  const std::string shown = at.empty() ? fmt::format("{}:200", s.frame) : at;
  const auto place = read_place(shown);
  if (!place) return std::unexpected(place.error());
  s.frame = place->first;
  // The default line is for 480 lines; on a smaller raster the seed chooses.
  const bool fits = place->second && (*place->second < raster.v_active || !at.empty());
  s.line = fits ? *place->second : uint32_t(s.seed * 2654435761u % raster.v_active);
  if (s.line >= raster.v_active)
    return failure(exit_usage, fmt::format("--at {}: {} has lines 0 to {}", shown, s.raster,
                                           raster.v_active - 1));
  if ((strikes || s.wave) && s.frame + 3 > s.frames)
    return failure(exit_usage,
                   fmt::format("--at {}: with --frames {} the last frame for a fault is "
                               "{}, so that two frames after it are seen; choose "
                               "another --at",
                               shown, s.frames, int64_t{s.frames} - 3));
  if (strikes &&
      std::pair(s.frame, s.line) < std::pair(first_protected_frame, first_protected_line))
    return failure(
        exit_usage,
        fmt::format("--at {}: the pair is proven equal from frame {}, line {} on; before "
                    "that nobody may take over, so nothing could be shown; choose --at "
                    "{} or later",
                    shown, first_protected_frame, first_protected_line, first));
  return {};
}

Result<void> finish_changes(Settings& s, const std::vector<std::string>& texts) {
  for (const auto& text : texts) {
    auto change = read_change(text);
    if (!change) return std::unexpected(change.error());
    render::Parameters trial;
    if (const auto ok = render::set(trial, change->key, change->value); !ok)
      return failure(exit_usage, fmt::format("--set-parameter {}: {}", text, ok.error().text));
    if (change->frame >= s.frames)
      return failure(exit_usage, fmt::format("--set-parameter {}: with --frames {} the last frame "
                                             "is {}",
                                             text, s.frames, s.frames - 1));
    s.changes.push_back(std::move(*change));
  }
  return {};
}

Result<void> finish(Settings& s, const Texts& t) {
  s.fault = *find_fault(t.fault);
  s.hosts = t.hosts == "same" ? Hosts::same : Hosts::namespaces;
  s.transport = t.transport == "usb" ? LinkBy::usb : LinkBy::sim;
  if (auto ok = finish_place(s, t.at); !ok) return ok;
  if (auto ok = finish_changes(s, t.changes); !ok) return ok;
  if ((s.keep_frames || s.wave) && s.report.empty())
    return failure(exit_usage, "--keep-frames and --wave need a folder: --report DIR");
  return {};
}

/// Options of the single run that stand before the word campaign would do nothing.
Result<void> only_programs(const CLI::App& app) {
  for (const auto* option : app.get_options())
    if (option->count() && option->get_name() != "--programs")
      return failure(exit_usage,
                     fmt::format("{0} stands before `campaign` and belongs to a single run; write "
                                 "it after the word, if `understudy-demo campaign --help` lists it",
                                 option->get_name()));
  return {};
}

}  // namespace

Result<std::pair<uint32_t, std::optional<uint32_t>>> read_place(const std::string& text) {
  const size_t colon = text.find(':');
  const auto frame = whole_number(std::string_view(text).substr(0, colon));
  std::optional<uint32_t> line;
  if (colon != std::string::npos) line = whole_number(std::string_view(text).substr(colon + 1));
  if (!frame || (colon != std::string::npos && !line))
    return failure(exit_usage, "--at " + text + ": is FRAME or FRAME:LINE, as in 120:200");
  return std::pair{*frame, line};
}

Result<ParameterChange> read_change(const std::string& text) {
  const size_t colon = text.find(':'),
               equals = text.find('=', colon == std::string::npos ? 0 : colon);
  const auto frame = whole_number(std::string_view(text).substr(0, colon));
  if (colon == std::string::npos || equals == std::string::npos || equals == colon + 1 || !frame)
    return failure(exit_usage,
                   "--set-parameter " + text + ": is FRAME:KEY=VALUE, as in 90:caption=hello");
  return ParameterChange{*frame, text.substr(colon + 1, equals - colon - 1),
                         text.substr(equals + 1)};
}

Result<Command> read_options(int argc, const char* const* argv) {
  Settings settings;
  CampaignSettings campaign;
  Texts texts;
  std::string programs = own_folder();
  CLI::App app(
      "Plays a video through two servers and the gate, breaks something, and shows what came out.\n"
      "The gate is the real gateware, simulated; a run depends on frame numbers and the seed "
      "alone.",
      "understudy-demo");
  app.add_option("--programs", programs, "folder of the other programs")->capture_default_str();
  describe(app, settings, texts);
  auto* const many =
      app.add_subcommand("campaign", "many short runs with random faults, and a table");
  describe(*many, campaign);
  app.footer(
      "Exit: 0 as it should be, 1 not as it should be, 2 usage or unreadable video,\n"
      "3 a program could not run, 4 the report could not be written, 5 the demo or a server stood\n"
      "still for so long that the run says nothing, 130 interrupted.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == 0) return app.exit(e), Command(OnlyHelp{});
    return failure(exit_usage, what_is_wrong(app, e, argc, argv));
  }
  settings.programs = programs;
  if (campaign.programs.empty()) campaign.programs = programs;
  if (many->parsed()) {
    if (auto ok = only_programs(app); !ok) return std::unexpected(ok.error());
    return campaign;
  }
  if (auto ok = finish(settings, texts); !ok) return std::unexpected(ok.error());
  return settings;
}

}  // namespace understudy::demo
