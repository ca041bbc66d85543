// SPDX-License-Identifier: Apache-2.0
// What can be done to a server in the demo, and what the right outcome of each is.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace understudy::demo {

enum class FaultName : uint8_t {
  none,
  cable,
  kill,
  hang,
  app,
  usb,
  freeze,
  black,
  corrupt,
  diverge,
  power,
  operator_switch,
};

/// How the gate gets to know of it.
enum class Detector : uint8_t {
  nothing,   // nothing is to happen
  picture,   // lines are missing or wrong: rescued line by line, takeover at the boundary
  beats,     // heartbeats stop: takeover at the boundary after M misses
  declared,  // the server says Failed itself
  asked,     // an operator asked
  alarm,     // an alarm and nothing else: the secondary is the one that is wrong
};

struct FaultFacts {
  FaultName name;
  std::string_view text;   // on the command line and in reports
  std::string_view words;  // what happened, as the end of "at frame 120, line 200: ..."
  Detector detector;
};

inline constexpr std::array<FaultFacts, 12> faults{{
    {FaultName::none, "none", "nothing was broken", Detector::nothing},
    {FaultName::cable, "cable", "the video cable was pulled", Detector::picture},
    {FaultName::kill, "kill", "the daemon was killed (SIGKILL)", Detector::beats},
    {FaultName::hang, "hang", "the daemon hung (SIGSTOP)", Detector::beats},
    {FaultName::app, "app", "a critical application was killed", Detector::declared},
    {FaultName::usb, "usb", "the USB link was pulled", Detector::beats},
    {FaultName::freeze, "freeze", "the picture froze", Detector::picture},
    {FaultName::black, "black", "the renderer died: black, without tags", Detector::picture},
    {FaultName::corrupt, "corrupt", "bits flipped in the lines", Detector::picture},
    {FaultName::diverge, "diverge", "the secondary rendered other pixels", Detector::alarm},
    {FaultName::power, "power", "the whole server lost power", Detector::picture},
    {FaultName::operator_switch, "operator", "an operator asked for a switch", Detector::asked},
}};

constexpr const FaultFacts& facts(FaultName name) {
  return faults[size_t(name)];
}
constexpr std::optional<FaultName> find_fault(std::string_view text) {
  for (const auto& f : faults)
    if (f.text == text) return f.name;
  return std::nullopt;
}

/// Picture faults are to be hidden within so many lines.
inline constexpr uint32_t hidden_lines_goal = 4;

}  // namespace understudy::demo
