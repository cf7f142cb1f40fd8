// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/base/file_seal.h"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <limits>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/input.h"

namespace hangrate {

namespace {

std::string bytes_text(off_t bytes) {
  return std::to_string(bytes) + " bytes";
}

/// What is wrong with a file that should be as `seal` says; "" if nothing is. `named` is what lies
/// at its path, nullptr: nothing.
std::string wrong(const FileSeal& seal, const struct stat& opened, const struct stat* named) {
  if (named == nullptr && opened.st_nlink == 0) {
    return "was deleted while it was in use: what was recorded in it is gone";
  }
  if (named == nullptr) {
    return "was moved or deleted while it was in use: if it exists elsewhere, its first " +
           bytes_text(seal.length) + " are sound";
  }
  if (named->st_dev != seal.device || named->st_ino != seal.inode) {
    return "was replaced by another file while it was in use: what was recorded is not in the one "
           "that is there now";
  }
  if (opened.st_size < seal.length) {
    return "was cut by somebody else while it was in use, to " + bytes_text(opened.st_size) +
           " where " + bytes_text(seal.length) +
           " were written: only whole lines before the cut are sound; start a new run";
  }
  if (opened.st_size > seal.length && !seal.may_grow) {
    return "was written to by somebody else while it was in use, " +
           bytes_text(opened.st_size - seal.length) + " beside our " + bytes_text(seal.length) +
           ": nobody can tell whose its lines are; start a new run";
  }
  return "";
}

/// Hands up to `limit` bytes of a file to `take`, without moving its offset.
Result<void> read_from_start(int fd, const std::string& path, off_t limit,
                             const std::function<void(std::string_view)>& take) {
  std::vector<char> chunk(1u << 18);
  for (off_t at = 0; at < limit;) {
    const auto most = static_cast<std::size_t>(limit - at);
    const ssize_t n = ::pread(fd, chunk.data(), std::min(chunk.size(), most), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Error::from_errno("read(" + path + ")"));
    if (n == 0) return {};
    take({chunk.data(), static_cast<std::size_t>(n)});
    at += n;
  }
  return {};
}

}  // namespace

Result<FileSeal> FileSeal::of(int fd, const std::string& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return fail(Error::from_errno("fstat(" + path + ")"));
  FileSeal seal;
  seal.path = path;
  seal.device = info.st_dev;
  seal.inode = info.st_ino;
  return seal;
}

void FileSeal::add(std::string_view bytes) {
  length += static_cast<off_t>(bytes.size());
  for (const char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
}

Result<void> FileSeal::add_contents(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return fail(Error::from_errno("fstat(" + path + ")"));
  return read_from_start(fd, path, info.st_size, [this](std::string_view bytes) { add(bytes); });
}

Result<void> FileSeal::check(int fd) const {
  struct stat opened {};
  struct stat named {};
  if (::fstat(fd, &opened) != 0) return fail(Error::from_errno("fstat(" + path + ")"));
  const bool there = ::lstat(path.c_str(), &named) == 0;
  if (!there && errno != ENOENT && errno != ENOTDIR) {
    return fail(Error::from_errno("stat(" + path + ")"));
  }
  const std::string why = wrong(*this, opened, there ? &named : nullptr);
  return why.empty() ? Result<void>() : fail(Error::infrastructure(path + " " + why));
}

Result<void> FileSeal::check_contents(int fd) const {
  FileSeal now;
  now.path = path;
  HR_TRY(read_from_start(fd, path, may_grow ? length : std::numeric_limits<off_t>::max(),
                         [&](std::string_view bytes) { now.add(bytes); }));
  if (now.length == length && now.sum == sum) return {};
  return fail(Error::infrastructure(path +
                                    " does not hold what was written to it: somebody else changed "
                                    "it, or the disk did; start a new run"));
}

Result<void> FileSeal::check_again() const {
  const auto file = open_input(path);
  if (!file) {
    return fail(file.error()
                    .as(ErrorKind::Infrastructure)
                    .context("this run wrote it, and it was taken away"));
  }
  HR_TRY(check(file->get()));
  return check_contents(file->get());
}

}  // namespace hangrate
