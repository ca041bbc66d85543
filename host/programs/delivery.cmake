# SPDX-License-Identifier: Apache-2.0
find_package(CLI11 REQUIRED)
understudy_program(NAME delivery SOURCES delivery.cpp LIBS understudy_edge_delivery CLI11::CLI11)
