// SPDX-License-Identifier: Apache-2.0
// What a client has sent, on its way to being acknowledged (output commit on the input side). The
// server that serves tells each segment to the second before its own TCP sees it (`InputTold`); the
// second keeps the bytes until a record says that the service has taken them (`InputHeld`). Both
// count alike, FIN as one after the last byte, so the first knows what the second has room for.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "host/core/connection/sequence.hpp"
#include "protocol/limits.hpp"

namespace understudy::core {

/// Stretches of a stream beyond a place up to which all is there.
class InputRanges {
 public:
  /// All before it is there.
  StreamOffset whole() const { return whole_; }
  size_t apart() const { return apart_.size(); }
  StreamOffset last() const;
  void add(StreamOffset begin, StreamOffset end);

 private:
  StreamOffset whole_;
  std::map<uint64_t, uint64_t> apart_;  // begin -> end, beyond whole_, not touching each other
};

/// On the server that serves: what of a segment the second is to be told before it may pass.
class InputTold {
 public:
  struct Segment {
    SequenceNumber sequence;
    uint32_t bytes = 0;
    bool fin = false;
  };
  enum class Fate : uint8_t {
    tell,    // the bytes from `skip` on, which begin at `from`; then it may pass
    known,   // nothing new: it may pass when what was told before is held
    refuse,  // no room for it: dropped, the client sends it again
  };
  struct Decision {
    Fate fate = Fate::known;
    StreamOffset from;
    uint32_t skip = 0;
  };

  Decision take(const Stream& input, const Segment& segment);
  /// A record that goes to the second says so: the service has taken all before it.
  void taken(StreamOffset received, bool closed);
  /// Told in some other way than by a segment.
  void told(StreamOffset begin, StreamOffset end) { ranges_.add(begin, end); }
  /// Bytes that the second keeps beyond what the service has taken, at most.
  uint64_t kept() const { return ranges_.last() - taken_; }

 private:
  StreamOffset taken_;
  InputRanges ranges_;
};

/// On the second server: the bytes.
class InputHeld {
 public:
  /// False: beyond what may be kept (the other server does not tell that).
  bool add(StreamOffset from, std::span<const uint8_t> bytes, bool fin);
  /// A record holds all before it.
  void taken(StreamOffset received);
  /// All bytes before it are here; at most up to the client's FIN.
  StreamOffset end() const;
  /// The FIN is here too, and follows at end().
  bool closed() const;
  /// From `from`, which is not before what taken() said last, to end().
  std::string bytes(StreamOffset from) const;

 private:
  static constexpr uint64_t never = ~uint64_t{0};
  StreamOffset taken_;
  uint64_t fin_ = never;
  InputRanges ranges_;
  std::string bytes_;  // from taken_ on; holes have any value
};

}  // namespace understudy::core
