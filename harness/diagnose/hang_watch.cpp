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

/// The first to see a motion, and those that make it rest (kLooksAtRest of a scout), and one more.
constexpr int kLooksToKnow = 4;

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
  HR_TRY(start_scout());
  while (wanted_) HR_TRY(look_on());
  return {};
}

Result<void> HangWatch::look_on() {
  const auto report = scout_.next();
  if (!report) return replace_scout();
  take(*report);
  if (++looks_ == kLooksToKnow) know_who_rests();
  if (const std::string gone = life_.gone(now_ns()); !gone.empty()) {
    end(gone);
    return {};
  }
  if (left_out_.still(now_ns()) != left_out_.all()) plan_.want();
  if (plan_.due(now_ns(), !resting_.empty())) HR_TRY(examine());
  say(watched::Looked{});
  return {};
}

Result<void> HangWatch::replace_scout() {
  const int pid = scout_.reading();
  const std::string what =
      "the look at all tasks does not end: a read of the /proc files of process " +
      std::to_string(pid) + " blocks";
  const std::set<int> known = left_out_.all();
  if (known.size() >= kMostBlocking || unread_.contains(pid)) {
    return fail(Error::infrastructure(what));
  }
  if (!known.contains(pid)) {  // an examination may have been lost there first
    left_out_.note(pid, now_ns());
    say(watched::Trouble{what + "; it is left out for a while"});
  }
  plan_.want();
  return start_scout();
}

/// It leaves out a process until an examination was not lost there. It knows nothing of what the
/// one before it has told.
Result<void> HangWatch::start_scout() {
  resting_.clear();
  looks_ = 0;
  end_spinning();
  unread_ = left_out_.all();
  return scout_.start(unread_);
}

/// A scout tells who moves of those that it saw at rest, so it is asked once it must have: who of a
/// hang that was told does not rest by then has moved.
void HangWatch::know_who_rests() {
  bool moved = false;
  for (const int tid : hangs_.tasks()) {
    if (!resting_.contains(tid)) moved = moved_.insert(tid).second || moved;
  }
  if (moved) plan_.want();
}

void HangWatch::end_spinning() {
  for (const auto& [tid, told] : std::exchange(spinning_, {})) {
    say(watched::SpinningOver{told.id, told.task});
  }
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
  end_spinning();
  say(watched::Gone{gone});
  wanted_ = false;
}

Result<void> HangWatch::examine() {
  plan_.begin();
  reap_children();  // a scout that was lost is not charged to this examination
  const Nanos spent = spent_by_children();
  bool died = false;  // then the scout must look at whoever gets the number
  for (const int pid : left_out_.all()) {
    if (::access(("/proc/" + std::to_string(pid)).c_str(), F_OK) == 0) continue;
    left_out_.forget(pid);
    died = true;
  }
  ExamineOptions options;
  options.scope = options_.scope;
  options.reader.blocking = left_out_.still(now_ns());
  const std::set<int> left_out = options.reader.blocking;
  std::set<int> blocking = left_out;
  const auto seen = examine_apart(options, kLongestExamination, &blocking);
  reap_children();
  plan_.done(now_ns(), spent_by_children() - spent);
  if (!seen) {
    say(watched::Trouble{seen.error().what()});
    blocking.merge(left_out_.all());  // nobody knows that they can be read again
    return settle(left_out, blocking, died);
  }
  if (!std::exchange(begun_, true)) {
    say(watched::Begun{seen->looked_at, seen->absent, shows_all_processes()});
  }
  const auto since = [&](int tid) {
    const auto found = resting_.find(tid);
    return found != resting_.end() ? found->second : 0;
  };
  const HangNews news = hangs_.take(*seen, now_ns(), since, blocking.empty() ? nullptr : &moved_);
  moved_.clear();
  for (const ToldHang& hang : news.ended) say(watched::HangOver{hang});
  for (const ToldHang& hang : news.began) say(watched::Hang{hang});
  return settle(left_out, blocking, died);
}

/// After an examination that left out `before` when it began, and `blocking` in the end.
Result<void> HangWatch::settle(const std::set<int>& before, const std::set<int>& blocking,
                               bool died) {
  for (const int pid : blocking) {
    if (before.contains(pid) || !left_out_.note(pid, now_ns())) continue;
    say(watched::Trouble{"a read of the /proc files of process " + std::to_string(pid) +
                         " blocks: it is left out for a while, and less is proven"});
  }
  bool back = died;
  for (const int pid : left_out_.all()) {
    if (before.contains(pid) || blocking.contains(pid)) continue;
    left_out_.forget(pid);
    say(watched::Trouble{"the /proc files of process " + std::to_string(pid) +
                         " can be read again"});
    back = true;
  }
  return back ? start_scout() : Result<void>();
}

}  // namespace hangrate
