// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace understudy::edge {

inline constexpr const char* product_version = UNDERSTUDY_VERSION;

}  // namespace understudy::edge
