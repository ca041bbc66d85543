// SPDX-License-Identifier: Apache-2.0
// The contract suite as it runs in the guest: the transports are the product's own, under Debian's
// kernel and its drivers; their far ends are on the host, reached by errands.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "host/edge/transport/usb_bus.hpp"
#include "tests/transport/far_end.hpp"
#include "tests/transport/qemu/errand.hpp"

namespace understudy::test {
namespace {

constexpr int patience_ms = 60'000;
constexpr size_t batch_max = 16 * 1024;

int wire() {
  static const int opened = ::open("/dev/vport0p1", O_RDWR | O_CLOEXEC);
  return opened;
}

Errand go(ErrandKind kind, std::vector<uint8_t> bytes = {}) {
  if (write_errand(wire(), {uint8_t(kind), std::move(bytes)}, patience_ms))
    if (auto answer = read_errand(wire(), patience_ms)) return *answer;
  std::perror("the host does not answer");
  std::_Exit(3);
}

std::vector<uint8_t> bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

/// The guest's kernel takes its time to see a plug.
void wait_until(const std::function<bool()>& so) {
  for (int i = 0; i < patience_ms && !so(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(so()) << "the kernel does not see what was plugged in or out";
}

class GuestEnd : public FarEnd {
 public:
  explicit GuestEnd(std::string uri) : uri_(std::move(uri)) {}
  std::string uri() const override { return uri_; }
  void plug(uint8_t version) override {
    batch_.clear();
    errand(ErrandKind::plug, {version});
    received_.clear();
    wait_until([this] { return there(); });
  }
  void unplug() override {
    flush();
    errand(ErrandKind::unplug);
    wait_until([this] { return gone(); });
  }
  void send(std::span<const uint8_t> bytes) override {
    batch_.push_back(static_cast<uint8_t>(bytes.size()));
    batch_.push_back(static_cast<uint8_t>(bytes.size() >> 8));
    batch_.insert(batch_.end(), bytes.begin(), bytes.end());
    if (batch_.size() > batch_max) flush();
  }
  void pump() override {
    flush();
    errand(ErrandKind::pump);
  }
  void stall(bool on) override {
    flush();
    errand(ErrandKind::stall, {on});
  }
  bool idle() const override { return idle_ && batch_.empty(); }

 protected:
  virtual bool there() const = 0;
  virtual bool gone() const = 0;

 private:
  void flush() {
    if (!batch_.empty()) errand(ErrandKind::send, std::exchange(batch_, {}));
  }
  void errand(ErrandKind kind, std::vector<uint8_t> bytes = {}) {
    const auto answer = go(kind, std::move(bytes));
    idle_ = answer.kind == 1;
    received_.insert(received_.end(), answer.bytes.begin(), answer.bytes.end());
  }

  std::string uri_;
  std::vector<uint8_t> batch_;
  bool idle_ = true;
};

class BridgeEnd final : public GuestEnd {
 public:
  using GuestEnd::GuestEnd;
  ~BridgeEnd() override { unplug(); }
  bool can_stall() const override { return false; }  // QEMU itself would stand still

 private:
  bool there() const override { return std::filesystem::exists("/dev/ttyUSB0"); }  // by ftdi_sio
  bool gone() const override { return edge::usb_bridges().empty(); }
};

class MailboxEnd final : public GuestEnd {
 public:
  MailboxEnd() : GuestEnd("pci:0000:00:10.0") {}
  ~MailboxEnd() override { unplug(); }

 private:
  bool there() const override {
    return std::filesystem::exists("/sys/bus/pci/devices/0000:00:10.0/resource2");
  }
  bool gone() const override { return !there(); }
};

class Report final : public testing::EmptyTestEventListener {
  void OnTestProgramStart(const testing::UnitTest& all) override {
    go(ErrandKind::planned, {static_cast<uint8_t>(all.test_to_run_count())});
  }
  void OnTestPartResult(const testing::TestPartResult& part) override {
    if (!part.failed()) return;
    const auto file = part.file_name() ? std::string(part.file_name()) : "";
    go(ErrandKind::problem,
       bytes_of(file + ":" + std::to_string(part.line_number()) + ": " + part.message()));
  }
  void OnTestEnd(const testing::TestInfo& test) override {
    const auto& r = *test.result();
    const char how = r.Failed() ? 'f' : r.Skipped() ? 's' : 'p';
    go(ErrandKind::result, bytes_of(how + std::string(test.name())));
  }
};

}  // namespace

/// Where machine.cpp plugs them in.
std::vector<EndKind> contract_kinds() {
  return {{"usb", [] { return std::unique_ptr<FarEnd>(new BridgeEnd("usb:serial=UD0001")); }},
          {"tty", [] { return std::unique_ptr<FarEnd>(new BridgeEnd("tty:/dev/ttyUSB0")); }},
          {"pci", [] { return std::unique_ptr<FarEnd>(new MailboxEnd); }}};
}

}  // namespace understudy::test

int main(int argc, char** argv) {
  using namespace understudy::test;
  std::signal(SIGPIPE, SIG_IGN);
  testing::InitGoogleTest(&argc, argv);
  if (wire() < 0) return std::perror("/dev/vport0p1"), 2;
  testing::UnitTest::GetInstance()->listeners().Append(new Report);
  const int failed = RUN_ALL_TESTS();
  go(ErrandKind::ended);
  return failed;
}
