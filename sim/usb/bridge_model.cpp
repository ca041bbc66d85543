// SPDX-License-Identifier: Apache-2.0
#include "sim/usb/bridge_model.hpp"

#include <linux/usbdevice_fs.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace understudy::sim {
namespace {

constexpr size_t uart_buffer = 4096;  // FT2232H has 4 KiB each way, FT231X 512 bytes
constexpr int reap_patience_ms = 1;
constexpr uint8_t status[2] = {0x01, 0x60};  // of a healthy line: transmitter empty
constexpr uint8_t to_host = 0x80;

enum FtdiRequest : uint8_t { set_baud_rate = 3, set_latency = 9, get_latency = 10 };

usbdevfs_urb& urb_of(UMockdevIoctlData* data) {
  return *reinterpret_cast<usbdevfs_urb*>(data->data);
}

/// What the request points at; null: the program was killed in the middle of it, and it is over.
UMockdevIoctlData* argument(UMockdevIoctlClient* client, gsize bytes) {
  auto* data =
      umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client), 0, bytes, nullptr);
  if (!data) umockdev_ioctl_client_complete(client, -1, EFAULT);
  return data;
}

void put16(std::vector<uint8_t>& out, uint16_t v) {
  out.push_back(static_cast<uint8_t>(v)), out.push_back(static_cast<uint8_t>(v >> 8));
}

void set_bytes(UMockdevIoctlData* data, size_t offset, const void* from, size_t n) {
  std::vector<uint8_t> copy(n);
  std::memcpy(copy.data(), from, n);
  umockdev_ioctl_data_update(data, offset, copy.data(), static_cast<gint>(n));
}

constexpr BridgeKind kinds[] = {{"ft2232h", 0x6010, 0x0700, 2, 512, 1, "480"},
                                {"ft231x", 0x6015, 0x1000, 1, 64, 0, "12"},
                                // no FTDI chip, but it says so
                                {"wide", 0x6010, 0x0700, 2, 4096, 1, "480"}};

}  // namespace

const BridgeKind* bridge_kind(const std::string& name) {
  const auto* it = std::ranges::find(kinds, name, &BridgeKind::name);
  return it == std::end(kinds) ? nullptr : it;
}

std::vector<uint8_t> descriptors(const BridgeKind& kind) {
  std::vector<uint8_t> d{18, 1, 0x00, 0x02, 0, 0, 0, 64};
  put16(d, 0x0403), put16(d, kind.product), put16(d, kind.release);
  d.insert(d.end(), {1, 2, 3, 1});
  d.insert(d.end(), {9, 2});
  put16(d, static_cast<uint16_t>(9 + kind.interfaces * (9 + 7 + 7)));
  d.insert(d.end(), {kind.interfaces, 1, 0, 0x80, 250});
  for (uint8_t i = 0; i < kind.interfaces; ++i) {
    d.insert(d.end(), {9, 4, i, 0, 2, 0xFF, 0xFF, 0xFF, 2});
    d.insert(d.end(), {7, 5, static_cast<uint8_t>(0x81 + 2 * i), 2});
    put16(d, kind.packet), d.push_back(0);
    d.insert(d.end(), {7, 5, static_cast<uint8_t>(0x02 + 2 * i), 2});
    put16(d, kind.packet), d.push_back(0);
  }
  return d;
}

// --- ioctls --------------------------------------------------------------------------------------

bool BridgeModel::handle(UMockdevIoctlClient* client) {
  const gulong request = umockdev_ioctl_client_get_request(client);
  Session& s = sessions_[client];
  if (gone_ && request != USBDEVFS_REAPURBNDELAY && request != USBDEVFS_REAPURB)
    return umockdev_ioctl_client_complete(client, -1, ENODEV), true;
  switch (request) {
    case USBDEVFS_GET_CAPABILITIES: {
      auto* data = argument(client, 4);
      if (!data) return true;
      const uint32_t capabilities = USBDEVFS_CAP_ZERO_PACKET | USBDEVFS_CAP_BULK_CONTINUATION |
                                    USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
      set_bytes(data, 0, &capabilities, sizeof capabilities);
      umockdev_ioctl_data_unref(data);
      umockdev_ioctl_client_complete(client, 0, 0);
      return true;
    }
    case USBDEVFS_GETDRIVER:
    case USBDEVFS_IOCTL:
      umockdev_ioctl_client_complete(client, -1, ENODATA);  // no kernel driver holds it
      return true;
    case USBDEVFS_CLAIMINTERFACE:
      return claim(client, s, true), true;
    case USBDEVFS_RELEASEINTERFACE:
      return claim(client, s, false), true;
    case USBDEVFS_SETCONFIGURATION:
    case USBDEVFS_SETINTERFACE:
    case USBDEVFS_CLEAR_HALT:
    case USBDEVFS_RESET:
      umockdev_ioctl_client_complete(client, 0, 0);
      return true;
    case USBDEVFS_SUBMITURB:
      return submit(client, s), true;
    case USBDEVFS_DISCARDURB:
      return discard(client, s), true;
    case USBDEVFS_REAPURB:
    case USBDEVFS_REAPURBNDELAY:
      return reap(client, s), true;
    default:
      umockdev_ioctl_client_complete(client, -1, ENOTTY);
      return true;
  }
}

void BridgeModel::claim(UMockdevIoctlClient* client, Session& s, bool on) {
  auto* data = argument(client, 4);
  if (!data) return;
  uint32_t number = 0;
  std::memcpy(&number, data->data, sizeof number);
  umockdev_ioctl_data_unref(data);
  const bool taken = std::ranges::any_of(sessions_, [&](auto& other) {
    return &other.second != &s && other.second.claimed == number;
  });
  if (on && taken) return umockdev_ioctl_client_complete(client, -1, EBUSY);
  s.claimed = on ? std::optional(number) : std::nullopt;
  umockdev_ioctl_client_complete(client, 0, 0);
}

void BridgeModel::submit(UMockdevIoctlClient* client, Session& s) {
  auto* data = argument(client, sizeof(usbdevfs_urb));
  if (!data) return;
  const int length = urb_of(data).buffer_length;
  auto* buffer = length == 0 ? nullptr
                             : umockdev_ioctl_data_resolve(data, offsetof(usbdevfs_urb, buffer),
                                                           static_cast<gsize>(length), nullptr);
  if (length != 0 && !buffer) {
    umockdev_ioctl_data_unref(data);
    return umockdev_ioctl_client_complete(client, -1, EFAULT);
  }
  Urb urb{data, buffer};
  umockdev_ioctl_client_complete(client, 0, 0);
  const auto& head = urb_of(data);
  if (head.type == USBDEVFS_URB_TYPE_CONTROL) {
    std::vector<uint8_t> answer;
    const int result = control(head, answer);
    finish(s, urb, result < 0 ? result : 0, answer, std::max(result, 0));
  } else {
    s.waiting.push_back(urb);
    serve_bulk(false);
  }
}

void BridgeModel::discard(UMockdevIoctlClient* client, Session& s) {
  gulong which = 0;
  std::memcpy(&which, umockdev_ioctl_client_get_arg(client)->data, sizeof which);
  const auto it =
      std::ranges::find_if(s.waiting, [&](const Urb& u) { return u.data->client_addr == which; });
  if (it == s.waiting.end()) return umockdev_ioctl_client_complete(client, -1, EINVAL);
  const Urb urb = *it;
  s.waiting.erase(it);
  umockdev_ioctl_client_complete(client, 0, 0);
  finish(s, urb, -ENOENT, {}, 0);
}

/// A kernel answers at once and poll() tells when to ask again. A modelled node is a plain file,
/// always ready: without a pause here libusb would spin.
void BridgeModel::reap(UMockdevIoctlClient* client, Session& s) {
  auto* where = argument(client, sizeof(void*));
  if (!where) return;
  s.reaper = UMOCKDEV_IOCTL_CLIENT(g_object_ref(client));
  s.reap = where;
  // not behind one that was there: libusb asks up to 25 times in a row before it does anything else
  s.reaper_patience = s.reaped ? -1 : reap_patience_ms;
  hand_over(s);
}

void BridgeModel::hand_over(Session& s) {
  if (!s.reaper) return;
  auto* client = s.reaper;
  if (!s.done.empty()) {
    Urb urb = s.done.front();
    s.done.pop_front();
    umockdev_ioctl_data_set_ptr(s.reap, 0, urb.data);
    s.reaper = nullptr;
    s.reaped = true;
    umockdev_ioctl_client_complete(client, 0, 0);
    release(urb);
  } else if (gone_ || s.reaper_patience < 0) {
    s.reaper = nullptr;
    s.reaped = false;
    umockdev_ioctl_client_complete(client, -1, gone_ ? ENODEV : EAGAIN);
  } else {
    return;
  }
  umockdev_ioctl_data_unref(s.reap);
  s.reap = nullptr;
  g_object_unref(client);
}

void BridgeModel::finish(Session& s, Urb urb, int result, const std::vector<uint8_t>& bytes,
                         int actual) {
  if (urb.buffer && !bytes.empty()) set_bytes(urb.buffer, 0, bytes.data(), bytes.size());
  set_bytes(urb.data, offsetof(usbdevfs_urb, status), &result, sizeof result);
  set_bytes(urb.data, offsetof(usbdevfs_urb, actual_length), &actual, sizeof actual);
  s.done.push_back(urb);
  hand_over(s);
}

void BridgeModel::release(Urb& urb) {
  if (urb.buffer) umockdev_ioctl_data_unref(urb.buffer);
  umockdev_ioctl_data_unref(urb.data);
}

void BridgeModel::vanished(UMockdevIoctlClient* client) {
  const auto it = sessions_.find(client);
  if (it == sessions_.end()) return;
  for (auto* list : {&it->second.waiting, &it->second.done})
    for (auto& urb : *list) release(urb);
  if (it->second.reaper) g_object_unref(it->second.reaper);
  sessions_.erase(it);
}

// --- the chip ------------------------------------------------------------------------------------

/// Returns the bytes moved, or a negative errno. The setup packet stands before the data.
int BridgeModel::control(const usbdevfs_urb& urb, std::vector<uint8_t>& answer) {
  const auto* setup = static_cast<const uint8_t*>(urb.buffer);
  if (urb.buffer_length < 8) return -EINVAL;
  const auto word = [&](int at) { return static_cast<uint16_t>(setup[at] | setup[at + 1] << 8); };
  const uint16_t value = word(2), index = word(4);
  if ((setup[0] & 0x60) != 0x40) return -EPIPE;  // FTDI's requests are vendor requests
  switch (setup[1]) {
    case set_baud_rate:
      set_baud(value, index);
      return 0;
    case set_latency:
      if (value == 0 || value > 255) return -EPIPE;
      latency_ = static_cast<uint8_t>(value);
      return 0;
    case get_latency:
      answer.assign(setup, setup + 8);
      answer.push_back(latency_);
      return 1;
    case 0:   // reset, purge
    case 1:   // modem control
    case 2:   // flow control
    case 4:   // data bits, parity, stop bits
    case 11:  // bit mode
      return 0;
    default:
      return -EPIPE;
  }
}

void BridgeModel::set_baud(uint16_t value, uint16_t index) {
  const bool many = kind_.interfaces > 1;  // then the low byte of the index is the UART
  const uint16_t high = many ? static_cast<uint16_t>(index >> 8) : index;
  static constexpr uint32_t eighths[] = {0, 4, 2, 1, 3, 5, 6, 7};
  const uint32_t code = static_cast<uint32_t>(value >> 14) | (high & 1u) << 2;
  uint32_t divisor = (value & 0x3FFFu) * 8 + eighths[code];
  const uint32_t base = (high & 2) ? 12'000'000 : 3'000'000;
  if (divisor == 0) divisor = 8;
  baud_ = static_cast<uint32_t>(uint64_t{base} * 8 / divisor);
}

void BridgeModel::millisecond() {
  if (++elapsed_ >= latency_) elapsed_ = 0, serve_bulk(true);
  for (auto& [client, s] : sessions_)
    if (s.reaper && --s.reaper_patience < 0) hand_over(s);
}

bool BridgeModel::opened() const {
  return std::ranges::any_of(sessions_, [](auto& s) { return s.second.claimed.has_value(); });
}

size_t BridgeModel::room() const {
  return gone_ ? uart_buffer : uart_buffer - std::min(uart_buffer, from_uart_.size());
}

void BridgeModel::from_uart(const std::vector<uint8_t>& bytes) {
  if (gone_) return;  // no power
  from_uart_.insert(from_uart_.end(), bytes.begin(), bytes.end());
  serve_bulk(false);
}

std::vector<uint8_t> BridgeModel::to_uart() {
  return std::exchange(to_uart_, {});
}

void BridgeModel::serve_bulk(bool timer) {
  for (auto& [client, s] : sessions_) {
    while (serve_out(s)) {
    }
    while (serve_in(s, timer)) timer = false;
  }
}

/// A packet goes when it is full; a short one, or one of status bytes alone, when the timer ends.
bool BridgeModel::serve_in(Session& s, bool timer) {
  const size_t most = kind_.packet - sizeof status;
  const auto linked = static_cast<uint8_t>(0x81 + 2 * kind_.linked);
  for (auto it = s.waiting.begin(); it != s.waiting.end(); ++it) {
    const auto& head = urb_of(it->data);
    if (!(head.endpoint & to_host)) continue;
    const bool here = head.endpoint == linked;
    if (!timer && !(here && from_uart_.size() >= most)) continue;
    std::vector<uint8_t> bytes(status, status + sizeof status);
    const size_t n = here ? std::min(from_uart_.size(), most) : 0;
    bytes.insert(bytes.end(), from_uart_.begin(), from_uart_.begin() + static_cast<ptrdiff_t>(n));
    from_uart_.erase(from_uart_.begin(), from_uart_.begin() + static_cast<ptrdiff_t>(n));
    const Urb urb = *it;
    s.waiting.erase(it);
    finish(s, urb, 0, bytes, static_cast<int>(bytes.size()));
    return true;
  }
  return false;
}

bool BridgeModel::serve_out(Session& s) {
  if (stalled_) return false;
  const auto linked = static_cast<uint8_t>(0x02 + 2 * kind_.linked);
  for (auto it = s.waiting.begin(); it != s.waiting.end(); ++it) {
    const auto& head = urb_of(it->data);
    if (head.endpoint & to_host) continue;
    const auto* bytes = static_cast<const uint8_t*>(head.buffer);
    if (head.endpoint == linked && bytes)
      to_uart_.insert(to_uart_.end(), bytes, bytes + head.buffer_length);
    const Urb urb = *it;
    const int n = head.buffer_length;
    s.waiting.erase(it);
    finish(s, urb, 0, {}, n);
    return true;
  }
  return false;
}

void BridgeModel::unplug() {
  gone_ = true;
  from_uart_.clear();
  to_uart_.clear();
  for (auto& [client, s] : sessions_) {
    while (!s.waiting.empty()) {
      const Urb urb = s.waiting.front();
      s.waiting.pop_front();
      finish(s, urb, -ESHUTDOWN, {}, 0);
    }
    hand_over(s);
  }
}

}  // namespace understudy::sim
