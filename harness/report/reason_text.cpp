// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/reason_text.h"

#include <cstdlib>

#include <fmt/format.h>

namespace hangrate {

namespace {

/// A journal may hold fewer arguments than this program writes.
std::string argument(const Reason& reason, std::size_t index) {
  return index < reason.arguments.size() ? reason.arguments[index] : "?";
}

std::string task_text(const Reason& reason) {
  std::string text = fmt::format("{} ({}): state {}", argument(reason, 0), argument(reason, 1),
                                 argument(reason, 2));
  const std::string call = argument(reason, 3);
  if (call == "exiting") {
    text += ", exiting";
  } else if (!call.empty()) {
    text += " in " + call + "()";
  }
  const std::string place = argument(reason, 4);
  if (place.empty()) return text;
  return text + (argument(reason, 5) == "stack" ? ", stack " : ", waits in ") + place;
}

std::string poll_text(const Reason& reason, const char* found) {
  std::string text = fmt::format("the supervisor's own poll of fd {} of the {} finds it {}",
                                 argument(reason, 0), argument(reason, 1), found);
  const std::string queued = argument(reason, 2);
  const std::string capacity = argument(reason, 3);
  if (queued.empty() || capacity.empty()) return text;
  return text + fmt::format(" ({} of {} bytes queued)", queued, capacity);
}

std::string seconds_text(const std::string& ms) {
  return fmt::format("{:.3g} s", std::strtod(ms.c_str(), nullptr) / 1000.0);
}

}  // namespace

std::string reason_text(const Reason& reason) {
  switch (reason.code) {
    case ReasonCode::Told:
    case ReasonCode::Invariant:
    case ReasonCode::Trace:
      return argument(reason, 0);
    case ReasonCode::Task:
      return task_text(reason);
    case ReasonCode::NoSwitch:
      return "no context switch in " + argument(reason, 0) + " us";
    case ReasonCode::AsDeclared:
      return "asleep exactly where this bug makes it sleep";
    case ReasonCode::NotAsDeclared:
      return "no " + argument(reason, 0) + " sleeps the way this bug makes it sleep";
    case ReasonCode::OwnPlace:
      return "asleep where this control says that it sleeps";
    case ReasonCode::NotOwnPlace:
      return "asleep elsewhere than this control says that it sleeps";
    case ReasonCode::PollReady:
      return poll_text(reason, "ready");
    case ReasonCode::PollNotReady:
      return poll_text(reason, "not ready");
    case ReasonCode::KillPending:
      return "a SIGKILL is pending on the " + argument(reason, 0) + " and it sleeps on";
    case ReasonCode::OwnDeadline:
      return fmt::format("the {} sleeps in {} for a time of its own: that ends by itself",
                         argument(reason, 0), argument(reason, 1));
    case ReasonCode::EndedByItself:
      return "ended by itself " + argument(reason, 0) + " us after it should have";
    case ReasonCode::Halted:
      return "the victim is stopped by a signal, a tracer or a freezer";
    case ReasonCode::Moving:
      return "the victim runs, waits for a CPU, or moved between two looks";
    case ReasonCode::SourcesSilent:
      return "the sources do not tell";
    case ReasonCode::Gone:
      return "the victim is gone";
    case ReasonCode::AsleepTooShort:
      return "asleep, but not long enough";
    case ReasonCode::NothingProven:
      return "motionless for " + seconds_text(argument(reason, 0)) + ", nothing proven";
    case ReasonCode::Unwatched:
      return "nothing was seen of it";
    case ReasonCode::Disagree:
      return "reproducer and supervisor disagree about fd " + argument(reason, 0);
    case ReasonCode::InvariantOutside:
      return "the invariant was not evaluated between the two looks";
    case ReasonCode::Absent: {
      const std::string role = argument(reason, 1);
      return argument(reason, 0) + (role.empty() ? "" : " of the " + role) + ": " +
             argument(reason, 2);
    }
    case ReasonCode::NotOurs:
      return "what /proc shows under the victim's number is another task";
    case ReasonCode::AnyPlace:
      return "asleep, and no place was asked for: any hang that is proven counts";
  }
  return "?";
}

}  // namespace hangrate
