// SPDX-License-Identifier: Apache-2.0
// One run as data: what was asked for, what came out. The report is made from this alone.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "host/core/raster.hpp"
#include "sim/appliance/raster.hpp"
#include "sim/demo/comparison.hpp"
#include "sim/demo/event_merge.hpp"
#include "sim/demo/outcome.hpp"
#include "sim/demo/png.hpp"
#include "sim/demo/recording.hpp"

namespace understudy::demo {

enum class Hosts : uint8_t { same, namespaces };
enum class LinkBy : uint8_t { sim, usb };  // how the daemons reach the appliance

struct ParameterChange {
  uint32_t frame = 0;  // at which it takes effect
  std::string key, value;
};

struct Settings {
  std::string programs;  // folder of the other programs
  std::string video;     // empty: the default clip
  FaultName fault = FaultName::cable;
  uint32_t frame = 120, line = 200;
  uint32_t frames = 240;
  uint64_t seed = 14;             // strikes where the default clip has something to see at 120:200
  std::string report = "report";  // empty: none
  std::string raster = "480p";
  std::vector<ParameterChange> changes;
  Hosts hosts = Hosts::same;
  LinkBy transport = LinkBy::sim;
  bool keep_frames = false, wave = false, quiet = false;
};

struct Run {
  Settings settings;
  sim::Raster raster = sim::rasters[1];
  GateFacts gate;
  Strike strike;
  ComparisonTotals frames;
  std::vector<Comparison::Wrong> wrong;
  Outcome outcome;
  std::vector<Event> events;         // the gate's
  std::vector<TimedRecord> records;  // the gate's and both daemons'
  Recording recording;
  std::map<uint32_t, Picture> strip;         // output frames around the fault, small
  std::vector<ParameterChange> changes;      // as ordered by the log
  std::vector<std::string> notes;            // for people; the same in two runs of one seed
  double wall_seconds = 0, run_seconds = 0;  // all of it; virtual time only
  double realtime_factor = 0;
};

}  // namespace understudy::demo
