// SPDX-License-Identifier: GPL-2.0-or-later
#include "repros/kit/reproducer.h"

namespace hangrate::kit {

namespace {

/// Where a task waits for the answer to a request: request_wait_answer(), seen on 5.10 to 7.2. It
/// is static, so a compiler may inline it into its caller: __fuse_request_send() or
/// fuse_simple_request(), since v6.12 __fuse_simple_request(), in 7.2.13 fuse_chan_send().
std::vector<std::string> answer_waits() {
  return {"request_wait_answer", "__fuse_request_send", "fuse_simple_request",
          "__fuse_simple_request", "fuse_chan_send"};
}

/// Asleep in the FLUSH of its own exit.
Signature flush_at_exit(const char* role) {
  Signature signature;
  signature.role = role;
  signature.states = "D";
  signature.exiting = true;
  signature.frames = {
      answer_waits(),
      {"fuse_flush"},
      {"do_exit", "exit_files", "put_files_struct"},
  };
  signature.wchans = answer_waits();
  return signature;
}

/// S in its kernel_wait4(), seen on 5.10 to 7.2. I is for the wait that follows once no child is
/// left to wait for, TASK_IDLE since 6.1.191 (CVE-2026-99249).
Signature namespace_init() {
  Signature signature;
  signature.role = "init";
  signature.states = "SDI";
  signature.exiting = true;
  signature.frames = {{"zap_pid_ns_processes"}};
  signature.wchans = {"zap_pid_ns_processes", "do_wait", "kernel_wait4"};
  return signature;
}

Variant variant(const char* name, const char* summary, const char* role) {
  Variant v;
  v.name = name;
  v.summary = summary;
  v.signatures = {flush_at_exit(role)};
  v.ladder = {Rung::Wait, Rung::StopContinue, Rung::Kill, Rung::FuseAbort};
  v.trials = 3000;
  v.tasks = 1;
  v.patience_us = 100;  // a healthy exit takes 0.06 ms at rest (BM_HealthyExit, step 3)
  v.needs_root = true;
  v.healthy_until_ms = 30'000;
  v.reference_rate = 0.5;
  return v;
}

Variant control(const char* name, const char* summary, const char* role, Expect expect) {
  Variant v = variant(name, summary, role);
  v.expect = expect;
  v.trials = 100;
  v.weight = 0.2;
  if (expect == Expect::Lookalike) v.healthy_until_ms = 100;  // it stays as it is by construction
  return v;
}

/// Where live-daemon and lookup stand: in an answer that does not come, but not in the daemon's own
/// exit.
Signature waits_for_answer(const char* role, const char* call) {
  Signature signature;
  signature.role = role;
  signature.states = "SD";
  signature.frames = {answer_waits(), {call}};
  signature.wchans = answer_waits();
  return signature;
}

}  // namespace

Manifest reproducer_manifest() {
  Manifest m;
  m.name = "fuse_flush_exit";
  m.title = "a FUSE daemon that holds a file on its own mount cannot be killed";
  m.symptom =
      "the SIGKILLed daemon stays in state D in fuse_flush below do_exit; in a pid namespace its "
      "init "
      "hangs in zap_pid_ns_processes too";
  m.mechanism =
      "do_exit() closes the daemon's files before its /dev/fuse is released: the FLUSH of its own "
      "file "
      "waits, unkillably, for a server that is the dying process itself; closing /dev/fuse would "
      "abort "
      "the connection, but that is task work, run only after the wait";
  m.invariant =
      "a request waits on a FUSE connection only while a process that can still answer it holds "
      "the "
      "server's side";
  m.lever = "abort the FUSE connection: write 1 to /sys/fs/fuse/connections/N/abort";
  m.affected = {
      {"", "6.3", "synchronous flush at exit"},
      {"6.4.16", "6.5", "6.4.y: stable backport of the revert 91ec6c85599b"},
      {"6.5.3", "", "revert 91ec6c85599b (v6.6-rc1), Cc: stable"},
  };
  m.history = {
      "reported by Tycho Andersen, \"strange interaction between fuse + pidns\", 2022-06-23",
      "fixed by 5a8bee63b10f \"fuse: in fuse_flush only wait if someone wants the return code\" "
      "(v6.3-rc1): a flush from an exiting task goes to a workqueue; not found in any older stable",
      "reverted by 91ec6c85599b (v6.6-rc1; 6.5.3, 6.4.16): the delayed fput gave ETXTBSY when a "
      "file "
      "just written by a process that exited was executed",
      "mitigation, off by default: sysctl fs.fuse.default_request_timeout and max_request_timeout, "
      "9b17cb59a7db (v6.15), abort the connection after a time",
  };
  m.references = {
      "https://lore.kernel.org/all/YrShFXRLtRt6T%2Fj+@risky/",
      "https://github.com/tych0/kernel-utils (fuse2/)",
      "Netflix TechBlog, \"Debugging a FUSE deadlock in the Linux kernel\", May 2023",
      "https://github.com/nestybox/sysbox/issues/1018",
      "https://github.com/nestybox/sysbox/issues/1002",
      "https://github.com/nestybox/sysbox/issues/998",
  };
  m.params = {
      {"cpu",
       "each lane on a CPU of its own, or wherever the scheduler likes",
       "lane",
       {"lane", "any"},
       0,
       0},
      {"rescue",
       "what the last rung does: abort the connection, or nothing, so that the victim stays wedged "
       "until its worker is ended",
       "abort",
       {"abort", "none"},
       0,
       0},
  };

  Variant self_held = variant(
      "self-held", "a daemon of two threads, one serves, one holds a file; SIGKILL", "daemon");
  self_held.weight = 2;
  Variant pid_namespace =
      variant("pid-namespace", "the same daemon in a pid namespace whose init is killed", "daemon");
  pid_namespace.signatures.push_back(namespace_init());
  Variant inherited_fd = variant(
      "inherited-fd",
      "the daemon dies alone; its child has inherited /dev/fuse, holds a file and is killed then",
      "heir");
  inherited_fd.trials = 1000;
  inherited_fd.weight = 0.5;
  Variant live_daemon = control(
      "live-daemon",
      "control: a client is killed while a living daemon keeps its FLUSH unanswered; looks the "
      "same, but the daemon can still answer",
      "client", Expect::Lookalike);
  Variant lookup =
      control("lookup",
              "control: the daemon is killed while its own LOOKUP is unanswered; hangs "
              "too, but in open(), before its exit begins",
              "daemon", Expect::Lookalike);
  live_daemon.own_place = {waits_for_answer("client", "fuse_flush")};
  lookup.own_place = {waits_for_answer("daemon", "fuse_lookup")};
  Variant no_flush = control("no-flush",
                             "control: self-held, but the daemon has refused a FLUSH with ENOSYS "
                             "before, so its exit sends none",
                             "daemon", Expect::Never);
  no_flush.trials = 3000;
  m.variants = {self_held, pid_namespace, inherited_fd, live_daemon, lookup, no_flush};
  return m;
}

}  // namespace hangrate::kit
