// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/console/console_log.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <unistd.h>

#include "harness/base/input.h"
#include "harness/console/complaint.h"

namespace hangrate {

namespace {

/// A WARN's text is a line or two, and then the line that says it is a WARN.
constexpr std::size_t kMostAnnounced = 8;

/// Without a mark in the beginning, a line is a program's; a kernel's may follow in it.
bool newer(const ConsoleLine& line, std::uint64_t newest) {
  return line.stamp && *line.stamp > newest;
}

}  // namespace

ConsoleLog::Report* ConsoleLog::open_report(std::string_view caller) {
  const auto mine = std::find_if(reports_.rbegin(), reports_.rend(), [&](const Report& report) {
    return report.open && !caller.empty() && report.caller == caller;
  });
  if (mine != reports_.rend()) return &*mine;
  return !reports_.empty() && reports_.back().open ? &reports_.back() : nullptr;
}

/// A report says what it is in several lines. What is graver than it is news, and so is what
/// another CPU says.
bool ConsoleLog::joins(const Report* report, std::string_view kind) const {
  if (report == nullptr) return false;
  const Gravity gravity = gravity_of(kind);
  if (gravity == Gravity::Info) return true;
  if (report->announced && !announcement_.open && gravity == Gravity::Warning) return true;
  return kind == report->finding.kind ||
         (gravity == Gravity::Oops && gravity_of(report->finding.kind) == Gravity::Oops);
}

/// nullptr if all that is there is as grave. That closes what is open: what follows is not its own.
ConsoleLog::Report* ConsoleLog::make_room(Gravity gravity) {
  if (reports_.size() == kMostFindings) {
    const auto least = std::min_element(
        reports_.rbegin(), reports_.rend(), [](const Report& left, const Report& right) {
          return gravity_of(left.finding.kind) < gravity_of(right.finding.kind);
        });
    if (gravity_of(least->finding.kind) >= gravity) {
      reports_.back().open = false;
      return nullptr;
    }
    reports_.erase(std::next(least).base());
  }
  return &reports_.emplace_back();
}

void ConsoleLog::begin(std::string_view kind, std::string_view caller) {
  Report* const report = make_room(gravity_of(kind));
  const Announcement announced = std::exchange(announcement_, {});
  if (report == nullptr) return;
  report->finding = {std::string(kind), announced.lines};
  report->caller = caller;
  report->announced = announced.open;
}

void ConsoleLog::complain(std::string_view kind, const ConsoleLine& line) {
  Report* const open = open_report(line.caller);
  const bool elsewhere = open != nullptr && !line.caller.empty() && open->caller != line.caller;
  if (elsewhere || !joins(open, kind)) return begin(kind, line.caller);
  for (std::string& text : std::exchange(announcement_, {}).lines) {
    if (open->finding.lines.size() < kMostLines) open->finding.lines.push_back(std::move(text));
  }
}

void ConsoleLog::go_on(const ConsoleLine& line) {
  if (announcement_.open) {
    announcement_.lines.emplace_back(line.message);
    if (announcement_.lines.size() == kMostAnnounced) begin("warning", line.caller);
    return;
  }
  Report* const report = open_report(line.caller);
  if (report == nullptr) return;
  report->finding.lines.emplace_back(line.message);
  report->open = report->finding.lines.size() < kMostLines && !ends_report(line.message);
}

/// A console whose kernel marks its lines shows the others' by their lack of a mark. A program that
/// did not end its line has the kernel's in it, with a time that is newer than all before: what a
/// program quotes is not.
ConsoleLine ConsoleLog::line_of(std::string_view text) {
  ConsoleLine line = parse_console_line(text);
  if (line.marked || !marked_) return line;
  const std::size_t torn = torn_mark(text);
  if (torn == text.npos) return line;
  const ConsoleLine behind = parse_console_line(text.substr(torn));
  return newer(behind, newest_) ? behind : line;
}

void ConsoleLog::take_line(std::string_view raw) {
  if (raw.empty()) return;
  const ConsoleLine line = line_of(without_colours(raw, room_));
  if (line.foreign) return;
  marked_ |= line.marked;
  newest_ = std::max(newest_, line.stamp.value_or(0));
  if (line.marked || !marked_) {
    if (announces_report(line.message)) {
      announcement_ = {.lines = {}, .open = true};
      return;
    }
    const std::string_view kind = complaint_in(line.message);
    if (!kind.empty()) complain(kind, line);
  }
  go_on(line);
}

void ConsoleLog::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view piece = bytes.substr(0, end);
    cut_ += piece.substr(0, kMostBytes - std::min(kMostBytes, cut_.size()));
    if (end == bytes.npos) return;
    take_line(cut_);
    cut_.clear();
    bytes.remove_prefix(end + 1);
  }
}

std::vector<ConsoleFinding> ConsoleLog::findings() {
  take("\n");
  if (!announcement_.lines.empty()) begin("warning", "");
  std::vector<ConsoleFinding> found;
  for (const Report& report : reports_) found.push_back(report.finding);
  return found;
}

std::vector<ConsoleFinding> findings_in(std::string_view console) {
  ConsoleLog log;
  log.take(console);
  return log.findings();
}

Result<std::vector<ConsoleFinding>> findings_in_file(const std::string& path) {
  const auto file = open_input(path);
  if (!file) return fail(file.error());
  ConsoleLog log;
  std::string piece(64 * 1024, '\0');
  for (ssize_t got = 1; got != 0;) {
    got = ::read(file->get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Error::from_errno("read(" + path + ")"));
    log.take(std::string_view(piece).substr(0, static_cast<std::size_t>(got)));
  }
  return log.findings();
}

}  // namespace hangrate
