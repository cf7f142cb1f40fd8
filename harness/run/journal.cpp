// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/journal.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/model/json.h"

namespace hangrate {

namespace {

constexpr const char* kFileName = "journal.jsonl";

constexpr std::uint64_t kMostTrials = 1ull << 62;

/// What the code behind relies on and a file need not keep to.
Result<void> check_header(const RunHeader& header) {
  if (!(header.confidence > 0.0 && header.confidence < 1.0)) {
    return fail(Error::usage("malformed journal header: a confidence that is none"));
  }
  for (const CellSpec& spec : header.cells) {
    const std::vector<Variant>& variants = spec.manifest.variants;
    const bool known = std::any_of(variants.begin(), variants.end(),
                                   [&](const Variant& v) { return v.name == spec.variant; });
    if (!known || spec.trials > kMostTrials || spec.first > kMostTrials) {
      return fail(Error::usage("malformed journal header: cell " + spec.repro + "/" + spec.variant +
                               " has a variant or number of trials that cannot be"));
    }
  }
  return {};
}

/// The end of the trials a record speaks of.
std::uint64_t last_trial_of(const Record& record) {
  if (const auto* batch = std::get_if<BatchRecord>(&record)) {
    return batch->count > kMostTrials ? batch->count
                                      : std::max(batch->first, batch->first + batch->count);
  }
  if (const auto* trial = std::get_if<TrialRecord>(&record)) return trial->observation.trial;
  return 0;
}

Result<RunHeader> parse_header(const std::string& line, const std::string& path) {
  auto json = parse_json(line);
  if (!json || !json->is_object() || !json->contains("type") || (*json)["type"] != "run") {
    return fail(Error::usage(path + " is not a hangrate journal: its first line is no run header"));
  }
  if (json->contains("schema") && (*json)["schema"] > kJournalSchema) {
    return fail(Error::usage(path + " has journal schema " + (*json)["schema"].dump() +
                             ", this hangrate knows up to " + std::to_string(kJournalSchema) +
                             ": use a newer hangrate"));
  }
  auto header = header_from_json(*json);
  if (!header) return fail(header.error().context(path));
  const auto sound = check_header(*header);
  if (!sound) return fail(sound.error().context(path));
  return header;
}

/// Reads lines without ever holding more than one; the last flag tells whether it had its newline.
class LineReader {
 public:
  explicit LineReader(int fd) : fd_(fd) {}

  enum class Got { Line, Unfinished, End, Failed };
  Got next(std::string& line) {
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
  /// Where the next line starts.
  off_t offset() const { return offset_; }

 private:
  int fd_;
  std::string buffer_;
  std::size_t at_ = 0;
  off_t offset_ = 0;
};

}  // namespace

std::string Journal::path_in(const std::string& directory) {
  return directory + "/" + kFileName;
}

Result<Journal> Journal::create(const std::string& directory, const RunHeader& header) {
  if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST) {
    const bool wrong_path = errno == ENOENT || errno == ENOTDIR;
    const Error error = Error::from_errno("mkdir(" + directory + ")");
    return fail(error.context("making the results folder")
                    .as(wrong_path ? ErrorKind::Usage : ErrorKind::Infrastructure));
  }
  Journal journal;
  journal.path_ = path_in(directory);
  journal.file_.reset(
      ::open(journal.path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644));
  if (!journal.file_ && errno == EEXIST) {
    return fail(Error::usage(directory +
                             " already holds a run: give another --results folder, or "
                             "continue it with --resume " +
                             directory));
  }
  if (!journal.file_) return fail(Error::from_errno("open(" + journal.path_ + ")"));
  auto ready = journal.lock();
  if (ready) ready = journal.append_line(dump_line(to_json_value(header)));
  if (!ready) {
    ::unlink(journal.path_.c_str());  // a journal without a header would be in the way of the next
    return fail(ready.error());
  }
  journal.sync();
  return journal;
}

Result<Journal> Journal::reopen(const std::string& directory) {
  Journal journal;
  journal.path_ = path_in(directory);
  journal.file_.reset(::open(journal.path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!journal.file_) {
    return fail(Error::from_errno("open(" + journal.path_ + ")").as(ErrorKind::Usage));
  }
  HR_TRY(journal.lock());
  const UniqueFd reading(::open(journal.path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!reading) {
    return fail(Error::from_errno("open(" + journal.path_ + ")").as(ErrorKind::Usage));
  }
  LineReader lines(reading.get());
  std::string line;
  LineReader::Got got = LineReader::Got::Line;
  while (got == LineReader::Got::Line) got = lines.next(line);
  if (got == LineReader::Got::Failed) return fail(Error::from_errno("read(" + journal.path_ + ")"));
  if (got == LineReader::Got::Unfinished && ::ftruncate(journal.file_.get(), lines.offset()) != 0) {
    return fail(Error::from_errno("ftruncate(" + journal.path_ + ")"));
  }
  return journal;
}

/// One writer at a time; the lock goes with its process.
Result<void> Journal::lock() {
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return {};  // a file system without locks
  return fail(Error::usage(path_ + " is being written by another hangrate: wait for its end"));
}

Result<void> Journal::append(const Record& record) {
  return append_line(dump_line(to_json_value(record)));
}

Result<void> Journal::append_line(std::string line) {
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

void Journal::sync() {
  ::fdatasync(file_.get());
}

Result<JournalStats> read_journal(const std::string& path,
                                  const std::function<Result<void>(const RunHeader&)>& on_header,
                                  const std::function<void(const Record&)>& on_record) {
  struct stat info {};
  std::string file_path = path;
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) file_path = Journal::path_in(path);
  const UniqueFd file(::open(file_path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail(Error::from_errno("open(" + file_path + ")").as(ErrorKind::Usage));

  JournalStats stats;
  std::size_t cells = 0;
  LineReader lines(file.get());
  std::string line;
  while (true) {
    const LineReader::Got got = lines.next(line);
    if (got == LineReader::Got::Failed) return fail(Error::from_errno("read(" + file_path + ")"));
    stats.cut_off = got == LineReader::Got::Unfinished;
    if (got != LineReader::Got::Line) break;
    ++stats.lines;
    if (stats.lines == 1) {
      auto header = parse_header(line, file_path);
      if (!header) return fail(header.error());
      cells = header->cells.size();
      HR_TRY(on_header(*header));
      continue;
    }
    const std::string where = file_path + ":" + std::to_string(stats.lines);
    auto json = parse_json(line);
    if (!json) return fail(json.error().context(where));
    auto record = record_from_json(*json);
    if (!record) return fail(record.error().context(where));
    if (*record && cell_of(**record) >= cells) {
      return fail(Error::usage(where + ": a record of cell " + std::to_string(cell_of(**record)) +
                               ", but the run has " + std::to_string(cells)));
    }
    if (*record && last_trial_of(**record) > kMostTrials) {
      return fail(Error::usage(where + ": a trial number no run reaches"));
    }
    if (*record) {
      on_record(**record);
    } else {
      ++stats.unknown;
    }
  }
  if (stats.lines == 0) return fail(Error::usage(file_path + " is empty: no run header in it"));
  return stats;
}

}  // namespace hangrate
