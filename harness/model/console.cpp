// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/console.h"

#include <algorithm>
#include <iterator>

namespace hangrate {

namespace {

struct Kind {
  std::string_view word;
  Gravity gravity;
};
constexpr Kind kKinds[] = {
    {"panic", Gravity::Panic},
    {"oops", Gravity::Oops},
    {"bug", Gravity::Oops},
    {"corruption", Gravity::Oops},
    {"kasan", Gravity::Sanitizer},
    {"kfence", Gravity::Sanitizer},
    {"kcsan", Gravity::Sanitizer},
    {"kmsan", Gravity::Sanitizer},
    {"ubsan", Gravity::Sanitizer},
    {"lockdep", Gravity::Sanitizer},
    {"hung-task", Gravity::Stall},
    {"soft-lockup", Gravity::Stall},
    {"hard-lockup", Gravity::Stall},
    {"rcu-stall", Gravity::Stall},
    {"workqueue-lockup", Gravity::Stall},
    {"spinlock-lockup", Gravity::Stall},
    {"csd-lock", Gravity::Stall},
    {"warning", Gravity::Warning},
    {"oom", Gravity::Warning},
    {"leak", Gravity::Warning},
    {"hardware", Gravity::Warning},
    {"notice", Gravity::Info},
};

}  // namespace

Gravity gravity_of(std::string_view kind) {
  const auto* const at = std::find_if(std::begin(kKinds), std::end(kKinds),
                                      [&](const Kind& known) { return known.word == kind; });
  return at != std::end(kKinds) ? at->gravity : Gravity::Info;
}

}  // namespace hangrate
