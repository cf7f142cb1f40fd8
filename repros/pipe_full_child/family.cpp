// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/pipe_full_child/family.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "repros/pipe_full_child/task_state.h"

namespace hangrate::pipe_full_child {

namespace {

std::string text_of(const char* operation) {
  return std::string(operation) + ": " + std::strerror(errno);
}

}  // namespace

std::string Family::adopt_orphans() {
  if (std::signal(SIGCHLD, SIG_DFL) == SIG_ERR) return text_of("signal(SIGCHLD)");
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) return text_of("prctl(PR_SET_CHILD_SUBREAPER)");
  return "";
}

std::string Family::start(Story story, std::uint64_t bytes, std::size_t line) {
  if (!ledger_) return "no shared memory for the ledger";
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) < 0) return text_of("pipe2");
  UniqueFd read_end(ends[0]);
  write_end_.reset(ends[1]);
  if (bytes == 0) {
    const int capacity = capacity_bytes(ends[1]);
    if (capacity <= 0) return text_of("fcntl(F_GETPIPE_SZ)");
    bytes = static_cast<std::uint64_t>(capacity) / 4 * 5;
  }
  if (line_.size() != line) {
    line_.assign(line, 'x');
    line_.back() = '\n';
  }
  ledger_.renew();
  script_ = {story, ::getpid(), ends[0], ends[1], line_.data(), line_.size(), bytes, &*ledger_};
  const pid_t parent = ::fork();
  if (parent == 0) run_parent(script_);
  if (parent < 0) return text_of("fork");
  parent_ = parent;
  parent_gone_ = false;
  status_ = {};
  pidfd_.reset(static_cast<int>(::syscall(SYS_pidfd_open, parent, 0)));
  // From here on the only reader is a member of the family. A write end that W kept would hide the
  // end of file from a draining P; in the other stories it is W's window on the pipe.
  if (story == Story::DrainPoll || story == Story::DrainThread) write_end_.reset();
  return "";
}

bool Family::over() {
  if (parent_ == 0) return true;
  if (reader_) read_what_is_there();
  while (true) {
    siginfo_t info{};
    // Any child: after P was killed this is C, whose pid P may have had no time to tell.
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) < 0) {
      if (errno == EINTR) continue;
      close_all();
      return true;
    }
    if (info.si_pid == 0) return false;
    if (info.si_pid == parent_) {
      status_ = info;
      parent_gone_ = true;
    }
  }
}

void Family::wait(Nanos at_most) const {
  if (!pidfd_ || parent_gone_) return;
  pollfd item{pidfd_.get(), POLLIN, 0};
  const timespec limit = to_timespec(at_most);
  ::ppoll(&item, 1, &limit, nullptr);
}

Look Family::look() const {
  Look seen;
  if (write_end_) {
    seen.write_end = look_at_write_end(write_end_.get());
    seen.queued = queued_bytes(write_end_.get());
    seen.capacity = capacity_bytes(write_end_.get());
  }
  seen.step = ledger_->step.load();
  seen.written = ledger_->written.load();
  seen.read = ledger_->read.load();
  if (parent_ != 0 && !parent_gone_) seen.parent_state = task_state(parent_);
  if (child() != 0) seen.child_state = task_state(child());
  return seen;
}

bool Family::drain() {
  if (!write_end_) return false;
  const std::string path = "/proc/self/fd/" + std::to_string(write_end_.get());
  reader_.reset(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!reader_) return false;
  read_what_is_there();
  return true;
}

Ending Family::ending() const {
  if (status_.si_code != CLD_EXITED) return Ending::Killed;
  if (status_.si_status == kExitGood) return Ending::Good;
  return status_.si_status == kExitBytesLost ? Ending::BytesLost : Ending::Trouble;
}

void Family::disperse() {
  if (over()) return;
  const Nanos deadline = now_ns() + kSecond;
  const int member = parent_gone_ ? child() : parent_;
  if (member > 0) ::kill(member, SIGKILL);
  while (!over() && now_ns() < deadline) {
    const timespec nap = to_timespec(100 * kMicro);
    ::nanosleep(&nap, nullptr);
  }
}

void Family::read_what_is_there() {
  constexpr int kMostReads = 64;  // a writer as fast as we are must not keep us here
  std::array<char, 16384> page;
  for (int i = 0; i < kMostReads; ++i) {
    if (::read(reader_.get(), page.data(), page.size()) <= 0) return;
  }
}

void Family::close_all() {
  parent_ = 0;
  write_end_.reset();
  reader_.reset();
  pidfd_.reset();
}

}  // namespace hangrate::pipe_full_child
