# SPDX-License-Identifier: Apache-2.0
find_package(CLI11 REQUIRED)
understudy_program(NAME understudyd SOURCES understudyd/main.cpp
  LIBS understudy_edge_server understudy_command_line)
