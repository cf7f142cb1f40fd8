// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/lone_cpu.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

namespace {

constexpr int kTries = 5;  // an emulated CPU may need longer to start than the kernel waits
constexpr Nanos kNap = 100 * kMilli;

bool put(const std::string& path, char digit) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), &digit, 1) == 1;
}

bool put_in_the_end(const std::string& path, char digit) {
  for (int i = 1; i < kTries; ++i) {
    if (put(path, digit)) return true;
    const timespec nap = to_timespec(kNap);
    ::nanosleep(&nap, nullptr);
  }
  return put(path, digit);
}

std::string with(const std::string& reasons, const std::string& online) {
  return reasons + (reasons.empty() ? "" : "; ") + online + ": " + std::strerror(errno);
}

}  // namespace

LoneCpu LoneCpu::if_wanted() {
  const char* wanted = std::getenv(kLoneCpuVariable);
  if (wanted == nullptr || std::strcmp(wanted, "1") != 0) return {};
  return LoneCpu("/sys/devices/system/cpu");
}

LoneCpu::LoneCpu(const std::string& folder) : wanted_(true) {
  sigset_t ending;
  sigemptyset(&ending);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&ending, signal);
  ::pthread_sigmask(SIG_BLOCK, &ending, &signals_);
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with("cpu") || name == "cpu0") continue;
    // Of cpufreq, cpuidle and the like none has such a file.
    std::string online = entry->path().string() + "/online";
    if (first_line(online) != "1") continue;
    if (put(online, '0')) {
      taken_.push_back(std::move(online));
    } else {
      stayed_ = with(stayed_, online);
    }
  }
}

LoneCpu::LoneCpu(LoneCpu&& other) noexcept
    : wanted_(std::exchange(other.wanted_, false)),
      signals_(other.signals_),
      taken_(std::exchange(other.taken_, {})),
      stayed_(std::move(other.stayed_)) {}

std::string LoneCpu::bring_back() {
  std::string missing;
  for (const std::string& online : std::exchange(taken_, {})) {
    if (!put_in_the_end(online, '1')) missing = with(missing, online);
  }
  if (std::exchange(wanted_, false)) ::pthread_sigmask(SIG_SETMASK, &signals_, nullptr);
  return missing;
}

}  // namespace hangrate
