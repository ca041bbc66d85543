// SPDX-License-Identifier: Apache-2.0
// An FTDI bridge (FT2232H, FT231X and their like) as the link: libftdi1 sets it up, libusb's
// asynchronous transfers carry the bytes. The bridge sends a packet when it is full or its latency
// timer ends, 1 ms here (16 unless told), and puts two status bytes before each.
#pragma once

#include <ftdi.h>
#include <libusb.h>

#include <array>
#include <mutex>
#include <optional>
#include <string>

#include "host/edge/transport/link_device.hpp"
#include "host/edge/transport/usb_bus.hpp"

namespace understudy::edge {

class UsbDevice final : public LinkDevice {
 public:
  struct Options {
    std::string serial, place;  // one of the two
    std::optional<char> interface;
    uint32_t baud = 0;
  };
  explicit UsbDevice(Options options) : options_(std::move(options)) {}
  ~UsbDevice() override { close(); }
  Result<void> open() override;
  Result<void> turn(std::vector<uint8_t>& out, std::vector<uint8_t>& in,
                    std::chrono::milliseconds patience) override;
  void wake() override;
  void close() override;

 private:
  static constexpr size_t reads = 4, packet_max = 512;
  struct Transfer {
    UsbDevice* device = nullptr;
    libusb_transfer* transfer = nullptr;
    std::array<uint8_t, packet_max> bytes{};
    bool pending = false;
  };

  Result<UsbBridge> choose() const;
  Result<void> set_up(const UsbBridge& bridge);
  Result<void> start_reading();
  bool submit(Transfer& t);
  void send(std::vector<uint8_t>& out);
  void received(Transfer& t);
  void written(Transfer& t);
  void lose(int status);
  static void LIBUSB_CALL read_done(libusb_transfer* transfer);
  static void LIBUSB_CALL write_done(libusb_transfer* transfer);

  Options options_;
  std::string what_;  // for people
  ftdi_context* ftdi_ = nullptr;
  std::array<Transfer, reads> read_;
  Transfer write_;
  std::vector<uint8_t>* in_ = nullptr;
  std::string lost_;
  std::mutex wake_mutex_;  // ftdi_ against wake()
};

}  // namespace understudy::edge
