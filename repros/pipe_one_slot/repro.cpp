// SPDX-License-Identifier: GPL-2.0-or-later
//
// pipe_one_slot: a write(2) of one byte sleeps for ever on a pipe that holds one byte.
//
// A pipe used as a semaphore, as by the jobservers of make and cargo: read a byte to take a token,
// write it to give it back. With one slot (F_SETPIPE_SZ to a page, or what an unprivileged user
// over fs.pipe-user-pages-soft got before v5.14) pipe_write() has two ways to place a byte:
//   * behind the last buffer, tried once, when the call begins;
//   * in a new slot, tried again after every sleep.
// The first ends at the end of the page, though its beginning has been read. The second needs the
// pipe to be empty. So, with a token on the last byte of the page:
//
//   writer                              partner
//   write(): the page has no byte left
//   the slot is taken: sleeps
//                                       read(): the pipe is empty, wakes the writer
//                                       write(): takes the slot again, at the page's first byte
//   wakes: the slot is taken, sleeps    has no more to do, or sleeps in such a write as well
//
// 4095 bytes are free, the same write(2) made again would return at once, and nobody reads. The
// window is the writer's way from the wake-up to pipe->mutex; the partner must be faster. (v6.1
// fs/pipe.c pipe_write(), pipe_read().)
//
// First told on LKML on 2021-08-04. It was decided to give every new pipe two slots (46c4c9d1beb7,
// v5.14) and to leave a pipe that is made smaller by F_SETPIPE_SZ as it is.
#include <memory>

#include "harness/base/check.h"
#include "repros/kit/reproducer.h"
#include "repros/pipe_one_slot/pair_trial.h"
#include "repros/pipe_one_slot/swap_trial.h"

namespace hangrate::kit {

using pipe_one_slot::Pair;
using pipe_one_slot::PairTrial;
using pipe_one_slot::SwapTrial;

std::unique_ptr<Reproducer> make_reproducer(const Settings& settings) {
  const std::string& variant = settings.variant();
  const int rounds = static_cast<int>(settings.number("rounds"));
  if (variant == "jobserver") return std::make_unique<PairTrial>(Pair::Jobserver, rounds);
  if (variant == "both") return std::make_unique<PairTrial>(Pair::Both, 1);
  HR_CHECK(variant == "swap" || variant == "two-slots");
  return std::make_unique<SwapTrial>(variant == "swap" ? 1 : 2, settings);
}

}  // namespace hangrate::kit
