// SPDX-License-Identifier: Apache-2.0
#include "sim/appliance/gate.hpp"

namespace understudy::sim {

std::unique_ptr<Gate> make_gate_tiny(const Raster&);
std::unique_ptr<Gate> make_gate_480p(const Raster&);
std::unique_ptr<Gate> make_gate_720p(const Raster&);
std::unique_ptr<Gate> make_gate_1080p(const Raster&);
std::unique_ptr<Gate> make_gate_tiny_trace(const Raster&);
std::unique_ptr<Gate> make_gate_480p_trace(const Raster&);

std::unique_ptr<Gate> make_gate(std::string_view name, bool with_trace) {
  const auto raster = find_raster(name);
  if (!raster) return nullptr;
  if (name == "tiny") return with_trace ? make_gate_tiny_trace(*raster) : make_gate_tiny(*raster);
  if (name == "480p") return with_trace ? make_gate_480p_trace(*raster) : make_gate_480p(*raster);
  if (with_trace) return nullptr;
  return name == "720p" ? make_gate_720p(*raster) : make_gate_1080p(*raster);
}

}  // namespace understudy::sim
