// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/proc_folder.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "harness/base/text.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

bool each_number(const std::string& folder, const std::function<void(int)>& take) {
  DIR* directory = ::opendir(folder.c_str());
  if (directory == nullptr) return false;
  while (const dirent* entry = ::readdir(directory)) {
    if (is_digit(entry->d_name[0])) take(std::atoi(entry->d_name));
  }
  ::closedir(directory);
  return true;
}

void each_folder(const std::string& folder, const std::function<void(const std::string&)>& take) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_directory(error)) take(entry.path().string());
  }
}

bool read_proc(const std::string& path, std::string& text) {
  constexpr std::size_t kMost = 1u << 20;
  text.resize(std::max(text.size(), std::size_t{4096}));
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::size_t bytes = 0;
  ssize_t n = file ? 1 : -1;
  while (n > 0 && bytes < kMost) {
    if (bytes == text.size()) text.resize(std::min(2 * bytes, kMost));
    n = ::read(file.get(), text.data() + bytes, text.size() - bytes);
    if (n > 0) bytes += static_cast<std::size_t>(n);
  }
  text.resize(bytes);
  if (bytes == kMost) errno = EFBIG;
  return n >= 0 && bytes < kMost;
}

}  // namespace hangrate
