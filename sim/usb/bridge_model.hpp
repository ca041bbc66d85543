// SPDX-License-Identifier: Apache-2.0
// An FTDI bridge as the kernel's usbfs would show it: control requests, bulk transfers with the two
// status bytes, the latency timer, unplug. Behind its UART is a Unix socket, where the appliance is
// played. Answers ioctls from umockdev, so that libusb and libftdi run as they are.
// One lock for all: umockdev's thread brings ioctls, the bus' own loop brings time and UART bytes.
#pragma once

#include <umockdev.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct usbdevfs_urb;

namespace understudy::sim {

struct BridgeKind {
  const char* name;
  uint16_t product;
  uint16_t release;    // bcdDevice: how libftdi knows the chip
  uint8_t interfaces;  // UARTs
  uint16_t packet;     // bytes of a bulk packet
  uint8_t linked;      // the UART that has the appliance, 0 or 1
  const char* speed;   // Mbit/s, as sysfs has it
};
const BridgeKind* bridge_kind(const std::string& name);
/// Device and configuration descriptor, as sysfs' `descriptors` has them.
std::vector<uint8_t> descriptors(const BridgeKind& kind);

class BridgeModel {
 public:
  explicit BridgeModel(const BridgeKind& kind) : kind_(kind) {}
  BridgeModel(const BridgeModel&) = delete;

  /// Returns false when the request is none of usbfs'.
  bool handle(UMockdevIoctlClient* client);
  void vanished(UMockdevIoctlClient* client);

  /// Time goes on: a millisecond has passed.
  void millisecond();
  void from_uart(const std::vector<uint8_t>& bytes);
  std::vector<uint8_t> to_uart();
  /// Bytes that the UART still takes before the bridge's buffer is full.
  size_t room() const;
  void unplug();
  void stall(bool on) { stalled_ = on; }

  /// A program has claimed one of its interfaces.
  bool opened() const;
  uint8_t latency() const { return latency_; }
  uint32_t baud() const { return baud_; }

 private:
  struct Urb {
    UMockdevIoctlData* data = nullptr;    // owned
    UMockdevIoctlData* buffer = nullptr;  // owned
  };
  struct Session {  // one opened descriptor
    std::deque<Urb> waiting, done;
    UMockdevIoctlClient* reaper = nullptr;  // owned; a REAPURB that waits
    UMockdevIoctlData* reap = nullptr;      // owned
    int reaper_patience = 0;
    bool reaped = false;  // since the last EAGAIN
    std::optional<uint32_t> claimed;
  };

  void claim(UMockdevIoctlClient* client, Session& s, bool on);
  void submit(UMockdevIoctlClient* client, Session& s);
  void discard(UMockdevIoctlClient* client, Session& s);
  void reap(UMockdevIoctlClient* client, Session& s);
  void finish(Session& s, Urb urb, int status, const std::vector<uint8_t>& bytes, int actual);
  int control(const usbdevfs_urb& urb, std::vector<uint8_t>& answer);
  void set_baud(uint16_t value, uint16_t index);
  void serve_bulk(bool timer);
  bool serve_in(Session& s, bool timer);
  bool serve_out(Session& s);
  void hand_over(Session& s);
  static void release(Urb& urb);

  const BridgeKind& kind_;
  std::map<UMockdevIoctlClient*, Session> sessions_;
  std::deque<uint8_t> from_uart_;
  std::vector<uint8_t> to_uart_;
  uint8_t latency_ = 16, elapsed_ = 0;
  uint32_t baud_ = 0;
  bool gone_ = false, stalled_ = false;
};

}  // namespace understudy::sim
