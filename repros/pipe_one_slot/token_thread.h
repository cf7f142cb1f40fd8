// SPDX-License-Identifier: GPL-2.0-or-later
//
// TokenThread: a thread that takes and gives tokens on order, and says which of the two it is at.
// It lives as long as the process.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "harness/base/clock.h"
#include "harness/base/unique_fd.h"
#include "repros/kit/race/rendezvous.h"

namespace hangrate::pipe_one_slot {

/// `rounds` times: take a token, unless there is no `read_fd`, and give one back.
struct Errand {
  int read_fd = -1;
  int write_fd = -1;
  char token = 'w';  ///< given in the first round; later the one taken
  int rounds = 1;
  kit::Rendezvous* meeting = nullptr;  ///< met before the first round, left without delay
};

class TokenThread {
 public:
  TokenThread() = default;
  TokenThread(const TokenThread&) = delete;
  TokenThread& operator=(const TokenThread&) = delete;

  /// Returns "" or what failed.
  std::string start(const char* name);

  /// Orders an errand. The previous one must be finished.
  void post(const Errand& errand);
  bool finished() const { return at() == Step::Done; }
  /// Waits for finished(), at most `at_most` ns.
  void wait(Nanos at_most) const;
  /// True if the thread is asleep inside the call, by /proc. Never blocks for it.
  bool asleep_in_read() const { return asleep_at(Step::Reading); }
  bool asleep_in_write() const { return asleep_at(Step::Writing); }
  /// 0, or the errno of the call that failed.
  int error() const { return shared_->error.load(std::memory_order_acquire); }
  int rounds_done() const { return shared_->rounds_done.load(std::memory_order_relaxed); }

  int tid() const { return tid_; }

 private:
  enum class Step : std::uint32_t { Idle, Reading, Writing, Done };
  struct Shared {
    std::atomic<std::uint32_t> posted{0};  // futex word
    std::atomic<std::uint32_t> step{0};    // a Step; futex word
    std::atomic<std::int32_t> tid{0};
    std::atomic<std::int32_t> error{0};
    std::atomic<std::int32_t> rounds_done{0};
    Errand errand;
    const char* name = "";
  };

  static void* run(void* memory);
  static int do_errand(Shared& shared, const Errand& errand);
  static void move_to(Shared& shared, Step step);
  bool asleep_at(Step step) const;
  Step at() const { return static_cast<Step>(shared_->step.load(std::memory_order_acquire)); }

  Shared* shared_ = nullptr;  // never freed: a thread that is wedged still uses it
  UniqueFd stat_;
  int tid_ = 0;
};

}  // namespace hangrate::pipe_one_slot
