// SPDX-License-Identifier: Apache-2.0
// How long a takeover takes, as a distribution: the real gateware, two sources and two hosts in
// memory, a fault at a random pixel, again and again. In pixel clocks, so the machine's speed does
// not matter. bench_takeover [--runs N] [--raster NAME] [--seed N] [--json FILE]
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocol/events.hpp"
#include "protocol/link.hpp"
#include "sim/appliance/appliance.hpp"
#include "sim/appliance/pattern_source.hpp"

namespace {

using namespace understudy::sim;
using understudy::protocol::EventKind;
namespace protocol = understudy::protocol;

/// Eight heartbeats a frame, of a server in this state.
class Beating final : public Host {
 public:
  std::optional<protocol::sim::Done> on_sync(const protocol::sim::Sync& sync) override {
    size_ = 0;
    if (sync.now >= next_) {
      protocol::Heartbeat beat;
      beat.sequence = ++sequence_, beat.boot_id = 1, beat.state = state;
      frame_ = protocol::frame(beat);
      size_ = frame_.size;
      next_ = sync.now + 16'666'667 / 8;
    }
    return protocol::sim::Done{next_, 0, std::span(frame_.data).first(size_)};
  }
  bool hangs() const override { return hanging; }

  protocol::ServerState state = protocol::ServerState::primary;
  bool hanging = false;

 private:
  protocol::LinkFrame frame_;
  size_t size_ = 0;
  uint64_t next_ = 0;
  uint32_t sequence_ = 0;
};

enum class Kind { picture, beats, word };
constexpr const char* names[] = {"picture: cable pulled", "heartbeats stop", "server says Failed"};
constexpr const char* keys[] = {"picture", "beats", "word"};

struct Latency {
  double first_line;  // lines from the fault to the new server's first line on the output
  double on_air;      // frames from the fault to the first frame that is wholly the new server's
};

std::optional<Latency> takeover(const Raster& raster, Kind kind, uint64_t seed, uint64_t run) {
  auto appliance = Appliance::make({.raster = raster, .seed = seed + run});
  PatternSource a(raster, 2), b(raster, 2);
  Beating host_a, host_b;
  host_b.state = protocol::ServerState::secondary_synchronized;
  appliance->attach_source(Server::a, &a);
  appliance->attach_source(Server::b, &b);
  appliance->attach_host(Server::a, &host_a);
  appliance->attach_host(Server::b, &host_b);
  const uint32_t frame = 14 + uint32_t(mix(seed, run, 1) % 2);
  const Clock at = raster.source_clock(frame, uint32_t(mix(seed, run, 2) % raster.v_active),
                                       uint32_t(mix(seed, run, 3) % raster.h_active));
  appliance->run_to(at);
  if (kind == Kind::picture) appliance->fault(Server::a, {.kind = FaultKind::cable});
  if (kind == Kind::beats) host_a.hanging = true;
  if (kind == Kind::word) host_a.state = protocol::ServerState::failed;
  appliance->run_frames(frame + 5);
  std::optional<Clock> rescued, decided;
  for (const auto& [sequence, e] : appliance->take_events()) {
    if (e.clock < at) continue;
    if (EventKind(e.kind) == EventKind::rescue && !rescued) rescued = e.clock + 8;
    if (EventKind(e.kind) == EventKind::takeover && !decided)
      decided = (e.clock / raster.h_total + 1) * raster.h_total;
  }
  if (!decided) return std::nullopt;
  const Clock first = std::min(rescued.value_or(*decided), *decided);
  return Latency{double(first - at) / raster.h_total,
                 double(*decided - at) / double(raster.frame_clocks())};
}

struct Summary {
  size_t count = 0, failed = 0;
  double least = 0, median = 0, p99 = 0, most = 0;
};

Summary summarise(std::vector<double> values) {
  Summary s;
  s.count = values.size();
  if (values.empty()) return s;
  std::sort(values.begin(), values.end());
  s.least = values.front(), s.most = values.back();
  s.median = values[values.size() / 2], s.p99 = values[(values.size() - 1) * 99 / 100];
  return s;
}

void print(std::ostream& out, const char* what, const Summary& s) {
  out << "  " << std::left << std::setw(32) << what << std::right << std::fixed
      << std::setprecision(2) << " least " << s.least << ", median " << s.median << ", 99% "
      << s.p99 << ", most " << s.most << '\n';
}

void put(std::ostream& out, const char* key, const Summary& s) {
  out << '"' << key << "\":{\"least\":" << s.least << ",\"median\":" << s.median
      << ",\"p99\":" << s.p99 << ",\"most\":" << s.most << '}';
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> given{
      {"--runs", "1000"}, {"--raster", "tiny"}, {"--seed", "1"}, {"--json", ""}};
  for (int i = 1; i < argc; i += 2) {
    if (!given.contains(argv[i]) || i + 1 == argc) {
      std::cerr << "usage: bench_takeover [--runs N] [--raster NAME] [--seed N] [--json FILE]\n";
      return 2;
    }
    given[argv[i]] = argv[i + 1];
  }
  const auto raster = find_raster(given["--raster"]);
  const uint64_t runs = std::strtoull(given["--runs"].c_str(), nullptr, 10);
  const uint64_t seed = std::strtoull(given["--seed"].c_str(), nullptr, 10);
  if (!raster || runs == 0) return std::cerr << "bench_takeover: no such raster or no runs\n", 2;
  std::vector<double> lines[3], frames[3];
  size_t none = 0;
  for (uint64_t run = 0; run < runs; ++run) {
    const auto kind = Kind(run % 3);
    if (const auto latency = takeover(*raster, kind, seed, run)) {
      lines[run % 3].push_back(latency->first_line);
      frames[run % 3].push_back(latency->on_air);
    } else {
      ++none;
    }
  }
  std::cout << "takeover " << raster->name << ": " << runs << " takeovers, seed " << seed << ", "
            << none << " did not happen\n";
  std::ofstream json;
  if (!given["--json"].empty()) json.open(given["--json"]);
  json << "{\"bench\":\"takeover\",\"raster\":\"" << raster->name << "\",\"runs\":" << runs
       << ",\"seed\":" << seed << ",\"missing\":" << none;
  for (size_t k = 0; k < 3; ++k) {
    const auto l = summarise(lines[k]), f = summarise(frames[k]);
    std::cout << names[k] << ", " << l.count << " times\n";
    print(std::cout, "lines until the other's first", l);
    print(std::cout, "frames until it is on air", f);
    json << ",\"" << keys[k] << "\":{\"count\":" << l.count << ',';
    put(json, "lines", l), json << ',', put(json, "frames", f), json << '}';
  }
  json << "}\n";
  return none ? 1 : 0;
}
