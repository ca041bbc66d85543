// SPDX-License-Identifier: Apache-2.0
// Where the log and the world come apart: a gate that counts its frames anew, and a daemon that is
// a new process while its server is on air. The first moves the log's stamps to the new count; the
// second gets the log back from its peer, which lends it, before it orders any change.
#include <algorithm>
#include <cstdlib>

#include "host/core/daemon/send_peer.hpp"
#include "host/core/daemon/server.hpp"
#include "protocol/limits.hpp"

namespace understudy::core {
namespace limits = protocol::limits;
namespace wire = protocol::peer;

/// All that was ordered has taken effect, or gets a stamp of the new count. A follower joins again.
void Server::gate_restarted(FrameNumber before) {
  ++gate_restarts_;
  record("gate_restarted", Severity::error,
         {{"frame_before", int64_t{before.value}},
          {"why", "its frame numbers begin anew; the log goes on from here"}});
  log_.restart(frame_);
  if (!primary()) abandon("the gate counts its frames anew");
  follower_ = 0;
  outgoing_ = {};
  retry_later_ = offering_ = false;
  for (const auto& [id, client] : clients_)
    if (client.wants_parameters) give_everything(id);
}

/// Two daemons that speak of the same gate's frames.
bool Server::frames_agree() const {
  return !appliance_heard_ ||
         std::abs(peer_->frame - frame_) <= static_cast<int32_t>(limits::peer_frames_apart_max);
}

/// New, and on air with nothing in the log while the peer holds one, or lives and has not said yet.
bool Server::lacks_log() const {
  if (!primary() || log_known_ || log_.last().value != 0) return false;
  if (session_.connected() && peer_)
    return peer_status_counter_ == 0 || (peer_->log_last > 0 && !is_primary(peer_->state));
  return gate_hears_peer() &&
         now_ - primary_since_ <= 2 * limits::peer_silence_frames * beats_.frame();
}

void Server::recover_log() {
  if (!lacks_log() || peer_status_counter_ == 0) return;
  if (recovery_ == 0) {
    recovery_ = joiner_.new_attempt();
    incoming_ = {.attempt = recovery_};
    record("log_wanted", Severity::warning,
           {{"why", "this daemon is new and its server on air: the peer has the log"}});
  } else if (asked_at_ == frame_) {
    return;
  }
  ask_for_snapshot();
}

/// What this server holds is the newest that there is. It is handed over when all of it has taken
/// effect, so that values alone say it; who wants it asks again until then.
void Server::lend_log(const wire::SyncRequest& m) {
  if (!peer_ || !is_primary(peer_->state) || joiner_.following() || log_.last().value == 0) return;
  log_.take_over();
  committed(log_.commit(false));
  if (log_.snapshot(frame_).index < log_.committed()) return;
  if (outgoing_.attempt != m.attempt) prepare_snapshot(m.attempt);
  send_snapshot(m.have);
}

}  // namespace understudy::core
