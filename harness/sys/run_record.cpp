// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/run_record.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/sys/cgroup.h"
#include "harness/sys/slot.h"

namespace hangrate {

namespace {

constexpr std::string_view kPrefix = "hangrate-";
constexpr int kTries = 8;

std::string fresh_id() {
  std::uint64_t random = 0;
  if (::getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random) {
    random = static_cast<std::uint64_t>(now_ns());  // names are made with O_EXCL anyway
  }
  return fmt::format("{}-{:016x}", ::getpid(), random);
}

bool is_mark_at(std::string_view path, const std::string& mark) {
  const std::size_t slash = path.rfind('/');
  return slash != path.npos && path.substr(slash + 1) == mark;
}

}  // namespace

std::vector<std::string> record_folders() {
  const uid_t user = ::geteuid();
  std::vector<std::string> folders;
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (user == 0) {
    folders.emplace_back("/run/hangrate");
  } else if (runtime != nullptr && runtime[0] == '/') {
    folders.push_back(std::string(runtime) + "/hangrate");
  }
  folders.push_back("/tmp/hangrate-" + std::to_string(user));
  return folders;
}

Result<UniqueFd> open_record_folder(const std::string& path, bool make) {
  if (make && ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail(Error::from_errno("mkdir(" + path + ")"));
  }
  UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat info {};
  if (!folder || ::fstat(folder.get(), &info) != 0) {
    return fail(Error::from_errno("open(" + path + ")"));
  }
  if (info.st_uid != ::geteuid() || (info.st_mode & 077) != 0) {
    return fail(Error::infrastructure(fmt::format(
        "{} belongs to user {} with mode {:o}, not to us alone: nothing in it is believed; "
        "look who made it and remove it",
        path, info.st_uid, info.st_mode & 07777)));
  }
  return folder;
}

std::string boot_id() {
  return first_line("/proc/sys/kernel/random/boot_id");
}

bool RunRecord::make_in(const std::string& folder) {
  auto opened = open_record_folder(folder, true);
  if (!opened) {
    trouble_ = opened.error().what();
    return false;
  }
  folder_ = std::move(*opened);
  for (int i = 0; i < kTries; ++i) {
    mark_ = std::string(kPrefix) + fresh_id();
    constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    file_.reset(::openat(folder_.get(), mark_.c_str(), kFlags, 0600));
    struct stat info {};
    // A sweeper may have come between: it holds the lock then, or the empty record is deleted.
    if (file_ && ::flock(file_.get(), LOCK_EX | LOCK_NB) == 0 && ::fstat(file_.get(), &info) == 0 &&
        info.st_nlink == 1) {
      path_ = folder + "/" + mark_;
      text_ = "boot " + boot_id() + "\n";
      return true;
    }
  }
  trouble_ = Error::from_errno("open(" + folder + "/" + mark_ + ")").what();
  file_.reset();
  return false;
}

RunRecord RunRecord::make(const std::vector<std::string>& folders) {
  RunRecord record;
  record.mark_ = std::string(kPrefix) + fresh_id();
  const bool made = std::any_of(folders.begin(), folders.end(),
                                [&](const std::string& f) { return record.make_in(f); });
  if (made) record.trouble_.clear();
  return record;
}

RunRecord::RunRecord(RunRecord&& other) noexcept
    : mark_(std::move(other.mark_)),
      path_(std::exchange(other.path_, {})),
      trouble_(std::move(other.trouble_)),
      text_(std::move(other.text_)),
      cgroups_(std::move(other.cgroups_)),
      folder_(std::move(other.folder_)),
      file_(std::move(other.file_)) {}

RunRecord::~RunRecord() {
  const bool left = std::any_of(cgroups_.begin(), cgroups_.end(), [](const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
  });
  if (!path_.empty() && !left && !has_marked_cgroup(mark_))
    ::unlinkat(folder_.get(), mark_.c_str(), 0);
}

std::string RunRecord::id() const {
  return mark_.substr(kPrefix.size());
}

void RunRecord::intend_cgroup(const std::string& path) {
  if (path_.empty()) return;
  cgroups_.push_back(path);
  text_ += "cgroup " + path + "\n";
  const auto size = static_cast<ssize_t>(text_.size());
  if (text_.size() > protocol::kRecordHead ||
      ::pwrite(file_.get(), text_.data(), text_.size(), 0) != size) {
    trouble_ = "the run's record cannot be written: " + path_;
  }
}

bool is_mark(std::string_view name) {
  constexpr std::size_t kRandom = 16;
  if (!name.starts_with(kPrefix) || name.size() < kPrefix.size() + 2 + kRandom) return false;
  const std::string_view pid =
      name.substr(kPrefix.size(), name.size() - kPrefix.size() - 1 - kRandom);
  const std::string_view random = name.substr(name.size() - kRandom);
  return all_digits(pid) && name[kPrefix.size() + pid.size()] == '-' &&
         random.find_first_not_of("0123456789abcdef") == random.npos;
}

FoundRecord parse_record(std::string_view text, const std::string& mark) {
  FoundRecord record;
  std::string lines(text);
  std::replace(lines.begin(), lines.end(), '\0', '\n');  // holes between the parts
  lines.resize(lines.rfind('\n') == lines.npos ? 0 : lines.rfind('\n'));
  for (const std::string& line : split(lines, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() == 2 && words[0] == "boot") record.boot = words[1];
    if (line.starts_with("cgroup /") && is_mark_at(line, mark)) {
      record.cgroups.push_back(line.substr(7));
    }
    if (words.size() < 3 || words[0] != "fuse") continue;
    const FoundRecord::Connection connection{std::atoi(words[1].c_str()),
                                             std::strtoull(words[2].c_str(), nullptr, 10)};
    // A number alone is not believed: it may be somebody else's by now.
    if (connection.number > 0 && connection.instance != 0) record.connections.push_back(connection);
  }
  return record;
}

}  // namespace hangrate
