// SPDX-License-Identifier: Apache-2.0
#include "tests/transport/qemu/machine.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "protocol/mailbox.hpp"

namespace understudy::test {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr int patience_ms = 60'000;

/// A socket that QEMU connects to.
int listen_at(const std::string& path) {
  sockaddr_un address{.sun_family = AF_UNIX};
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int s = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::bind(s, reinterpret_cast<sockaddr*>(&address), sizeof address), 0) << path;
  EXPECT_EQ(::listen(s, 1), 0);
  return s;
}

bool comes(int descriptor) {
  pollfd ready{descriptor, POLLIN, 0};
  return ::poll(&ready, 1, patience_ms) == 1;
}

std::vector<std::string> words(const std::string& kind, const TemporaryDirectory& folder) {
  const std::string kernel = UNDERSTUDY_QEMU_KERNEL;
  const auto socket = [&](const char* name, const char* more) {
    return std::string("socket,id=") + name + ",path=" + (folder / name) + more;
  };
  return {"/usr/bin/env", "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display",
          "none", "-no-reboot", "-accel", "tcg", "-cpu", "max", "-m", "512",
          // the console, and how to reach the machine
          "-kernel", kernel + "/vmlinuz", "-initrd", folder / "initramfs", "-append",
          "console=ttyS0 quiet panic=-1 mitigations=off understudy.kind=" + kind, "-serial",
          "file:" + (folder / "console"), "-chardev", socket("control", ""), "-mon",
          "chardev=control,mode=control", "-chardev", socket("errands", ""), "-device",
          "virtio-serial-pci", "-device", "virtserialport,chardev=errands",
          // what devices are plugged into later
          "-device", "piix3-usb-uhci,id=usb", "-chardev", socket("uart", ",server=on,wait=off")};
}

}  // namespace

Machine::Machine(const std::string& kind) {
  if (!start(kind) && trouble_.empty())
    trouble_ = "the machine does not start: " + (qemu_ ? qemu_->last_words() : "");
}

Machine::~Machine() {
  if (control_ >= 0) ::close(control_);
  if (errands_ >= 0) ::close(errands_);
}

bool Machine::start(const std::string& kind) {
  if (!std::filesystem::exists(UNDERSTUDY_QEMU_KERNEL "/vmlinuz")) {
    trouble_ =
        "no kernel in " UNDERSTUDY_QEMU_KERNEL ": `./dev test transports --long` fetches Debian's";
    return false;
  }
  auto packed = demo::Child::start({.name = "initramfs",
                                    .arguments = {UNDERSTUDY_INITRAMFS, UNDERSTUDY_QEMU_KERNEL,
                                                  UNDERSTUDY_CONTRACT, folder_ / "initramfs"},
                                    .log = folder_ / "initramfs.log"});
  if (!packed || packed->wait(60s) != 0) {
    trouble_ = packed ? packed->last_words() : packed.error().text;
    return false;
  }
  std::ofstream(memory()).close();
  std::filesystem::resize_file(memory(), protocol::mailbox::bar_bytes);
  const int control = listen_at(folder_ / "control"), errands = listen_at(folder_ / "errands");
  auto child = demo::Child::start({.name = "qemu-system-x86_64",
                                   .arguments = words(kind, folder_),
                                   .log = folder_ / "qemu.log"});
  if (child) qemu_ = std::move(*child);
  const bool met = child && meet(control, errands);
  ::close(control), ::close(errands);
  return met;
}

bool Machine::meet(int control_listener, int errand_listener) {
  if (!comes(control_listener)) return false;
  control_ = ::accept4(control_listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (!comes(errand_listener)) return false;
  errands_ = ::accept4(errand_listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (!line().contains("QMP")) return false;
  command("qmp_capabilities");
  return true;
}

bool Machine::running() {
  return !qemu_->wait(0ms);
}

json Machine::line() {
  while (input_.find('\n') == input_.npos) {
    std::array<char, 4096> part{};
    const ssize_t n = comes(control_) ? ::read(control_, part.data(), part.size()) : -1;
    if (n <= 0) return {};
    input_.append(part.data(), static_cast<size_t>(n));
  }
  const auto end = input_.find('\n');
  auto out = json::parse(input_.substr(0, end), nullptr, false);
  input_.erase(0, end + 1);
  return out;
}

void Machine::command(const char* name, const json& arguments) {
  const auto text = json{{"execute", name}, {"arguments", arguments}}.dump() + "\n";
  ASSERT_EQ(::write(control_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  for (json answer = line();; answer = line()) {
    if (answer.contains("return")) return;
    ASSERT_TRUE(answer.contains("event")) << name << ": " << answer;
  }
}

void Machine::plug_bridge() {
  command("device_add", {{"driver", "usb-serial"},
                         {"id", "bridge"},
                         {"bus", "usb.0"},
                         {"chardev", "uart"},
                         {"serial", "UD0001"}});
}

/// With a backend of its own each time: QEMU 7.2 stops when one is used again.
void Machine::plug_memory() {
  const auto backend = "memory" + std::to_string(++backends_);
  command("object-add", {{"qom-type", "memory-backend-file"},
                         {"id", backend},
                         {"share", true},
                         {"size", protocol::mailbox::bar_bytes},
                         {"mem-path", memory()}});
  command("device_add", {{"driver", "ivshmem-plain"},
                         {"id", "mailbox"},
                         {"bus", "pci.0"},
                         {"addr", "10"},
                         {"memdev", backend}});
}

void Machine::unplug(const std::string& device) {
  const auto text = json{{"execute", "device_del"}, {"arguments", {{"id", device}}}}.dump() + "\n";
  ASSERT_EQ(::write(control_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  for (bool gone = false, said = false; !gone || !said;) {
    const auto word = line();
    ASSERT_TRUE(word.contains("event") || word.contains("return")) << word;
    said |= word.contains("return");
    gone |=
        word.value("event", "") == "DEVICE_DELETED" && word["data"].value("device", "") == device;
  }
}

}  // namespace understudy::test
