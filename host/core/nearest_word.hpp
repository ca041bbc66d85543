// SPDX-License-Identifier: Apache-2.0
// The word that somebody meant to type: the one with the fewest letters changed, put in or left
// out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace understudy {

inline size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row.back();
}

/// The closest of `candidates`; empty when none is close enough to be a slip of the finger.
inline std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  size_t least = std::min(std::max<size_t>(3, word.size() / 2), word.size());
  for (const auto& c : candidates)
    if (const size_t d = edit_distance(word.substr(0, 64), c); d < least) least = d, best = c;
  return best;
}

}  // namespace understudy
