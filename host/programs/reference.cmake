# SPDX-License-Identifier: Apache-2.0
understudy_program(NAME reference SOURCES reference.cpp LIBS understudy_reference understudy_command_line)
add_dependencies(reference default_clip)
