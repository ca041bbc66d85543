// SPDX-License-Identifier: Apache-2.0
#include "sim/demo/conductor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <tuple>

#include "host/edge/asset/default_clip.hpp"
#include "host/edge/daemon/control_client.hpp"
#include "host/edge/reference/reference_frames.hpp"
#include "protocol/registers.hpp"
#include "sim/demo/frame_file.hpp"
#include "sim/demo/stage.hpp"
#include "sim/demo/waveform.hpp"

namespace understudy::demo {
namespace {

namespace registers = protocol::registers;
using protocol::Server;
using WallClock = std::chrono::steady_clock;

constexpr uint32_t strip_before = 2, strip_after = 3, strip_width = 320;
constexpr uint32_t recorded_before = 2, recorded_after = 4;
constexpr uint32_t unplugged_frames = 30;  // then the USB plug is put in again

/// splitmix64: the same numbers on every machine.
uint64_t mixed(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

Result<reference::ReferenceFrames> open_reference(const std::string& video,
                                                  const std::string& raster) {
  const auto host_raster = raster_named(raster);
  if (!host_raster || !sim::find_raster(raster)) return failure(exit_usage, "no raster " + raster);
  const auto file = asset::named_asset(video.empty() ? "default" : video);
  if (!file) return failure(exit_usage, file.error().text);
  auto reference = reference::ReferenceFrames::open({*file, *host_raster, {}});
  if (!reference) return failure(exit_usage, reference.error().text);
  return std::move(*reference);
}

class Conductor {
 public:
  Conductor(const Settings& settings, const Watching& watching, Performance& out)
      : settings_(settings), watching_(watching), out_(out), run_(out.run) {}

  Result<void> perform() {
    const auto begin = WallClock::now();
    run_.settings = settings_;
    if (auto ok = prepare(); !ok) return ok;
    auto stage = Stage::open(settings_, watching_.interrupt);
    if (!stage) return std::unexpected(stage.error());
    stage_ = stage->get();
    stage_->appliance().on_frame([this](uint32_t k, auto rgb) { return take(k, rgb); });
    const auto started = WallClock::now();
    if (auto ok = play(); !ok) return ok;
    run_.run_seconds = std::chrono::duration<double>(WallClock::now() - started).count();
    run_.realtime_factor =
        double(settings_.frames) / sim::frames_per_second / std::max(1e-9, run_.run_seconds);
    if (auto ok = gather(); !ok) return ok;
    run_.wall_seconds = std::chrono::duration<double>(WallClock::now() - begin).count();
    return {};
  }

 private:
  bool by_usb() const { return settings_.transport == LinkBy::usb; }
  /// In wall time a daemon's records have no place but the frame that they name.
  std::optional<uint64_t> frame_ns() const {
    return by_usb() ? std::optional<uint64_t>(1'000'000'000 / sim::frames_per_second)
                    : std::nullopt;
  }
  Result<void> prepare() {
    const auto raster = sim::find_raster(settings_.raster);
    const auto host_raster = raster_named(settings_.raster);
    auto reference = open_reference(settings_.video, settings_.raster);
    if (!reference) return std::unexpected(reference.error());
    run_.raster = *raster;
    reference_.emplace(std::move(*reference));
    comparison_.emplace(*host_raster, [this](uint32_t k) { return reference_->frame(k); });
    if (settings_.keep_frames) {
      output_file_ = FrameFile(settings_.report + "/output.rgb");
      reference_file_ = FrameFile(settings_.report + "/reference.rgb");
    }
    auto& s = run_.strike;
    s.fault = settings_.fault;
    s.struck = settings_.fault == FaultName::diverge ? Server::b : Server::a;
    s.frame = settings_.frame, s.line = settings_.line, s.wall_time = by_usb();
    s.pixel = struck_pixel(settings_, raster->h_active);
    return {};
  }

  Result<void> take(uint32_t frame, std::span<const uint8_t> rgb) {
    const uint32_t expected = next_;
    const auto verdict = comparison_->take(frame, rgb);
    if (!verdict) return could_not_run(verdict.error().text);
    next_ = std::max(expected, frame + 1);
    output_file_.append(rgb);
    if (next_ == expected + 1) reference_file_.append(comparison_->reference());
    if (frame + strip_before >= run_.strike.frame && frame <= run_.strike.frame + strip_after)
      run_.strip[frame] = scaled_down(rgb, run_.raster.h_active, run_.raster.v_active, strip_width);
    if (watching_.progress) watching_.progress(frame, struck_);
    return {};
  }

  /// What happens where, in the order of the source's picture.
  struct Step {
    uint32_t frame, line, pixel;
    size_t number;  // of two at one place the first asked for comes first
    std::function<Result<void>()> act;
  };
  std::vector<Step> steps() {
    std::vector<Step> out;
    const uint32_t middle = run_.raster.v_active / 2;  // the daemons have the frame's tick by then
    for (const auto& change : settings_.changes) {
      const uint32_t lead = protocol::limits::log_lead_frames;
      const uint32_t at = change.frame - std::min(change.frame, lead);
      out.push_back({at, middle, 0, out.size(), [&] { return order(change); }});
      // In virtual time the log has committed by then; in wall time it may take longer.
      const uint32_t looks = by_usb() ? lead - 1 : 2;
      for (uint32_t n = 2; n <= looks; ++n)
        out.push_back({at + n, middle, 0, out.size(), [this] { return learn_orders(); }});
    }
    const auto& s = run_.strike;
    if (s.fault != FaultName::none)
      out.push_back({s.frame, s.line, s.pixel, out.size(), [this] { return strike(); }});
    if (s.fault == FaultName::usb && by_usb())
      out.push_back(
          {s.frame + unplugged_frames, s.line, 0, out.size(), [this] { return replug(); }});
    std::sort(out.begin(), out.end(), [](const Step& x, const Step& y) {
      return std::tie(x.frame, x.line, x.pixel, x.number) <
             std::tie(y.frame, y.line, y.pixel, y.number);
    });
    return out;
  }

  Result<void> play() {
    auto& gate = stage_->appliance();
    // First: a waveform has to be asked for before time starts, and a register takes time to read.
    if (auto ok = start_recording(); !ok) return ok;
    if (auto ok = read_gate(); !ok) return ok;
    for (const auto& step : steps()) {
      if (step.frame >= settings_.frames) break;
      const auto clock = gate.go_until(step.frame, step.line, step.pixel);
      if (!clock) return std::unexpected(clock.error());
      clock_ = *clock;
      if (auto ok = step.act(); !ok) return ok;
    }
    if (auto ok = gate.go_frames(settings_.frames); !ok) return ok;
    if (auto ok = gate.drain(settings_.frames, std::chrono::seconds(5)); !ok) return ok;
    return gate.check_neighbours();
  }

  Result<void> read_gate() {
    auto& gate = stage_->appliance();
    const auto beats = gate.read_register(registers::beats);
    const auto period = gate.read_register(registers::beat_period);
    if (!beats) return std::unexpected(beats.error());
    if (!period) return std::unexpected(period.error());
    run_.gate = {run_.raster.h_total, run_.raster.v_total, *beats & 0x1F, *beats >> 8 & 0x1F,
                 *period};
    return {};
  }

  Result<void> start_recording() {
    Json request{{"do", "record"},
                 {"frame", settings_.frame},
                 {"line", settings_.line},
                 {"before", recorded_before},
                 {"after", recorded_after}};
    if (settings_.wave)
      request["wave"] = stage_->folder() / "fault.fst";  // not where a disk may fill: keep_wave()
    const auto answer = stage_->appliance().ask(request);
    if (!answer) return std::unexpected(answer.error());
    return {};
  }

  /// A parameter change through the daemon of the server on air. It is ordered while virtual time
  /// goes on; learn_orders() sees the stamp that the log gave it.
  Result<void> order(const ParameterChange& change) {
    using std::chrono::milliseconds;
    const Server asked = struck_ ? other(run_.strike.struck) : Server::a;
    auto client = edge::ControlClient::open(stage_->server(asked).folder);
    if (!client) return could_not_run(client.error().text);
    const auto refused = [&](const nlohmann::json& answer) -> Result<void> {
      if (answer.value("ok", false)) return {};
      return failure(exit_usage, fmt::format("--set-parameter {}={}: {}", change.key, change.value,
                                             answer.value("error", "refused")));
    };
    const auto at_once =
        client->ask({{"do", "set"}, {"key", change.key}, {"value", change.value}}, milliseconds(0));
    if (at_once) return refused(*at_once);
    // A daemon takes one request after the other: once it has answered this one it has taken that.
    const auto answer = client->ask({{"do", "status"}}, std::chrono::seconds(15));
    if (!answer) return could_not_run(answer.error().text);
    return answer->contains("applications") ? Result<void>{} : refused(*answer);
  }

  /// Every change that the ordered log has committed, by what the daemons wrote; each once.
  Result<void> learn_orders() {
    for (const Server s : {Server::a, Server::b}) {
      const auto records = daemon_records(stage_->events_of(s), s, frame_ns());
      if (!records) return could_not_run(records.error().text);
      if (const auto lost = records_lost(*records))
        return could_not_run(
            fmt::format("server {}'s disk was full: {} records lost ({}), so nobody can tell which "
                        "parameter changes hold; make room there and run this again",
                        to_text(s), lost, stage_->server(s).events));
      for (const auto& [time, r] : *records) {
        if (r.value("kind", "") != "parameter") continue;
        const auto index = r.value("index", uint64_t{0});
        if (!learned_.insert(index).second) continue;
        const ParameterChange change{r.value("at_frame", 0u), r.value("key", ""),
                                     r.value("value", "")};
        const auto added =
            reference_->parameters().add({index, change.frame, change.key, change.value});
        if (!added)
          return could_not_run("the log has a change that nobody can draw: " + added.error().text);
        run_.changes.push_back(change);
      }
    }
    return {};
  }

  /// What the struck daemon said of its USB link; put in again, it is to come back.
  void check_link() {
    if (!by_usb() || settings_.fault != FaultName::usb) return;
    bool up = false, lost = false;
    for (const auto& [time, r] : run_.records) {
      if (r.value("who", "") != to_text(run_.strike.struck)) continue;
      if (r.value("kind", "") == "link") up = r.value("up", false), lost |= !up;
      if (r.value("kind", "") == "appliance_link" && r.value("frame", 0u) >= run_.strike.frame)
        run_.notes.push_back(
            fmt::format("server {} said: {}", to_text(run_.strike.struck), r.value("text", "")));
    }
    if (!lost)
      run_.outcome.complaints.push_back("the daemon did not notice that its link was lost");
    if (!replugged_) return run_.notes.push_back("the run ended before the plug was put in again");
    run_.notes.push_back(fmt::format("put in again at frame {}: the link is {}",
                                     run_.strike.frame + unplugged_frames, up ? "up" : "down"));
    if (!up) run_.outcome.complaints.push_back("the link did not come back with its plug");
  }

  /// Says which changes did not land where they were wanted.
  void check_changes() {
    for (const auto& wanted : settings_.changes) {
      const auto found = std::find_if(run_.changes.begin(), run_.changes.end(), [&](auto& c) {
        return c.key == wanted.key && c.value == wanted.value;
      });
      if (found == run_.changes.end())
        run_.outcome.complaints.push_back(
            fmt::format("{}={} was never ordered", wanted.key, wanted.value));
      else if (found->frame != wanted.frame)
        run_.notes.push_back(
            fmt::format("{}={} was wanted from frame {}; the log stamped it with {}", wanted.key,
                        wanted.value, wanted.frame, found->frame));
    }
  }

  Result<void> strike() {
    auto& s = run_.strike;
    s.clock = clock_, struck_ = true;
    switch (s.fault) {
      case FaultName::none:
      case FaultName::diverge:
        return {};  // the secondary's playout knows
      case FaultName::usb:
        return stage_->pull_link(s.struck);
      case FaultName::cable:
      case FaultName::freeze:
      case FaultName::black:
        return pins(std::string(facts(s.fault).text));
      case FaultName::corrupt:
        return pins("corrupt", 1 + uint32_t(mixed(s.pixel ^ settings_.seed) % 40));
      case FaultName::kill:
        return kill_daemon();
      case FaultName::hang:
        return hang_daemon();
      case FaultName::app:
        return kill_application();
      case FaultName::power:
        return cut_power();
      case FaultName::operator_switch:
        return ask_for_switch();
    }
    return {};
  }
  Result<void> pins(const std::string& fault, uint32_t lines = 1) {
    const auto answer = stage_->appliance().ask({{"do", "fault"},
                                                 {"name", fault},
                                                 {"source", to_text(run_.strike.struck)},
                                                 {"lines", lines}});
    if (!answer) return std::unexpected(answer.error());
    return {};
  }
  Result<void> replug() {
    replugged_ = true;
    return stage_->plug_link(run_.strike.struck);
  }
  Result<void> do_not_wait_for(const char* what) {
    const auto answer = stage_->appliance().ask(
        {{"do", "heed"}, {"source", to_text(run_.strike.struck)}, {"what", what}, {"on", false}});
    if (!answer) return std::unexpected(answer.error());
    return {};
  }
  Result<void> kill_daemon() {
    stage_->server(run_.strike.struck).daemon[0].kill();
    stage_->expect_changes();
    return do_not_wait_for("link");
  }
  Result<void> hang_daemon() {
    stage_->server(run_.strike.struck).daemon[0].hang();
    return do_not_wait_for("link");
  }
  Result<void> kill_application() {
    auto killed = stage_->kill_feed(run_.strike.struck);
    stage_->expect_changes();
    return killed;
  }
  Result<void> cut_power() {
    if (auto ok = pins("cable"); !ok) return ok;
    if (auto ok = stage_->pull_link(run_.strike.struck); !ok) return ok;
    auto& server = stage_->server(run_.strike.struck);
    for (auto* list : {&server.daemon, &server.playout}) (*list)[0].kill();
    auto ok = stage_->kill_feed(run_.strike.struck);
    stage_->expect_changes();
    if (ok) ok = do_not_wait_for("video");
    return ok ? do_not_wait_for("link") : ok;
  }
  Result<void> ask_for_switch() {
    const auto answer = stage_->tool(run_.strike.struck, {"switch", "--no-wait"});
    if (!answer) return std::unexpected(answer.error());
    return {};
  }

  Result<void> gather() {
    if (auto ok = comparison_->finish(settings_.frames); !ok) return could_not_run(ok.error().text);
    run_.frames = comparison_->totals(), run_.wrong = comparison_->wrong();
    auto events = stage_->appliance().events();
    if (!events) return std::unexpected(events.error());
    run_.events = std::move(*events);
    run_.outcome = judge(run_.events, run_.strike, run_.gate, run_.frames);
    check_changes();
    std::vector<std::vector<TimedRecord>> lists{
        gate_records(run_.events, run_.raster.clocks_per_second())};
    for (const Server s : {Server::a, Server::b}) {
      auto records = daemon_records(stage_->events_of(s), s, frame_ns());
      if (!records) return could_not_run(records.error().text);
      if (const auto lost = records_lost(*records))
        unwritten(fmt::format("server {}'s disk was full: {} records lost ({})", to_text(s), lost,
                              stage_->server(s).events));
      lists.push_back(std::move(*records));
    }
    run_.records = merge(std::move(lists));
    check_link();
    for (const auto* file : {&output_file_, &reference_file_}) unwritten(file->trouble());
    return read_back_recording();
  }
  Result<void> read_back_recording() {
    const std::string path = stage_->folder() / "recording.json";
    const auto answer = stage_->appliance().ask({{"do", "recording"}, {"path", path}});
    if (!answer) return std::unexpected(answer.error());
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    auto recording = read_recording(text.str());
    if (!recording) return could_not_run(recording.error().text);
    run_.recording = std::move(*recording);
    if (!settings_.wave) return {};
    const std::string& trouble = run_.recording.wave_trouble;
    const auto kept = trouble.empty() ? keep_waveform(stage_->folder() / "fault.fst",
                                                      settings_.report + "/fault.fst")
                                      : error(trouble);
    if (!kept) unwritten("the waveform: " + kept.error().text);
    return {};
  }
  /// The first that is missing from the report's folder is what a person is told.
  void unwritten(const std::string& what) {
    if (out_.unwritten.empty()) out_.unwritten = what;
  }

  const Settings& settings_;
  const Watching& watching_;
  Performance& out_;
  Run& run_;
  std::optional<reference::ReferenceFrames> reference_;
  std::optional<Comparison> comparison_;
  FrameFile output_file_, reference_file_;
  Stage* stage_ = nullptr;
  uint32_t next_ = 0;
  std::set<uint64_t> learned_;
  uint64_t clock_ = 0;
  bool struck_ = false, replugged_ = false;
};

}  // namespace

Result<void> check_video(const std::string& video, const std::string& raster) {
  if (const auto reference = open_reference(video, raster); !reference)
    return std::unexpected(reference.error());
  return {};
}

uint32_t struck_pixel(const Settings& settings, uint32_t width) {
  // These act on whole lines: they start with the line itself.
  if (settings.fault == FaultName::corrupt || settings.fault == FaultName::diverge ||
      settings.fault == FaultName::none)
    return 0;
  return uint32_t(mixed(settings.seed) % width);
}

Result<Performance> perform(const Settings& settings, const Watching& watching) {
  Performance out;
  Conductor conductor(settings, watching, out);
  if (auto ok = conductor.perform(); !ok) return std::unexpected(ok.error());
  return out;
}

}  // namespace understudy::demo
