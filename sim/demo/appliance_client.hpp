// SPDX-License-Identifier: Apache-2.0
// The virtual appliance from outside: its control socket and its video output. While an answer is
// awaited, frames that leave are handed on, an interrupt ends the wait, and so does the end of a
// process that should go on. When nothing comes for a while the appliance is asked how it is, on a
// second connection: one that hangs, or has given our output up, is told from one that computes.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/edge/packet_socket/packet_socket.hpp"
#include "host/edge/video_output/simulated_output.hpp"
#include "protocol/link.hpp"
#include "protocol/sim.hpp"
#include "sim/demo/event_merge.hpp"
#include "sim/demo/failure.hpp"
#include "sim/demo/recording.hpp"

namespace understudy::demo {

class ApplianceClient {
 public:
  using OnFrame = std::function<Result<void>(uint32_t frame, std::span<const uint8_t> rgb)>;
  /// A descriptor that ends the wait when it becomes readable, and what that means.
  struct Alarm {
    int descriptor;
    std::function<Failure()> meaning;
    bool root = false;  // believed before the others: an operator's wish, the appliance's own end
  };
  /// How long silence is borne: so many looks, each so long, each with a question to the appliance.
  /// Looks are counted, not time, so that a demo that was stopped itself blames nobody.
  struct Patience {
    int looks = 12;
    std::chrono::milliseconds look{5000};
  };

  /// `directory` holds the sockets.
  static std::expected<ApplianceClient, Error> connect(const std::string& directory);

  void on_frame(OnFrame handler) { on_frame_ = std::move(handler); }
  void set_alarms(std::vector<Alarm> alarms) { alarms_ = std::move(alarms); }
  void set_patience(Patience patience) { patience_ = patience; }

  /// Asks and waits for the answer, as long as the appliance shows life. A refusal is a failure.
  Result<Json> ask(const Json& request);
  /// Waits until `frames` frames have come out.
  Result<void> drain(uint64_t frames, std::chrono::milliseconds patience);

  Result<uint64_t> go_until(uint32_t frame, uint32_t line, uint32_t pixel);  // the clock there
  Result<void> go_frames(uint32_t frames);
  /// Has time waited for everybody? Else nothing of this run counts (exit_no_verdict).
  Result<void> check_neighbours();
  Result<uint32_t> read_register(uint16_t address);
  Result<std::vector<protocol::Event>> events();

  uint64_t frames_seen() const { return frames_seen_; }
  const protocol::sim::Welcome& output() const { return welcome_; }

 private:
  ApplianceClient(PacketSocket control, PacketSocket health, PacketSocket video,
                  video_output::SharedMemory memory, protocol::sim::Welcome welcome)
      : control_(std::move(control)),
        health_(std::move(health)),
        video_(std::move(video)),
        memory_(std::move(memory)),
        welcome_(welcome) {}
  /// Waits for something on any socket; false when `patience` is over.
  Result<bool> wait(std::chrono::milliseconds patience);
  /// The same, but for as long as the appliance shows life.
  Result<void> wait_while_it_lives();
  Result<void> take_frames();
  /// Nothing when no answer came.
  Result<std::optional<Json>> answer_on(PacketSocket& socket);
  Result<void> hear_health();
  /// A connection has broken: the alarm that tells why, should one come within a moment.
  std::unexpected<Failure> broken(const std::string& what);
  /// After a `go`: have all frames that left come here?
  Result<void> check_output(const Json& answer);

  PacketSocket control_, health_, video_;
  video_output::SharedMemory memory_;
  protocol::sim::Welcome welcome_;
  OnFrame on_frame_;
  std::vector<Alarm> alarms_;
  Patience patience_;
  bool health_asked_ = false;
  uint64_t frames_seen_ = 0;
};

/// Errors: a member is missing or of another type.
std::expected<Recording, Error> read_recording(const std::string& text);

}  // namespace understudy::demo
