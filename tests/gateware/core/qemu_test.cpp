// SPDX-License-Identifier: Apache-2.0
// The core beside QEMU's RV32: random programs run on both, and all that they left in memory has to
// be the same: after each block every register, of each trap its cause, place and mstatus.
// UNDERSTUDY_SEED=N repeats one program, UNDERSTUDY_LONG=1 runs a million and more.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/gateware/core/machine.hpp"
#include "tests/gateware/core/random_program.hpp"

namespace understudy::core {
namespace {

/// Memory after QEMU's `virt` machine has run it; nothing but RV32I is switched on.
std::vector<uint32_t> qemu(const std::vector<uint32_t>& image) {
  const auto file =
      std::filesystem::temp_directory_path() / ("understudy-rv32-" + std::to_string(getpid()));
  {
    std::ofstream out(file, std::ios::binary);
    out.write(reinterpret_cast<const char*>(image.data()), std::streamsize(image.size() * 4));
  }
  std::filesystem::resize_file(file, 8 << 20);
  const std::string command =
      "timeout 120 qemu-system-riscv32 -M virt,memory-backend=ram -m 8M -bios none -display none "
      "-serial none -monitor none "
      "-cpu "
      "rv32,m=off,a=off,f=off,d=off,c=off,s=off,u=off,v=off,h=off,zba=off,zbb=off,zbc=off,zbs=off "
      "-object memory-backend-file,id=ram,size=8M,share=on,mem-path=" +
      file.string();
  const int status = std::system(command.c_str());
  EXPECT_EQ(status, 0) << command;
  std::vector<uint32_t> memory(RandomProgram::bytes / 4);
  std::ifstream(file, std::ios::binary)
      .read(reinterpret_cast<char*>(memory.data()), RandomProgram::bytes);
  std::filesystem::remove(file);
  return memory;
}

uint64_t compare(uint32_t seed, unsigned blocks, unsigned instructions) {
  const RandomProgram program(seed, blocks, instructions);
  EXPECT_LT(program.image.size() * 4, RandomProgram::scratch - RandomProgram::base);
  Machine machine(RandomProgram::bytes / 4, seed % 3, seed);
  std::fill(machine.memory.begin(), machine.memory.end(), 0);
  machine.load(RandomProgram::base, program.image);
  machine.device = [&](uint32_t address, uint32_t value) {
    EXPECT_EQ(address, RandomProgram::stop);
    EXPECT_EQ(value, 0x5555u);
    machine.stopped = true;
  };
  machine.run(uint64_t{program.image.size()} * 2000);
  EXPECT_TRUE(machine.stopped) << "the core does not come to the program's end";
  const auto theirs = qemu(program.image);
  for (size_t i = 0; i < theirs.size(); ++i)
    if (theirs[i] != machine.memory[i]) {
      ADD_FAILURE() << std::hex << "at 0x" << RandomProgram::base + 4 * i << " QEMU has 0x"
                    << theirs[i] << ", the core 0x" << machine.memory[i] << std::dec
                    << "\nrepeat: UNDERSTUDY_SEED=" << seed << " ./dev test CoreAgainstQemu";
      break;
    }
  return machine.instructions;
}

TEST(CoreAgainstQemu, agrees_on_a_hundred_thousand_random_instructions) {
  ASSERT_EQ(std::system("command -v qemu-system-riscv32 >/dev/null"), 0)
      << "install qemu-system-misc";
  if (const char* seed = std::getenv("UNDERSTUDY_SEED")) {
    std::cout << compare(uint32_t(std::strtoul(seed, nullptr, 10)), 60, 80) << " instructions\n";
    return;
  }
  const uint64_t goal = std::getenv("UNDERSTUDY_LONG") ? 2'000'000 : 100'000;
  uint64_t done = 0;
  uint32_t seed = 1;
  for (; done < goal && !HasFailure(); ++seed) done += compare(seed, 60, 80);
  std::cout << done << " instructions in " << seed - 1 << " programs\n";
}

}  // namespace
}  // namespace understudy::core
