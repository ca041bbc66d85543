# SPDX-License-Identifier: Apache-2.0
understudy_program(NAME state_table SOURCES state_table.cpp LIBS understudy_core)
