// SPDX-License-Identifier: GPL-2.0-or-later
//
// The recorder on tasks, signals and FUSE. Needs privilege; skips with the kernel's reason.
#include <csignal>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <linux/fuse.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf/live/live.h"
#include "harness/base/scope_exit.h"
#include "harness/base/unique_fd.h"

namespace hangrate {
namespace {

TEST(RecorderLive, SeesASignalWithItsResult) {
  HR_NEED_HOOK("signal_generate");
  const Nanos from = now_ns();
  live::Child child([] { ::pause(); });
  ASSERT_TRUE(child.wait_asleep());
  ASSERT_EQ(::kill(child.pid(), SIGTERM), 0);
  ASSERT_TRUE(child.wait_ended());
  const Trace trace = live::trace_since(from);
  SCOPED_TRACE(live::text(trace));
  const TraceEvent* sent = live::last_event(trace, ::getpid(), TraceKind::Signal);
  ASSERT_NE(sent, nullptr);
  EXPECT_EQ(sent->other, child.pid());
  EXPECT_EQ(sent->number, SIGTERM);
  EXPECT_EQ(sent->result, 0);
  EXPECT_NE(live::last_event(trace, child.pid(), TraceKind::Exit), nullptr);
  const TraceEvent* end = live::last_event(trace, child.pid(), TraceKind::Sleep);
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->state, 'X');
}

TEST(RecorderLive, SeesAParentWaitForItsChild) {
  HR_NEED_HOOK("do_wait");
  const Nanos from = now_ns();
  live::Child parent([] {
    const pid_t child = ::fork();
    if (child == 0) {
      ::pause();
      ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
  });
  const Trace trace = live::trace_asleep(from, parent.pid());
  SCOPED_TRACE(live::text(trace));
  const TraceEvent* sleep = live::last_event(trace, parent.pid(), TraceKind::Sleep);
  ASSERT_NE(sleep, nullptr);
  EXPECT_EQ(sleep->call, TracedCall::WaitChild);
  const TraceEvent* fork = live::last_event(trace, parent.pid(), TraceKind::Fork);
  ASSERT_NE(fork, nullptr);
  ::kill(fork->other, SIGKILL);
}

TEST(RecorderLive, FollowsThreadsAndLeavesOutTasksOfEarlierTrials) {
  HR_NEED_HOOK("sched_process_fork");
  live::Child old([] {
    for (int i = 0; i < 1000; ++i) ::usleep(1000);
  });
  ASSERT_TRUE(old.wait_asleep());
  const Nanos from = now_ns();
  std::thread thread([] { ::usleep(5000); });
  thread.join();
  const Trace trace = live::trace_since(from);
  SCOPED_TRACE(live::text(trace));
  EXPECT_EQ(live::last_event(trace, old.pid(), TraceKind::Run), nullptr);
  const TraceEvent* fork = live::last_event(trace, ::getpid(), TraceKind::Fork);
  ASSERT_NE(fork, nullptr);
  EXPECT_NE(live::last_event(trace, fork->other, TraceKind::Sleep), nullptr);
}

TEST(RecorderLive, SeesAPidNamespaceEnd) {
  HR_NEED_HOOK("zap_pid_ns_processes");
  const Nanos from = now_ns();
  live::Child outer([] {
    if (::unshare(CLONE_NEWPID) != 0) ::_exit(2);
    const pid_t init = ::fork();
    if (init == 0) ::_exit(0);
    ::waitpid(init, nullptr, 0);
  });
  ASSERT_TRUE(outer.wait_ended());
  const Trace trace = live::trace_since(from);
  SCOPED_TRACE(live::text(trace));
  const TraceEvent* fork = live::last_event(trace, outer.pid(), TraceKind::Fork);
  ASSERT_NE(fork, nullptr);
  EXPECT_NE(live::last_event(trace, fork->other, TraceKind::Call, TracedCall::ZapPidNs), nullptr);
  EXPECT_NE(live::last_event(trace, fork->other, TraceKind::Return, TracedCall::ZapPidNs), nullptr);
}

/// A FUSE file system of one file, its root: answers INIT and OPEN, and keeps FLUSH.
class OneFile {
 public:
  /// "" or why not.
  std::string mount() {
    device_.reset(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
    if (!device_) return std::string("open(/dev/fuse): ") + std::strerror(errno);
    path_ = "/tmp/hangrate-fuse-" + std::to_string(::getpid());
    const UniqueFd made(::open(path_.c_str(), O_CREAT | O_RDWR, 0600));
    const std::string options =
        "fd=" + std::to_string(device_.get()) + ",rootmode=100000,user_id=0,group_id=0";
    if (::mount("test", path_.c_str(), "fuse", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
      return std::string("mount(fuse): ") + std::strerror(errno);
    }
    return "";
  }

  ~OneFile() {
    if (path_.empty()) return;
    abort();
    ::umount2(path_.c_str(), MNT_DETACH);
    ::unlink(path_.c_str());
  }

  /// Aborts the connection: nobody waits for us any more.
  void abort() { device_.reset(); }

  /// Serves until a request of `last` came, which is not answered.
  void serve_until(std::uint32_t last) {
    char buffer[1 << 16];
    for (;;) {
      const ssize_t got = ::read(device_.get(), buffer, sizeof buffer);
      if (got < static_cast<ssize_t>(sizeof(fuse_in_header))) return;
      fuse_in_header in{};
      std::memcpy(&in, buffer, sizeof in);
      if (in.opcode == last) return;
      answer(in, buffer + sizeof in);
    }
  }

  const std::string& path() const { return path_; }

 private:
  void answer(const fuse_in_header& in, const char* payload) {
    struct {
      fuse_out_header head;
      union {
        fuse_init_out init;
        fuse_open_out open;
        fuse_attr_out attr;
      };
    } out{};
    std::size_t size = 0;
    if (in.opcode == FUSE_INIT) {
      fuse_init_in asked{};
      std::memcpy(&asked, payload, 16);
      out.init.major = FUSE_KERNEL_VERSION;
      out.init.minor = std::min<std::uint32_t>(asked.minor, 31);
      out.init.max_write = 4096;
      size = sizeof out.init;
    } else if (in.opcode == FUSE_OPEN) {
      size = sizeof out.open;
    } else if (in.opcode == FUSE_GETATTR) {
      out.attr.attr.ino = 1;
      out.attr.attr.mode = 0100600;
      out.attr.attr.nlink = 1;
      size = sizeof out.attr;
    } else {
      out.head.error = -ENOSYS;
    }
    out.head.unique = in.unique;
    out.head.len = static_cast<std::uint32_t>(sizeof out.head + size);
    if (::write(device_.get(), &out, out.head.len) < 0) return;
  }

  UniqueFd device_;
  std::string path_;
};

TEST(RecorderLive, SeesAFlushAtExitThatNobodyAnswers) {
  HR_NEED_HOOK("sched_switch");
  OneFile file;
  if (const std::string why = file.mount(); !why.empty()) GTEST_SKIP() << why;
  const Nanos from = now_ns();
  live::Child victim([&file] { ::open(file.path().c_str(), O_RDONLY); });
  const ScopeExit release([&file] { file.abort(); });
  file.serve_until(FUSE_FLUSH);
  ASSERT_TRUE(victim.wait_asleep());
  const Trace trace = live::trace_asleep(from, victim.pid());
  SCOPED_TRACE(live::text(trace));
  EXPECT_NE(live::last_event(trace, victim.pid(), TraceKind::Exit), nullptr);
  const TraceEvent* sleep = live::last_event(trace, victim.pid(), TraceKind::Sleep);
  ASSERT_NE(sleep, nullptr);
  if (live::why_not("request_wait_answer").empty()) {
    EXPECT_EQ(sleep->call, TracedCall::FuseWait);
    const TraceEvent* wait =
        live::last_event(trace, victim.pid(), TraceKind::Call, TracedCall::FuseWait);
    EXPECT_EQ(wait->number, FUSE_FLUSH);
    EXPECT_EQ(live::last_event(trace, victim.pid(), TraceKind::Return, TracedCall::FuseFlush),
              nullptr);
  }
  const TraceEvent* sent = live::last_event(trace, victim.pid(), TraceKind::FuseSend);
  if (!sent) GTEST_SKIP() << "fuse_request_send: " << live::why_not("fuse_request_send");
  EXPECT_EQ(sent->number, FUSE_FLUSH);
  bool opened = false;
  for (const TraceEvent& e : trace.events) {
    EXPECT_FALSE(e.kind == TraceKind::FuseEnd && e.object == sent->object);
    opened = opened || (e.kind == TraceKind::FuseEnd && e.number == FUSE_OPEN && e.result == 0);
  }
  if (live::why_not("fuse_request_end").empty()) {
    EXPECT_TRUE(opened);
  }
}

}  // namespace
}  // namespace hangrate
