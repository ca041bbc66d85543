// SPDX-License-Identifier: Apache-2.0
#include "host/edge/video_output/simulated_output.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "protocol/limits.hpp"

namespace understudy::video_output {
namespace {

namespace sim = protocol::sim;
namespace limits = protocol::limits;

std::expected<Raster, Error> raster_of(const sim::Welcome& w) {
  const Raster r{w.width, w.height, w.fps_numerator, w.fps_denominator};
  const auto size = std::to_string(r.width) + "x" + std::to_string(r.height);
  if (r.width < limits::tag_pixels || r.width > limits::width_max || r.height == 0 ||
      r.height > limits::height_max || r.fps_numerator == 0 || r.fps_denominator == 0)
    return error("offers a raster that cannot be served: " + size);
  if (w.slots == 0 || w.slots > 64 || w.slot_bytes < r.frame_bytes())
    return error("offers memory that does not hold frames of " + size);
  return r;
}

std::optional<std::string> refusal(std::span<const uint8_t> packet) {
  if (sim::type_of(packet) != sim::Type::refused) return std::nullopt;
  return "refused: " +
         std::string(reinterpret_cast<const char*>(packet.data()) + 1, packet.size() - 1);
}

std::expected<sim::Welcome, Error> read_welcome(std::span<const uint8_t> packet) {
  if (const auto why = refusal(packet)) return error(*why);
  const auto welcome = sim::decode_welcome(packet);
  if (!welcome) return error("answers something else than a welcome");
  return *welcome;
}

std::expected<ReceivedPacket, Error> ask(PacketSocket& socket, std::chrono::milliseconds patience) {
  std::array<uint8_t, 64> hello{};
  const size_t size = sim::encode(sim::Hello{.pid = uint32_t(::getpid())}, hello);
  if (auto sent = socket.send(std::span(hello).first(size)); !sent)
    return std::unexpected(sent.error());
  if (auto ok = socket.wait_readable(patience); !ok) return std::unexpected(ok.error());
  auto answer = socket.receive();
  if (!answer) return std::unexpected(answer.error());
  if (!*answer) return error("no answer");
  return std::move(**answer);
}

}  // namespace

std::expected<SharedMemory, Error> SharedMemory::map(const Descriptor& file, size_t size) {
  struct stat status{};
  if (::fstat(file.get(), &status) < 0 || status.st_size < 0 || size_t(status.st_size) < size)
    return error("the shared memory is smaller than it should be");
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (at == MAP_FAILED) return error(std::string("mapping the memory: ") + std::strerror(errno));
  return SharedMemory({static_cast<uint8_t*>(at), size});
}

SharedMemory::~SharedMemory() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

std::expected<SimulatedOutput, Error> SimulatedOutput::open(PacketSocket socket,
                                                            std::chrono::milliseconds patience) {
  const auto answer = ask(socket, patience);
  if (!answer) return std::unexpected(answer.error());
  const auto welcome = read_welcome(answer->bytes);
  if (!welcome) return std::unexpected(welcome.error());
  if (const auto raster = raster_of(*welcome); !raster) return std::unexpected(raster.error());
  if (!answer->descriptor) return error("its welcome brings no memory");
  auto memory = SharedMemory::map(answer->descriptor, size_t{welcome->slots} * welcome->slot_bytes);
  if (!memory) return std::unexpected(memory.error());
  return SimulatedOutput(std::move(socket), std::move(*memory), *welcome);
}

SimulatedOutput::SimulatedOutput(PacketSocket socket, SharedMemory memory, const sim::Welcome& w)
    : socket_(std::move(socket)),
      memory_(std::move(memory)),
      raster_{w.width, w.height, w.fps_numerator, w.fps_denominator},
      slots_(w.slots),
      slot_bytes_(w.slot_bytes) {}

std::expected<std::optional<ports::FrameRequest>, Error> SimulatedOutput::request() {
  const auto packet = socket_.receive();
  if (!packet) return error("the video output ended: " + packet.error().text);
  if (!*packet) return std::nullopt;
  if (const auto why = refusal((*packet)->bytes)) return error("the video output " + *why);
  const auto genlock = sim::decode_frame(sim::Type::genlock, (*packet)->bytes);
  if (!genlock || genlock->slot >= slots_)
    return error("the video output sent something that is not a request for a frame");
  return ports::FrameRequest{genlock->frame, genlock->slot, genlock->time};
}

std::span<uint8_t> SimulatedOutput::memory(const ports::FrameRequest& request) {
  return memory_.bytes().subspan(size_t{request.slot} * slot_bytes_, raster_.frame_bytes());
}

std::expected<void, Error> SimulatedOutput::deliver(const ports::FrameRequest& request) {
  std::array<uint8_t, 64> packet{};
  const size_t size = sim::encode(
      sim::Type::frame, sim::FrameMessage{request.frame, request.slot, request.time}, packet);
  const auto sent = socket_.send(std::span(packet).first(size));
  if (!sent) return error("the video output ended: " + sent.error().text);
  if (*sent == PacketSocket::Sent::full) return error("the video output does not read");
  return {};
}

}  // namespace understudy::video_output
