// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/pipe_resize_stall/resize.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>

#include "repros/kit/must.h"

namespace hangrate::kit {

namespace {

/// What the kernel makes of a size: a power of two pages (fs/pipe.c round_pipe_size(), v5.10 to
/// v7).
std::size_t rounded(std::size_t bytes) {
  auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  while (size < bytes) size *= 2;
  return size;
}

int policy_number(const std::string& name) {
  if (name == "batch") return SCHED_BATCH;
  if (name == "idle") return SCHED_IDLE;
  if (name == "fifo") return SCHED_FIFO;
  return SCHED_OTHER;
}

}  // namespace

ResizePlan::ResizePlan(const Settings& settings)
    : kind_(settings.text("writer") == "process" ? ActorKind::Process : ActorKind::Thread),
      before_(static_cast<std::size_t>(settings.number("before"))),
      after_(static_cast<std::size_t>(settings.number("after"))) {
  const std::vector<int> cpus = allowed_cpus();
  const std::size_t lane = settings.lane();
  const std::string& plan = settings.text("cpu");
  if (plan == "split") {
    resizer_.cpu = cpus[2 * lane % cpus.size()];
    writer_.cpu = cpus[(2 * lane + 1) % cpus.size()];
  } else if (plan == "same") {
    resizer_.cpu = writer_.cpu = cpus[lane % cpus.size()];
  }
  writer_.policy = policy_number(settings.text("policy"));
  choice_.plan = settings.text("widen");
  choice_.delay = settings.number("delay");
  first_cpu_ = cpus[2 * lane % cpus.size()];
  second_cpu_ = cpus[(2 * lane + 1) % cpus.size()];
  if (widened()) resizer_ = writer_ = Placement{};  // placed by the plan of each trial
}

std::vector<RacePlan> ResizePlan::races() const {
  const Placement here{.cpu = first_cpu_};
  const Placement first{.cpu = first_cpu_, .policy = SCHED_FIFO};  // nobody comes in between
  const Placement there{.cpu = second_cpu_, .policy = SCHED_FIFO};
  constexpr Nanos kShort = 300 * kMicro;
  constexpr Nanos kLongWalk = 5 * kMilli;  // where virtual CPUs and timers wait for a real one
  constexpr Nanos kLongHold = 3 * kMilli;
  return {
      {.name = "preempt", .provoker = here, .victim = first},
      {.name = "herd", .provoker = here, .victim = there, .walk = kShort},
      {.name = "interrupt", .provoker = first, .victim = there, .walk = kShort, .hold = kShort},
      {.name = "interrupt-long",
       .provoker = first,
       .victim = there,
       .walk = kLongWalk,
       .hold = kLongHold},
  };
}

void ResizePlan::place(Context& context) const {
  const std::string problem = place_self(resizer_);
  if (!problem.empty()) context.fail(problem);
}

void ResizePlan::start_writer(Context& context, Actor& actor) const {
  const std::string problem = actor.start(kind_, writer_);
  if (problem.empty()) return;
  if (problem.starts_with("sched_setscheduler")) {
    context.skip(problem + ": run as root or raise RLIMIT_RTPRIO, or use --param policy=other");
  }
  context.fail(problem);
}

std::size_t ResizePlan::shape(Context& context, int pipe_fd) const {
  if (before_ != 0) {
    must(context, ::fcntl(pipe_fd, F_SETPIPE_SZ, static_cast<int>(before_)),
         "fcntl(F_SETPIPE_SZ, before)");
  }
  return static_cast<std::size_t>(
      must(context, ::fcntl(pipe_fd, F_GETPIPE_SZ), "fcntl(F_GETPIPE_SZ)"));
}

void ResizePlan::resize(Context& context, int pipe_fd, std::size_t capacity,
                        std::size_t wanted) const {
  if (after_ != 0 && rounded(after_) < wanted) {
    context.skip("after=" + std::to_string(after_) +
                 " leaves no room for what the writers still have to write: they need " +
                 std::to_string(wanted));
  }
  const std::size_t size = after_ != 0 ? after_ : std::max(2 * capacity, wanted);
  if (::fcntl(pipe_fd, F_SETPIPE_SZ, static_cast<int>(size)) >= 0) return;
  const int error = errno;
  const std::string what =
      "fcntl(F_SETPIPE_SZ, " + std::to_string(size) + "): " + std::strerror(error);
  if (error == EPERM) {
    context.skip(what + ": run as root, or raise fs.pipe-max-size or fs.pipe-user-pages-soft");
  }
  context.fail(what);
}

std::size_t ResizePlan::largest_before() const {
  constexpr std::size_t kDefaultSlots = 16;  // PIPE_DEF_BUFFERS, include/linux/pipe_fs_i.h
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return std::max(kDefaultSlots * page, rounded(before_));
}

Invariant writer_sleeps_with_room(int write_end, bool unfinished) {
  pollfd look{.fd = write_end, .events = POLLOUT, .revents = 0};
  if (::poll(&look, 1, 0) < 0) return {InvariantStatus::Unknown, "poll failed"};
  int queued = -1;
  ::ioctl(write_end, FIONREAD, &queued);
  const int capacity = ::fcntl(write_end, F_GETPIPE_SZ);
  const std::string room =
      std::to_string(queued) + " of " + std::to_string(capacity) + " bytes queued";
  if (!unfinished) return {InvariantStatus::Holds, "the writer has returned, " + room};
  if ((look.revents & POLLOUT) == 0) {
    return {InvariantStatus::Holds, "the pipe is full (no POLLOUT), " + room};
  }
  return {InvariantStatus::Broken,
          "the pipe takes data (POLLOUT), " + room + ", yet the writer has not returned"};
}

}  // namespace hangrate::kit
