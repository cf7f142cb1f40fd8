// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/console/complaint.h"

#include <algorithm>

namespace hangrate {

namespace {

using std::string_view;

/// What messages of some facilities begin with, by pr_fmt() or by hand. A message may have several:
/// "watchdog: CPU1: ".
constexpr string_view kFacilities[] = {
    "watchdog: ",  "NMI watchdog: ", "rcu: ",   "traps: ",       "smp: ",     "workqueue: ",
    "hung_task: ", "mce: ",          "sched: ", "clocksource: ", "softirq: ", "timekeeping: "};

struct Convention {
  string_view facility;  ///< what must have come before, "" = whatever
  string_view opener;    ///< what the rest begins with
  string_view also;      ///< what stands somewhere behind it
  string_view kind;      ///< "" = no complaint, whatever later lines of this table say
};
/// The first that fits names the kind: the special before the general.
constexpr Convention kConventions[] = {
    // kernel/panic.c
    {"", "Kernel panic - not syncing", "", "panic"},
    {"", "---[ end Kernel panic", "", "panic"},

    // Checkers: mm/kasan, mm/kfence, kernel/kcsan, mm/kmsan, lib/ubsan.c.
    {"", "BUG: KASAN: ", "", "kasan"},
    {"", "KASAN: ", "", "kasan"},
    {"", "BUG: KFENCE: ", "", "kfence"},
    {"", "BUG: KCSAN: ", "", "kcsan"},
    {"", "BUG: KMSAN: ", "", "kmsan"},
    {"", "UBSAN: ", "", "ubsan"},

    // kernel/locking/lockdep.c. A table that is full switches the checker off and accuses nobody.
    {"", "BUG: MAX_", " too low!", "warning"},
    {"", "BUG: Invalid wait context", "", "lockdep"},
    {"", "BUG: looking up invalid subclass", "", "lockdep"},
    {"", "BUG: key ", " has not been registered", "lockdep"},
    {"", "INFO: trying to register non-static key", "", "lockdep"},
    {"", "INFO: lockdep is turned off", "", ""},
    {"", "INFO: possible ", "lock", "lockdep"},
    {"", "INFO: inconsistent lock state", "", "lockdep"},
    {"", "INFO: suspicious RCU usage", "", "lockdep"},

    // Time: kernel/hung_task.c, kernel/watchdog*.c, kernel/rcu, kernel/workqueue.c, kernel/smp.c.
    {"", "INFO: task ", " blocked", "hung-task"},
    {"", "INFO: The task ", " has been waiting for ", "hung-task"},  // fs/fs-writeback.c, v7
    {"", "Future hung task reports are suppressed", "", "hung-task"},
    {"", "BUG: soft lockup", "", "soft-lockup"},
    {"", "Watchdog detected hard LOCKUP", "", "hard-lockup"},
    {"watchdog: ", "", " LOCKUP ", "hard-lockup"},
    {"", "INFO: ", " stall", "rcu-stall"},
    {"", "INFO: Stall ended", "", "rcu-stall"},
    {"rcu: ", "", " kthread starved for ", "rcu-stall"},
    {"rcu: ", "", " kthread timer wakeup didn't happen for ", "rcu-stall"},
    {"", "BUG: workqueue lockup", "", "workqueue-lockup"},
    {"", "BUG: spinlock lockup", "", "spinlock-lockup"},
    {"", "csd: ", " non-responsive CSD lock ", "csd-lock"},

    // Data that cannot be: mm/page_alloc.c, mm/memory.c, kernel/fork.c, mm/slub.c,
    // lib/list_debug.c,
    // lib/refcount.c, mm/usercopy.c, lib/string*.c, fs/super.c, kernel/cfi.c.
    {"", "BUG: Bad page", "", "corruption"},
    {"", "BUG: Bad rss-counter", "", "corruption"},
    {"", "BUG: non-zero pgtables_bytes", "", "corruption"},
    {"", "BUG ", "): ", "corruption"},
    {"", "list_add corruption", "", "corruption"},
    {"", "list_add double add", "", "corruption"},
    {"", "list_del corruption", "", "corruption"},
    {"", "refcount_t: ", "", "corruption"},
    {"", "usercopy: Kernel memory ", "", "corruption"},
    {"", "detected buffer overflow in ", "", "corruption"},
    {"", "VFS: Busy inodes after unmount", "", "corruption"},
    {"", "Page cache invalidation failure on direct I/O.", "", "corruption"},
    {"", "CFI failure at ", "", "corruption"},
    {"", "CFI failure (", "", "corruption"},

    // Faults: arch/x86/kernel/{traps,dumpstack}.c, arch/x86/mm/{fault,extable}.c,
    // arch/arm64/kernel/traps.c, arch/arm64/mm/fault.c, lib/bug.c, kernel/exit.c.
    {"", "BUG: unable to handle", "", "oops"},
    {"", "BUG: kernel NULL pointer", "", "oops"},
    {"", "BUG: ", " stack guard page was hit", "oops"},
    {"", "BUG: scheduling while atomic", "", "oops"},
    {"", "kernel BUG at ", "", "oops"},
    {"", "Kernel BUG ", "", "oops"},
    {"", "Oops: ", "", "oops"},
    {"", "Oops - ", "", "oops"},
    {"", "Oops [#", "", "oops"},
    {"", "Internal error: ", " [#", "oops"},
    {"", "Unable to handle kernel ", "", "oops"},
    {"", "PANIC: ", "", "oops"},
    {"", "general protection fault", "", "oops"},
    {"", "kernel tried to execute ", "exploit attempt?", "oops"},
    {"", "unable to execute userspace code (SMEP?)", "", "oops"},
    {"", "SError Interrupt on CPU", "", "oops"},
    {"", "Insufficient stack space to handle exception!", "", "oops"},
    {"", "Bad mode in ", " handler detected", "oops"},
    {"", "Bad EL0 synchronous exception", "", "oops"},
    {"", "Missing ENDBR: ", "", "oops"},
    {"", "Fixing recursive fault but reboot is needed!", "", "oops"},

    // What is left of the kernel's own word for it.
    {"", "BUG: ", "", "bug"},
    {"softirq: ", "huh, entered softirq ", "", "bug"},

    // kernel/panic.c and the unwinders. Of "WARNING: " alone others make their advice, the
    // mitigations of CPUs above all.
    {"", "WARNING: CPU: ", "", "warning"},
    {"", "WARNING: ", " CPU#", "warning"},
    {"", "WARNING: stack recursion ", "", "warning"},
    {"", "WARNING: kernel stack ", "", "warning"},
    {"", "ODEBUG: ", " object", "warning"},
    {"", "unchecked MSR access error: ", "", "warning"},

    // Memory and hardware that gave out: mm/oom_kill.c, mm/kmemleak.c, net/core/dev.c, mce, nmi.c.
    {"", "Out of memory", "", "oom"},
    {"", "Memory cgroup out of memory", "", "oom"},
    {"", "kmemleak: ", " new suspected memory leaks", "leak"},
    {"", "unregister_netdevice: waiting for ", " to become free", "leak"},
    {"", "[Hardware Error]: ", "", "hardware"},
    {"", "CPUs not responding to MCE broadcast", "", "hardware"},
    {"", "NMI: PCI system error", "", "hardware"},
    {"", "NMI: IOCK error", "", "hardware"},
    {"", "Uhhuh. NMI received for unknown reason", "", "hardware"},
    {"", "irq ", ": nobody cared", "hardware"},
    {"", "Disabling IRQ #", "", "hardware"},

    // Explains the times of a trial, accuses nobody: kernel/sched, kernel/time, fs/nfs.
    {"sched: ", "RT throttling activated", "", "notice"},
    {"sched: ", "DL replenish lagged too much", "", "notice"},
    {"clocksource: ", "", "Marking clocksource ", "notice"},
    {"", "nfs: server ", " not responding", "notice"},
    {"", "INFO: ", "", "notice"},
};

/// What stands behind the name of a task, which is no word of the message.
constexpr Convention kBehindTask[] = {
    {"", " invoked oom-killer: ", "", "oom"},
    {"", ": Corrupted page table at address ", "", "corruption"},
    {"", ": page allocation failure: order:", "", "warning"},
    {"", ": page allocation stalls for ", "", "warning"},
    {"", ": page allocation stall for ", "", "warning"},
};

/// What kernel/locking/lockdep.c warns of is locks; others warn of nothing by such a word.
constexpr string_view kLockWords[] = {" lock",       " locking",       " locks ",
                                      " RCU usage",  "chain_key ",     "bad contention detected",
                                      "bad unlock ", "Nested lock was"};

bool fits(const Convention& convention, string_view facility, string_view message) {
  return (convention.facility.empty() || convention.facility == facility) &&
         message.starts_with(convention.opener) &&
         (convention.also.empty() || message.find(convention.also) != message.npos);
}

/// "CPU12: ".
bool take_cpu(string_view& message) {
  if (!message.starts_with("CPU")) return false;
  const std::size_t colon = message.find_first_not_of("0123456789", 3);
  if (colon == message.npos || colon == 3 || !message.substr(colon).starts_with(": ")) return false;
  message.remove_prefix(colon + 2);
  return true;
}

/// The last facility the message began with, which is taken; "NMI watchdog" is the watchdog.
string_view take_facility(string_view& message) {
  string_view facility;
  for (bool taken = true; taken;) {
    taken = take_cpu(message);
    for (const string_view known : kFacilities) {
      if (!message.starts_with(known)) continue;
      message.remove_prefix(known.size());
      facility = known.ends_with("watchdog: ") ? "watchdog: " : known;
      taken = true;
    }
  }
  return facility;
}

/// "[ BUG: Invalid wait context ]": lockdep's banners before v5.8 and some since.
void take_banner(string_view& message) {
  if (message.starts_with("[ ") && message.ends_with(" ]")) {
    message = message.substr(2, message.size() - 4);
  }
}

/// A quotation, or a line that goes on with another.
bool begins_elsewhere(string_view message) {
  return message.find_first_of(" \t\"'`") == 0;
}

/// "divide error: 0000 [#1] PREEMPT SMP": what die() prints of whatever it is told, here and on
/// s390 ("illegal operation: 0001 ilc:1 [#1]"). Before the code is no other colon.
bool is_die(string_view message) {
  const std::size_t mark = message.substr(0, 256).find(" [#");
  if (mark == message.npos || begins_elsewhere(message)) return false;
  const std::size_t colon = message.find(": ");
  if (colon == message.npos || colon == 0 || colon + 6 > mark) return false;
  const string_view code = message.substr(colon + 2, mark - colon - 2);
  const std::size_t end = std::min(code.find(" ilc:"), code.size());
  return end >= 4 && code.substr(0, end).find_first_not_of("0123456789abcdef") == code.npos;
}

bool warns_of_locks(string_view message) {
  if (!message.starts_with("WARNING: ")) return false;
  return std::any_of(std::begin(kLockWords), std::end(kLockWords),
                     [&](string_view word) { return message.find(word) != message.npos; });
}

/// A task's name has at most 15 bytes (TASK_COMM_LEN), and what quotes such a message more before
/// it.
string_view behind_task(string_view message) {
  if (begins_elsewhere(message)) return "";
  for (const Convention& convention : kBehindTask) {
    const std::size_t at = message.substr(0, 16 + convention.opener.size()).find(convention.opener);
    if (at != message.npos && at != 0) return convention.kind;
  }
  return "";
}

}  // namespace

std::string_view complaint_in(std::string_view message) {
  const string_view facility = take_facility(message);
  take_banner(message);
  for (const Convention& convention : kConventions) {
    if (fits(convention, facility, message)) return convention.kind;
  }
  if (is_die(message)) return "oops";
  if (warns_of_locks(message)) return "lockdep";
  return behind_task(message);
}

bool announces_report(std::string_view message) {
  return message.starts_with("------------[ cut here ]");
}

bool ends_report(std::string_view message) {
  return message.starts_with("---[ end ");
}

}  // namespace hangrate
