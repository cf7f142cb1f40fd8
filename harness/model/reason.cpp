// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/reason.h"

namespace hangrate {

const char* reason_name(ReasonCode code) {
  switch (code) {
    case ReasonCode::Told:
      return "told";
    case ReasonCode::Task:
      return "task";
    case ReasonCode::NoSwitch:
      return "no-switch";
    case ReasonCode::AsDeclared:
      return "as-declared";
    case ReasonCode::NotAsDeclared:
      return "not-as-declared";
    case ReasonCode::OwnPlace:
      return "own-place";
    case ReasonCode::NotOwnPlace:
      return "not-own-place";
    case ReasonCode::Invariant:
      return "invariant";
    case ReasonCode::PollReady:
      return "poll-ready";
    case ReasonCode::PollNotReady:
      return "poll-not-ready";
    case ReasonCode::KillPending:
      return "kill-pending";
    case ReasonCode::OwnDeadline:
      return "own-deadline";
    case ReasonCode::EndedByItself:
      return "ended-by-itself";
    case ReasonCode::Halted:
      return "halted";
    case ReasonCode::Moving:
      return "moving";
    case ReasonCode::SourcesSilent:
      return "sources-silent";
    case ReasonCode::Gone:
      return "gone";
    case ReasonCode::AsleepTooShort:
      return "asleep-too-short";
    case ReasonCode::NothingProven:
      return "nothing-proven";
    case ReasonCode::Unwatched:
      return "unwatched";
    case ReasonCode::Trace:
      return "trace";
    case ReasonCode::Disagree:
      return "disagree";
    case ReasonCode::InvariantOutside:
      return "invariant-outside";
    case ReasonCode::Absent:
      return "absent";
    case ReasonCode::NotOurs:
      return "not-ours";
    case ReasonCode::AnyPlace:
      return "any-place";
  }
  return "?";
}

std::optional<ReasonCode> reason_code_of(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(ReasonCode::AnyPlace); ++i) {
    if (name == reason_name(static_cast<ReasonCode>(i))) return static_cast<ReasonCode>(i);
  }
  return std::nullopt;
}

}  // namespace hangrate
