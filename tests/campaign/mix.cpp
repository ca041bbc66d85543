// SPDX-License-Identifier: Apache-2.0
#include "tests/campaign/mix.hpp"

#include <algorithm>
#include <random>

namespace understudy::network {
namespace {

using std::chrono::microseconds;

class Draw {
 public:
  explicit Draw(uint32_t seed) : random_(seed) {}
  uint32_t from_to(uint32_t least, uint32_t most) {
    return least + uint32_t(random_()) % (most - least + 1);
  }
  bool one_of(uint32_t n) { return random_() % n == 0; }
  microseconds time(uint32_t most_ms) { return microseconds(from_to(0, most_ms * 1000)); }

 private:
  std::mt19937 random_;
};

Part part_of(Kind kind, Draw& draw) {
  Part p{kind, draw.one_of(4), draw.from_to(0, 1'000'000), 0, 0, 1};
  switch (kind) {
    case Kind::fast:
      p.bytes = draw.from_to(50'000'000, 250'000'000);
      break;
    case Kind::slow:
      p.bytes = draw.from_to(200'000, 2'000'000);
      p.bytes_each_ms = draw.from_to(10, 400);
      break;
    case Kind::pipeline:
      p.requests = draw.from_to(2, 8);
      p.bytes = draw.one_of(2) ? draw.from_to(1, 3000) : draw.from_to(100'000, 3'000'000);
      p.bytes_each_ms = draw.from_to(1000, 20'000);
      break;
    default:  // lasts longer than the run's moment can be, whatever the buffers hold
      p.bytes_each_ms = draw.from_to(1000, 20'000);
      p.bytes = uint64_t{p.bytes_each_ms} * 400 + draw.from_to(7'000'000, 12'000'000);
  }
  return p;
}

}  // namespace

Mix mix_of(uint32_t seed, bool strict) {
  Draw draw(seed);
  Mix m{.seed = seed, .strict = strict, .strike = Strike::cable};
  // A block of four seeds has each strike once.
  m.strike = strikes[seed % strikes.size()].strike;
  constexpr std::array usual{Kind::small, Kind::large, Kind::large,    Kind::slow,
                             Kind::idle,  Kind::half,  Kind::pipeline, Kind::closing};
  for (uint32_t n = draw.from_to(1, 14); n > 0; --n)
    m.parts.push_back(part_of(usual[draw.from_to(0, usual.size() - 1)], draw));
  if (draw.one_of(3)) m.parts.push_back(part_of(Kind::fast, draw));
  const bool media = draw.one_of(2);
  if (media)
    for (uint32_t n = draw.from_to(1, 4); n > 0; --n)
      m.parts.push_back(part_of(draw.one_of(2) ? Kind::interleaved : Kind::datagrams, draw));
  if (strict)
    for (uint32_t n = draw.from_to(1, 5); n > 0; --n)
      m.parts.push_back(part_of(draw.one_of(3) ? Kind::connecting : Kind::busy, draw));
  m.moment = draw.time(media ? 900 : 350);
  m.dead = draw.one_of(2) ? draw.time(100) : microseconds(0);
  m.wakes = draw.time(300);
  return m;
}

}  // namespace understudy::network
