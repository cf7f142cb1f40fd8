#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of the scripts in this folder, on a copy of them in a temporary tree. The package manager,
CMake and the compiler are stubs, so nothing is installed and nothing of the real tree is touched."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent
TOOLS = """sh env dirname basename grep sed awk mkdir mktemp rm cp cat cmp tee touch flock nproc timeout
           chmod python3 true""".split()
OS = {
    "debian-12": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    "debian-11": 'ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\n',
    "debian-13": 'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
    "debian-sid": 'ID=debian\nPRETTY_NAME="Debian GNU/Linux forky/sid"\n',
    "ubuntu-24.04": 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04 LTS"\n',
    "ubuntu-22.04": 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\nPRETTY_NAME="Ubuntu 22.04 LTS"\n',
    "fedora-40": 'ID=fedora\nVERSION_ID=40\nPRETTY_NAME="Fedora Linux 40"\n',
    "mint-22": 'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_ID="22"\nPRETTY_NAME="Linux Mint 22"\n',
}
STUBS = {
    "id": 'case $1 in -u) echo "${STUB_UID:-0}" ;; *) echo somebody ;; esac',
    "dpkg-query": 'while read -r name; do printf "%s=installed " "$name"; done <"$STUB/installed"; exit 1',
    "apt-cache": 'for name; do :; done; ! grep -qxF "$name" "$STUB/unknown"',
    "apt-get": """echo "apt-get $* [$DEBIAN_FRONTEND]" >>"$STUB/log"
case " $* " in *" install "*) for name; do echo "$name"; done >>"$STUB/installed" ;; esac""",
    "sudo": """echo "sudo $*" >>"$STUB/log"; [ "$1" = -n ] && shift; exec "$@" """,
    "c++": 'echo "${STUB_COMPILER:-__clang_major__ 12}"',
    "cmake": """case $1 in
  --version) echo "cmake version ${STUB_CMAKE:-3.25.1}"; exit ;;
esac
echo "cmake $*" >>"$STUB/log"
case $1 in
  --preset) mkdir -p "build/$2"; echo "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" >"build/$2/CMakeCache.txt" ;;
  --build)
    [ -z "${STUB_BROKEN-}" ] || { echo "repro.cpp:1: error: nonsense"; exit 1; }
    mkdir -p "$2/bin"
    printf '#!/bin/sh\\nprintf "<%%s>" "$@"\\nexit 1\\n' >"$2/bin/hangrate"
    chmod +x "$2/bin/hangrate" ;;
esac""",
    "ctest": """while [ $# -gt 0 ]; do
  case $1 in
    --output-junit) out=$2 ;;
    -L) kind=unit ;;
    -LE) kind=other ;;
  esac
  shift
done
[ ! -e "$STUB/$kind.xml" ] || cp "$STUB/$kind.xml" "$out"
[ ! -e "$STUB/$kind.code" ] || exit "$(cat "$STUB/$kind.code")" """,
}
CASE = '<testcase name="{}" status="{}">{}<system-out>{}</system-out></testcase>'
GTEST_SKIP = "[ RUN      ] A.B\n/src/a_test.cpp:7: Skipped\nneeds root:\nCAP_BPF\n[  SKIPPED ] A.B (0 ms)\n"


class Machine:
    """A temporary tree with the scripts in it, and a PATH of stubs."""

    def __init__(self, system="debian-12", without=()):
        self.folder = tempfile.TemporaryDirectory(prefix="hangrate-scripts.")
        self.root = Path(self.folder.name, "a tree")
        self.stub = Path(self.folder.name, "stub")
        (self.root / "repros").mkdir(parents=True)
        shutil.copytree(SCRIPTS, self.root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        for part in ("lint", "scripts_test.py", "fuzz"):
            self.write(self.root / "scripts" / part, f"#!/bin/sh\necho ok {part}\n")
        (self.root / "CMakePresets.json").write_text("{}\n")
        (self.stub / "bin").mkdir(parents=True)
        for tool in TOOLS:
            (self.stub / "bin" / tool).symlink_to(os.path.realpath(shutil.which(tool)))
        for name, body in STUBS.items():
            if name not in without:
                self.write(self.stub / "bin" / name, "#!/bin/sh\n" + body + "\n")
        for name in ("installed", "unknown", "log"):
            (self.stub / name).write_text("")
        (self.stub / "os-release").write_text(OS[system])

    def write(self, path, text):
        path.write_text(text)
        path.chmod(0o755)

    def install(self):
        """As after a first run: everything is installed."""
        lists = (SCRIPTS / "lib.sh").read_text().split('_packages="')
        names = [name for part in lists[1:] for name in part.split('"')[0].split()]
        names = [name for name in names if not name.startswith("$")] + ["clang-format-14"]
        (self.stub / "installed").write_text("\n".join(names) + "\n")
        return self

    def junit(self, kind, cases, code=0):
        (self.stub / f"{kind}.xml").write_text("<testsuite>" + "".join(cases) + "</testsuite>")
        (self.stub / f"{kind}.code").write_text(str(code))
        return self

    def call(self, script, *arguments, **environment):
        variables = {"PATH": str(self.stub / "bin"), "STUB": str(self.stub), "LC_ALL": "C",
                     "HANGRATE_TEST_LOCK": str(self.stub),
                     "HANGRATE_OS_RELEASE": str(self.stub / "os-release"), **environment}
        return subprocess.run([self.root / "scripts" / script, *arguments], env=variables, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)

    def log(self):
        return (self.stub / "log").read_text()


def expect(condition, result):
    assert condition, f"exit {result.returncode}\nstdout: {result.stdout}\nstderr: {result.stderr}"


def refused(result, *words):
    """One clear error, nothing on stdout, exit 3."""
    errors = [line for line in result.stderr.splitlines() if "error:" in line and "scripts/" in line]
    expect(result.returncode == 3 and not result.stdout and len(errors) == 1, result)
    expect(all(word in errors[0] for word in words), result)


def test_run_installs_then_builds_then_runs():
    machine = Machine()
    result = machine.call("run", "--trials", "a b")
    expect(result.stdout == "<run><--trials><a b>" and result.returncode == 1, result)
    update, install = [line for line in machine.log().splitlines() if line.startswith("apt-get")]
    expect(" update " in update, result)
    expect("--no-install-recommends g++ cmake ninja-build" in install and "[noninteractive]" in install, result)
    expect("libgtest-dev" not in install, result)


def test_run_calls_no_apt_and_does_not_configure_the_second_time():
    machine = Machine()
    machine.call("run")
    (machine.stub / "log").write_text("")
    result = machine.call("run")
    expect(machine.log().count("\n") == 1 and "cmake --build" in machine.log(), result)


def test_run_configures_again_when_presets_change_or_the_tree_moves():
    machine = Machine().install()
    machine.call("run")
    (machine.root / "CMakePresets.json").write_text('{"version": 6}\n')
    machine.call("run")
    machine.root.rename(machine.root.parent / "moved")
    machine.root = machine.root.parent / "moved"
    result = machine.call("run")
    expect(machine.log().count("cmake --preset release") == 3, result)
    expect("cmake --preset release --fresh" in machine.log(), result)


def test_run_passes_on_what_follows_a_double_dash():
    result = Machine().install().call("run", "--no-install", "--", "--help", "--", "-x")
    expect(result.stdout == "<run><--help><--><-x>", result)


def test_run_help_does_nothing_else():
    machine = Machine("fedora-40")
    result = machine.call("run", "--help")
    expect(result.returncode == 0 and "usage:" in result.stdout and not machine.log(), result)


def test_run_refuses_unsupported_systems():
    for system in ("fedora-40", "debian-11", "ubuntu-22.04"):
        refused(Machine(system).call("run"), "Debian 12", "--no-install")


def test_run_accepts_supported_systems():
    for system in ("debian-12", "debian-13", "debian-sid", "ubuntu-24.04", "mint-22"):
        result = Machine(system).call("run")
        expect(result.stdout == "<run>", result)


def test_run_no_install_works_on_any_system():
    result = Machine("fedora-40", without=("apt-get", "dpkg-query")).call("run", "--no-install")
    expect(result.stdout == "<run>", result)


def test_run_refuses_a_machine_without_apt():
    refused(Machine(without=("apt-get",)).call("run"), "no apt-get", "libcli11-dev")


def test_run_without_root_or_sudo_names_the_command():
    machine = Machine(without=("sudo",))
    refused(machine.call("run", STUB_UID="1000"), "apt-get install --no-install-recommends g++")
    assert "apt-get" not in machine.log()


def test_run_uses_sudo_when_not_root():
    machine = Machine()
    result = machine.call("run", STUB_UID="1000")
    expect(result.stdout == "<run>", result)
    expect("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get" in machine.log(), result)


def test_run_does_not_wait_for_a_sudo_password():
    machine = Machine()
    machine.write(machine.stub / "bin/sudo", "#!/bin/sh\nexit 1\n")
    refused(machine.call("run", STUB_UID="1000"), "password", "sudo apt-get install")


def test_run_needs_no_sudo_when_everything_is_installed():
    machine = Machine(without=("sudo",)).install()
    result = machine.call("run", STUB_UID="1000")
    expect(result.stdout == "<run>" and "apt-get" not in machine.log(), result)


def test_run_names_a_package_that_the_archive_lacks():
    machine = Machine()
    (machine.stub / "unknown").write_text("libexpected-dev\n")
    refused(machine.call("run"), "libexpected-dev", "universe")


def test_run_reports_a_failed_installation():
    machine = Machine()
    machine.write(machine.stub / "bin/apt-get", "#!/bin/sh\nexit 100\n")
    refused(machine.call("run"), "could not install")


def test_run_refuses_old_compilers_and_cmake():
    refused(Machine().install().call("run", STUB_COMPILER="__clang_major__ 11"), "GCC 11", "g++-12")
    refused(Machine().install().call("run", STUB_COMPILER="13 4"), "Clang 13", "clang-14")
    refused(Machine().install().call("run", STUB_CMAKE="3.22.1"), "CMake 3.22.1", "3.25")
    refused(Machine(without=("c++",)).install().call("run"), "no working C++ compiler")


def test_run_reports_a_failed_build():
    result = Machine().install().call("run", STUB_BROKEN="1")
    refused(result, "build")
    expect("nonsense" in result.stderr, result)


def last_line(result):
    return result.stdout.splitlines()[-1]


def test_test_sums_every_kind_of_result():
    machine = Machine().install()
    machine.junit("unit", [CASE.format("A.A", "run", "", ""),
                           CASE.format("A.B", "notrun", '<skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>', GTEST_SKIP)])
    machine.junit("other", [CASE.format("sh", "notrun", '<skipped message="SKIP_RETURN_CODE=4"/>', "x\nno KVM\n"),
                            CASE.format("off", "disabled", "", "Disabled")])
    for _ in range(2):
        result = machine.call("test")
        expect(result.returncode == 0 and last_line(result) == "4 passed, 0 failed, 4 skipped", result)
        expect("skip A.B: needs root: CAP_BPF\n" in result.stdout and "skip sh: no KVM\n" in result.stdout, result)
        expect(result.stdout.count(" passed, ") == 1, result)


def test_test_counts_failures_and_tests_that_could_not_run():
    machine = Machine().install()
    machine.junit("unit", [CASE.format("A.A", "fail", '<failure message=""/>', "")], 8)
    machine.junit("other", [CASE.format("x_NOT_BUILT", "notrun", '<skipped message="Unable to find executable"/>', ""),
                            CASE.format("ok", "run", "", "")], 8)
    result = machine.call("test")
    expect(result.returncode == 1 and last_line(result) == "4 passed, 2 failed, 1 skipped", result)
    expect("FAIL x_NOT_BUILT: Unable to find executable" in result.stdout, result)


def test_test_does_not_pass_without_results():
    machine = Machine().install()
    result = machine.call("test")  # ctest leaves no file
    expect(result.returncode == 1 and last_line(result).startswith("3 passed, 2 failed,"), result)
    machine.junit("unit", []).junit("other", [])  # no test at all
    result = machine.call("test")
    expect(result.returncode == 1 and last_line(result) == "3 passed, 1 failed, 1 skipped", result)
    machine.junit("unit", [CASE.format("A.A", "run", "", "")], 1)  # ctest fails though no test does
    result = machine.call("test")
    expect(result.returncode == 1 and last_line(result) == "4 passed, 1 failed, 1 skipped", result)


def test_test_counts_a_failed_build_or_installation():
    result = Machine().install().call("test", STUB_BROKEN="1")
    expect(result.returncode == 1 and last_line(result) == "3 passed, 1 failed, 0 skipped", result)
    result = Machine("fedora-40").call("test")
    expect(result.returncode == 1 and last_line(result) == "0 passed, 1 failed, 0 skipped", result)


def test_test_counts_a_check_that_crashes():
    machine = Machine().install().junit("unit", [CASE.format("A.A", "run", "", "")]).junit("other", [])
    machine.write(machine.root / "scripts/lint", "#!/bin/sh\nexit 1\n")
    result = machine.call("test")
    expect(result.returncode == 1 and last_line(result) == "2 passed, 2 failed, 1 skipped", result)


def test_test_builds_with_clang_and_fuzzes_where_it_is():
    machine = Machine().install().junit("unit", [CASE.format("A.A", "run", "", "")]).junit("other", [])
    machine.write(machine.stub / "bin/clang++", "#!/bin/sh\necho 14 4\n")
    result = machine.call("test")
    expect(result.returncode == 0 and last_line(result) == "6 passed, 0 failed, 0 skipped", result)
    expect("cmake --preset clang" in machine.log() and "--target fuzz" in machine.log(), result)
    chosen = machine.call("test", "--", "-R", "A")
    expect(chosen.returncode == 0 and last_line(chosen) == "4 passed, 0 failed, 0 skipped", chosen)
    machine.write(machine.root / "scripts/fuzz", "#!/bin/sh\necho FAIL fuzz trace: crash-1\nexit 1\n")
    result = machine.call("test")
    expect(result.returncode == 1 and "  clang: fuzz trace: crash-1\n" in result.stdout, result)


def test_fuzz_runs_every_target_and_tells_what_it_found():
    machine = Machine()
    shutil.copy(SCRIPTS / "fuzz", machine.root / "scripts/fuzz")
    targets = machine.root / "build/fuzz/fuzz"
    refusal = machine.call("fuzz", "--seconds", "2")
    expect(refusal.returncode == 3 and "cmake --preset fuzz" in refusal.stderr, refusal)
    targets.mkdir(parents=True)
    machine.write(targets / "fuzz_good", "#!/bin/sh\necho '#7 DONE' >&2\n")
    result = machine.call("fuzz", "--seconds", "2")
    expect(result.returncode == 0 and "ok fuzz good: 7 executions\n" in result.stdout, result)
    machine.write(targets / "fuzz_bad", """#!/bin/sh
for word; do case $word in -artifact_prefix=*) echo x >"${word#*=}crash-1" ;; esac; done
exit 77
""")
    found = machine.root / "found"
    result = machine.call("fuzz", "--executions", "7", "--results", found)
    expect(result.returncode == 1 and f"FAIL fuzz bad: {found}/bad/crash-1\n" in result.stdout, result)
    expect("ok fuzz good: 7 executions\n" in result.stdout, result)
    machine.write(targets / "fuzz_bad", "#!/bin/sh\necho no such option >&2\nexit 1\n")
    result = machine.call("fuzz", "--seconds", "2", "--results", machine.root / "other")
    expect(result.returncode == 1 and "FAIL fuzz bad: it ended without" in result.stdout, result)
    for wrong in (("--seconds", "0"), ("no_such",)):
        expect(machine.call("fuzz", *wrong).returncode == 2, wrong)


def test_test_installs_the_formatter_only_where_it_exists():
    for system, wanted in (("debian-12", True), ("ubuntu-24.04", True), ("debian-13", False)):
        machine = Machine(system)
        result = machine.call("test")
        expect(("clang-format-14" in machine.log()) == wanted and "libgtest-dev" in machine.log(), result)


def test_test_says_again_at_its_end_why_a_test_failed():
    machine = Machine().install()
    output = "[ RUN      ] A.A\n/src/a_test.cpp:7: Failure\nExpected equality:\n  1\n  2\n\n" + "more\n" * 150 + "last\n"
    machine.junit("unit", [CASE.format("A.A", "fail", '<failure message=""/>', output),
                           CASE.format("A.B", "run", "", "not told")], 8)
    result = machine.call("test")
    end = result.stdout[result.stdout.index("---- A.A ----\n"):]
    expect("\nlast\nFailed:\n  A.A: a_test.cpp:7: Expected equality: 1 2\n" in end, result)
    expect("[37 lines left out]\n" in end and "not told" not in end, result)


def test_capture_overwrites_nothing_and_says_what_does_not_fit():
    there = "repros/fuse_flush_exit/captures/hit-self-held-6.18.44.jsonl"
    for arguments, code, said in (([there], 2, "is there already"), ([there, "anomaly"], 1, "no trial of it is: anomaly"),
                                  (["README.md"], 2, "README.md: "), ([there, "clean"], 2, "one of hit, anomaly, stuck")):
        result = subprocess.run([SCRIPTS / "capture", *arguments], cwd=SCRIPTS.parent, capture_output=True, text=True)
        expect(result.returncode == code and said in result.stderr and not result.stdout, result)


def test_gallery_has_a_rate_for_hangs_anomalies_and_neither():
    def result(variant, hits, anomalies):
        point = (hits + anomalies) / 20
        return {"repro": "one", "variant": variant, "params": {}, "widened": False, "kinds": [], "hits": hits,
                "anomalies": anomalies, "attempted": 20, "excluded_rate": 0.139, "verdict": "v",
                "rate": {"point": point, "low": point / 2, "high": point}, "over_boots": {"boots": 1},
                "load": {"queue": 0.25}}
    results = [result("hangs", 10, 0), result("wrong", 0, 5), result("clean", 0, 0)]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in {
                "repros/one/repro.json": json.dumps({"title": "a bug", "affected": [
                    {"from": "5.1", "to": "5.4"}, {"from": "5.4", "to": "5.4.9"}, {"from": "6.1", "to": ""},
                    {"from": "6.6", "to": "6.7", "unknown": True}]}),
                "repros/one/README.md": "# one\n\n## Rescue\n\n* Do this,\n  then that.\n* Not `kill`.\n\nOr wait.\n\n"
                                        "## References\n\n* nothing\n",
                "results/matrix/m.json": json.dumps({"kernels": [{"label": "6.1", "results": results}]}),
                "README.md": "<!-- made by scripts/gallery from repros/*/repro.json -->\n"
                             "<!-- end of what scripts/gallery makes -->\n"}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        subprocess.run([SCRIPTS / "gallery", "--root", folder], check=True)
        page = (root / "repros/GALLERY.md").read_text()
        table = (root / "README.md").read_text()
    assert "* **Kernels:** 5.1 to before 5.4.9; 6.1 and later.\n* **Not known:** 6.6 to before 6.7.\n" in page, page
    assert "* **Cure:**\n  * Do this, then that.\n  * Not `kill`.\n  * Or wait.\n\n" in page, page
    assert "| 5.1 to before 5.4.9; 6.1 and later; [of some not known](repros/GALLERY.md#one) |" in table, table
    assert "| `hangs` | natural | 10/20 | 50 % [25, 50] |" in page, page
    assert "| `wrong` | natural | 5/20 | 25 % [12.5, 25] |" in page, page
    assert "| `clean` | natural | 0/20 | &lt; 13.9 % |" in page, page


def test_keep_results_leaves_out_what_tells_of_the_machine():
    keep = runpy.run_path(str(SCRIPTS / "keep-results"))
    def kernel(label, release, cmdline):
        return {"id": "k", "spec": "s", "label": label, "argv": [],
                "environment": {"release": release, "version": "#1", "cmdline": cmdline,
                                "capabilities": [{"name": "cgroup", "detail": "version 2, /sys/fs/cgroup/here"}]},
                "results": [{"explanation": f"on {release}"}]}
    summary = {"argv": ["/home/me/bin/hangrate", "matrix", "ci/kernels.json", "--results", "/home/me/r", "--jobs", "2"],
               "kernels": [kernel("6.18.44-mine (this machine)", "6.18.44-mine", "root=/dev/mine"),
                           kernel("Debian", "6.1.0-56-cloud-amd64", "console=ttyS0 quiet panic=-1 x")]}
    text = keep["kept"](summary)
    kept = json.loads(text)
    assert kept["argv"] == ["hangrate", "matrix", "ci/kernels.json", "--jobs", "2"], kept["argv"]
    assert kept["kernels"][0]["label"] == "6.18.44 (this machine)", text
    for word in ("mine", "/home", "here"):
        assert word not in text, (word, text)
    guest = kept["kernels"][1]["environment"]
    assert (guest["release"], guest["cmdline"]) == ("6.1.0-56-cloud-amd64", "console=ttyS0 quiet panic=-1 x"), guest
    wrong = subprocess.run([SCRIPTS / "keep-results", SCRIPTS / "lint", "x"], capture_output=True, text=True)
    expect(wrong.returncode == 2 and not (SCRIPTS.parent / "results/matrix/x.json").exists(), wrong)


def test_junit_summary_reports_a_broken_file():
    machine = Machine()
    (machine.root / "x.xml").write_text("<testsuite><testcase")
    result = machine.call("junit-summary", machine.root / "x.xml")
    expect(result.returncode == 1 and result.stdout.startswith("FAIL ctest: no readable"), result)


def test_new_repro_refuses_bad_names():
    machine = Machine()
    (machine.root / "repros/taken").mkdir()
    for name in ("Upper", "1st", "a-b", "../a", "", "taken", "a" * 41):
        result = machine.call("new-repro", name)
        expect(result.returncode == 2 and name in result.stderr, result)


def test_new_repro_compiles_and_says_what_to_write():
    machine = Machine()
    result = machine.call("new-repro", "some_stall")
    expect(result.returncode == 0, result)
    folder = machine.root / "repros/some_stall"
    assert sorted(f.name for f in folder.iterdir()) == ["README.md", "kernel.config", "repro.json",
                                                        "some_stall.cpp"]
    assert not any("@" in f.read_text() for f in folder.iterdir())
    assert json.loads((folder / "repro.json").read_text())["name"] == "some_stall"
    (folder.parent / "kit").symlink_to(SCRIPTS.parent / "repros/kit")
    program = machine.root / "some_stall"
    command = [os.environ.get("CXX", "c++"), "-pthread", "-Wall", "-Wextra", "-Wconversion", "-Wshadow",
               "-Werror", "-o", str(program), str(folder / "some_stall.cpp")]
    result = subprocess.run(command, capture_output=True, text=True)
    expect(result.returncode == 0, result)
    result = subprocess.run([str(program), "--trials", "20"], capture_output=True, text=True)
    expect(result.returncode == 0, result)


def test_bench_boot_ends_with_3_where_no_guest_runs():
    machine = Machine()
    build = machine.root / "build"
    result = machine.call("bench-boot", "--build", build)
    expect(result.returncode == 3 and "nothing built" in result.stderr, result)
    (build / "bin").mkdir(parents=True)
    machine.write(build / "bin/hangrate", "#!/bin/sh\necho no kernel here >&2\nexit 3\n")
    result = machine.call("bench-boot", "--build", build)
    expect(result.returncode == 3 and "no kernel here" in result.stderr, result)


def test_every_library_the_build_looks_for_is_installed():
    known = {"Threads": "g++", "fmt": "libfmt-dev", "tl-expected": "libexpected-dev", "libz.a": "zlib1g-dev",
             "libpugixml.a": "libpugixml-dev", "md": "libmd-dev", "LibArchive": "libarchive-dev",
             "nlohmann_json": "nlohmann-json3-dev", "CLI11": "libcli11-dev", "Boost": "libboost-dev",
             "GTest": "libgtest-dev", "valijson": "libvalijson-dev", "benchmark": "libbenchmark-dev"}
    packages = (SCRIPTS / "lib.sh").read_text().split("# check_system")[0].replace('"', " ").split()
    lists = (SCRIPTS.parent / "CMakeLists.txt").read_text()
    wanted = re.findall(r"find_package\((\S+) REQUIRED", lists)
    wanted += re.findall(r"find_library\(\S+ (\S+) REQUIRED", lists)
    missing = [name for name in wanted if known.get(name) not in packages]
    assert wanted and not missing, f"add the package of {missing} to scripts/lib.sh"


def main():
    failed = False
    for name, function in list(globals().items()):
        if not name.startswith("test_"):
            continue
        title = name[len("test_"):].replace("_", " ")
        try:
            function()
            print(f"ok scripts: {title}")
        except Exception as problem:  # one broken test must not hide the others
            failed = True
            for line in f"{type(problem).__name__}: {problem}".splitlines():
                print(f"  {line}")
            print(f"FAIL scripts: {title}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
