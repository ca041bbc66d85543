// SPDX-License-Identifier: Apache-2.0
// The key is read only from a file that nobody else can read, and never shown.
#include "host/edge/daemon/key_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "temporary_directory.hpp"

namespace {
using namespace understudy::edge;
using namespace understudy::test;

const std::string digits = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

class KeyFile : public ::testing::Test {
 protected:
  std::string make(const std::string& text, mode_t mode) {
    const auto path = directory_ / "key";
    write_file(path, text);
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  TemporaryDirectory directory_;
};

TEST_F(KeyFile, sixty_four_hex_digits_are_read) {
  const auto key = read_key_file(make(digits + "\n", 0600));
  ASSERT_TRUE(key.has_value()) << key.error().text;
  EXPECT_EQ(key->data()[1], 0x11);
  EXPECT_EQ(key->data()[31], 0xFF);
}

TEST_F(KeyFile, one_that_others_can_read_is_refused_with_the_command_that_mends_it) {
  for (const mode_t mode : {0640, 0604, 0660, 0644}) {
    const auto path = make(digits, mode);
    const auto key = read_key_file(path);
    ASSERT_FALSE(key.has_value()) << mode;
    EXPECT_NE(key.error().text.find("chmod 600 " + path), std::string::npos) << key.error().text;
  }
}

TEST_F(KeyFile, wrong_contents_are_refused_and_not_repeated) {
  for (const std::string& text :
       {digits.substr(1), digits + "0", std::string(), digits.substr(2) + "zz", digits + "\nmore",
        std::string(5000, 'a')}) {
    const auto key = read_key_file(make(text, 0600));
    ASSERT_FALSE(key.has_value()) << text;
    EXPECT_EQ(key.error().text.find(digits.substr(2, 12)), std::string::npos) << key.error().text;
  }
}

TEST_F(KeyFile, a_missing_one_says_how_to_make_it) {
  const auto key = read_key_file(directory_ / "none");
  ASSERT_FALSE(key.has_value());
  EXPECT_NE(key.error().text.find("understudy key"), std::string::npos);
}

TEST_F(KeyFile, a_made_one_is_private_and_never_replaced) {
  const auto path = directory_ / "new";
  ASSERT_TRUE(make_key_file(path).has_value());
  struct stat facts{};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  EXPECT_TRUE(read_key_file(path).has_value());
  const auto before = contents(path);
  EXPECT_FALSE(make_key_file(path).has_value());
  EXPECT_EQ(contents(path), before);
}

}  // namespace
