// SPDX-License-Identifier: GPL-2.0-or-later
//
// fuse_flush_exit: a FUSE daemon that holds a file on its own mount cannot be killed. Synchronous
// flush at exit: all kernels but 6.3.0 .. 6.4.15 and 6.5.0 .. 6.5.2 (manifest.cpp has the commits).
//
//   last thread of the daemon, SIGKILLed         who would answer
//   do_exit()
//     exit_signals(): PF_EXITING                 the other thread: dead already
//     exit_files() -> put_files_struct()
//       filp_close(file on own mount)
//         fuse_flush(): FLUSH, args.force
//           request_wait_answer():
//             "Wait it out": wait_event() ------> nobody, for ever
//     exit_task_work()                           would close /dev/fuse: fuse_dev_release() ->
//                                                fuse_abort_conn() would end the FLUSH
//
// (kernel/exit.c, fs/fuse/file.c, fs/fuse/dev.c, v6.1.) There is no race: the order of the last two
// steps of do_exit() decides. The worker mounts, a child serves and opens, the worker kills the
// child and waits for it. The worker itself never touches the mount.
#include <memory>

#include <unistd.h>

#include "repros/fuse_flush_exit/keeper.h"
#include "repros/fuse_flush_exit/shot.h"
#include "repros/fuse_flush_exit/workspace.h"
#include "repros/kit/actor.h"
#include "repros/kit/reproducer.h"

namespace hangrate::fuse_flush_exit {

namespace {

using kit::Context;
using kit::Invariant;
using kit::PartyInfo;
using kit::Settings;
using kit::TrialOutcome;

class FuseFlushExit final : public kit::Reproducer {
 public:
  explicit FuseFlushExit(const Settings& settings)
      : settings_(settings), shot_(scene_named(settings.variant())) {}

  void setup(Context& context) override {
    // Opening the device loads the module, which makes /sys/fs/fuse.
    FuseServer probe;
    skip_unless_empty(context, probe.open());
    if (::access("/proc/self/ns/pid", F_OK) != 0 && settings_.variant() == "pid-namespace") {
      context.skip("no pid namespaces, or no /proc: boot a kernel with CONFIG_PID_NS, mount /proc");
    }
    skip_unless_empty(context, enter_workspace());
    place(context);
    const std::string failure = keeper_.start();
    if (!failure.empty()) context.fail(failure);
  }

  TrialOutcome trial(Context& context) override {
    context.phase("mount");
    std::string failure = shot_.mount();
    guard(context, shot_.connection());
    if (failure.empty()) {
      context.phase("start the daemon and open the file");
      failure = shot_.arm();
    }
    if (failure.empty()) {
      context.phase("kill and wait for the exit");
      shot_.kill();
      context.await(*this);
      context.phase("clean up");
    }
    const std::string left = shot_.clean_up();
    if (!left.empty()) context.fail("left behind: " + left);
    guard(context, 0);
    if (!failure.empty()) context.fail(failure);
    return TrialOutcome::Clean;
  }

  bool finished() override { return shot_.finished(); }
  void wait(Nanos at_most) override { shot_.wait(at_most); }
  std::vector<PartyInfo> parties() override { return shot_.parties(); }
  Invariant invariant() override { return shot_.invariant(); }
  bool pull_lever() override {
    if (settings_.text("rescue") != "abort") return false;
    shot_.abort();
    return true;
  }

 private:
  static void skip_unless_empty(Context& context, const std::string& reason) {
    if (!reason.empty()) context.skip(reason);
  }

  /// The steps of a trial follow each other from task to task, so one CPU does them without a
  /// wake-up across CPUs. Children inherit it.
  void place(Context& context) {
    if (settings_.text("cpu") != "lane") return;
    const std::vector<int> cpus = kit::allowed_cpus();
    const std::string failure =
        kit::place_self(kit::Placement{.cpu = cpus[settings_.lane() % cpus.size()], .policy = 0});
    if (!failure.empty()) context.fail(failure);
  }

  void guard(Context& context, int connection) {
    keeper_.guard(connection);
    context.guard_fuse_connection(connection);
  }

  Settings settings_;
  Keeper keeper_;
  Shot shot_;
};

}  // namespace

}  // namespace hangrate::fuse_flush_exit

namespace hangrate::kit {

std::unique_ptr<Reproducer> make_reproducer(const Settings& settings) {
  return std::make_unique<fuse_flush_exit::FuseFlushExit>(settings);
}

}  // namespace hangrate::kit
