// SPDX-License-Identifier: Apache-2.0
// A primary that carries too much hands over by itself (TC-20): its delivery gets too little of the
// processor, says how late it is, and the daemon has the gate switch. The download goes on at the
// other server as after an operator's switch: nothing is lost, and only what was on its way from
// the first when the second asked the client can come twice.
#include <gtest/gtest.h>

#include <memory>

#include "sim/network/client_ear.hpp"
#include "sim/network/download.hpp"
#include "sim/network/throttle.hpp"

namespace understudy::network {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t object_bytes = 24 << 20;
constexpr uint64_t window = 128 << 10;  // the client's, as the stage sets it

/// The download, and what its network card hears.
struct Downloading {
  explicit Downloading(Stage& from) : stage(from), ear(ear_of(from)), curl(from, 8, 60) {}
  static std::unique_ptr<ClientEar> ear_of(const Stage& stage) {
    std::unique_ptr<ClientEar> out;
    stage.at_client([&] { out = std::make_unique<ClientEar>("eth0", stage.service().text); });
    return out;
  }
  void until(const std::string& otherwise, const std::function<bool()>& so) {
    stage.wait(
        otherwise,
        [&] {
          ear->collect();
          curl.collect(ear->heard());
          return so();
        },
        60s);
  }
  bool over() { return curl.over(); }
  /// Those that came twice included.
  uint64_t all_bytes() const {
    uint64_t out = 0;
    for (const auto& h : ear->heard()) out += h.to_service ? 0 : h.bytes;
    return out;
  }
  Stage& stage;
  std::unique_ptr<ClientEar> ear;  // hears the download from its first packet
  Download curl;
};

TEST(Overburdening, a_late_primary_hands_its_download_over_by_itself) {
  Stage stage({.programs = UNDERSTUDY_PROGRAMS,
               .material = {object_bytes, 1},
               .rate_mib = 8,
               .sections = overload_sections});
  Downloading download(stage);
  download.until("the download does not begin",
                 [&] { return download.curl.bytes() > object_bytes / 8; });
  const size_t first = stage.on_air(), second = 1 - first;
  ASSERT_LT(first, 2u);
  const auto burden = [&](size_t who) { return stage.status(who)["burden"]; };
  EXPECT_EQ(burden(first)["handed_over"], 0) << "without a load nobody hands over";

  const Throttle throttle(stage.delivery(first));
  download.until("the first does not hand over", [&] { return stage.on_air() == second; });
  EXPECT_FALSE(download.over());
  EXPECT_LT(download.curl.bytes(), object_bytes);
  download.until("the download does not end", [&] { return download.over(); });
  download.ear->collect();

  const auto got = download.curl.outcome(download.ear->heard(), {});
  EXPECT_TRUE(got.right()) << got.exit << " " << got.says;
  EXPECT_EQ(download.ear->missed(), 0u);
  const auto voices = voices_of(download.ear->heard(), stage.mac(first), stage.mac(second));
  EXPECT_EQ(voices.resets, 0u);
  EXPECT_EQ(voices.connections, 1u);
  EXPECT_EQ(voices.first_after_second, 0u);
  EXPECT_EQ(got.stream.speakers, (std::vector{stage.mac(first), stage.mac(second)}));
  const uint64_t twice = download.all_bytes() - object_bytes;  // and one response's head
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
