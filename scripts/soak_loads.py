# SPDX-License-Identifier: GPL-2.0-or-later
"""Healthy programs that keep a machine busy, for scripts/soak-diagnose: each a shell script, run again and again."""
import glob
import os
import shutil
import signal
import subprocess

from torments import children_of

POSTGRES = (sorted(glob.glob("/usr/lib/postgresql/*/bin")) or [""])[-1]

MAKE = r"""
mkdir -p src/sub; cd src
printf 'N = $(shell seq 1 24)\nall: sub $(N:%%=o%%)\n\t@cat o* > all.txt\nsub: FORCE\n\t+@$(MAKE) -s -C sub\n' > Makefile
printf 'o%%: FORCE\n\t@echo "int f$*(int x) { return x + $*; }" | cc -x c -c -o o$* - && sleep 0.0$*\nFORCE:\n' >> Makefile
sed 's/^all: sub/all:/; /^sub:/,/MAKE/d' Makefile > sub/Makefile
make -s -j4; make -s -j4 --output-sync=target; make -s -j1
"""

PIPELINES = r"""
seq 1 200000 | sort -R | awk '{s += $1} END {print s}' | tee a b > c
yes | head -n 300000 | gzip | gunzip | wc -l > d
find /usr/share/doc -maxdepth 2 -print0 | xargs -0 -n 50 -P 3 ls -d | sort | uniq -c | sort -n | tail -n 3 > e
tar cf - /usr/share/doc/[a-c]* 2>/dev/null | gzip -1 | tar tzf - | wc -l > f
bash -c 'cat <(seq 1 50000) <(sleep 0.1; seq 1 10) | while read -r x; do :; done'
bash -c 'coproc cat; echo hi >&"${COPROC[1]}"; read -r x <&"${COPROC[0]}"; kill $COPROC_PID; wait' 2>/dev/null
mkfifo p; (sleep 0.1; seq 1 9 > p) & cat p > g; wait
(sleep 0.2 | cat) & (sleep 0.3; true) & wait
"""

GIT = r"""
git init -q a; cd a; git config user.email a@b; git config user.name a; git config gc.auto 1
for i in 1 2 3 4 5; do seq $i 2000 > f$i; git add .; git commit -qm $i; done
cd ..; git clone -q a b; cd b; seq 1 9 > new; git add new; git config user.email a@b; git config user.name a
git commit -qm new; git repack -adq; git fsck --no-progress; git log -p | cat | wc -l > /dev/null
cd ../a; git fetch -q ../b; git gc -q; git grep -q 77
"""

SQLITE = r"""
sqlite3 x.db 'pragma journal_mode = wal; create table t(a, b);' > /dev/null
for j in 1 2 3; do (for i in $(seq 1 15); do
  sqlite3 -cmd '.timeout 20000' x.db "begin immediate; insert into t select value, random() from generate_series(1, 500); commit;"
done) & done
sqlite3 -cmd '.timeout 20000' x.db 'select count(*) from t' > /dev/null; wait
"""

POSTGRESQL = r"""
run() { if [ "$(id -u)" = 0 ]; then su postgres -s /bin/sh -c "PATH=@:$PATH; $1"; else PATH=@:$PATH sh -c "$1"; fi; }
chmod 777 .
run "initdb -D $PWD/d -A trust > l0 2>&1 && pg_ctl -D $PWD/d -w -l $PWD/l1 -o \"-k $PWD -c listen_addresses=''\" start > l2"
run "createdb -h $PWD x; pgbench -h $PWD -i -q x 2> l3; pgbench -h $PWD -c 8 -j 2 -T 20 x > l4 2>&1"
run "psql -qh $PWD x -c 'vacuum full'; pg_dump -h $PWD x | gzip > l5; pg_ctl -D $PWD/d -m fast -w stop > l6"
grep -q 'number of transactions' l4
"""

APT = r"""
o='-o Debug::NoLocking=1 -qq -s'
apt-get $o install hello > a; apt-get $o dist-upgrade > b; apt-cache dumpavail | grep -c ^Package > c
dpkg-query -W | sort | wc -l > d
"""

LOCKS = r"""
for i in 1 2 3 4 5 6; do (for j in 1 2 3 4 5 6; do flock f sh -c 'sleep 0.02; echo x >> log'; done) & done; wait
for i in 1 2 3; do (flock -s f sleep 0.1) & done; flock -x f true; wait
"""

POOLS = r"""
cat > p.py <<'X'
import asyncio, concurrent.futures as c, multiprocessing as m, os, queue, subprocess, threading
def work(n):
    return sum(i * i for i in range(n % 5000))
async def shells():
    async def one(n):
        p = await asyncio.create_subprocess_shell(f"sleep 0.0{n}; echo {n}", stdout=asyncio.subprocess.PIPE)
        return (await p.communicate())[0]
    return await asyncio.gather(*(one(n) for n in range(8)))
def threads():
    q = queue.Queue(3)
    def drain():
        while q.get() is not None:
            pass
    t = [threading.Thread(target=drain) for _ in range(4)]
    [x.start() for x in t]
    for n in range(2000):
        q.put(n)
    for _ in t:
        q.put(None)
    [x.join() for x in t]
if __name__ == "__main__":
    with m.Pool(3) as pool:
        pool.map(work, range(3000), 7)
    with c.ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: subprocess.run(["true"]).returncode, range(30)))
    threads()
    asyncio.run(shells())
    p = m.Process(target=work, args=(9,))
    p.start(); p.join()
X
python3 p.py
"""

# name: (programs it needs, script)
LOADS = {
    "make": (["make", "cc"], MAKE),
    "pipelines": (["bash", "gzip", "tar"], PIPELINES),
    "git": (["git"], GIT),
    "sqlite": (["sqlite3"], SQLITE),
    "postgresql": ([f"{POSTGRES}/pgbench"], POSTGRESQL.replace("@", POSTGRES)),
    "apt": (["apt-get", "dpkg-query"], APT),
    "locks": (["flock"], LOCKS),
    "pools": (["python3"], POOLS),
}
# A round that fails is told to the log; a load that never ends a round is no load.
LOOP = """
while :; do
  mkdir -m 755 "$0/round" && cd "$0/round" || exit 1
  if sh "$0/script" > "$0/output" 2>&1 < /dev/null; then echo >> "$0/rounds"; else cp "$0/output" "$0/failed"; sleep 1; fi
  cd "$0" && rm -rf "$0/round"
done
"""


def descendants(pid):
    """Of a process, and itself, which comes first."""
    found = [pid]
    for each in found:
        try:
            found += children_of(each)
        except OSError:
            continue
    return found


def signal_if_there(pid, number):
    try:
        os.kill(pid, number)
    except OSError:
        pass


class Load:
    """One of them, until end()."""

    def __init__(self, name, folder):
        self.name = name
        self.folder = f"{folder}/{name}"
        os.makedirs(self.folder)
        with open(f"{self.folder}/script", "w", encoding="utf-8") as file:
            file.write(LOADS[name][1])
        self.loop = subprocess.Popen(["sh", "-c", LOOP, self.folder], start_new_session=True)
        self.done = 0

    def rounds(self):
        if os.path.exists(f"{self.folder}/rounds"):
            self.done = os.path.getsize(f"{self.folder}/rounds")
        if os.path.exists(f"{self.folder}/failed"):
            with open(f"{self.folder}/failed", encoding="utf-8", errors="replace") as file:
                print(f"a round of {self.name} failed: {file.read()[-500:]}")
        return self.done

    def end(self):
        """All that descends from it, and a server that has left: it is told by its file."""
        for pid in descendants(self.loop.pid):
            signal_if_there(pid, signal.SIGTERM)
        self.loop.wait()
        try:
            with open(f"{self.folder}/round/d/postmaster.pid", encoding="ascii") as file:
                signal_if_there(int(file.readline()), signal.SIGQUIT)
        except (OSError, ValueError):
            pass
        self.rounds()


def start(names, folder):
    """Those whose programs are there, and why the others are not."""
    os.chmod(folder, 0o755)
    loads, missing = [], []
    for name in names:
        lacking = [program for program in LOADS[name][0] if not shutil.which(program)]
        if lacking:
            missing.append(f"{name}: no {lacking[0]}")
        else:
            loads.append(Load(name, folder))
    return loads, missing
