#include "tests/support/process_faults.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/support/project_paths.h"

namespace order1688 {

namespace {

std::atomic<int64_t>* ShareClock(const std::string& file) {
  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  EXPECT_EQ(ftruncate(descriptor, sizeof(int64_t)), 0);
  void* shared = mmap(nullptr, sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  close(descriptor);
  EXPECT_NE(shared, MAP_FAILED);
  return static_cast<std::atomic<int64_t>*>(shared);
}

}  // namespace

ProcessFaults::ProcessFaults(std::string folder, int gateway_port)
    : folder_(std::move(folder)),
      gateway_port_(gateway_port),
      clock_ahead_ns_(ShareClock(folder_ + "/clock")) {}

ProcessFaults::~ProcessFaults() { munmap(clock_ahead_ns_, sizeof(int64_t)); }

std::vector<std::string> ProcessFaults::environment() const {
  const char* asan = std::getenv("ASAN_OPTIONS");
  return {absl::StrCat("LD_PRELOAD=", BuiltFile("tests/liborder1688_process_faults.so")),
          absl::StrCat("ORDER1688_FAULT_FOLDER=", folder_),
          absl::StrCat("ORDER1688_FAULT_GATEWAY_PORT=", gateway_port_),
          // The sanitizer wants to be the first library, and works as the second.
          absl::StrCat("ASAN_OPTIONS=", asan == nullptr ? "" : absl::StrCat(asan, ":"),
                       "verify_asan_link_order=0")};
}

void ProcessFaults::Set(const std::string& fault) const {
  const std::string file = folder_ + "/fault";
  std::ofstream(file + ".new") << fault;
  std::filesystem::rename(file + ".new", file);
}

void ProcessFaults::SetClock(absl::Duration ahead) {
  *clock_ahead_ns_ = absl::ToInt64Nanoseconds(ahead);
}

int ProcessFaults::HitsOf(const std::string& fault) const {
  std::ifstream hits(folder_ + "/hits");
  int count = 0;
  for (std::string line; std::getline(hits, line);) count += line == fault ? 1 : 0;
  return count;
}

}  // namespace order1688
