// SPDX-License-Identifier: Apache-2.0
// What programs say. fmt::print throws when the disk is full or the reader gone, and a program that
// only wanted to say what is wrong would end by a signal; these go on. output_is_out() tells
// whether all of standard output got out.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace understudy {

template <class... Args>
void print_to(std::FILE* file, fmt::format_string<Args...> text, Args&&... args) {
  const auto line = fmt::format(text, std::forward<Args>(args)...);
  std::fwrite(line.data(), 1, line.size(), file);
}

/// To standard output.
template <class... Args>
void print(fmt::format_string<Args...> text, Args&&... args) {
  print_to(stdout, text, std::forward<Args>(args)...);
}

/// To standard error.
template <class... Args>
void complain(fmt::format_string<Args...> text, Args&&... args) {
  print_to(stderr, text, std::forward<Args>(args)...);
}

}  // namespace understudy
