// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/fuse_flush_exit/cast.h"

#include <cerrno>

#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "repros/fuse_flush_exit/workspace.h"

namespace hangrate::fuse_flush_exit {

namespace {

[[noreturn]] void wait_to_be_killed() {
  while (true) ::pause();
}

class LookupReporter final : public EatenListener {
 public:
  explicit LookupReporter(const Mailbox& mailbox) : mailbox_(mailbox) {}
  void eaten(std::uint32_t opcode) override {
    if (opcode == FUSE_LOOKUP) mailbox_.send(News::LookupEaten);
  }

 private:
  const Mailbox& mailbox_;
};

struct HolderOrder {
  const Mailbox& mailbox;
  bool flush_first;
};

void* holder_thread(void* order) {
  const auto& [mailbox, flush_first] = *static_cast<const HolderOrder*>(order);
  run_holder(mailbox, flush_first);
}

/// A second thread of the daemon. The open needs the first one to serve, so it is started before;
/// `order` lives as long as the process.
void start_holder_thread(HolderOrder& order) {
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstacksize(&attributes, 128 * 1024);
  pthread_t thread{};
  const int failed = ::pthread_create(&thread, &attributes, holder_thread, &order);
  if (failed != 0) {
    order.mailbox.send(News::Failed, failed);
    ::_exit(1);
  }
}

}  // namespace

void run_holder(const Mailbox& mailbox, bool flush_first) {
  if (flush_first) ::close(::open(kServedFile, O_RDONLY | O_CLOEXEC));
  // Ends up in fuse_file_operations with ->flush. The descriptor is kept to the end: it is the
  // hook.
  const int fd = ::open(kServedFile, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    mailbox.send(News::Failed, errno);
  } else {
    mailbox.send(News::Armed);
  }
  wait_to_be_killed();
}

void run_daemon(const FuseServer& server, const Mailbox& mailbox, DaemonTask task,
                const FuseDiet& diet) {
  ::prctl(PR_SET_NAME, "fuse-daemon");
  HolderOrder order{mailbox, diet.refuse_flush};
  if (task == DaemonTask::HoldFile) start_holder_thread(order);
  if (task == DaemonTask::ForkHeir) {
    // A sibling rather than a child: the worker wants to wait for it when the daemon is gone.
    Child heir;
    const std::string failure = heir.start(CLONE_PARENT, [&] {
      ::prctl(PR_SET_NAME, "fuse-heir");
      run_holder(mailbox, false);
    });
    if (!failure.empty()) mailbox.send(News::Failed, errno);
  }
  LookupReporter reporter(mailbox);
  server.serve(diet, &reporter);
  ::_exit(0);
}

void run_namespace_init(FuseServer& server, Mailbox& mailbox) {
  ::prctl(PR_SET_NAME, "fuse-ns-init");
  Child daemon;
  const std::string failure =
      daemon.start(0, [&] { run_daemon(server, mailbox, DaemonTask::HoldFile, {}); });
  if (!failure.empty()) mailbox.send(News::Failed, errno);
  server.close();
  mailbox.close();
  wait_to_be_killed();
}

}  // namespace hangrate::fuse_flush_exit
