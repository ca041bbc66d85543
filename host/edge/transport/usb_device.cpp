// SPDX-License-Identifier: Apache-2.0
#include "host/edge/transport/usb_device.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "host/edge/daemon/descriptor.hpp"
#include "host/edge/transport/access.hpp"

namespace understudy::edge {
namespace {

constexpr int control_patience_ms = 500;
constexpr unsigned write_patience_ms = 1000;
constexpr size_t status_bytes = 2;
constexpr unsigned char latency_ms = 1;

std::string reason_of(int status) {
  switch (status) {
    case LIBUSB_TRANSFER_NO_DEVICE:
      return "unplugged";
    case LIBUSB_TRANSFER_TIMED_OUT:
      return "it takes no bytes any more";
    case LIBUSB_TRANSFER_STALL:
      return "its endpoint has stalled";
    default:
      return fmt::format("a transfer failed (libusb status {})", status);
  }
}

}  // namespace

// --- open ----------------------------------------------------------------------------------------

Result<UsbBridge> UsbDevice::choose() const {
  auto bridges = usb_bridges();
  const auto other = [this](const UsbBridge& b) {
    return options_.place.empty() ? b.serial != options_.serial : b.place != options_.place;
  };
  std::erase_if(bridges, other);
  if (bridges.size() == 1) return bridges[0];
  if (bridges.empty())
    return failure(
        options_.place.empty()
            ? fmt::format("no USB bridge with serial number \"{}\": is it plugged in? `understudy "
                          "find` lists them",
                          options_.serial)
            : fmt::format("no USB bridge at {}: `understudy find` lists them", options_.place));
  return failure(fmt::format(
      "{} USB bridges have the serial number \"{}\" (at {} and {}): give one another number, or "
      "name it by its place, as usb:path={}",
      bridges.size(), options_.serial, bridges[0].place, bridges[1].place, bridges[0].place));
}

Result<void> UsbDevice::open() {
  const auto bridge = choose();
  if (!bridge) return std::unexpected(bridge.error());
  what_ = fmt::format("{} \"{}\" at {}", bridge->chip, bridge->serial, bridge->place);
  const auto node = bridge->node();
  if (const Descriptor probe(::open(node.c_str(), O_RDWR | O_CLOEXEC)); !probe)
    return cannot_open(fmt::format("{} ({})", what_, node), errno);
  {
    const std::lock_guard lock(wake_mutex_);
    ftdi_ = ftdi_new();
  }
  if (!ftdi_) return failure("libusb does not start: is /dev/bus/usb there?");
  if (auto done = set_up(*bridge); !done) return done;
  return start_reading();
}

Result<void> UsbDevice::set_up(const UsbBridge& bridge) {
  const auto refused = [&](const char* step) {
    return failure(fmt::format("{}: {}: {}", what_, step, ftdi_get_error_string(ftdi_)));
  };
  ftdi_->usb_read_timeout = ftdi_->usb_write_timeout = control_patience_ms;
  if (bridge.chip == std::string_view("FT2232H"))
    ftdi_set_interface(
        ftdi_, options_.interface.value_or(bridge.interface) == 'a' ? INTERFACE_A : INTERFACE_B);
  const int opened = ftdi_usb_open_bus_addr(ftdi_, static_cast<uint8_t>(bridge.bus),
                                            static_cast<uint8_t>(bridge.address));
  if (opened == -5)  // cannot claim the interface
    return failure(what_ + " is in use by another program (the daemon, perhaps)");
  if (opened < 0) return refused("cannot open");
  if (ftdi_->max_packet_size <= status_bytes || ftdi_->max_packet_size > packet_max)
    return failure(fmt::format("{} is no FTDI bridge: it sends packets of {} bytes", what_,
                               ftdi_->max_packet_size));
  if (ftdi_set_latency_timer(ftdi_, latency_ms) < 0) return refused("latency timer");
  // the oldest chips, and QEMU's, have no other mode to leave and may refuse the request
  const bool has_modes = ftdi_->type != TYPE_AM && ftdi_->type != TYPE_BM;
  if (ftdi_set_bitmode(ftdi_, 0, BITMODE_RESET) < 0 && has_modes) return refused("UART mode");
  if (ftdi_set_baudrate(ftdi_, static_cast<int>(options_.baud)) < 0) return refused("baud rate");
  if (ftdi_set_line_property(ftdi_, BITS_8, STOP_BIT_1, NONE) < 0) return refused("8N1");
  if (ftdi_setflowctrl(ftdi_, SIO_DISABLE_FLOW_CTRL) < 0) return refused("no flow control");
  if (ftdi_tcioflush(ftdi_) < 0) return refused("flush");
  return {};
}

Result<void> UsbDevice::start_reading() {
  lost_.clear();
  for (auto& t : read_) {
    t.device = this, t.transfer = libusb_alloc_transfer(0);
    libusb_fill_bulk_transfer(t.transfer, ftdi_->usb_dev, static_cast<uint8_t>(ftdi_->out_ep),
                              t.bytes.data(), static_cast<int>(ftdi_->max_packet_size), &read_done,
                              &t, 0);
    if (!submit(t)) return failure(what_ + " " + lost_);
  }
  write_.device = this, write_.transfer = libusb_alloc_transfer(0);
  return {};
}

// --- bytes ---------------------------------------------------------------------------------------

bool UsbDevice::submit(Transfer& t) {
  const int code = libusb_submit_transfer(t.transfer);
  t.pending = code == 0;
  if (code != 0 && lost_.empty())
    lost_ = code == LIBUSB_ERROR_NO_DEVICE
                ? "is lost: unplugged"
                : fmt::format("is lost: {}", libusb_strerror(static_cast<libusb_error>(code)));
  return t.pending;
}

Result<void> UsbDevice::turn(std::vector<uint8_t>& out, std::vector<uint8_t>& in,
                             std::chrono::milliseconds patience) {
  in_ = &in;
  send(out);
  timeval time{patience.count() / 1000, (patience.count() % 1000) * 1000};
  if (lost_.empty()) {
    const int code = libusb_handle_events_timeout_completed(ftdi_->usb_ctx, &time, nullptr);
    if (code < 0 && code != LIBUSB_ERROR_INTERRUPTED && lost_.empty())
      lost_ = fmt::format("is lost: {}", libusb_strerror(static_cast<libusb_error>(code)));
  }
  send(out);
  in_ = nullptr;
  if (!lost_.empty()) return failure(what_ + " " + lost_);
  return {};
}

void UsbDevice::send(std::vector<uint8_t>& out) {
  if (write_.pending || out.empty() || !lost_.empty()) return;
  const size_t n = std::min(out.size(), write_.bytes.size());
  std::copy_n(out.begin(), n, write_.bytes.begin());
  libusb_fill_bulk_transfer(write_.transfer, ftdi_->usb_dev, static_cast<uint8_t>(ftdi_->in_ep),
                            write_.bytes.data(), static_cast<int>(n), &write_done, &write_,
                            write_patience_ms);
  if (submit(write_)) out.erase(out.begin(), out.begin() + static_cast<ptrdiff_t>(n));
}

void UsbDevice::read_done(libusb_transfer* transfer) {
  auto& t = *static_cast<Transfer*>(transfer->user_data);
  t.device->received(t);
}

void UsbDevice::received(Transfer& t) {
  t.pending = false;
  if (t.transfer->status != LIBUSB_TRANSFER_COMPLETED) return lose(t.transfer->status);
  const auto n = static_cast<size_t>(t.transfer->actual_length);
  if (in_ && n > status_bytes)
    in_->insert(in_->end(), t.bytes.begin() + status_bytes,
                t.bytes.begin() + static_cast<ptrdiff_t>(n));
  if (lost_.empty()) submit(t);
}

void UsbDevice::write_done(libusb_transfer* transfer) {
  auto& t = *static_cast<Transfer*>(transfer->user_data);
  t.device->written(t);
}

void UsbDevice::written(Transfer& t) {
  t.pending = false;
  if (t.transfer->status != LIBUSB_TRANSFER_COMPLETED) lose(t.transfer->status);
}

void UsbDevice::lose(int status) {
  if (lost_.empty() || status == LIBUSB_TRANSFER_NO_DEVICE) lost_ = "is lost: " + reason_of(status);
}

void UsbDevice::wake() {
  const std::lock_guard lock(wake_mutex_);
  if (ftdi_) libusb_interrupt_event_handler(ftdi_->usb_ctx);
}

// --- close ---------------------------------------------------------------------------------------

void UsbDevice::close() {
  if (!ftdi_) return;
  lost_ = "is closed";
  const auto pending = [this] {
    return write_.pending || std::ranges::any_of(read_, &Transfer::pending);
  };
  for (auto& t : read_)
    if (t.pending) libusb_cancel_transfer(t.transfer);
  if (write_.pending) libusb_cancel_transfer(write_.transfer);
  for (int i = 0; pending() && i < control_patience_ms; ++i) {
    timeval time{0, 1000};
    libusb_handle_events_timeout_completed(ftdi_->usb_ctx, &time, nullptr);
  }
  const bool stuck = pending();  // libusb still holds our buffers: leave them to it
  for (auto* t : {&write_, &read_[0], &read_[1], &read_[2], &read_[3]})
    if (t->transfer && !t->pending) libusb_free_transfer(std::exchange(t->transfer, nullptr));
  auto* old = ftdi_;
  {
    const std::lock_guard lock(wake_mutex_);
    ftdi_ = nullptr;
  }
  ftdi_usb_close(old);
  if (!stuck) ftdi_free(old);
}

}  // namespace understudy::edge
