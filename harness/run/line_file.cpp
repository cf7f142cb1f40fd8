// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/line_file.h"

#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hangrate {

LineReader::Got LineReader::next(std::string& line) {
  line.clear();
  while (true) {
    const std::size_t end = buffer_.find('\n', at_);
    if (end != buffer_.npos) {
      line.assign(buffer_, at_, end - at_);
      at_ = end + 1;
      offset_ += static_cast<off_t>(line.size()) + 1;
      return Got::Line;
    }
    buffer_.erase(0, at_);
    at_ = 0;
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

Result<LineFile> LineFile::create(const std::string& path, std::string first_line) {
  LineFile made;
  made.path_ = path;
  made.file_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644));
  if (!made.file_ && errno == EEXIST) {
    const std::string folder = path.substr(0, path.rfind('/'));
    return fail(Error::usage(folder +
                             " already holds a run: give another --results folder, or "
                             "continue it with --resume " +
                             folder));
  }
  if (!made.file_) return fail(Error::from_errno("open(" + path + ")"));
  auto ready = made.lock();
  if (ready) ready = made.append(std::move(first_line));
  if (!ready) {
    ::unlink(path.c_str());  // without its first line it would be in the way of the next
    return fail(ready.error());
  }
  made.sync();
  return made;
}

Result<LineFile> LineFile::reopen(const std::string& path) {
  LineFile found;
  found.path_ = path;
  found.file_.reset(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!found.file_) return fail(Error::from_errno("open(" + path + ")").as(ErrorKind::Usage));
  HR_TRY(found.lock());
  const UniqueFd reading(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!reading) return fail(Error::from_errno("open(" + path + ")").as(ErrorKind::Usage));
  LineReader lines(reading.get());
  std::string line;
  LineReader::Got got = LineReader::Got::Line;
  while (got == LineReader::Got::Line) got = lines.next(line);
  if (got == LineReader::Got::Failed) return fail(Error::from_errno("read(" + path + ")"));
  found.was_cut_off_ = got == LineReader::Got::Unfinished;
  if (found.was_cut_off_ && ::ftruncate(found.file_.get(), lines.offset()) != 0) {
    return fail(Error::from_errno("ftruncate(" + path + ")"));
  }
  return found;
}

/// One writer at a time; the lock goes with its process.
Result<void> LineFile::lock() {
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return {};  // a file system without locks
  return fail(Error::usage(path_ + " is being written by another hangrate: wait for its end"));
}

Result<void> LineFile::append(std::string line) {
  line += '\n';
  struct stat before {};
  if (::fstat(file_.get(), &before) != 0) return fail(Error::from_errno("fstat(" + path_ + ")"));
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t n = ::write(file_.get(), rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const Error error = Error::from_errno("write(" + path_ + ")");
      if (::ftruncate(file_.get(), before.st_size) != 0) {
        return fail(error.context("and its last line could not be cut off"));
      }
      return fail(error.context("everything before is safe; make room and --resume"));
    }
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

void LineFile::sync() {
  ::fdatasync(file_.get());
}

}  // namespace hangrate
