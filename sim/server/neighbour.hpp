// SPDX-License-Identifier: Apache-2.0
// The three kinds of neighbour behind sockets: a playout (picture source), a daemon (host), and
// whoever takes the output. Each knows what its process owes; Station waits for it. One that
// breaks the protocol is told why and closed; the others do not notice.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/limits.hpp"
#include "protocol/sim.hpp"
#include "sim/appliance/neighbours.hpp"
#include "sim/appliance/raster.hpp"
#include "sim/server/seqpacket.hpp"

namespace understudy::sim {

enum class Presence { absent, attached, hangs, given_up, gone };
constexpr const char* to_text(Presence p) {
  constexpr const char* names[] = {"absent", "attached", "hangs", "given_up", "gone"};
  return names[size_t(p)];
}

class Neighbour;

/// Waits in wall time, serving everybody meanwhile.
class Waiting {
 public:
  virtual ~Waiting() = default;
  /// Until `who` owes nothing more of what `done` asks, or is no longer waited for.
  virtual void wait(Neighbour& who) = 0;
};

class Neighbour {
 public:
  Neighbour(std::string name, Waiting& waiting) : name_(std::move(name)), waiting_(waiting) {}
  virtual ~Neighbour() = default;

  const std::string& name() const { return name_; }
  int socket() const { return socket_.get(); }
  int pid() const { return pid_; }
  Presence presence() const { return presence_; }
  bool attached() const { return bool(socket_); }
  /// Is it to be waited for?
  bool heeded() const { return presence_ == Presence::attached; }
  void heed(bool on);
  /// Wall time: nothing is owed and nobody is waited for.
  void run_free() { free_running_ = true; }
  void give_up() { presence_ = Presence::given_up; }
  /// Does it owe the answer that somebody waits for?
  virtual bool owes() const = 0;

  /// Takes the connection and answers its HELLO. An error text when it cannot.
  std::optional<std::string> join(Descriptor socket, uint64_t now);
  /// Reads what is there. False: it is gone now.
  bool serve();
  /// Closes; with a text it is told why.
  void close(const std::string& why);
  const std::string& last_words() const { return last_words_; }
  /// The same, once; empty when there are none or they were taken.
  std::string take_unsaid() { return std::exchange(unsaid_, {}); }

 protected:
  virtual std::optional<std::string> welcome(uint64_t now) = 0;
  /// An error text when the message must not have come.
  virtual std::optional<std::string> message(std::span<const uint8_t> packet) = 0;
  virtual void closed() = 0;
  bool send(std::span<const uint8_t> packet, int descriptor = -1);

  const std::string name_;
  Waiting& waiting_;
  Descriptor socket_;
  int pid_ = 0;
  Presence presence_ = Presence::absent;
  bool free_running_ = false;
  std::string last_words_, unsaid_;
  std::vector<uint8_t> buffer_;
};

class VideoNeighbour final : public Neighbour, public FrameSource {
 public:
  VideoNeighbour(std::string name, Server server, const Raster& raster, Waiting& waiting)
      : Neighbour(std::move(name), waiting), server_(server), raster_(raster) {}
  void genlock(uint32_t frame, uint64_t now) override;
  const uint8_t* frame(uint32_t frame) override;
  void settle() override;
  bool owes() const override;

 private:
  std::optional<std::string> welcome(uint64_t now) override;
  std::optional<std::string> message(std::span<const uint8_t> packet) override;
  void closed() override { asked_.clear(); }

  const Server server_;
  const Raster raster_;
  SharedMemory memory_;
  std::deque<uint32_t> asked_, ready_;
  std::optional<uint32_t> wanted_;  // somebody waits for this one; nothing: for all
};

class LinkNeighbour final : public Neighbour, public Host {
 public:
  LinkNeighbour(std::string name, Server server, const Raster& raster, Waiting& waiting)
      : Neighbour(std::move(name), waiting), server_(server), raster_(raster) {}
  std::optional<protocol::sim::Done> on_sync(const protocol::sim::Sync& sync) override;
  bool hangs() const override { return attached() && !heeded(); }
  void cut() override { close("the link was cut"); }
  void flooded() override { close("more bytes than the link can hold"); }
  bool owes() const override { return owed_ > 0; }
  /// Free-running: bytes came that nobody has fetched.
  bool has_bytes() const { return free_running_ && !bytes_.empty(); }

 private:
  std::optional<std::string> welcome(uint64_t now) override;
  std::optional<std::string> message(std::span<const uint8_t> packet) override;
  void closed() override { owed_ = 0, bytes_.clear(), given_.clear(); }

  const Server server_;
  const Raster raster_;
  uint32_t owed_ = 0;  // SYNCs without their DONE: none or one
  uint64_t wake_ = 0;
  uint32_t peer_sent_ = 0;
  std::vector<uint8_t> bytes_, given_;
};

class OutputNeighbour final : public Neighbour, public VideoSink {
 public:
  OutputNeighbour(std::string name, const Raster& raster, Waiting& waiting)
      : Neighbour(std::move(name), waiting), raster_(raster) {}
  uint8_t* buffer(uint32_t frame) override;
  void frame(uint32_t frame, const uint8_t* rgb, uint64_t now) override;
  bool owes() const override { return busy_[next_].has_value(); }

 private:
  std::optional<std::string> welcome(uint64_t now) override;
  std::optional<std::string> message(std::span<const uint8_t> packet) override;
  void closed() override {}

  const Raster raster_;
  SharedMemory memory_;
  std::optional<uint32_t> busy_[protocol::limits::video_slots];  // the frame that lies there
  uint32_t next_ = 0;
};

}  // namespace understudy::sim
