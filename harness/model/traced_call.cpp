// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/traced_call.h"

namespace hangrate {

namespace {

constexpr TracedCallRow kRows[] = {
    {},
#define HANGRATE_CALL(NUMBER, Name, Entered, Object, Quiet, ...) \
  {.call = TracedCall::Name,                                     \
   .entered = CallEntered::Entered,                              \
   .object = CallObject::Object,                                 \
   .quiet = CallQuiet::Quiet,                                    \
   __VA_ARGS__},
#include "harness/model/traced_calls.def"
};

static_assert(std::size(kRows) <= 256, "a slot has one byte for the call");

constexpr bool said(std::string_view words) {
  return !words.empty();
}

constexpr bool named(const TracedCallRow& row) {
  const auto same = [&](const TracedCallRow& other) {
    return std::string_view(row.name) == other.name;
  };
  return said(row.name) && said(row.probe) && std::ranges::count_if(kRows, same) == 1;
}

constexpr bool hooked(const TracedCallRow& row) {
  const auto whole = [](const CallHook& hook) {
    return !hook.used() || (said(hook.programs) && !hook.functions.empty());
  };
  return row.hooks.front().used() && std::ranges::all_of(row.hooks, whole);
}

/// Either it waits, and everything about the wait is said, or why it does not.
constexpr bool waits_or_says_why_not(const TracedCallRow& row) {
  const bool waits = said(row.states) && said(row.wait) && !row.waits_in.empty();
  const bool nothing = !said(row.states) && !said(row.wait);
  return said(row.no_wait) ? nothing : waits;
}

/// A sleeper at the mutex of a pipe does not wait for what the call itself waits for.
constexpr bool tells_the_mutex_apart(const TracedCallRow& row) {
  return said(row.awaited) == (row.takes_mutex && said(row.wait));
}

#define HANGRATE_CALL(NUMBER, Name, ...)                                                  \
  static_assert(named(kRows[int(TracedCall::Name)]), #Name ": no name of its own");       \
  static_assert(hooked(kRows[int(TracedCall::Name)]), #Name ": no hook");                 \
  static_assert(!kRows[int(TracedCall::Name)].frames.empty(), #Name ": no frames");       \
  static_assert(waits_or_says_why_not(kRows[int(TracedCall::Name)]), #Name ": its wait"); \
  static_assert(tells_the_mutex_apart(kRows[int(TracedCall::Name)]), #Name ": awaited");
#include "harness/model/traced_calls.def"

}  // namespace

std::span<const TracedCallRow> traced_calls() {
  return std::span(kRows).subspan(1);
}

const TracedCallRow& row_of(TracedCall call) {
  const auto index = static_cast<std::size_t>(call);
  return kRows[index < std::size(kRows) ? index : 0];
}

}  // namespace hangrate
