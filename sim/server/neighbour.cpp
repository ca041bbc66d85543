// SPDX-License-Identifier: Apache-2.0
#include "sim/server/neighbour.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace understudy::sim {
namespace {

namespace wire = protocol::sim;
using protocol::limits::video_slots;

wire::Welcome welcome_for(const Raster& raster, Server port, uint64_t now, bool with_memory,
                          bool free_running) {
  wire::Welcome w;
  w.free_running = free_running;
  w.port = port;
  w.width = uint16_t(raster.h_active), w.height = uint16_t(raster.v_active);
  w.fps_numerator = frames_per_second, w.fps_denominator = 1;
  if (with_memory) w.slots = video_slots, w.slot_bytes = uint32_t(raster.frame_bytes());
  w.now = now;
  return w;
}

}  // namespace

std::optional<std::string> Neighbour::join(Descriptor socket, uint64_t now) {
  socket_ = std::move(socket);
  pid_ = peer_pid(socket_.get());
  presence_ = Presence::attached;
  last_words_.clear();
  auto error = welcome(now);
  if (error) close(*error);
  return error;
}

void Neighbour::heed(bool on) {
  if (attached()) presence_ = on ? Presence::attached : Presence::hangs;
}

bool Neighbour::send(std::span<const uint8_t> packet, int descriptor) {
  if (attached() && send_packet(socket_.get(), packet, descriptor)) return true;
  if (free_running_ && errno == EAGAIN) return true;  // it does not read: lost, as on any wire
  if (attached()) close("it does not read what it is sent");
  return false;
}

bool Neighbour::serve() {
  while (attached()) {
    switch (receive_packet(socket_.get(), buffer_)) {
      case Received::nothing:
        return true;
      case Received::closed:
        close("");
        return false;
      case Received::packet:
        if (const auto error = message(buffer_)) close(*error);
    }
  }
  return false;
}

void Neighbour::close(const std::string& why) {
  if (!attached()) return;
  last_words_ = unsaid_ = why;
  if (!why.empty()) {
    std::vector<uint8_t> text{uint8_t(wire::Type::refused)};
    text.insert(text.end(), why.begin(), why.end());
    send_packet(socket_.get(), text);
  }
  socket_ = Descriptor();
  presence_ = Presence::gone;
  closed();
}

// --- video in ------------------------------------------------------------------------------------

std::optional<std::string> VideoNeighbour::welcome(uint64_t now) {
  auto memory = SharedMemory::make(name_.c_str(), raster_.frame_bytes() * video_slots);
  if (!memory) return memory.error();
  memory_ = std::move(*memory);
  asked_.clear(), ready_.clear();
  std::array<uint8_t, 64> out{};
  const size_t n = encode(welcome_for(raster_, server_, now, true, free_running_), out);
  send(std::span(out).first(n), memory_.descriptor());
  return std::nullopt;
}

void VideoNeighbour::genlock(uint32_t frame, uint64_t now) {
  const auto has = [&](const auto& list) { return std::ranges::find(list, frame) != list.end(); };
  if (!heeded() || has(asked_) || has(ready_)) return;
  std::array<uint8_t, 32> out{};
  const size_t n =
      encode(wire::Type::genlock, wire::FrameMessage{frame, frame % video_slots, now}, out);
  asked_.push_back(frame);
  if (free_running_ && asked_.size() > video_slots) asked_.pop_front();  // will come too late
  send(std::span(out).first(n));
}

bool VideoNeighbour::owes() const {
  return wanted_ ? std::ranges::find(asked_, *wanted_) != asked_.end() : !asked_.empty();
}

const uint8_t* VideoNeighbour::frame(uint32_t frame) {
  std::erase_if(ready_, [&](uint32_t k) { return k < frame; });
  wanted_ = frame;
  waiting_.wait(*this);
  wanted_.reset();
  if (std::ranges::find(ready_, frame) == ready_.end()) return nullptr;
  return memory_.data() + (frame % video_slots) * raster_.frame_bytes();
}

void VideoNeighbour::settle() {
  waiting_.wait(*this);
}

std::optional<std::string> VideoNeighbour::message(std::span<const uint8_t> packet) {
  const auto m = wire::decode_frame(wire::Type::frame, packet);
  if (!m) return "only FRAME is understood here";
  const auto at = std::ranges::find(asked_, m->frame);
  if (at == asked_.end() && free_running_) return std::nullopt;  // too late
  if (at == asked_.end())
    return "frame " + std::to_string(m->frame) + " was not asked for, or is answered already";
  if (m->slot != m->frame % video_slots)
    return "frame " + std::to_string(m->frame) + " belongs into slot " +
           std::to_string(m->frame % video_slots) + ", not " + std::to_string(m->slot);
  asked_.erase(at);
  ready_.push_back(m->frame);
  if (ready_.size() > video_slots) ready_.pop_front();
  return std::nullopt;
}

// --- link ----------------------------------------------------------------------------------------

std::optional<std::string> LinkNeighbour::welcome(uint64_t now) {
  owed_ = 0, peer_sent_ = 0;
  std::array<uint8_t, 64> out{};
  const size_t n = encode(welcome_for(raster_, server_, now, false, free_running_), out);
  send(std::span(out).first(n));
  return std::nullopt;
}

std::optional<wire::Done> LinkNeighbour::on_sync(const wire::Sync& sync) {
  if (!attached()) return std::nullopt;
  if (owes()) waiting_.wait(*this);  // what it still owes from before it hung
  if (!attached()) return std::nullopt;
  buffer_.resize(protocol::limits::sim_message_max);
  const size_t n = encode(sync, buffer_);
  wake_ = wire::never;
  if (free_running_) {
    if (!sync.link_bytes.empty() && !send(std::span(buffer_).first(n))) return std::nullopt;
  } else if (heeded()) {
    ++owed_;
    if (!send(std::span(buffer_).first(n))) return std::nullopt;
    waiting_.wait(*this);
  }
  if (!attached()) return std::nullopt;
  given_.swap(bytes_);
  bytes_.clear();
  return wire::Done{wake_, peer_sent_, given_};
}

std::optional<std::string> LinkNeighbour::message(std::span<const uint8_t> packet) {
  const auto m = wire::decode_done(packet);
  if (!m) return "only DONE is understood here";
  if (owed_ == 0 && !free_running_) return "DONE without a SYNC";
  if (m->peer_sent < peer_sent_) return "peer_sent went back";
  if (bytes_.size() + m->link_bytes.size() > protocol::limits::sim_message_max)
    return "more bytes than the link can hold";
  if (!free_running_) --owed_, wake_ = m->wake, peer_sent_ = m->peer_sent;
  bytes_.insert(bytes_.end(), m->link_bytes.begin(), m->link_bytes.end());
  return std::nullopt;
}

// --- video out -----------------------------------------------------------------------------------

std::optional<std::string> OutputNeighbour::welcome(uint64_t now) {
  auto memory = SharedMemory::make(name_.c_str(), raster_.frame_bytes() * video_slots);
  if (!memory) return memory.error();
  memory_ = std::move(*memory);
  for (auto& b : busy_) b.reset();
  std::array<uint8_t, 64> out{};
  const size_t n = encode(welcome_for(raster_, Server::a, now, true, free_running_), out);
  send(std::span(out).first(n), memory_.descriptor());
  return std::nullopt;
}

uint8_t* OutputNeighbour::buffer(uint32_t frame) {
  if (!attached()) return nullptr;
  next_ = frame % video_slots;
  waiting_.wait(*this);
  if (!heeded() || owes()) return nullptr;
  return memory_.data() + next_ * raster_.frame_bytes();
}

void OutputNeighbour::frame(uint32_t frame, const uint8_t* rgb, uint64_t now) {
  if (!attached() || !memory_.contains(rgb)) return;
  const auto slot = uint32_t(size_t(rgb - memory_.data()) / raster_.frame_bytes());
  busy_[slot] = frame;
  std::array<uint8_t, 32> out{};
  const size_t n = encode(wire::Type::frame, wire::FrameMessage{frame, slot, now}, out);
  send(std::span(out).first(n));
}

std::optional<std::string> OutputNeighbour::message(std::span<const uint8_t> packet) {
  const auto m = wire::decode_frame(wire::Type::done_with, packet);
  if (!m) return "only DONE_WITH is understood here";
  if (m->slot >= video_slots || busy_[m->slot] != m->frame)
    return "slot " + std::to_string(m->slot) + " does not hold frame " + std::to_string(m->frame);
  busy_[m->slot].reset();
  return std::nullopt;
}

}  // namespace understudy::sim
