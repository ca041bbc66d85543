# SPDX-License-Identifier: Apache-2.0
# Three kinds of target; every one of them compiles with warnings as errors.
include(GoogleTest)
find_package(GTest REQUIRED)

add_library(understudy_options INTERFACE)
target_compile_options(understudy_options INTERFACE -Wall -Wextra -Wshadow -Wconversion
  -Wno-sign-conversion -Wno-missing-field-initializers -Werror)
target_include_directories(understudy_options INTERFACE ${CMAKE_SOURCE_DIR})

# understudy_library(NAME name SOURCES a.cpp ... LIBS x ...)
function(understudy_library)
  cmake_parse_arguments(A "" "NAME" "SOURCES;LIBS" ${ARGN})
  add_library(${A_NAME} STATIC ${A_SOURCES})
  target_link_libraries(${A_NAME} PUBLIC understudy_options understudy_protocol ${A_LIBS})
endfunction()

# understudy_program(NAME name SOURCES main.cpp LIBS x ...): lands in build/PRESET/bin
function(understudy_program)
  cmake_parse_arguments(A "" "NAME" "SOURCES;LIBS" ${ARGN})
  add_executable(${A_NAME} ${A_SOURCES})
  target_link_libraries(${A_NAME} PRIVATE understudy_options understudy_protocol ${A_LIBS})
endfunction()

# understudy_test(NAME name LABEL unit|gateware|formal|scenario SOURCES ... LIBS ... [TIMEOUT s])
function(understudy_test)
  cmake_parse_arguments(A "" "NAME;LABEL;TIMEOUT" "SOURCES;LIBS" ${ARGN})
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 120)
  endif()
  set(alone FALSE)
  if(A_LABEL STREQUAL "network")
    set(alone TRUE)  # lives in wall time: leases of 100 ms beside a proof on both cores would test the machine
  endif()
  add_executable(test_${A_NAME} ${A_SOURCES})
  target_link_libraries(test_${A_NAME} PRIVATE understudy_options understudy_protocol ${A_LIBS}
    GTest::gtest GTest::gtest_main)
  gtest_discover_tests(test_${A_NAME} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${A_NAME}."
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    PROPERTIES LABELS ${A_LABEL} TIMEOUT ${A_TIMEOUT} RUN_SERIAL ${alone})
endfunction()

# understudy_fuzz(NAME name SOURCES ... LIBS ...): a libFuzzer target fuzz_NAME, built only by tests/fuzz (clang)
option(UNDERSTUDY_FUZZ "build the fuzz targets (needs clang)" OFF)
if(UNDERSTUDY_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
endif()
function(understudy_fuzz)
  if(NOT UNDERSTUDY_FUZZ)
    return()
  endif()
  cmake_parse_arguments(A "" "NAME" "SOURCES;LIBS" ${ARGN})
  add_executable(fuzz_${A_NAME} EXCLUDE_FROM_ALL ${A_SOURCES})
  target_link_libraries(fuzz_${A_NAME} PRIVATE understudy_options understudy_protocol ${A_LIBS})
  target_link_options(fuzz_${A_NAME} PRIVATE -fsanitize=fuzzer)
endfunction()
