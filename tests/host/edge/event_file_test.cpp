// SPDX-License-Identifier: Apache-2.0
// A full disk loses records, counted, and nothing else; a torn record spoils no other.
#include "host/edge/daemon/event_file.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include "temporary_directory.hpp"

namespace {
using namespace understudy::edge;
using namespace understudy::test;
using Outcome = EventFile::Outcome;

/// The file may grow to so many bytes: a full disk that can be emptied again.
class Room {
 public:
  Room() {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
  }
  ~Room() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  void bytes(rlim_t n) {
    rlimit now = before_;
    now.rlim_cur = n;
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  void enough() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST(EventFile, appends_a_line_a_record) {
  TemporaryDirectory directory;
  const auto path = directory / "deep/er/events.jsonl";
  for (const char* text : {"{\"n\":1}", "{\"n\":2}"}) {
    auto file = EventFile::open(path);
    ASSERT_TRUE(file.has_value()) << file.error().text;
    EXPECT_FALSE(file->was_torn());
    EXPECT_EQ(file->append(text), Outcome::written);
  }
  EXPECT_EQ(contents(path), "{\"n\":1}\n{\"n\":2}\n");
}

TEST(EventFile, a_record_cut_short_stays_alone_on_its_line) {
  TemporaryDirectory directory;
  const auto path = directory / "e";
  write_file(path, "{\"n\":1}\n{\"n\":");
  auto file = EventFile::open(path);
  ASSERT_TRUE(file.has_value());
  EXPECT_TRUE(file->was_torn());
  EXPECT_EQ(file->append("{\"n\":3}"), Outcome::written);
  EXPECT_EQ(contents(path), "{\"n\":1}\n{\"n\":\n{\"n\":3}\n");
}

TEST(EventFile, what_a_full_disk_loses_is_counted_and_said_when_there_is_space) {
  TemporaryDirectory directory;
  const auto path = directory / "e";
  auto file = EventFile::open(path);
  ASSERT_TRUE(file.has_value());
  Room room;
  room.bytes(12);
  EXPECT_EQ(file->append("{\"n\":1}"), Outcome::written);
  EXPECT_EQ(file->append("{\"n\":2}"), Outcome::first_lost);  // four bytes of it fitted
  EXPECT_EQ(file->append("{\"n\":3}"), Outcome::lost);
  EXPECT_EQ(file->lost(), 2u);
  EXPECT_FALSE(file->reason().empty());
  EXPECT_EQ(contents(path), "{\"n\":1}\n");
  room.enough();
  EXPECT_EQ(file->append("{\"n\":4}"), Outcome::written_again);
  const auto text = contents(path);
  EXPECT_EQ(text.find("{\"n\":1}\n{\"kind\":\"records_lost\",\"lost\":2,"), 0u) << text;
  EXPECT_TRUE(text.ends_with("}\n{\"n\":4}\n")) << text;
  EXPECT_EQ(file->append("{\"n\":5}"), Outcome::written);
}

TEST(EventFile, a_device_that_is_always_full_stops_nothing) {
  auto file = EventFile::open("/dev/full");
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->append("{}"), Outcome::first_lost);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(file->append("{}"), Outcome::lost);
  EXPECT_EQ(file->lost(), 1001u);
}

}  // namespace
