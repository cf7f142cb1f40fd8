// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/lone_cpu.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

namespace {

bool put(const std::string& path, char digit) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), &digit, 1) == 1;
}

}  // namespace

LoneCpu LoneCpu::if_wanted() {
  const char* wanted = std::getenv(kLoneCpuVariable);
  if (wanted == nullptr || std::strcmp(wanted, "1") != 0) return {};
  return LoneCpu("/sys/devices/system/cpu");
}

LoneCpu::LoneCpu(std::string folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("cpu") || name == "cpu0") continue;
    // Of cpufreq, cpuidle and the like none has such a file.
    std::string online = entry.path().string() + "/online";
    if (first_line(online) != "1") continue;
    if (put(online, '0')) taken_.push_back(std::move(online));
  }
}

LoneCpu::~LoneCpu() {
  for (const std::string& online : taken_) {
    if (put(online, '1')) continue;
    std::fprintf(stderr, "%s: the CPU does not come back: %s\n", online.c_str(),
                 std::strerror(errno));
  }
}

}  // namespace hangrate
