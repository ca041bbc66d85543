// SPDX-License-Identifier: Apache-2.0
// How a protocol takes part in a connection that outlives its server: three calls. On the first
// server `append` writes what the protocol knows about a connection into its record; on the second
// `create` makes an unready part from that, ahead of time; `ready` tells the part where the
// client's acknowledgement fell in the stream, and the part goes on from that byte. The transport
// takes part like any other. `Stack` holds those that there are, in the order of being made ready.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "host/core/connection/comparison.hpp"
#include "host/core/error.hpp"
#include "protocol/checkpoint.hpp"

namespace understudy::core {

struct ConnectionId {
  uint64_t value = 0;
  auto operator<=>(const ConnectionId&) const = default;
};

/// Collects the sections of one record; bounded as the record is. To be used again: clear().
class SectionWriter {
 public:
  SectionWriter() : bytes_(protocol::limits::checkpoint_record_max) {}
  /// A section to be filled by `fill(std::span<uint8_t> room)`, which says how many bytes it used.
  template <class Fill>
  void add(uint8_t kind, Fill fill) {
    const auto room = std::span(bytes_).subspan(used_);
    const size_t size = fill(room);
    if (size == 0 || !sections_.add({kind, room.first(size)})) bad_ = true;
    used_ += size;
  }
  /// A section did not fit: the record would not be whole.
  bool bad() const { return bad_; }
  /// Points into this writer.
  const protocol::checkpoint::Sections& sections() const { return sections_; }
  void clear() {
    used_ = 0;
    sections_.count = 0;
    bad_ = false;
  }

 private:
  std::vector<uint8_t> bytes_;
  size_t used_ = 0;
  protocol::checkpoint::Sections sections_;
  bool bad_ = false;
};

/// What one protocol holds on the second server for one connection.
class UnreadyPart {
 public:
  virtual ~UnreadyPart() = default;
  /// How far the output of this protocol is decided, if it is the one that decides it.
  struct End {
    StreamOffset offset;
    bool closes = false;  // a FIN follows
    bool paced = false;   // not all before it is sent at once
  };
  virtual std::optional<End> end() const { return std::nullopt; }
};

class Protocol {
 public:
  virtual ~Protocol() = default;
  virtual uint8_t kind() const = 0;
  /// First server: one section, or none when it has no part in this connection.
  virtual void append(ConnectionId connection, SectionWriter& out) = 0;
  /// Second server. `previous` is this connection's part made from an older record, if any: keep of
  /// it what costs time to make. Errors: the section is not good, or cannot be served here.
  virtual std::expected<std::unique_ptr<UnreadyPart>, Error> create(
      const protocol::checkpoint::Record& record, std::span<const uint8_t> section,
      std::unique_ptr<UnreadyPart> previous) = 0;
  /// Second server, once: the part is to go on at that byte. Errors: the connection is given up.
  virtual std::expected<void, Error> ready(ConnectionId connection, UnreadyPart& part,
                                           const Resume& resume) = 0;
};

/// The parts of one connection, in the stack's order: a bundle is made ready as one.
struct UnreadyConnection {
  struct Entry {
    Protocol* protocol;
    std::unique_ptr<UnreadyPart> part;
  };
  std::vector<Entry> entries;
  Known known;
};

class Stack {
 public:
  /// In the order of being made ready: the transport first. Kinds must differ.
  void add(Protocol& protocol);
  void append(ConnectionId connection, SectionWriter& out);
  /// From a record, keeping what `previous` has. Error: nothing is left of either.
  std::expected<UnreadyConnection, Error> create(const protocol::checkpoint::Record& record,
                                                 UnreadyConnection previous = {});
  std::expected<void, Error> ready(ConnectionId connection, UnreadyConnection& unready,
                                   const Resume& resume);

 private:
  std::vector<Protocol*> protocols_;
};

}  // namespace understudy::core
