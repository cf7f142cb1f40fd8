// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reason: one fact a verdict rests on, as a code with its arguments. Whoever judges gives reasons,
// whoever reports puts them into words (report/reason_text.h), so that no decision hangs on a
// sentence. Plain values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hangrate {

enum class ReasonCode {
  Told,              ///< text: what somebody else said, or a sentence of an older journal
  Task,              ///< role, tid, state, "exiting" or system call, place, "stack" or "wchan"
  NoSwitch,          ///< us: no context switch for so long
  AsDeclared,        ///< asleep where this bug makes it sleep
  NotAsDeclared,     ///< role: it sleeps elsewhere
  OwnPlace,          ///< asleep where this control says that it sleeps
  NotOwnPlace,       ///< the control sleeps where it says it does not
  Invariant,         ///< text of the reproducer, evaluated between the two looks
  PollReady,         ///< fd, role, bytes queued, capacity ("" = not asked): our own poll says ready
  PollNotReady,      ///< the same: our own poll says not ready
  KillPending,       ///< role: a SIGKILL is pending and it sleeps on
  OwnDeadline,       ///< role, system call: its wait ends by itself at a time of its own
  EndedByItself,     ///< us after it should have
  Halted,            ///< the victim is stopped by a signal, a tracer or a freezer
  Moving,            ///< it runs, waits for a CPU, or moved between two looks
  SourcesSilent,     ///< nothing tells whether it moves
  Gone,              ///< no victim is left
  AsleepTooShort,    ///< motionless, but not for the time demanded
  NothingProven,     ///< ms: motionless for so long, nothing proven
  Unwatched,         ///< nothing was seen of it
  Trace,             ///< text: what the trace of the trial shows
  Disagree,          ///< fd: reproducer and supervisor say different things of it
  InvariantOutside,  ///< the invariant was not evaluated between the two looks
  Absent,            ///< source, role or "", why: evidence that could not be had
  NotOurs,           ///< this is not the task the trial is about
  AnyPlace,          ///< no place was declared: any hang of it counts
};

struct Reason {
  ReasonCode code = ReasonCode::Told;
  std::vector<std::string> arguments;
  bool operator==(const Reason&) const = default;
};

inline Reason told(std::string text) {
  return {ReasonCode::Told, {std::move(text)}};
}

/// As in a journal: "no-switch".
const char* reason_name(ReasonCode code);
std::optional<ReasonCode> reason_code_of(std::string_view name);

}  // namespace hangrate
