// SPDX-License-Identifier: Apache-2.0
// The virtual appliance's video socket (protocol/sim.hpp): frame buffers in shared memory, GENLOCK
// in, FRAME out.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <span>

#include "host/core/error.hpp"
#include "host/edge/packet_socket/packet_socket.hpp"
#include "host/ports/video_output.hpp"
#include "protocol/sim.hpp"

namespace understudy::video_output {

/// Memory shared with another process, given back at the end.
class SharedMemory {
 public:
  static std::expected<SharedMemory, Error> map(const Descriptor& file, size_t size);
  SharedMemory(SharedMemory&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  SharedMemory& operator=(SharedMemory&&) = delete;
  ~SharedMemory();
  std::span<uint8_t> bytes() const { return bytes_; }

 private:
  explicit SharedMemory(std::span<uint8_t> bytes) : bytes_(bytes) {}
  std::span<uint8_t> bytes_;
};

class SimulatedOutput final : public ports::VideoOutput {
 public:
  /// Says HELLO and waits for WELCOME up to `patience`. Errors: refused, another version, a raster
  /// too small for tags or beyond limits, memory that does not fit the raster.
  static std::expected<SimulatedOutput, Error> open(PacketSocket socket,
                                                    std::chrono::milliseconds patience);

  const Raster& raster() const override { return raster_; }
  int descriptor() const override { return socket_.descriptor(); }
  std::expected<std::optional<ports::FrameRequest>, Error> request() override;
  std::span<uint8_t> memory(const ports::FrameRequest& request) override;
  std::expected<void, Error> deliver(const ports::FrameRequest& request) override;

 private:
  SimulatedOutput(PacketSocket socket, SharedMemory memory, const protocol::sim::Welcome& welcome);

  PacketSocket socket_;
  SharedMemory memory_;
  Raster raster_;
  uint32_t slots_, slot_bytes_;
};

}  // namespace understudy::video_output
