// SPDX-License-Identifier: Apache-2.0
// Serves a video output with frames and a daemon with signs of life, until one of them says that it
// is over. Order within one frame: what the daemon has said so far, the picture, ALIVE, FRAME; so
// the daemon has heard of a frame before anybody can have seen it. A discard mark is for what is
// asked for after it: frames that were asked for before are made first, then it is answered.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "host/core/error.hpp"
#include "host/edge/daemon_link/daemon_link.hpp"
#include "host/edge/playout/frame_maker.hpp"
#include "host/ports/video_output.hpp"

namespace understudy::playout {

enum class End { stopped, picture_failed, refused, output_ended };

struct Ended {
  End end = End::stopped;
  std::string why;
};

class Player {
 public:
  using Say = std::function<void(std::string_view)>;

  /// `daemon` may be null: unmanaged. `stop`: a descriptor that becomes readable to end, or -1.
  Player(FrameMaker& maker, DaemonLink* daemon, int stop, Say say)
      : maker_(maker), daemon_(daemon), stop_(stop), say_(std::move(say)) {}

  /// Registers at the daemon and takes in what it says first; goes on without one after `patience`.
  std::optional<Ended> greet(std::chrono::milliseconds patience);
  Ended run(ports::VideoOutput& output);
  uint64_t frames() const { return frames_; }

 private:
  std::optional<Ended> hear_daemon(ports::VideoOutput* output);
  std::optional<Ended> make_what_is_asked_for(ports::VideoOutput* output);
  std::optional<Ended> take(const NewsItem& item);
  std::optional<Ended> produce(ports::VideoOutput& output, const ports::FrameRequest& request);
  bool wait(int output);
  void settle_session(uint32_t frame);
  void tell_load(uint32_t frame, const Raster& raster);

  FrameMaker& maker_;
  DaemonLink* daemon_;
  int stop_;
  Say say_;
  uint64_t frames_ = 0;
  std::optional<ports::FrameRequest> request_;  // taken from the output and not made yet
  bool heard_mark_ = false;                     // the daemon has said what to do about the mark
  bool session_began_ = false;
  std::optional<uint32_t> session_settles_at_;  // frame
  struct Delivered {
    DaemonLink::Clock::time_point at;
    uint32_t frame = 0;
  };
  std::optional<Delivered> last_, load_told_;
  std::chrono::microseconds latest_{0};  // since the load was told
};

}  // namespace understudy::playout
