# SPDX-License-Identifier: GPL-2.0-or-later
"""What may happen to a healthy run, done on purpose: for scripts/soak and scripts/soak-sleepers."""
import ctypes
import errno
import os
import signal
import subprocess
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000  # __WALL: wait for threads too


def text_of(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def children_of(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        found += [int(child) for child in text_of(f"/proc/{pid}/task/{task}/children").split()]
    return found


def workers(supervisor):
    """(process, thread) of every worker of a supervisor, writers in processes of their own included."""
    found = []
    for child in children_of(supervisor):
        if "HANGRATE_SLOT_FD=" not in text_of(f"/proc/{child}/environ"):
            continue
        for process in [child, *children_of(child)]:
            found += [(process, int(tid)) for tid in os.listdir(f"/proc/{process}/task")]
    return found


def mounts(kind):
    """(mount point, options) of the cgroup hierarchies of a kind, "cgroup" or "cgroup2"."""
    for line in text_of("/proc/self/mountinfo").splitlines():
        after = line.split(" - ")[1].split()
        if after[0] == kind:
            yield line.split()[4], after[2].split(",")


def own_path(controller):
    """Where we are in a hierarchy of v1: "8:cpu,cpuacct:/x" of /proc/self/cgroup."""
    for line in text_of("/proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return path.rstrip("/")
    return ""


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def stopped_for(pid, seconds):
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        os.kill(pid, signal.SIGCONT)


class Torment:
    """What may be done to a run. Gives True if it took effect, and an OSError if its victim is gone."""

    weight = 1  # how often it is in the deck
    missing = ""  # why it cannot be had here

    def __init__(self, supervisor):
        self.supervisor = supervisor

    def settle(self):
        """Called between torments: what could not be ended at once."""

    def remove(self):
        """At the end of the run."""


class StopAndContinue(Torment):
    name, weight = "stop", 2

    def __call__(self, rng, pid, _tid):
        stopped_for(pid, rng.uniform(0.001, 0.2))
        return True


class Renice(Torment):
    name = "renice"

    def __call__(self, rng, _pid, tid):
        os.setpriority(os.PRIO_PROCESS, tid, rng.choice([0, 5, 19]))
        return True


class Trace(Torment):
    """What a debugger does: attach, hold it stopped for a while, let it go."""
    name, weight = "trace", 2

    def __init__(self, supervisor):
        super().__init__(supervisor)
        self.held = set()  # who was not let go yet

    def __call__(self, rng, _pid, tid):
        if LIBC.ptrace(PTRACE_SEIZE, tid, None, None) != 0:
            if ctypes.get_errno() == errno.EPERM and "TracerPid:\t0" in text_of(f"/proc/{tid}/status"):
                self.missing = "ptrace is not permitted"
            return False
        self.held.add(tid)
        LIBC.ptrace(PTRACE_INTERRUPT, tid, None, None)
        time.sleep(rng.uniform(0.001, 0.1))
        deadline = time.monotonic() + 1
        while tid in self.held and time.monotonic() < deadline:
            self.settle()
            time.sleep(0.001)
        return True

    def settle(self):
        """Lets go of those that have stopped by now. One that waits for a FUSE server stops only once
        it is answered; one that was killed stays a zombie, and its process with it, until its tracer
        takes note."""
        for tid in list(self.held):
            try:
                got, status = os.waitpid(tid, os.WNOHANG | WALL)
            except ChildProcessError:
                self.held.discard(tid)
                continue
            if got != tid:
                continue
            if not os.WIFSTOPPED(status) or LIBC.ptrace(PTRACE_DETACH, tid, None, None) == 0:
                self.held.discard(tid)

    def remove(self):
        deadline = time.monotonic() + 1
        while self.held and time.monotonic() < deadline:
            self.settle()
            time.sleep(0.001)


class Starve(Torment):
    """Spinners on every CPU for a moment."""
    name = "starve"

    def __call__(self, rng, _pid, _tid):
        spinners = [subprocess.Popen([sys.executable, "-c", "while True: pass"])
                    for _ in range(2 * (os.cpu_count() or 1))]
        time.sleep(rng.uniform(0.05, 0.3))
        for spinner in spinners:
            spinner.kill()
            spinner.wait()
        return True


class Pin(Torment):
    """All threads of the run share one CPU for a while."""
    name = "pin"

    def __init__(self, supervisor):
        super().__init__(supervisor)
        self.cpus = sorted(os.sched_getaffinity(0))
        if len(self.cpus) < 2:
            self.missing = "there is one CPU only"

    def __call__(self, rng, _pid, _tid):
        before = {}
        cpu = rng.choice(self.cpus)
        for _, tid in workers(self.supervisor):
            try:
                before[tid] = os.sched_getaffinity(tid)
                os.sched_setaffinity(tid, [cpu])
            except OSError:
                continue
        time.sleep(rng.uniform(0.05, 0.3))
        for tid, cpus in before.items():
            try:
                os.sched_setaffinity(tid, cpus)
            except OSError:
                continue
        return bool(before)


def is_of(name, supervisor):
    """Whether a cgroup's name is that of this supervisor's run: hangrate-PID-RANDOM."""
    return name.startswith(f"hangrate-{supervisor}-")


class Grouped(Torment):
    """What is done to a cgroup: that of the run (v2), or one of our own it is moved to for the time (v1)."""

    def __init__(self, supervisor, control, v1_controller):
        super().__init__(supervisor)
        self.control = self.home = self.folder = None
        for mount, _ in mounts("cgroup2"):
            for folder, folders, _ in os.walk(mount):
                for name in folders:
                    if is_of(name, supervisor) and os.access(f"{folder}/{name}/{control}", os.W_OK):
                        self.control = f"{folder}/{name}/{control}"
        for mount, options in mounts("cgroup"):
            if self.control is None and v1_controller in options:
                try:
                    os.mkdir(f"{mount}/hangrate-soak-{supervisor}")
                except OSError:
                    continue
                self.folder = f"{mount}/hangrate-soak-{supervisor}"
                self.home = mount + own_path(v1_controller)
        if self.control is None and self.home is None:
            self.missing = f"no cgroup with {control}, and none of v1 with {v1_controller}"

    def move(self, target, pids):
        for pid in pids:
            try:
                write(f"{target}/cgroup.procs", str(pid))
            except OSError:  # it has ended
                continue

    def enter(self):
        """Has the run in the group, which is the one of its own or ours."""
        if self.control is None:
            self.move(self.folder, sorted({pid for pid, _ in workers(self.supervisor)}))

    def leave(self):
        if self.control is None:
            while pids := text_of(f"{self.folder}/cgroup.procs").split():
                self.move(self.home, pids)

    def remove(self):
        if self.home is not None:
            os.rmdir(self.folder)


class Freeze(Grouped):
    """The freezer of cgroups, for 1 to 200 ms."""
    name, weight = "freeze", 2

    def __init__(self, supervisor):
        super().__init__(supervisor, "cgroup.freeze", "freezer")

    def __call__(self, rng, pid, _tid):
        v2 = self.control is not None
        path = self.control if v2 else f"{self.folder}/freezer.state"
        self.enter()
        try:
            write(path, "1" if v2 else "FROZEN")
            time.sleep(rng.uniform(0.001, 0.2))
            state = text_of(f"{os.path.dirname(path)}/cgroup.events") if v2 else text_of(path)
            state += text_of(f"/proc/{pid}/wchan")
        finally:
            write(path, "0" if v2 else "THAWED")
            self.leave()
        # One task that waits for a FUSE server is not frozen, and the group never is as a whole then.
        return any(sign in state for sign in ("frozen 1", "FROZEN", "do_freezer_trap", "__refrigerator"))


class Throttle(Grouped):
    """Squeezes the run to 1 % of a CPU for a while."""
    name = "throttle"

    def __init__(self, supervisor):
        super().__init__(supervisor, "cpu.max", "cpu")

    def __call__(self, rng, _pid, _tid):
        v2 = self.control is not None
        path = self.control if v2 else f"{self.folder}/cpu.cfs_quota_us"
        before = self.throttled(path)
        self.enter()
        try:
            write(path, "1000 100000" if v2 else "1000")
            time.sleep(rng.uniform(0.05, 0.4))
        finally:
            write(path, "max 100000" if v2 else "-1")
            self.leave()
        return self.throttled(path) > before

    @staticmethod
    def throttled(path):
        """How often the group had to wait for its next period."""
        stat = dict(line.split() for line in text_of(f"{os.path.dirname(path)}/cpu.stat").splitlines())
        return int(stat.get("nr_throttled", 0))


class StopSupervisor(Torment):
    """Not in the deck, because it holds up everything."""
    name, weight = "stop the supervisor", 0

    def __init__(self, supervisor):
        super().__init__(supervisor)
        self.due = time.monotonic() + 3

    def __call__(self, rng, _pid, _tid):
        stopped_for(self.supervisor, rng.uniform(0.2, 5))
        self.due = time.monotonic() + rng.uniform(15, 45)
        return True


class Deck:
    """Deals every torment as often as it weighs, in an order of chance, again and again."""

    def __init__(self, rng, supervisor):
        self.rng = rng
        self.stopper = StopSupervisor(supervisor)
        self.kinds = [kind(supervisor) for kind in
                      (StopAndContinue, Renice, Trace, Freeze, Throttle, Pin, Starve)]
        self.cards = []
        self.done = {torment.name: 0 for torment in [*self.kinds, self.stopper]}

    def deal(self):
        if time.monotonic() > self.stopper.due:
            return self.stopper
        if not self.cards:
            self.cards = [kind for kind in self.kinds if not kind.missing for _ in range(kind.weight)]
            self.rng.shuffle(self.cards)
        return self.cards.pop()

    def strike(self, victim):
        for each in self.kinds:
            each.settle()
        torment = self.deal()
        try:
            if torment(self.rng, *victim):
                self.done[torment.name] += 1
        except OSError:  # it has ended meanwhile
            pass

    def never(self):
        missing = {torment.name for torment in self.kinds if torment.missing}
        return [name for name, count in self.done.items() if count == 0 and name not in missing]

    def tell(self):
        print(f"torments: {self.done}")
        for torment in self.kinds:
            if torment.missing:
                print(f"torment left out: {torment.name}: {torment.missing}")

    def remove(self):
        for torment in self.kinds:
            torment.remove()


def alive(pid):
    """Its name and state; "" if it is dead: that nobody has reaped it yet is the affair of init."""
    stat = text_of(f"/proc/{pid}/stat")
    name, _, rest = stat.partition("(")[2].rpartition(")")
    state = rest.split()[0] if rest.split() else "X"
    return "" if state in "ZX" else f"{name}, state {state}"


def left_behind(supervisor):
    """Processes and cgroups of a run that is over, one line each."""
    found = [f"process left behind: {pid}, {stat}" for pid in os.listdir("/proc") if pid.isdigit() and
             f"hangrate-{supervisor}-" in text_of(f"/proc/{pid}/cgroup")
             and (stat := alive(pid))]
    for mount, _ in [*mounts("cgroup"), *mounts("cgroup2")]:
        for folder, folders, _ in os.walk(mount):
            found += [f"cgroup left behind: {folder}/{name}" for name in folders
                      if is_of(name, supervisor) or name == f"hangrate-soak-{supervisor}"]
    return found
