# SPDX-License-Identifier: Apache-2.0
find_package(CLI11 REQUIRED)
understudy_program(NAME understudy
  SOURCES understudy/main.cpp understudy/command.cpp understudy/status.cpp understudy/events.cpp understudy/trace.cpp
    understudy/switch.cpp understudy/offline.cpp understudy/mode.cpp understudy/set.cpp
    understudy/parameters.cpp understudy/monitor.cpp understudy/sync.cpp understudy/run.cpp
    understudy/serve.cpp
    understudy/key.cpp understudy/find.cpp understudy/version.cpp
    understudy/appliance.cpp understudy/selftest.cpp understudy/boot.cpp understudy/console.cpp understudy/config.cpp understudy/flash.cpp
  LIBS understudy_gate_event understudy_firmware_config understudy_edge_daemon understudy_edge_transport understudy_command_line)
target_precompile_headers(understudy PRIVATE <CLI/CLI.hpp> <nlohmann/json.hpp>)
