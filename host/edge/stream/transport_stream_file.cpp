// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include "host/core/rtp/packet.hpp"
#include "host/core/rtp/transport_stream.hpp"
#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/stream/media_file.hpp"
#include "protocol/limits.hpp"

namespace understudy::edge {
namespace {

using rtp::ts_packet_bytes;
using rtp::ts_payload_bytes;

/// All of it; false when the file is shorter.
bool read_at(int file, uint64_t offset, std::span<uint8_t> out) {
  while (!out.empty()) {
    const ssize_t n = ::pread(file, out.data(), out.size(), static_cast<off_t>(offset));
    if (n <= 0) return false;
    out = out.subspan(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return true;
}

class TransportStreamFile final : public MediaFile {
 public:
  TransportStreamFile(Descriptor file, uint64_t size) : file_(std::move(file)), size_(size) {
    payload_type_ = rtp::payload_transport_stream;
  }

  std::expected<void, Error> read_through() {
    const uint64_t units = (size_ + ts_payload_bytes - 1) / ts_payload_bytes;
    if (units > protocol::limits::media_units_max) return error("it is too long");
    rtp::TransportStreamClock clock;
    std::vector<uint8_t> block(ts_payload_bytes * 512);
    for (uint64_t at = 0; at < size_; at += block.size()) {
      const auto part = std::span(block).first(std::min<uint64_t>(block.size(), size_ - at));
      if (!read_at(file_.number(), at, part)) return error("it cannot be read");
      for (size_t p = 0; p < part.size(); p += ts_packet_bytes)
        if (!clock.add(part.subspan(p).first<ts_packet_bytes>()))
          return error("packet " + std::to_string(clock.packets()) + " has no sync byte");
    }
    if (!clock.known()) return error("its clock (PCR) is missing");
    for (uint64_t u = 0; u < units; ++u) {
      const int64_t time = clock.time(u * rtp::ts_packets_together);
      index_.add({time, time, 1, static_cast<uint32_t>(unit_bytes(u)), true});
    }
    index_.end_at(clock.time(clock.packets()));
    return {};
  }

 private:
  size_t unit_bytes(uint64_t unit) const {
    return std::min<uint64_t>(ts_payload_bytes, size_ - unit * ts_payload_bytes);
  }
  std::shared_ptr<const rtp::Payloads> make(size_t unit) override {
    std::array<uint8_t, ts_payload_bytes> bytes;
    const auto part = std::span(bytes).first(unit_bytes(unit));
    if (!read_at(file_.number(), unit * ts_payload_bytes, part)) return nullptr;
    auto out = std::make_shared<rtp::Payloads>();
    out->append(part);
    out->end_payload();
    return out;
  }

  Descriptor file_;
  uint64_t size_;  // whole packets
};

}  // namespace

bool looks_like_transport_stream(int file) {
  std::array<uint8_t, ts_packet_bytes + 1> start{};
  return read_at(file, 0, start) && start[0] == 0x47 && start[ts_packet_bytes] == 0x47;
}

OpenedMedia open_transport_stream(int file) {
  Descriptor own(::fcntl(file, F_DUPFD_CLOEXEC, 0));
  struct stat facts{};
  if (!own || ::fstat(own.number(), &facts) != 0) return error("it cannot be read");
  const auto size = static_cast<uint64_t>(facts.st_size) / ts_packet_bytes * ts_packet_bytes;
  auto out = std::make_unique<TransportStreamFile>(std::move(own), size);
  if (auto ok = out->read_through(); !ok) return std::unexpected(ok.error());
  return out;
}

}  // namespace understudy::edge
