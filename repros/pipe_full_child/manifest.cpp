// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/reproducer.h"

namespace hangrate::kit {

namespace {

/// Names of pipe_write() through the versions: anon_pipe_write() since v6.15 (262b2fa99cbe, "pipe:
/// introduce struct file_operations pipeanon_fops"). Its wait_event is inlined, so it is the wchan.
Signature asleep_in_write(const char* role) {
  Signature signature;
  signature.role = role;
  signature.states = "S";
  signature.syscalls = {"write"};
  signature.frames = {{"pipe_write", "anon_pipe_write"}};
  signature.wchans = {"pipe_write", "anon_pipe_write"};
  return signature;
}

/// do_wait() sleeps itself; where a compiler inlined it, its caller shows.
Signature asleep_in_wait(const char* role) {
  Signature signature;
  signature.role = role;
  signature.states = "S";
  signature.syscalls = {"waitid", "wait4"};
  signature.frames = {{"do_wait", "kernel_waitid", "kernel_wait4"}};
  signature.wchans = {"do_wait", "kernel_waitid", "kernel_wait4"};
  return signature;
}

Variant deadlock_variant() {
  Variant variant;
  variant.name = "deadlock";
  variant.summary = "the parent waits for the child and does not read; hangs on every kernel";
  variant.expect = Expect::Always;
  variant.signatures = {asleep_in_write("child"), asleep_in_wait("parent")};
  variant.ladder = {Rung::Wait, Rung::StopContinue, Rung::Lever, Rung::Kill};
  variant.trials = 2000;
  variant.weight = 0.5;
  variant.patience_us = 200;  // the trial itself waits until both are asleep
  return variant;
}

Variant keep_read_end_variant() {
  Variant variant;
  variant.name = "keep-read-end";
  variant.summary = "the reader has ended, but the writer holds its read end too: no EPIPE, ever";
  variant.expect = Expect::Always;
  variant.signatures = {asleep_in_write("parent")};
  variant.ladder = {Rung::Wait, Rung::StopContinue, Rung::Lever, Rung::Kill};
  variant.trials = 2000;
  variant.weight = 0.5;
  variant.patience_us = 200;
  return variant;
}

Variant cure_variant(const char* name, const char* summary) {
  Variant variant;
  variant.name = name;
  variant.summary = summary;
  variant.expect = Expect::Never;
  variant.ladder = {Rung::Wait, Rung::StopContinue, Rung::Kill};
  variant.trials = 3000;
  variant.patience_us = 20000;  // two forks and 600 writes, not a race
  return variant;
}

Variant capacity_variant() {
  Variant variant;
  variant.name = "capacity";
  variant.summary = "measures how much a child may print before it blocks";
  variant.expect = Expect::Measure;
  variant.trials = 1;
  variant.weight = 0.1;
  return variant;
}

}  // namespace

Manifest reproducer_manifest() {
  Manifest m;
  m.name = "pipe_full_child";
  m.title = "child blocks on a full stdout pipe while its parent waits for it";
  m.symptom =
      "a program that prints much never ends, its parent never returns from wait(); both sleep, "
      "use no CPU and die on SIGKILL";
  m.mechanism =
      "the parent waits for the child's end before it reads; the child waits for room in the pipe "
      "before it ends";
  m.invariant =
      "while the child sleeps in write on a full pipe, the only process that can read it must not "
      "be waiting for that child";
  m.lever = "drain the pipe through a reader of our own until the family has ended";
  m.variants = {deadlock_variant(),
                cure_variant("drain-poll", "cure: the parent reads with poll(2), then waits"),
                cure_variant("drain-threads", "cure: a thread of the parent reads while it waits"),
                keep_read_end_variant(), capacity_variant()};
  m.params = {{"bytes",
               "what the child writes in all, B; 0: the pipe's capacity and a quarter",
               "0",
               {},
               0,
               std::int64_t{1} << 30},
              {"line", "what it writes with one call, B", "137", {}, 1, std::int64_t{1} << 20}};
  m.history = {
      "no kernel bug: a full pipe blocks its writer, by design and in every version",
      "46c4c9d1beb7 \"pipe: increase minimum default pipe size to 2 pages\", v5.14: an "
      "unprivileged "
      "user over fs.pipe-user-pages-soft gets 2 pages, 1 before",
      "262b2fa99cbe \"pipe: introduce struct file_operations pipeanon_fops\", v6.15: pipe_write is "
      "called anon_pipe_write in stacks"};
  m.references = {"https://tey.sh/TIL/002_subprocess_pipe_deadlocks",
                  "https://github.com/rust-lang/rust/issues/45572",
                  "https://github.com/rust-lang/rust/pull/82943",
                  "https://github.com/rust-lang/rust/issues/98209"};
  return m;
}

}  // namespace hangrate::kit
