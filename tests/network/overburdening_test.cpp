// SPDX-License-Identifier: Apache-2.0
// A primary that carries too much hands over by itself (TC-20): its delivery gets too little of the
// processor, says how late it is, and the daemon has the gate switch. The download goes on at the
// other server as after an operator's switch: nothing is lost, and only what was on its way from
// the first when the second asked the client can come twice.
#include <gtest/gtest.h>

#include <optional>

#include "sim/network/outcome.hpp"
#include "sim/network/stage.hpp"
#include "sim/network/throttle.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;

constexpr auto limits =
    "[overburdening]\nlateness_ms = 40\nhold_ms = 600\nrest_ms = 2000\nserve_ms = 1000\n";
constexpr uint64_t object_bytes = 24 << 20;
constexpr uint64_t window = 128 << 10;  // the client's, as the stage sets it

struct Download {
  explicit Download(Stage& stage) : stage_(stage) {
    stage.at_client([&] { ear.emplace("eth0", service_address); });  // before the first packet
    curl_.emplace(stage.start_at_client(
        {"/usr/bin/curl", "-sS", "--max-time", "60", "-o", stage.folder() / "download", "-w",
         "\n%{http_code} %{num_connects}\n", "http://" + std::string(service_address) + "/object"},
        "curl.log"));
  }
  void until(const std::string& otherwise, const std::function<bool()>& so) {
    stage_.wait(otherwise, [&] { return ear->collect(), so(); }, 60s);
  }
  bool over() { return curl_->wait(0ms).has_value(); }
  std::optional<int> exit() const { return curl_->status(); }
  std::string says() const { return curl_->last_words(1); }
  std::optional<ClientEar> ear;

 private:
  Stage& stage_;
  std::optional<demo::Child> curl_;
};

TEST(Overburdening, a_late_primary_hands_its_download_over_by_itself) {
  Stage stage({.programs = UNDERSTUDY_PROGRAMS, .rate_mib = 8, .sections = limits}, object_bytes);
  Download download(stage);
  download.until("the download does not begin",
                 [&] { return download.ear->bytes() > object_bytes / 8; });
  const size_t first = stage.on_air(), second = 1 - first;
  ASSERT_LT(first, 2u);
  const auto burden = [&](size_t who) { return stage.status(who)["burden"]; };
  EXPECT_EQ(burden(first)["handed_over"], 0) << "without a load nobody hands over";

  const Throttle throttle(stage.delivery(first));
  download.until("the first does not hand over", [&] { return stage.on_air() == second; });
  EXPECT_FALSE(download.over());
  EXPECT_LT(download.ear->bytes(), object_bytes);
  download.until("the download does not end", [&] { return download.over(); });
  download.ear->collect();

  EXPECT_EQ(download.exit(), 0);
  EXPECT_NE(download.says().find(" 200 1\n"), std::string::npos) << download.says();
  EXPECT_EQ(shell("cmp " + stage.object() + " " + (stage.folder() / "download")), 0);
  const auto stream = stream_of(download.ear->heard());
  EXPECT_EQ(download.ear->missed(), 0u);
  EXPECT_EQ(stream.resets, 0u);
  EXPECT_EQ(stream.opened, 1u);
  EXPECT_EQ(stream.speakers, (std::vector{stage.mac(first), stage.mac(second)}));
  const uint64_t twice = download.ear->bytes() - object_bytes;  // and one response's head
  std::printf("  %llu bytes came beside the object (the response's head, the probe)\n",
              static_cast<unsigned long long>(twice));
  EXPECT_LT(twice, window) << "more came twice than could be on its way";

  EXPECT_EQ(burden(first)["handed_over"], 1);
  EXPECT_TRUE(burden(first)["burdened"]);
  const auto why = burden(first).value("last", "");
  EXPECT_TRUE(why.starts_with("lateness ") && why.contains("at or over 40.0 ms")) << why;
  EXPECT_NE(stage.events(first).find(R"("what":"handed over")"), std::string::npos);
  EXPECT_EQ(stage.on_air(), second) << "it does not go back to who is still late";
  if (HasFailure()) std::printf("%s%s", stage.logs().c_str(), stage.events(first).c_str());
}

}  // namespace
}  // namespace understudy::network
