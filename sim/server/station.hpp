// SPDX-License-Identifier: Apache-2.0
// The virtual appliance with its sockets: one thread, one poll. While virtual time runs it looks at
// the sockets every few milliseconds; while it stands still, or a neighbour owes an answer, it
// sleeps in poll. Newcomers join between two lines of virtual time, never inside a neighbour's
// call.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sim/appliance/appliance.hpp"
#include "sim/server/neighbour.hpp"

namespace understudy::sim {

struct StationOptions {
  std::string directory;
  Raster raster = rasters[1];
  uint64_t seed = 1;
  bool real_time = false;
  bool free_running = false;  // real time, and nobody is waited for
  double silence_seconds = protocol::limits::sim_silence_seconds;
  std::vector<std::pair<uint16_t, uint32_t>> registers;
};

class Station final : public Waiting {
 public:
  static std::expected<std::unique_ptr<Station>, std::string> open(const StationOptions& options);
  ~Station() override;
  /// Serves until `quit` or a signal. Returns the program's exit code.
  int run();
  void wait(Neighbour& who) override;

 private:
  using WallClock = std::chrono::steady_clock;
  struct Guest {  // connected and has not said HELLO
    Descriptor socket;
    size_t door;  // which listener
    WallClock::time_point since;
    bool ready = false;  // said a good HELLO; joins between two lines
  };
  struct Operator {  // a control connection
    Descriptor socket;
    bool awaits = false;
    std::vector<size_t> awaited;  // doors
    WallClock::time_point until;
  };
  struct Job {  // a request that runs virtual time; done outside of serve()
    std::function<std::string()> work;
    int asked_by = -1;
  };
  enum Door : size_t { video_a, video_b, link_a, link_b, video_out, control, doors };

  explicit Station(const StationOptions& options) : options_(options) {}
  std::optional<std::string> set_up();
  void serve(int timeout_ms);
  void idle();
  void pace();
  void fetch_link_bytes();
  void carry_out(const Job& job);
  void accept(size_t door);
  void hear(Guest& guest);
  void admit();
  void gone(size_t door);
  void announce(Neighbour& n);
  void refuse(Descriptor& socket, const std::string& why);
  void check_awaits();
  int awaiting_timeout() const;
  void tell(const std::string& text);

  // control requests (control.cpp)
  using Json = nlohmann::json;
  void serve_operator(Operator& op);
  std::string answer(Operator& op, const std::string& request);
  void reply(int socket, const std::string& text);
  std::string where() const;
  void begin(Operator& op, std::function<std::string()> work);
  // one each; an empty answer comes later
  std::string go(Operator& op, const Json& request);
  std::string access(Operator& op, const Json& request);
  std::string await(Operator& op, const Json& request);
  std::string fault(Operator& op, const Json& request);
  std::string heed(Operator& op, const Json& request);
  std::string record(Operator& op, const Json& request);
  std::string recording(Operator& op, const Json& request);
  std::string events(Operator& op, const Json& request);
  std::string status(Operator& op, const Json& request);
  std::string quit(Operator& op, const Json& request);

  const StationOptions options_;
  std::unique_ptr<Appliance> appliance_;
  std::vector<Listener> listeners_;
  std::vector<std::unique_ptr<Neighbour>> neighbours_;  // by Door, control excluded
  std::list<Guest> guests_;
  std::list<Operator> operators_;
  Descriptor signals_;
  std::optional<Job> job_;  // asked for and not begun
  int asked_by_ = -1;       // the connection that gets the answer of the one under way
  std::deque<LoggedEvent> unread_;
  bool running_ = false, quit_ = false;
  WallClock::time_point looked_, wall_origin_;
  uint64_t virtual_origin_ = 0;
  std::vector<std::string> messages_;  // told so far, for status
  std::vector<uint8_t> buffer_;
};

}  // namespace understudy::sim
