# SPDX-License-Identifier: Apache-2.0
understudy_program(NAME delivery SOURCES delivery.cpp LIBS understudy_edge_delivery understudy_command_line)
