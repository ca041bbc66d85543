// SPDX-License-Identifier: Apache-2.0
// `understudy-usb-bus DIRECTORY`: a bus of modelled devices for programs that run beside it under
// umockdev-wrapper with UMOCKDEV_DIR set to the directory that it prints first. A line a command on
// stdin, each answered by a line:
//   plug PLACE ft2232h|ft231x|wide SERIAL   its UART is the socket DIRECTORY/PLACE
//   unplug PLACE     stall PLACE on|off     state PLACE
//   appliance PLACE SOCKET SLOWER      the virtual appliance's link is its UART's far end instead;
//                                      its time, and the bus', goes at most 1/SLOWER as fast
//                                      as the wall's
//   pci SLOT         its BAR 2 is the file that is answered
//   unpci SLOT
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <umockdev.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>

#include "protocol/mailbox.hpp"
#include "sim/usb/appliance_uart.hpp"
#include "sim/usb/bridge_model.hpp"

namespace {

using namespace understudy;

struct Socket {  // a UART's far end
  int listener = -1, client = -1;
  ~Socket() {
    if (client >= 0) ::close(client);
    if (listener >= 0) ::close(listener);
  }
};

struct Plugged {
  explicit Plugged(const sim::BridgeKind& kind) : model(kind) {}
  sim::BridgeModel model;
  std::string device, node;
  UMockdevIoctlBase* handler = nullptr;
};

class Bus {
 public:
  explicit Bus(std::string directory)
      : directory_(std::move(directory)), testbed_(umockdev_testbed_new()) {
    answer("root " + take(umockdev_testbed_get_root_dir(testbed_)));
  }
  ~Bus() { g_object_unref(testbed_); }

  int run();

 private:
  static std::string take(gchar* text) {
    std::string out = text ? text : "";
    g_free(text);
    return out;
  }
  static void answer(const std::string& line) { std::cout << line << std::endl; }
  bool commands();
  void command(const std::string& line);
  std::string plug(const std::string& place, const std::string& kind, const std::string& serial);
  std::string unplug(const std::string& place);
  std::string pci(const std::string& slot);
  void listen(const std::string& place);
  static void serve_uart(Socket& uart, Plugged* bridge);
  Plugged* bridge_at(const std::string& place) const;

  static gboolean on_ioctl(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer bus);
  static void on_vanished(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer bus);
  Plugged* find(UMockdevIoctlClient* client);

  std::string directory_, input_;
  UMockdevTestbed* testbed_;
  std::mutex mutex_;  // umockdev's thread brings ioctls
  std::map<std::string, std::unique_ptr<Plugged>> plugged_;
  std::vector<std::unique_ptr<Plugged>> gone_;  // still opened by somebody
  std::map<std::string, Socket> uarts_;         // they outlive the cable
  std::map<std::string, sim::ApplianceUart> appliances_;
  std::map<std::string, std::string> slots_;
  uint32_t next_address_ = 2;
  std::chrono::milliseconds millisecond_{1};  // of the bus, in wall time
};

Plugged* Bus::find(UMockdevIoctlClient* client) {
  const std::string node = umockdev_ioctl_client_get_devnode(client);
  for (auto& [place, bridge] : plugged_)
    if (bridge->node == node) return bridge.get();
  for (auto& bridge : gone_)
    if (bridge->node == node) return bridge.get();
  return nullptr;
}

gboolean Bus::on_ioctl(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer bus) {
  auto& self = *static_cast<Bus*>(bus);
  const std::lock_guard lock(self.mutex_);
  auto* bridge = self.find(client);
  return bridge && bridge->model.handle(client);
}

void Bus::on_vanished(UMockdevIoctlBase*, UMockdevIoctlClient* client, gpointer bus) {
  auto& self = *static_cast<Bus*>(bus);
  const std::lock_guard lock(self.mutex_);
  if (auto* bridge = self.find(client)) bridge->model.vanished(client);
}

std::string Bus::plug(const std::string& place, const std::string& name,
                      const std::string& serial) {
  const auto* kind = sim::bridge_kind(name);
  if (!kind) return "error no such bridge";
  if (plugged_.contains(place)) return "error there is one";
  auto bridge = std::make_unique<Plugged>(*kind);
  const uint32_t address = next_address_++;
  bridge->node = fmt::format("/dev/bus/usb/001/{:03}", address);
  const auto hex = [](uint32_t v) { return fmt::format("{:04x}", v); };
  const std::string vendor = "0403", product = hex(kind->product), release = hex(kind->release),
                    number = std::to_string(address);
  bridge->device = take(umockdev_testbed_add_device(
      testbed_, "usb", place.c_str(), nullptr,
      // attributes
      "idVendor", vendor.c_str(), "idProduct", product.c_str(), "bcdDevice", release.c_str(),
      "busnum", "1", "devnum", number.c_str(), "speed", kind->speed, "bConfigurationValue", "1",
      "serial", serial.c_str(), "product", kind->name, nullptr,
      // properties
      "BUSNUM", "001", "DEVNUM", fmt::format("{:03}", address).c_str(), "DEVTYPE", "usb_device",
      "DEVNAME", bridge->node.c_str(), nullptr));
  auto bytes = sim::descriptors(*kind);
  umockdev_testbed_set_attribute_binary(testbed_, bridge->device.c_str(), "descriptors",
                                        bytes.data(), static_cast<gint>(bytes.size()));
  bridge->handler = umockdev_ioctl_base_new();
  g_signal_connect(bridge->handler, "handle-ioctl", G_CALLBACK(on_ioctl), this);
  g_signal_connect(bridge->handler, "client-vanished", G_CALLBACK(on_vanished), this);
  auto* handler = bridge->handler;
  const std::string node = bridge->node;
  if (!uarts_.contains(place)) listen(place);
  {
    const std::lock_guard lock(mutex_);
    plugged_[place] = std::move(bridge);
  }
  GError* error = nullptr;
  if (!umockdev_testbed_attach_ioctl(testbed_, node.c_str(), handler, &error))
    return std::string("error ") + error->message;
  // now somebody may open it: umockdev ends a program that finds a node without its ioctls
  const std::filesystem::path file = take(umockdev_testbed_get_root_dir(testbed_)) + node;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file).close();
  // no uevent: umockdev aborts when one who listens closes in that moment, and libusb looks through
  // the bus itself whenever it begins
  return "ok";
}

std::string Bus::unplug(const std::string& place) {
  std::string device, node;
  {
    const std::lock_guard lock(mutex_);
    const auto it = plugged_.find(place);
    if (it == plugged_.end()) return "error nothing there";
    it->second->model.unplug();
    device = it->second->device, node = it->second->node;
    gone_.push_back(std::move(it->second));
    plugged_.erase(it);
  }
  std::error_code code;
  std::filesystem::remove(take(umockdev_testbed_get_root_dir(testbed_)) + node, code);
  umockdev_testbed_remove_device(testbed_, device.c_str());
  return "ok";
}

std::string Bus::pci(const std::string& slot) {
  slots_[slot] = take(umockdev_testbed_add_device(
      testbed_, "pci", slot.c_str(), nullptr, "vendor", "0x10ee", "device", "0x7024",
      "subsystem_vendor", "0x10ee", "subsystem_device", "0x5544", "class", "0xff0000", "enable",
      "0", nullptr, "PCI_SLOT_NAME", slot.c_str(), nullptr));
  std::vector<uint8_t> bar(protocol::mailbox::bar_bytes, 0xFF);
  umockdev_testbed_set_attribute_binary(testbed_, slots_[slot].c_str(), "resource2", bar.data(),
                                        static_cast<gint>(bar.size()));
  return "ok " + take(umockdev_testbed_get_root_dir(testbed_)) + slots_[slot] + "/resource2";
}

void Bus::listen(const std::string& place) {
  sockaddr_un address{.sun_family = AF_UNIX};
  const auto path = directory_ + "/" + place;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  Socket& uart = uarts_[place];
  uart.listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (::bind(uart.listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(uart.listener, 1) != 0)
    std::cerr << "understudy-usb-bus: cannot listen on " << path << ": " << std::strerror(errno)
              << "\n";
}

Plugged* Bus::bridge_at(const std::string& place) const {
  const auto it = plugged_.find(place);
  return it == plugged_.end() ? nullptr : it->second.get();
}

void Bus::serve_uart(Socket& uart, Plugged* bridge) {
  if (uart.client < 0) uart.client = ::accept4(uart.listener, nullptr, nullptr, SOCK_NONBLOCK);
  if (uart.client < 0) return;
  const size_t room = bridge ? bridge->model.room() : 4096;
  std::vector<uint8_t> bytes(room);
  const ssize_t n = room ? ::read(uart.client, bytes.data(), bytes.size()) : -1;
  if (room && (n == 0 || (n < 0 && errno != EAGAIN))) {
    ::close(std::exchange(uart.client, -1));
    return;
  }
  if (!bridge) return;
  if (n > 0) bytes.resize(static_cast<size_t>(n)), bridge->model.from_uart(bytes);
  const auto out = bridge->model.to_uart();
  if (!out.empty()) [[maybe_unused]]
    const auto written = ::send(uart.client, out.data(), out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool Bus::commands() {
  char part[4096];
  const ssize_t n = ::read(0, part, sizeof part);
  if (n <= 0) return false;
  input_.append(part, static_cast<size_t>(n));
  for (size_t end; (end = input_.find('\n')) != input_.npos; input_.erase(0, end + 1))
    command(input_.substr(0, end));
  return true;
}

void Bus::command(const std::string& line) {
  std::istringstream words(line);
  std::string what, place, first, second;
  words >> what >> place >> first >> second;
  if (what == "plug") return answer(plug(place, first, second));
  if (what == "unplug") return answer(unplug(place));
  if (what == "pci") return answer(pci(place));
  if (what == "unpci") {
    umockdev_testbed_remove_device(testbed_, slots_[place].c_str());
    return answer("ok");
  }
  if (what == "appliance") {
    const auto slower =
        std::max(1u, static_cast<uint32_t>(std::strtoul(second.c_str(), nullptr, 10)));
    const auto& uart = appliances_.try_emplace(place, first, slower).first->second;
    millisecond_ = std::chrono::milliseconds(slower);
    return answer(uart.descriptor() < 0 ? "error nobody listens there" : "ok");
  }
  const std::lock_guard lock(mutex_);
  const auto it = plugged_.find(place);
  if (it == plugged_.end()) return answer("error nothing there");
  if (what == "stall") return it->second->model.stall(first == "on"), answer("ok");
  if (what == "state")
    return answer(fmt::format("ok latency {} baud {}", it->second->model.latency(),
                              it->second->model.baud()));
  answer("error unknown command");
}

int Bus::run() {
  using namespace std::chrono;
  auto next = steady_clock::now();
  while (true) {
    std::vector<pollfd> polls{{0, POLLIN, 0}};
    auto until = next;
    for (auto& [place, uart] : uarts_) {
      const auto* bridge = bridge_at(place);
      const bool room = !bridge || bridge->model.room() > 0;
      polls.push_back({uart.client < 0 ? uart.listener : uart.client,
                       static_cast<short>(room ? POLLIN : 0), 0});
    }
    for (auto& [place, uart] : appliances_) {
      const auto* bridge = bridge_at(place);
      if (uart.listens(bridge ? &bridge->model : nullptr))
        polls.push_back({uart.descriptor(), POLLIN, 0});
      until = std::min(until, uart.deadline().value_or(until));
    }
    const auto left = duration_cast<nanoseconds>(until - steady_clock::now()).count();
    const timespec wait{0, std::max<long>(left, 0)};
    ::ppoll(polls.data(), polls.size(), &wait, nullptr);
    if (polls[0].revents && !commands()) return 0;
    const std::lock_guard lock(mutex_);
    if (steady_clock::now() >= next) {
      next = std::max(next + millisecond_, steady_clock::now() - 10 * millisecond_);
      for (auto& [place, bridge] : plugged_) bridge->model.millisecond();
      for (auto& bridge : gone_) bridge->model.millisecond();
    }
    for (auto& [place, uart] : uarts_) serve_uart(uart, bridge_at(place));
    for (auto& [place, uart] : appliances_) {
      auto* bridge = bridge_at(place);
      uart.serve(bridge ? &bridge->model : nullptr, steady_clock::now());
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "understudy-usb-bus: say the directory for the UARTs' sockets\n";
    return 2;
  }
  const char* preload = std::getenv("LD_PRELOAD");
  if (!preload || !std::strstr(preload, "umockdev")) {
    std::cerr << "understudy-usb-bus: run it under umockdev-wrapper\n";
    return 3;
  }
  // whose thread answers every ioctl of a daemon that may run in real time; refused, it is slower
  [[maybe_unused]] const int refused = ::setpriority(PRIO_PROCESS, 0, -15);
  return Bus(argv[1]).run();
}
