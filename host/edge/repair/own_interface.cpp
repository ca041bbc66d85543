// SPDX-License-Identifier: Apache-2.0
#include "host/edge/repair/own_interface.hpp"

#include <net/if.h>
#include <sys/socket.h>

#include "host/edge/guard/table_name.hpp"

namespace understudy::edge {

Result<OwnInterface> OwnInterface::find(const std::string& name) {
  OwnInterface out{name, static_cast<int>(::if_nametoindex(name.c_str()))};
  if (!name.empty() && !out) return failure("no network interface is called " + name);
  return out;
}

Result<void> OwnInterface::keep(int socket) const {
  if (index != 0 && ::setsockopt(socket, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof index) != 0)
    return system_failure("keeping to " + name);
  return {};
}

std::string OwnInterface::table(std::string_view base) const {
  return name.empty() ? std::string(base) : table_name(base, name);
}

std::vector<std::string> OwnInterface::tables_to_replace(std::string_view base) const {
  if (name.empty()) return {table(base)};
  return {table(base), std::string(base)};
}

std::string OwnInterface::match(std::string_view way) const {
  return name.empty() ? "" : std::string(way) + " \"" + name + "\" ";
}

}  // namespace understudy::edge
