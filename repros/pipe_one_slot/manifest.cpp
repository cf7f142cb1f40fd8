// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/reproducer.h"

namespace hangrate::kit {

namespace {

/// pipe_write() is called anon_pipe_write() since v6.15 (262b2fa99cbe, "pipe: introduce struct
/// file_operations pipeanon_fops"). Its wait_event is inlined, so it is the wchan.
Signature asleep_in_write() {
  Signature signature;
  signature.role = "writer";
  signature.states = "S";
  signature.syscalls = {"write"};
  signature.frames = {{"pipe_write", "anon_pipe_write"}};
  signature.wchans = {"pipe_write", "anon_pipe_write"};
  return signature;
}

Variant variant(const char* name, const char* summary) {
  Variant v;
  v.name = name;
  v.summary = summary;
  v.signatures = {asleep_in_write()};
  v.ladder = {Rung::Wait, Rung::StopContinue, Rung::Lever, Rung::Kill};
  v.trials = 2000;
  v.healthy_until_ms = 30'000;
  v.tasks = 2;
  v.patience_us = 1000;  // a writer that is not stuck needs 0.01 to 0.1 ms on an idle machine
  return v;
}

}  // namespace

Manifest reproducer_manifest() {
  Variant swap = variant("swap",
                         "one writer asleep at the end of the page; its partner takes a token and "
                         "gives it back");
  Variant jobserver = variant("jobserver",
                              "the original report: two threads take and give back two tokens, "
                              "again and again");
  jobserver.trials = 200;
  jobserver.widens = false;
  Variant both = variant("both", "two writers at the end of the page at once: no race, both sleep");
  both.widens = false;
  Variant two_slots = variant("two-slots", "cure: swap on a pipe of two pages");
  two_slots.expect = Expect::Never;
  two_slots.ladder = {Rung::Wait, Rung::StopContinue, Rung::Kill};

  Manifest m;
  m.name = "pipe_one_slot";
  m.title = "a write of one byte sleeps for ever on a pipe of one page that is not full";
  m.symptom =
      "make or cargo stops with no job running; jobs sleep in pipe_write on the jobserver's pipe, "
      "which has 4096 bytes and holds one or two; attaching strace may cure it";
  m.mechanism =
      "pipe_write joins a byte to the last buffer only when it begins, and after a sleep waits for "
      "a free slot; with one slot that means an empty pipe, and another writer may fill it first";
  m.invariant =
      "while all users of a pipe sleep in a write(2) of one byte or have returned for good, the "
      "pipe is full";
  m.lever = "take a token out of the pipe";
  m.variants = {swap, jobserver, both, two_slots};
  m.params = {
      {"widen",
       "swap, two-slots: start the partner at a chosen moment: by search, not at all, some us "
       "after "
       "the writer, when the writer is asleep, or on the writer's CPU",
       "none",
       {"none", "auto", "rendezvous", "asleep", "one-cpu"},
       0,
       0},
      {"cpu",
       "widen=none: writer and partner unpinned, or on two CPUs",
       "free",
       {"free", "split"},
       0,
       0},
      {"rounds", "jobserver: tokens each thread takes and gives", "20000", {}, 1, 10'000'000},
  };
  m.affected = {{"5.5", "", "pipes made one page small by F_SETPIPE_SZ: not fixed, documented"}};
  m.history = {
      "reported against a194dfe6e6f6 \"pipe: Rearrange sequence in pipe_write() to preallocate "
      "slot\" (v5.5)",
      "46c4c9d1beb7 \"pipe: increase minimum default pipe size to 2 pages\" (v5.14): no new pipe "
      "has one slot; F_SETPIPE_SZ to one page remains, \"at their own risk\" (fs/pipe.c)",
      "262b2fa99cbe \"pipe: introduce struct file_operations pipeanon_fops\" (v6.15): pipe_write "
      "is called anon_pipe_write in stacks",
  };
  m.references = {
      "https://lore.kernel.org/lkml/1628086770.5rn8p04n6j.none@localhost/",
      "https://github.com/rust-lang/cargo/issues/9739",
      "https://github.com/rust-lang/jobserver-rs/pull/34",
  };
  return m;
}

}  // namespace hangrate::kit
