# SPDX-License-Identifier: Apache-2.0
understudy_program(NAME playout SOURCES playout.cpp LIBS understudy_playout understudy_command_line)
add_dependencies(playout default_clip)
