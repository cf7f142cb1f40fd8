// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/reproducer.h"

namespace hangrate::kit {

namespace {

Signature sleeping_writer(const char* syscall, std::vector<std::string> functions) {
  Signature signature;
  signature.role = "writer";
  signature.states = "S";
  signature.syscalls = {syscall};
  signature.frames = {functions};
  signature.wchans = std::move(functions);
  return signature;
}

/// pipe_write is called anon_pipe_write since v6.15 (262b2fa99cbe "pipe: introduce struct
/// file_operations pipeanon_fops"); FIFOs then go through fifo_pipe_write.
Signature write_sleeper() {
  return sleeping_writer("write", {"pipe_write", "anon_pipe_write", "fifo_pipe_write"});
}

Variant variant(const char* name, const char* summary) {
  Variant v;
  v.name = name;
  v.summary = summary;
  v.signatures = {write_sleeper()};
  v.worker_role = "resizer";
  v.ladder = {Rung::Wait, Rung::StopContinue, Rung::Lever, Rung::Kill};
  v.trials = 10000;
  v.healthy_until_ms = 30'000;
  v.tasks = 2;
  v.patience_us = 1000;  // the writer needs 0.02 to 0.1 ms to return on an idle machine
  return v;
}

}  // namespace

Manifest reproducer_manifest() {
  Manifest m;
  m.name = "pipe_resize_stall";
  m.title = "a writer sleeps for ever after the pipe is resized under it";
  m.symptom =
      "writer in pipe_write, reader in pipe_read, pipe empty or with room; attaching strace cures "
      "it";
  m.mechanism =
      "F_SETPIPE_SZ wakes the writer before it raises max_usage; the writer checks the old limit, "
      "finds the pipe full and sleeps again, and nobody wakes it any more";
  m.invariant = "no writer sleeps in write(2) while poll(2) says POLLOUT on its descriptor";
  m.lever = "resize the pipe again";
  m.affected = {
      {"5.8", "5.10.210", "5.10.y: fixed by 162ae0e78bda"},
      {"5.11", "5.15.149", "5.15.y: fixed by 3efbd114b915"},
      {"5.16", "6.1.76", "6.1.y: fixed by 68e51bdb1194"},
      {"6.2", "6.6.15", "6.6.y: fixed by 6fb70694f8d1"},
      {"6.7", "6.7.3", "6.7.y: fixed by b87a1229d866"},
  };
  m.vendor_affected = {{"ubuntu", "6.5.0", "laptop", "", "1017.20",
                        "USN-6818-2: linux-laptop 6.5.0-1017.20 fixes CVE-2023-52672"}};
  m.history = {
      "introduced by c73be61cede5 \"pipe: Add general notification queue support\" (v5.8)",
      "fixed by e95aada4cb93 \"pipe: wakeup wr_wait after setting max_usage\" (v6.8-rc1)",
      "regression of the fix: pipe accounting with watch queues, spurious EPERM, fixed by "
      "\"watch_queue: fix pipe accounting mismatch\" (6.1.134)",
  };
  m.references = {
      "CVE-2023-52672",
      "https://bugzilla.kernel.org/show_bug.cgi?id=212295",
      "https://github.com/zrepl/zrepl/issues/424",
      "https://github.com/openzfs/zfs/issues/13571",
  };
  m.params = {
      {"writer",
       "the blocked writer is a thread or a process",
       "thread",
       {"thread", "process"},
       0,
       0},
      {"cpu",
       "writer and resizer on two CPUs, on one, or unpinned",
       "split",
       {"split", "same", "free"},
       0,
       0},
      {"policy",
       "scheduling policy of the writer",
       "other",
       {"other", "batch", "idle", "fifo"},
       0,
       0},
      {"widen",
       "hold the window open: search over all ways, not at all, or by one of them (zrepl: not at "
       "all)",
       "none",
       {"auto", "none", "preempt", "herd", "interrupt", "interrupt-long"},
       0,
       0},
      {"delay",
       "ns from arming to the interrupt of widen=interrupt, 0: searched",
       "0",
       {},
       0,
       1'000'000'000},
      {"before",
       "bytes of the pipe before the resize, 0: the system's default",
       "0",
       {},
       0,
       1 << 30},
      {"after", "bytes of the pipe after the resize, 0: twice as before", "0", {}, 0, 1 << 30},
      {"writers", "blocked writers of multi-writer", "4", {}, 2, 6},
      {"resize",
       "zrepl: the child resizes once the writer is proven asleep, or at once as in the "
       "original report",
       "asleep",
       {"asleep", "at-once"},
       0,
       0},
  };

  Variant blocked = variant("blocked-writer",
                            "one write(2) larger than the pipe, proven asleep, then F_SETPIPE_SZ");
  blocked.trials = 50000;
  blocked.weight = 3;
  Variant zrepl = variant("zrepl",
                          "the original report: a child resizes its stdin and execs a reader while "
                          "the parent writes 10 MiB");
  zrepl.trials = 1000;
  zrepl.reference_rate = 0.003;  // what 1000 trials exclude; 3000 would take a quarter of a minute
  zrepl.tasks = 2;
  zrepl.worker_role.clear();  // the reader resizes
  zrepl.patience_us = 50000;
  zrepl.widens = false;  // it resizes in a child
  Signature reader;
  reader.role = "reader";
  reader.states = "S";
  reader.syscalls = {"read"};
  reader.frames = {{"pipe_read", "anon_pipe_read", "fifo_pipe_read"}};
  reader.wchans = reader.frames[0];
  zrepl.signatures.push_back(reader);
  Variant partial = variant("partial-page",
                            "a consumer takes 100 bytes first; the ring is full by slots, with "
                            "2049-byte writes (Filespooler's case)");
  Variant splice = variant("splice-writer", "the writer sleeps in splice(2) from a file");
  // wait_for_space() may be inlined; pipe_wait_writable() is global (fs/pipe.c, v5.10 to v7).
  splice.signatures = {sleeping_writer("splice", {"pipe_wait_writable", "wait_for_space"})};
  Variant fifo = variant("fifo", "the same on a named pipe");
  Variant multi = variant("multi-writer",
                          "several writers asleep; the resize wakes one, which must wake the next");
  m.variants = {blocked, zrepl, partial, splice, fifo, multi};
  return m;
}

}  // namespace hangrate::kit
