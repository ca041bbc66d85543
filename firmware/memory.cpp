// SPDX-License-Identifier: Apache-2.0
// What the compiler calls for copies and fills.
#include <cstring>

extern "C" {
[[gnu::used]] void* memcpy(void* to, const void* from, size_t bytes) {
  auto* t = static_cast<char*>(to);
  const auto* f = static_cast<const char*>(from);
  while (bytes-- > 0) *t++ = *f++;
  return to;
}
[[gnu::used]] void* memset(void* to, int value, size_t bytes) {
  auto* t = static_cast<char*>(to);
  while (bytes-- > 0) *t++ = static_cast<char>(value);
  return to;
}
}
