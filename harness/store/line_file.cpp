// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/store/line_file.h"

#include <cerrno>
#include <string_view>

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/input.h"
#include "harness/base/output.h"

namespace hangrate {

namespace {

constexpr Nanos kCommitEvery = kSecond;

std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

Result<LinesRead> read_lines_of(int fd, const std::string& path, const TakeLine& take) {
  LinesRead read;
  std::string line;
  char chunk[65536];
  while (line.size() <= kLongestLine) {
    const ssize_t n = ::read(fd, chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Error::from_errno("read(" + path + ")"));
    if (n == 0) {
      read.cut_off = !line.empty();
      return read;
    }
    std::string_view rest(chunk, static_cast<std::size_t>(n));
    for (std::size_t end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
      line += rest.substr(0, end);
      rest.remove_prefix(end + 1);
      const auto known = take(line, ++read.lines);
      if (!known) return fail(known.error());
      read.unknown += *known ? 0u : 1u;
      line.clear();
    }
    line += rest;
  }
  return fail(Error::usage(path + ":" + std::to_string(read.lines + 1) + ": a line of more than " +
                           std::to_string(kLongestLine) + " bytes: not a file of hangrate"));
}

}  // namespace

Result<LinesRead> read_lines(const std::string& path, const TakeLine& take) {
  const auto file = open_input(path);
  return file ? read_lines_of(file->get(), path, take) : fail(file.error());
}

Result<LineFile> LineFile::create(const std::string& path, std::string first_line) {
  const std::string folder = folder_of(path);
  auto file =
      create_file(path, folder + " already holds a run: give another --results folder, or " +
                            "continue it with --resume " + folder);
  if (!file) return fail(file.error());
  LineFile made(std::move(*file), path);
  auto ready = made.lock();
  if (ready) ready = made.append(std::move(first_line));
  if (ready) ready = made.commit();
  if (!ready) {
    ::unlink(path.c_str());  // without its first line it would be in the way of the next
    return fail(ready.error());
  }
  return made;
}

Result<LineFile> LineFile::reopen(const std::string& path) {
  auto file = open_to_append(path);
  if (!file) return fail(file.error());
  LineFile found(std::move(*file), path);
  HR_TRY(found.lock());
  HR_TRY(found.take_contents());
  HR_TRY(found.commit());
  return found;
}

/// One writer at a time; the lock goes with its process. Then it is known which file this is.
Result<void> LineFile::lock() {
  auto seal = FileSeal::of(file_.get(), seal_.path);
  if (!seal) return fail(seal.error());
  seal_ = std::move(*seal);
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL) {
    return {};  // a file system without locks
  }
  if (errno != EWOULDBLOCK) return fail(Error::from_errno("flock(" + seal_.path + ")"));
  return fail(Error::usage(seal_.path + " is being written by another hangrate: wait for its end"));
}

/// What the file holds already; a last line without its end is cut off.
Result<void> LineFile::take_contents() {
  const auto read = read_lines_of(file_.get(), seal_.path, [this](const auto& line, auto) {
    seal_.add(line + '\n');
    return true;
  });
  if (!read) return fail(read.error());
  was_cut_off_ = read->cut_off;
  if (!was_cut_off_ || ::ftruncate(file_.get(), seal_.length) == 0) return {};
  return fail(Error::from_errno("ftruncate(" + seal_.path + ")"));
}

Failure LineFile::broken(Error why) {
  broken_ = why;
  return fail(std::move(why));
}

Result<void> LineFile::append(std::string line) {
  if (broken_) return fail(*broken_);
  if (line.size() > kLongestLine) {
    return broken(Error::infrastructure(seal_.path + ": a record of " +
                                        std::to_string(line.size()) +
                                        " bytes, more than a reader takes"));
  }
  line += '\n';
  HR_TRY(write_line(line));
  seal_.add(line);
  return now_ns() - committed_ > kCommitEvery ? commit() : Result<void>();
}

Result<void> LineFile::write_line(const std::string& line) {
  const auto written = write_all(file_.get(), line, seal_.path);
  if (written) return {};
  struct stat info {};
  // What somebody else added meanwhile is not ours to cut.
  const bool ours = ::fstat(file_.get(), &info) == 0 && info.st_size >= seal_.length &&
                    info.st_size <= seal_.length + static_cast<off_t>(line.size());
  if (!ours || ::ftruncate(file_.get(), seal_.length) != 0) {
    return broken(written.error().context("and its last line could not be cut off"));
  }
  return broken(written.error().context("everything before is safe; make room and --resume"));
}

/// Once only: after a failure the kernel calls the lost pages clean, and the next would succeed.
Result<void> LineFile::sync() {
  if (::fdatasync(file_.get()) == 0 || errno == EINVAL) return {};  // EINVAL: nothing to sync to
  return fail(Error::from_errno("fdatasync(" + seal_.path + ")")
                  .context("the lines of the last second may not be on the disk; see to it, then "
                           "--resume or start a new run"));
}

Result<void> LineFile::commit() {
  if (broken_) return fail(*broken_);
  committed_ = now_ns();
  if (const auto synced = sync(); !synced) return broken(synced.error());
  if (const auto same = seal_.check(file_.get()); !same) return broken(same.error());
  return {};
}

Result<FileSeal> LineFile::finish() {
  HR_TRY(commit());
  if (const auto same = seal_.check_contents(file_.get()); !same) return broken(same.error());
  if (const auto closed = sync_and_close(std::move(file_), seal_.path); !closed) {
    return broken(closed.error());
  }
  return seal_;
}

}  // namespace hangrate
