// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/base/output.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <optional>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/bytes.h"
#include "harness/base/place.h"

namespace hangrate {

namespace {

constexpr mode_t kFileMode = 0644;
constexpr mode_t kFolderMode = 0755;
constexpr int kNew = O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC;
constexpr int kOld = O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

/// The descriptor a path in /dev or /proc means.
std::optional<int> descriptor_of(const std::string& path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    int fd = -1;
    const char* end = path.data() + path.size();
    const auto read = std::from_chars(path.data() + folder.size(), end, fd);
    if (read.ec == std::errc() && read.ptr == end && fd >= 0) return fd;
  }
  return std::nullopt;
}

Result<void> check_descriptor(int fd, const std::string& path) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return fail(Error::from_errno("open(" + path + ")").as(ErrorKind::Usage));
  if ((flags & O_ACCMODE) != O_RDONLY) return {};
  return fail(Error::usage(path + " is open for reading only"));
}

/// What an output may not be, whatever lies there.
Result<void> check_kind(const Place& place, const std::optional<struct stat>& old) {
  if (!old) return {};
  const mode_t kind = old->st_mode & S_IFMT;
  if (kind == S_IFDIR) return fail(Error::usage(place.path() + " is a folder"));
  if (kind != S_IFREG && kind != S_IFCHR && kind != S_IFIFO) {
    return fail(Error::usage(place.path() + " is neither a file nor a pipe"));
  }
  return place.check_replaceable(*old);
}

bool is_file(const std::optional<struct stat>& old) {
  return !old || S_ISREG(old->st_mode);
}

/// A pipe nobody reads from is told, not waited for.
Result<void> write_special(const Place& place, std::string_view text) {
  UniqueFd file(::openat(place.folder(), place.name().c_str(),
                         O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) return fail(Error::from_errno("open(" + place.path() + ")"));
  const int flags = ::fcntl(file.get(), F_GETFL);
  if (flags < 0 || ::fcntl(file.get(), F_SETFL, flags & ~O_NONBLOCK) != 0) {
    return fail(Error::from_errno("fcntl(" + place.path() + ")"));
  }
  HR_TRY(write_all(file.get(), text, place.path()));
  return sync_and_close(std::move(file), place.path());
}

std::string random_name(const std::string& name) {
  char bytes[8] = {};
  if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes) return "";
  return "." + name.substr(0, 200) + "." + to_hex({bytes, sizeof bytes}) + ".tmp";
}

/// As an editor does it: the owner where we may, the mode always.
Result<void> take_after(int fd, const struct stat& old, const std::string& path) {
  struct stat made {};
  if (::fstat(fd, &made) != 0) return fail(Error::from_errno("fstat(" + path + ")"));
  const bool same = made.st_uid == old.st_uid && made.st_gid == old.st_gid;
  if (!same && ::fchown(fd, old.st_uid, old.st_gid) != 0 && errno != EPERM) {
    return fail(Error::from_errno("fchown(" + path + ")"));
  }
  if (::fchmod(fd, old.st_mode & 0777) == 0) return {};
  return fail(Error::from_errno("fchmod(" + path + ")"));
}

Result<void> fill(UniqueFd file, const std::optional<struct stat>& old, std::string_view text,
                  const std::string& path) {
  if (old) HR_TRY(take_after(file.get(), *old, path));
  HR_TRY(write_all(file.get(), text, path));
  return sync_and_close(std::move(file), path);
}

Result<void> replace(const Place& place, const std::optional<struct stat>& old,
                     std::string_view text) {
  const std::string& path = place.path();
  const std::string other = random_name(place.name());
  if (other.empty()) return fail(Error::from_errno("getrandom"));
  UniqueFd file(::openat(place.folder(), other.c_str(), kNew, kFileMode));
  if (!file) return fail(Error::from_errno("open(a file beside " + path + ")"));
  auto done = fill(std::move(file), old, text, path);
  if (done &&
      ::renameat(place.folder(), other.c_str(), place.folder(), place.name().c_str()) != 0) {
    done = fail(Error::from_errno("rename(" + path + ")"));
  }
  if (!done) {
    ::unlinkat(place.folder(), other.c_str(), 0);
    return done;
  }
  return place.sync_folder();
}

Result<UniqueFd> checked(UniqueFd file, const Place& place) {
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) {
    return fail(Error::from_errno("fstat(" + place.path() + ")"));
  }
  HR_TRY(place.check_writable(info));
  return file;
}

Result<UniqueFd> create_at(const Place& place, const std::string& if_there) {
  UniqueFd file(::openat(place.folder(), place.name().c_str(), kNew, kFileMode));
  if (!file && errno == EEXIST) return fail(Error::usage(if_there));
  if (!file) return fail(Error::from_errno("open(" + place.path() + ")"));
  if (const auto synced = place.sync_folder(); !synced) {
    ::unlinkat(place.folder(), place.name().c_str(), 0);
    return fail(synced.error());
  }
  return file;
}

Result<UniqueFd> append_at(const Place& place) {
  UniqueFd file(::openat(place.folder(), place.name().c_str(), kOld));
  if (!file && errno == ELOOP) {
    return fail(Error::usage(place.path() + " is a symbolic link: name the file it leads to"));
  }
  if (!file) return fail(Error::from_errno("open(" + place.path() + ")").as(ErrorKind::Usage));
  return checked(std::move(file), place);
}

}  // namespace

Result<void> make_folder(const std::string& path) {
  auto place = Place::of(path, LastLink::Followed);
  if (!place) return fail(place.error());
  if (::mkdirat(place->folder(), place->name().c_str(), kFolderMode) == 0) {
    return place->sync_folder();
  }
  if (errno != EEXIST) return fail(Error::from_errno("mkdir(" + path + ")"));
  const auto found = place->look();
  if (!found) return fail(found.error());
  if (!*found || !S_ISDIR((*found)->st_mode)) return fail(Error::usage(path + " is no folder"));
  return place->check_replaceable(**found);
}

Result<UniqueFd> create_file(const std::string& path, const std::string& if_there) {
  const auto place = Place::of(path, LastLink::Kept);
  if (!place) return fail(place.error());
  return create_at(*place, if_there);
}

Result<UniqueFd> open_to_append(const std::string& path) {
  const auto place = Place::of(path, LastLink::Kept);
  if (!place) return fail(place.error());
  return append_at(*place);
}

Result<UniqueFd> create_or_append(const std::string& path) {
  const auto place = Place::of(path, LastLink::Kept);
  if (!place) return fail(place.error());
  const auto found = place->look();
  if (!found) return fail(found.error());
  return *found ? append_at(*place) : create_at(*place, path + " appeared just now");
}

Result<void> write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) errno = ENOSPC;  // a device that takes nothing and says nothing
    if (n <= 0) return fail(Error::from_errno("write(" + path + ")"));
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> sync_and_close(UniqueFd file, const std::string& path) {
  // EINVAL: a pipe or a device, which has nothing to sync.
  if (::fsync(file.get()) != 0 && errno != EINVAL) {
    return fail(Error::from_errno("fsync(" + path + ")"));
  }
  // Closed even if it says EINTR, and all is on disk by then.
  if (::close(file.release()) == 0 || errno == EINTR) return {};
  return fail(Error::from_errno("close(" + path + ")"));
}

Result<void> write_file_atomically(const std::string& path, std::string_view text) {
  if (const auto fd = descriptor_of(path)) {
    HR_TRY(check_descriptor(*fd, path));
    if (std::fflush(stdout) != 0) return fail(Error::from_errno("write(stdout)"));
    return write_all(*fd, text, path);
  }
  const auto place = Place::of(path, LastLink::Followed);
  if (!place) return fail(place.error());
  const auto old = place->look();
  if (!old) return fail(old.error());
  HR_TRY(check_kind(*place, *old));
  return is_file(*old) ? replace(*place, *old, text) : write_special(*place, text);
}

Result<void> check_output(const std::string& path) {
  if (const auto fd = descriptor_of(path)) return check_descriptor(*fd, path);
  const auto place = Place::of(path, LastLink::Followed);
  if (!place) return fail(place.error().as(ErrorKind::Usage));
  const auto old = place->look();
  if (!old) return fail(old.error().as(ErrorKind::Usage));
  HR_TRY(check_kind(*place, *old));
  if (!is_file(*old) || ::faccessat(place->folder(), ".", W_OK, 0) == 0) return {};
  return fail(Error::from_errno(path + ": its folder").as(ErrorKind::Usage));
}

}  // namespace hangrate
