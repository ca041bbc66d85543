// SPDX-License-Identifier: Apache-2.0
// What one run of the campaign is made of, a function of its seed: which clients, doing what, and
// how and when their server is struck.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

namespace understudy::network {

enum class Kind : uint8_t {
  small,        // small objects over a kept connection
  large,        // reads a large object at its own pace
  fast,         // reads a large object as fast as it comes
  slow,         // a small receive buffer, hardly read: its window is closed
  idle,         // connected, and has never asked
  pipeline,     // several requests at once
  half,         // half of a request before, the rest after
  closing,      // asks for the end of the connection after its object
  interleaved,  // RTSP, media over its connection
  datagrams,    // RTSP, media over UDP
  busy,         // strict only: one request after the other, also in the very moment
  connecting,   // strict only: a new connection for each request, also in the very moment
};
struct KindFacts {
  Kind kind;
  const char* name;
};
inline constexpr std::array<KindFacts, 12> kinds{{{Kind::small, "small"},
                                                  {Kind::large, "large"},
                                                  {Kind::fast, "fast"},
                                                  {Kind::slow, "slow"},
                                                  {Kind::idle, "idle"},
                                                  {Kind::pipeline, "pipeline"},
                                                  {Kind::half, "half"},
                                                  {Kind::closing, "closing"},
                                                  {Kind::interleaved, "interleaved"},
                                                  {Kind::datagrams, "datagrams"},
                                                  {Kind::busy, "busy"},
                                                  {Kind::connecting, "connecting"}}};

enum class Strike : uint8_t { cable, kill, hang, handover };
struct StrikeFacts {
  Strike strike;
  const char *name, *words;
};
inline constexpr std::array<StrikeFacts, 4> strikes{
    {{Strike::cable, "cable", "cable pulled, delivery killed (SIGKILL)"},
     {Strike::kill, "kill", "delivery killed, the cable stays in"},
     {Strike::hang, "hang", "delivery stopped (SIGSTOP), goes on later"},
     {Strike::handover, "handover", "planned"}}};

/// One client. An object is a range of the large one.
struct Part {
  Kind kind;
  bool six;               // over IPv6
  uint64_t first, bytes;  // its range
  uint32_t bytes_each_ms;
  uint32_t requests;  // of a pipeline
};

struct Mix {
  uint32_t seed;
  bool strict;
  Strike strike;
  std::chrono::microseconds moment;  // from all being under way to the strike
  std::chrono::microseconds dead;    // from the strike to the other being told
  std::chrono::microseconds wakes;   // a hung one goes on so long after that
  std::vector<Part> parts;
};
Mix mix_of(uint32_t seed, bool strict);

}  // namespace understudy::network
