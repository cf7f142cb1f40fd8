// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/diagnose/hang_watch.h"

#include <string>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

#include "harness/diagnose/examine_apart.h"
#include "harness/sys/child.h"

namespace hangrate {

namespace {

constexpr Nanos kLongestExamination = 3 * kSecond;
/// Each costs a process that may never end.
constexpr std::size_t kMostBlocking = 8;

/// CPU time of all children that have ended.
Nanos spent_by_children() {
  rusage use{};
  ::getrusage(RUSAGE_CHILDREN, &use);
  const auto nanos = [](const timeval& t) { return t.tv_sec * kSecond + t.tv_usec * kMicro; };
  return nanos(use.ru_utime) + nanos(use.ru_stime);
}

}  // namespace

HangWatch::HangWatch(WatchOptions options, Tell tell)
    : options_(std::move(options)),
      tell_(std::move(tell)),
      scout_(options_.scope, options_.interval),
      life_(options_.scope),
      plan_(now_ns()) {}

Result<void> HangWatch::run() {
  HR_TRY(scout_.start(blocking_));
  while (wanted_) HR_TRY(look_on());
  return {};
}

Result<void> HangWatch::look_on() {
  const auto report = scout_.next();
  if (!report) return replace_scout();
  take(*report);
  if (const std::string gone = life_.gone(); !gone.empty()) {
    end(gone);
    return {};
  }
  if (plan_.due(now_ns(), !resting_.empty())) examine();
  say(watched::Looked{});
  return {};
}

Result<void> HangWatch::replace_scout() {
  const int pid = scout_.reading();
  const std::string what =
      "the look at all tasks does not end: a read of the /proc files of process " +
      std::to_string(pid) + " blocks";
  if (blocking_.size() >= kMostBlocking || !blocking_.insert(pid).second) {
    return fail(Error::infrastructure(what));
  }
  say(watched::Trouble{what + "; it is left out"});
  resting_.clear();
  plan_.want();
  return scout_.start(blocking_);
}

/// Of a scope, tasks elsewhere matter too: they may be who could release it.
void HangWatch::take(const ScoutReport& report) {
  const bool fresh = !report.resting.empty();
  for (const int tid : report.moved) resting_.erase(tid);
  moved_.insert(report.moved.begin(), report.moved.end());
  for (const auto& [tid, since] : report.resting) resting_[tid] = since;
  if ((fresh && report.in_scope) || hangs_.holds(report.moved)) plan_.want();
  for (const SpinningTask& task : report.spinning) {
    const watched::Spinning told{++spinners_, task};
    spinning_[task.task.tid] = told;
    say(told);
  }
  for (const int tid : report.not_spinning) {
    const auto told = spinning_.find(tid);
    if (told == spinning_.end()) continue;
    say(watched::SpinningOver{told->second.id, told->second.task});
    spinning_.erase(told);
  }
}

/// A hang of theirs is over even if tasks that nobody asked about hang on.
void HangWatch::end(const std::string& gone) {
  for (const ToldHang& hang : hangs_.end_all()) say(watched::HangOver{hang});
  for (const auto& [tid, told] : std::exchange(spinning_, {})) {
    say(watched::SpinningOver{told.id, told.task});
  }
  say(watched::Gone{gone});
  wanted_ = false;
}

void HangWatch::examine() {
  plan_.begin();
  reap_children();  // a scout that was lost is not charged to this examination
  const Nanos spent = spent_by_children();
  ExamineOptions options;
  options.scope = options_.scope;
  options.reader.blocking = blocking_;
  const std::size_t blocked = blocking_.size();
  const auto seen = examine_apart(options, kLongestExamination, &blocking_);
  reap_children();
  plan_.done(now_ns(), spent_by_children() - spent);
  if (!seen) return say(watched::Trouble{seen.error().what()});
  if (!std::exchange(begun_, true)) {
    say(watched::Begun{seen->looked_at, seen->absent, shows_all_processes()});
  }
  if (blocking_.size() > blocked) {
    say(
        watched::Trouble{"a look at all tasks did not end in time: from now on some processes are "
                         "left out, and less is proven"});
  }
  const auto since = [&](int tid) {
    const auto found = resting_.find(tid);
    return found != resting_.end() ? found->second : 0;
  };
  const HangNews news = hangs_.take(*seen, now_ns(), since, blocking_.empty() ? nullptr : &moved_);
  moved_.clear();
  for (const ToldHang& hang : news.ended) say(watched::HangOver{hang});
  for (const ToldHang& hang : news.began) say(watched::Hang{hang});
}

}  // namespace hangrate
