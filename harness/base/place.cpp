// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/base/place.h"

#include <cerrno>
#include <climits>

#include <fcntl.h>
#include <unistd.h>

namespace hangrate {

namespace {

constexpr int kMostLinks = 40;  // as path_resolution(7) has it

Error unreachable(const std::string& path) {
  const bool wrong_path = errno == ENOENT || errno == ENOTDIR || errno == ELOOP ||
                          errno == ENAMETOOLONG || errno == EACCES;
  return Error::from_errno("open(" + path + ")")
      .as(wrong_path ? ErrorKind::Usage : ErrorKind::Infrastructure);
}

Error untrusted(const std::string& path, const std::string& name, uid_t owner) {
  std::string what = path;
  what += ": \"" + name + "\" is a symbolic link of user " + std::to_string(owner);
  return Error::usage(what + ", which could lead anywhere: name the file it leads to");
}

/// Whose the system is: root, or in a user namespace the nobody that root of outside is there.
bool is_system(uid_t owner) {
  struct stat top {};
  return owner == 0 || (::stat("/", &top) == 0 && owner == top.st_uid);
}

/// Those of fs.protected_regular = 2, and folders that are open to all without the sticky bit.
bool all_may_write(const struct stat& folder) {
  const bool sticky_group = (folder.st_mode & S_ISVTX) != 0 && (folder.st_mode & S_IWGRP) != 0;
  return sticky_group || (folder.st_mode & S_IWOTH) != 0;
}

/// May we follow a link of this owner? Root follows nobody's; a user follows as the kernel with
/// fs.protected_symlinks lets him (fs/namei.c, may_follow_link(), v3.6).
bool trusted(const struct stat& link, const struct stat& folder) {
  if (link.st_uid == ::geteuid() || is_system(link.st_uid)) return true;
  if (::geteuid() == 0) return false;
  return !all_may_write(folder) || link.st_uid == folder.st_uid;
}

std::string target_of(int folder, const std::string& name) {
  char target[PATH_MAX];
  const ssize_t size = ::readlinkat(folder, name.c_str(), target, sizeof target);
  return size > 0 ? std::string(target, static_cast<std::size_t>(size)) : "";
}

/// Takes the first name off `rest`, "" if there is none.
std::string take_name(std::string& rest) {
  rest.erase(0, rest.find_first_not_of('/'));
  std::string name = rest.substr(0, rest.find('/'));
  rest.erase(0, name.size());
  rest.erase(0, rest.find_first_not_of('/'));
  return name;
}

UniqueFd step(int folder, const std::string& name) {
  return UniqueFd(::openat(folder, name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

UniqueFd start_of(const std::string& path) {
  return step(AT_FDCWD, path.starts_with('/') ? "/" : ".");
}

}  // namespace

Result<Place> Place::of(const std::string& path, LastLink last) {
  std::string rest = path;
  UniqueFd at = start_of(path);
  if (!at) return fail(unreachable(path));
  for (int links = 0;;) {
    const std::string name = take_name(rest);
    if (name.empty()) return fail(Error::usage("\"" + path + "\" names no file"));
    struct stat here {};
    struct stat found {};
    if (::fstat(at.get(), &here) != 0) return fail(unreachable(path));
    const bool there = ::fstatat(at.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
    if (!there && (errno != ENOENT || !rest.empty())) return fail(unreachable(path));
    if (there && S_ISLNK(found.st_mode) && (!rest.empty() || last == LastLink::Followed)) {
      if (!trusted(found, here)) {
        return fail(untrusted(path, name, found.st_uid));
      }
      const std::string target = target_of(at.get(), name);
      if (target.empty() || ++links > kMostLinks) {
        errno = ELOOP;
        return fail(unreachable(path));
      }
      rest.insert(0, rest.empty() ? target : target + "/");
      if (rest.starts_with('/')) at = start_of(rest);
    } else if (rest.empty()) {
      return Place(std::move(at), name, path);
    } else {
      at = step(at.get(), name);
    }
    if (!at) return fail(unreachable(path));
  }
}

Result<std::optional<struct stat>> Place::look() const {
  struct stat found {};
  if (::fstatat(folder_.get(), name_.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) return found;
  if (errno == ENOENT) return std::optional<struct stat>();
  return fail(unreachable(path_));
}

Result<struct stat> Place::folder_facts() const {
  struct stat facts {};
  if (::fstat(folder_.get(), &facts) != 0) return fail(Error::from_errno("fstat(" + path_ + ")"));
  return facts;
}

Result<void> Place::check_writable(const struct stat& file) const {
  const auto folder = folder_facts();
  if (!folder) return fail(folder.error());
  const uid_t self = ::geteuid();
  const bool foreign = folder->st_uid != self && !is_system(folder->st_uid);
  const char* why = nullptr;
  if (!S_ISREG(file.st_mode)) {
    why = "is no regular file";
  } else if (all_may_write(*folder) && file.st_uid != self) {
    why = "is another user's, in a folder that all may write to";
  } else if (file.st_nlink > 1 && (all_may_write(*folder) || (self == 0 && foreign))) {
    why = "has several names, in a folder that others may write to";
  }
  if (why == nullptr) return {};
  return fail(
      Error::usage(path_ + " " + why + ": it is left alone; copy it to a folder of your own"));
}

Result<void> Place::check_replaceable(const struct stat& file) const {
  const auto folder = folder_facts();
  if (!folder) return fail(folder.error());
  const bool trusty = file.st_uid == ::geteuid() || is_system(file.st_uid);
  if (trusty || !all_may_write(*folder)) return {};
  return fail(Error::usage(path_ + " is another user's, in a folder that all may write to: it is "
                                   "left alone; give another path"));
}

Result<void> Place::sync_folder() const {
  const UniqueFd folder(::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder && errno == EACCES) return {};  // we may add to it, not read it
  if (!folder) return fail(Error::from_errno("open(the folder of " + path_ + ")"));
  if (::fsync(folder.get()) == 0 || errno == EINVAL) return {};  // EINVAL: none that can be synced
  return fail(Error::from_errno("fsync(the folder of " + path_ + ")"));
}

}  // namespace hangrate
