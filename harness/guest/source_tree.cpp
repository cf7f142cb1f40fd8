// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/guest/source_tree.h"

#include <climits>
#include <deque>

#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/scope_exit.h"

namespace hangrate {

namespace {

constexpr int kMostLinks = 40;  // path_resolution(7)

std::deque<std::string> steps_of(const std::string& path) {
  std::deque<std::string> steps;
  for (std::string& step : split(path, '/')) {
    if (!step.empty() && step != ".") steps.push_back(std::move(step));
  }
  return steps;
}

Failure missing(const std::string& path, int why) {
  return fail(Error::usage(path + ": " + std::strerror(why)));
}

}  // namespace

bool FilePlace::folder() const {
  return S_ISDIR(mode);
}

bool FilePlace::regular() const {
  return S_ISREG(mode);
}

bool FilePlace::executable() const {
  return regular() && (mode & 0111) != 0;
}

Result<FilePlace> SourceTree::find(const std::string& path) const {
  FilePlace place;
  place.mode = S_IFDIR;
  int links = 0;
  for (auto steps = steps_of(path); !steps.empty();) {
    const std::string step = std::move(steps.front());
    steps.pop_front();
    if (step == "..") {
      place.path.resize(place.path.empty() ? 0 : place.path.rfind('/'));
      continue;
    }
    const std::string next = place.path + "/" + step;
    struct stat info {};
    if (::lstat(on_host(next).c_str(), &info) != 0) return missing(path, errno);
    place.mode = info.st_mode;
    if (!S_ISLNK(info.st_mode)) {
      place.path = next;
      continue;
    }
    char target[PATH_MAX];
    const ssize_t length = ::readlink(on_host(next).c_str(), target, sizeof target);
    if (length < 0) return missing(path, errno);
    if (++links > kMostLinks) return missing(path, ELOOP);
    place.links.emplace_back(next, std::string(target, static_cast<std::size_t>(length)));
    place.mode = S_IFDIR;
    if (target[0] == '/') place.path.clear();
    const auto detour = steps_of(place.links.back().second);
    steps.insert(steps.begin(), detour.begin(), detour.end());
  }
  if (place.path.empty()) place.path = "/";
  return place;
}

Result<FilePlace> SourceTree::find_program(const std::string& name,
                                           const std::string& search) const {
  for (const std::string& folder : split(search, ':')) {
    if (!folder.starts_with('/')) continue;
    auto place = find(folder + "/" + name);
    if (place && place->executable()) return place;
  }
  return fail(Error::usage(name + ": no such program in " + search));
}

std::vector<std::string> SourceTree::matching(const std::string& pattern) const {
  glob_t found{};
  const ScopeExit freeing([&] { ::globfree(&found); });
  std::vector<std::string> paths;
  if (::glob(on_host(pattern).c_str(), 0, nullptr, &found) != 0) return paths;
  for (std::size_t i = 0; i < found.gl_pathc; ++i) {
    paths.emplace_back(std::string(found.gl_pathv[i]).substr(root_.size()));
  }
  return paths;
}

}  // namespace hangrate
