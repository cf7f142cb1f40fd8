// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel functions that the flight recorder follows from entry to return. All that is known of
// one is its row in traced_calls.def. Plain values; traced_call.cpp checks at compile time that
// each row is complete.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

namespace hangrate {

enum class TracedCall : std::uint8_t {
  None,
#define HANGRATE_CALL(NUMBER, Name, ...) Name,
#include "harness/model/traced_calls.def"
};

enum class CallEntered {
  Outermost,  ///< never inside another followed call: entering it leaves all others
  Inside,
};

enum class CallObject { Nothing, Pipe, Request, Child };

/// When may a call that returned without sleeping be left out of a trace?
enum class CallQuiet { Never, Always, UnlessItRead, UnlessItResized };

/// A few words; the rest of the array is empty.
class CallWords {
 public:
  constexpr CallWords() = default;
  constexpr CallWords(std::initializer_list<std::string_view> words) {
    for (const std::string_view word : words) all_[count_++] = word;  // too many: not constant
  }
  constexpr const std::string_view* begin() const { return all_.data(); }
  constexpr const std::string_view* end() const { return all_.data() + count_; }
  constexpr bool empty() const { return count_ == 0; }
  constexpr std::string_view back() const { return all_[count_ - 1]; }

 private:
  std::array<std::string_view, 5> all_{};
  std::size_t count_ = 0;
};

enum CallHookWay : unsigned { kByFentry = 1, kByKprobe = 2, kBySyscall = 4 };

/// A function of the kernel at which programs are attached.
struct CallHook {
  const char* programs = "";  ///< of fentry NAME_in and NAME_out, of kprobes NAME_kin and NAME_kout
  CallWords functions = {};   ///< its names, the newest first; the hook is called by the oldest
  unsigned ways = 0;          ///< CallHookWay

  constexpr bool used() const { return ways != 0; }
  constexpr std::string_view name() const { return functions.back(); }
};

struct TracedCallRow {
  TracedCall call = TracedCall::None;
  CallEntered entered = CallEntered::Inside;
  CallObject object = CallObject::Nothing;
  CallQuiet quiet = CallQuiet::Never;
  const char* name = "";   ///< in files and in words
  const char* probe = "";  ///< the folder of bpf/ with its programs
  std::array<CallHook, 2> hooks = {};
  /// One of them is in the stack of whoever is in the call. A part of a function's name is enough,
  /// since compilers inline and rename; "=f" is f itself, whatever underscores and suffix it has.
  CallWords frames = {};
  /// The innermost function of whoever waits in the call itself, not in something it called.
  CallWords waits_in = {};
  std::string_view states = "";  ///< in which it waits for its object, letters of a Sleep
  bool waits_below = false;      ///< the wait is in a function it calls, so only a stack shows it
  bool takes_mutex = false;      ///< of the pipe
  bool changes_ring = false;     ///< moves the slots of the pipe, or sets their number
  const char* wait = "";         ///< what its own wait is, in words
  const char* awaited = "";      ///< what that wait is for, of a call that takes the mutex as well
  const char* no_wait = "";      ///< why it has no wait of its own
};

/// All rows, in the order of their numbers.
std::span<const TracedCallRow> traced_calls();

/// Of None: a row with nothing in it.
const TracedCallRow& row_of(TracedCall call);

inline const char* traced_call_name(TracedCall call) {
  return row_of(call).name;
}

}  // namespace hangrate
