// SPDX-License-Identifier: Apache-2.0
// The appliance's configuration as text: what its firmware prints, and the file that a person
// keeps: `NAME = VALUE` a line, # begins a comment. Names and ranges are the firmware's own, so a
// file is checked against the very appliance that it is for, whole, before anything is written.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::core {

struct FirmwareValue {
  std::string name;
  uint32_t value = 0;
  bool operator==(const FirmwareValue&) const = default;
};
struct FirmwareRange {
  std::string name;
  uint32_t least = 0, most = 0;
  bool operator==(const FirmwareRange&) const = default;
};

/// What `config` answers: NAME VALUE a line. Empty when it is none.
std::vector<FirmwareValue> read_firmware_values(std::string_view answer);
/// What `config ranges` answers: NAME LEAST MOST a line.
std::vector<FirmwareRange> read_firmware_ranges(std::string_view answer);

std::string write_config_file(const std::vector<FirmwareValue>& values,
                              const std::vector<FirmwareRange>& ranges);
/// The file's values in its order; a name that it leaves out is not changed. Decimal, or
/// hexadecimal behind 0x. Errors: all of them, each as LINE: what.
std::expected<std::vector<FirmwareValue>, std::vector<std::string>> read_config_file(
    std::string_view text, const std::vector<FirmwareRange>& ranges);

}  // namespace understudy::core
