// SPDX-License-Identifier: Apache-2.0
// A live client connection's socket with its two stream positions: everything that is written or
// read goes through here, so the offsets are always those of the stream.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "host/core/connection/sequence.hpp"
#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/repair/live_socket.hpp"

namespace understudy::edge {

class StreamSocket {
 public:
  /// What a call did.
  enum class Outcome : uint8_t { some, later, closed, broken };
  struct Did {
    Outcome outcome = Outcome::some;
    size_t bytes = 0;
  };

  StreamSocket(Descriptor socket, const ConnectionOrigin& origin);
  /// One that goes on from an earlier life.
  StreamSocket(Descriptor socket, const ConnectionOrigin& origin, core::StreamOffset sent,
               core::StreamOffset received, bool client_closed);

  /// `more`: further bytes follow at once.
  Did write(std::string_view bytes, bool more);
  /// From a file's offset; `closed` when the file ends too early.
  Did write_file(int file, uint64_t offset, uint64_t most);
  Did read(std::span<uint8_t> out);
  /// What the earlier life had taken from the client and not read yet: it is read first.
  void put_ahead(std::string bytes, bool closed);
  /// There is such input: no descriptor tells it.
  bool has_ahead() const { return !ahead_.empty() || (ahead_closed_ && !client_closed_); }
  /// A copy of all that is there to be read, up to `most` bytes.
  std::string peek(size_t most) const;
  /// FIN after everything written; marked as meant.
  void finish();
  /// When it is closed, RST instead of FIN: what was written and not taken is forgotten.
  void reset();
  /// Everything written, and the FIN if there is one, is acknowledged.
  bool settled() const;
  /// The kernel has bytes of the client that were not read.
  bool has_unread() const;
  /// Both directions are closed in good order.
  bool over() const;
  /// What was not read, as the kernel has it or an earlier life had it. Nothing more comes in: the
  /// next call is abandon().
  Unread take_unread();
  /// The connection goes on elsewhere, or is over: nothing is said to the client.
  void abandon();

  int number() const { return socket_.number(); }
  const ConnectionOrigin& origin() const { return origin_; }
  core::StreamOffset sent() const { return sent_; }
  core::StreamOffset received() const { return received_; }
  core::StreamOffset acknowledged() const;
  /// What the kernel has sent at least once ends here; a FIN counts as one after sent().
  core::StreamOffset transmitted() const;
  bool client_closed() const { return client_closed_; }
  bool finished() const { return finished_; }

 private:
  Did read_ahead(std::span<uint8_t> out);
  core::StreamOffset before_end(uint64_t bytes) const;
  Descriptor socket_;
  ConnectionOrigin origin_;
  core::StreamOffset begin_, sent_, received_;  // begin_: what this life began with
  std::string ahead_;
  bool ahead_closed_ = false, client_closed_ = false, finished_ = false;
};

}  // namespace understudy::edge
