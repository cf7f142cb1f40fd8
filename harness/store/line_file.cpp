// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/store/line_file.h"

#include <cerrno>

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

}  // namespace

LineReader::Got LineReader::next(std::string& line) {
  line.clear();
  std::size_t seen = at_;  // no end of the line before it
  while (true) {
    const std::size_t end = buffer_.find('\n', seen);
    if (end != buffer_.npos) {
      line.assign(buffer_, at_, end - at_);
      at_ = end + 1;
      offset_ += static_cast<off_t>(line.size()) + 1;
      return Got::Line;
    }
    buffer_.erase(0, at_);
    at_ = 0;
    seen = buffer_.size();
    if (seen > kLongest) return Got::TooLong;
    char chunk[65536];
    const ssize_t n = ::read(fd_, chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Got::Failed;
    if (n == 0) {
      line = buffer_;
      return buffer_.empty() ? Got::End : Got::Unfinished;
    }
    buffer_.append(chunk, static_cast<std::size_t>(n));
  }
}

Result<void> LineReader::trouble(Got got, const std::string& path, std::uint64_t number) {
  if (got == Got::Failed) return fail(Error::from_errno("read(" + path + ")"));
  if (got != Got::TooLong) return {};
  return fail(Error::usage(path + ":" + std::to_string(number) + ": a line of more than " +
                           std::to_string(kLongest) + " bytes: not a file of hangrate"));
}

Result<LinesRead> read_lines(
    const std::string& path,
    const std::function<Result<bool>(const std::string& line, std::uint64_t number)>& take) {
  const auto file = open_input(path);
  if (!file) return fail(file.error());
  LinesRead read;
  LineReader lines(file->get());
  std::string line;
  LineReader::Got got = lines.next(line);
  for (; got == LineReader::Got::Line; got = lines.next(line)) {
    const auto known = take(line, ++read.lines);
    if (!known) return fail(known.error());
    read.unknown += *known ? 0u : 1u;
  }
  HR_TRY(LineReader::trouble(got, path, read.lines + 1));
  read.cut_off = got == LineReader::Got::Unfinished;
  return read;
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
  LineReader lines(file_.get());
  std::string line;
  std::uint64_t number = 1;
  LineReader::Got got = lines.next(line);
  for (; got == LineReader::Got::Line; got = lines.next(line), ++number) {
    line += '\n';
    seal_.add(line);
  }
  HR_TRY(LineReader::trouble(got, seal_.path, number));
  was_cut_off_ = got == LineReader::Got::Unfinished;
  if (!was_cut_off_ || ::ftruncate(file_.get(), seal_.length) == 0) return {};
  return fail(Error::from_errno("ftruncate(" + seal_.path + ")"));
}

Failure LineFile::broken(Error why) {
  broken_ = why;
  return fail(std::move(why));
}

Result<void> LineFile::append(std::string line) {
  if (broken_) return fail(*broken_);
  if (line.size() > LineReader::kLongest) {
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
