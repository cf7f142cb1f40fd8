// SPDX-License-Identifier: GPL-2.0-or-later
//
// It rescues when the worker is dead and not before, and holds nothing of it open but what it
// keeps.
#include "repros/kit/guard.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

namespace {

struct Seen {
  std::atomic<int> rescued, kept;
};

/// A worker with a guard; it lives until it is killed.
int start_worker(Seen* seen, int keep) {
  const int worker = fork();
  if (worker != 0) return worker;
  hang_guard("test-guard", keep, [=] {
    seen->kept = fcntl(keep, F_GETFD) >= 0;
    seen->rescued = 1;
  });
  seen->rescued = -1;  // the guard listens
  for (;;) pause();
}

TEST(Guard, RescuesWhenTheWorkerIsDeadAndNotBefore) {
  Seen* seen = static_cast<Seen*>(hang_share(sizeof *seen));
  int ends[2], kept[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  ASSERT_EQ(pipe2(kept, O_CLOEXEC), 0);
  const int worker = start_worker(seen, kept[0]);
  ASSERT_TRUE(hang_until([=] { return seen->rescued == -1; }, 10));
  close(ends[1]);
  kill(worker, SIGSTOP);  // neither dead nor alive
  hang_nap(50000000);
  EXPECT_EQ(seen->rescued, -1);
  kill(worker, SIGKILL);
  EXPECT_EQ(waitpid(worker, nullptr, 0), worker);
  EXPECT_TRUE(hang_until([=] { return seen->rescued == 1; }, 10));
  EXPECT_EQ(seen->kept, 1);
  char byte;
  EXPECT_EQ(read(ends[0], &byte, 1), 0) << "the guard does not hold it open";
  for (const int end : {ends[0], kept[0], kept[1]}) close(end);
}

}  // namespace
