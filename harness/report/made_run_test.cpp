// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/report/made_run.h"

#include <set>

#include <gtest/gtest.h>

#include "harness/base/check.h"
#include "harness/model/param_check.h"

namespace hangrate::testing {

using namespace std::string_literals;

const std::string kHostile =
    "<script>alert('x')</script> ]]> | `rm` \x1b[31mred\x1b[0m \0nul \xff\xfe \x07\r"s
    " &amp; \"quoted\" --> <!-- # ok 1 forged \xe2\x80\xae txt.exe"s;

namespace {

Variant variant(const char* name, Expect expect, double reference = 0.001) {
  Variant v;
  v.name = name;
  v.expect = expect;
  v.reference_rate = reference;
  return v;
}

Manifest pipe_resize() {
  Manifest m;
  m.name = "pipe_resize_stall";
  m.title = "a writer sleeps for ever after the pipe is resized under it";
  m.lever = "resize the pipe again";
  m.affected = {{"5.8", "5.10.210", ""},
                {"5.11", "5.15.149", ""},
                {"5.16", "6.1.76", ""},
                {"6.2", "6.6.15", ""},
                {"6.7", "6.7.3", ""}};
  m.params = {{.name = "cpu", .help = "", .fallback = "split", .choices = {"split", "same"}}};
  m.variants = {variant("blocked-writer", Expect::Affected), variant("zrepl", Expect::Affected)};
  return m;
}

Manifest fuse_flush() {
  Manifest m;
  m.name = "fuse_flush_exit";
  m.title = "an exiting FUSE daemon waits for its own flush";
  m.lever = "abort the connection";
  m.affected = {{"", "6.3", ""}, {"6.4.16", "6.5", ""}, {"6.5.3", "", ""}};
  m.variants = {variant("self-held", Expect::Affected), variant("live-daemon", Expect::Lookalike)};
  return m;
}

Manifest pipe_full() {
  Manifest m;
  m.name = "pipe_full_child";
  m.variants = {variant("deadlock", Expect::Always), variant("drain-poll", Expect::Never),
                variant("capacity", Expect::Measure)};
  return m;
}

TaskSample victim(const char* role, char state, const char* syscall,
                  std::vector<std::string> stack) {
  TaskSample task;
  task.role = role;
  task.pid = 2235;
  task.tid = 2236;
  task.victim = true;
  task.state = state;
  task.comm = "mbuffer <x>";
  task.switches = 17;
  task.wchan = stack.front();
  task.syscall_name = syscall;
  task.stack = std::move(stack);
  return task;
}

/// A cell under construction.
class Cell {
 public:
  Cell(Row& row, Manifest manifest, const std::string& name, std::uint64_t planned)
      : row_(row), index_(row.header.cells.size()) {
    CellSpec spec;
    spec.repro = manifest.name;
    spec.variant = name;
    spec.params = default_params(manifest);
    spec.trials = planned;
    spec.seed = 42;
    spec.manifest = std::move(manifest);
    row.header.cells.push_back(spec);
    row.cells.emplace_back(spec);
  }

  Cell& clean(std::uint64_t count) {
    record(BatchRecord{.cell = index_, .first = next_, .count = count});
    next_ += count;
    return *this;
  }

  Cell& hit(std::optional<Rung> freed_by = Rung::Lever) {
    Observation seen = observation();
    TaskSample writer =
        victim("writer", 'S', "write", {"pipe_write", "vfs_write", "ksys_write", "do_syscall_64"});
    TaskSample reader;
    reader.role = "reader";
    reader.state = 'S';
    seen.rounds = {{.before = {.when = 2 * kMilli, .took = kMicro, .tasks = {writer, reader}},
                    .invariant = {.state = InvariantState::Broken,
                                  .text = "the writer sleeps and poll says POLLOUT"},
                    .after = {.when = 3 * kMilli, .took = kMicro, .tasks = {writer, reader}}}};
    seen.climbs = {{.rung = Rung::Wait, .took = 2900 * kMicro, .effect = Effect::NotFreed},
                   {.rung = Rung::StopContinue,
                    .took = 5 * kMilli,
                    .effect = freed_by == Rung::StopContinue ? Effect::Freed : Effect::NotFreed}};
    if (freed_by == Rung::Lever) {
      seen.climbs.push_back({.rung = Rung::Lever, .took = 200 * kMicro, .effect = Effect::Freed});
    }
    seen.ending = freed_by ? Ending::Freed : Ending::Abandoned;
    return trial(
        seen, {.outcome = Outcome::Hang,
               .signature = SignatureMatch::Match,
               .freed_by = freed_by,
               .rule = Rule::Proven,
               .because = {{ReasonCode::Task,
                            {"writer", "2236", "S", "write", "pipe_write < vfs_write", "stack"}},
                           {ReasonCode::NoSwitch, {"1297"}},
                           {ReasonCode::AsDeclared, {}},
                           {ReasonCode::Invariant, {"the writer sleeps and poll says POLLOUT"}}}});
  }

  Cell& other_hang() {
    Observation seen = observation();
    seen.rounds = {{.before = {.tasks = {victim("daemon", 'D', "close",
                                                {"request_wait_answer", "fuse_lookup"})}},
                    .after = {.tasks = {victim("daemon", 'D', "close",
                                               {"request_wait_answer", "fuse_lookup"})}}}};
    seen.ending = Ending::Abandoned;
    return trial(
        seen,
        {.outcome = Outcome::Hang,
         .signature = SignatureMatch::Other,
         .rule = Rule::ProvenElsewhere,
         .because = {{ReasonCode::Task,
                      {"daemon", "2236", "D", "", "request_wait_answer < fuse_lookup", "stack"}},
                     {ReasonCode::NotAsDeclared, {"daemon"}}},
         .hints = {told("CONFIG_STACKTRACE=y would show the stack")}});
  }

  Cell& ended(Outcome outcome, const std::string& fact, std::uint64_t count = 1) {
    for (std::uint64_t i = 0; i < count; ++i) {
      trial(observation(), {.outcome = outcome, .rule = Rule::NoProof, .because = {told(fact)}});
    }
    return *this;
  }

  Cell& skip(const std::string& reason) { return record(SkipRecord{index_, reason}); }
  Cell& note(const std::string& text) { return record(NoteRecord{index_, text}); }
  Cell& measured(const std::string& name, const std::string& value, const std::string& unit) {
    return record(MeasureRecord{.cell = index_, .rows = {{name, value, unit}}});
  }
  void end(EndReason reason, double seconds, const std::string& why = "") {
    record(CellEndRecord{index_, reason, why, static_cast<Nanos>(seconds * 1e9), {}, {}});
  }

 private:
  Observation observation() {
    Observation seen;
    const CellSpec& spec = row_.header.cells[index_];
    seen.repro = spec.repro;
    seen.variant = spec.variant;
    seen.trial = next_++;
    seen.wedge = kMilli;
    seen.opened = 2 * kMilli;
    seen.ended = 12 * kMilli;
    return seen;
  }
  Cell& trial(Observation seen, Verdict verdict) {
    if (verdict.outcome == Outcome::Hang) seen.proven = 8500 * kMicro;
    return record(TrialRecord{index_, std::move(seen), std::move(verdict)});
  }
  Cell& record(const Record& value) {
    row_.cells[index_].apply(value);
    return *this;
  }

  Row& row_;
  std::size_t index_;
  std::uint64_t next_ = 0;
};

Row& add_row(RunResult& matrix, const char* id, const char* label, const char* release) {
  Row& row = matrix.rows.emplace_back();
  row.id = id;
  row.spec = "source:v"s + release;
  row.label = label;
  row.cmdline = "preempt=full";
  row.qemu = {"-device", "virtio-rng-pci"};
  row.accel = "tcg";
  row.cpus = 2;
  row.memory_mib = 512;
  row.repeat = "hangrate matrix kernels.matrix --only "s + id + " --seed 7";
  row.header.version = matrix.version;
  row.header.started = "2026-11-21T04:25:46Z";
  row.header.argv = {"hangrate", "run", "--trials", "10000"};
  row.header.seed = 7;
  Environment& e = row.header.environment;
  e.release = release;
  e.version = "#1 SMP PREEMPT_DYNAMIC";
  e.machine = "x86_64";
  e.cmdline = "console=ttyS0 panic=-1 preempt=full";
  e.preempt = {"PREEMPT_DYNAMIC", "full", "/sys/kernel/debug/sched/preempt"};
  e.cpus = 2;
  e.virtualization = "qemu";
  e.root = true;
  e.cgroup_version = 2;
  e.capabilities = {{"stack", true, "", ""}, {"bpf", false, "no BTF", "CONFIG_DEBUG_INFO_BTF=y"}};
  e.sysctls = {{"fs.pipe-max-size", "1048576"}};
  row.boots = {{.number = 1,
                .folder = "raw/"s + id + "/boot-1",
                .boot_time = 1834 * kMilli,
                .total_time = 95 * kSecond,
                .end = BootEnd::Finished}};
  return row;
}

void spread_hits(Cell& cell, std::uint64_t trials, std::uint64_t hits) {
  for (std::uint64_t i = 0; i < hits; ++i) cell.clean(trials / hits - 1).hit();
}

void add_reverted(RunResult& matrix) {
  Row& row =
      add_row(matrix, "reverted", "Linux 6.1.192 without e95aada4cb93, preempt=full", "6.1.192");
  row.header.environment.build_note = "+ revert e95aada4cb93";
  row.header.environment.reverted = {"pipe_resize_stall"};
  Cell blocked(row, pipe_resize(), "blocked-writer", 10000);
  spread_hits(blocked, 10000, 40);
  blocked.ended(Outcome::Slow, "it ended after 3 ms").end(EndReason::Trials, 14.25);
  Cell zrepl(row, pipe_resize(), "zrepl", 200);
  spread_hits(zrepl, 200, 100);
  zrepl.hit(Rung::StopContinue).end(EndReason::Trials, 31);
  Cell self(row, fuse_flush(), "self-held", 300);
  spread_hits(self, 300, 300);
  self.end(EndReason::Hits, 4);
  Cell live(row, fuse_flush(), "live-daemon", 5);
  for (int i = 0; i < 5; ++i) live.other_hang();
  live.end(EndReason::Trials, 2);
  Cell(row, pipe_full(), "drain-poll", 3000).clean(3000).end(EndReason::Trials, 1.1);
  Cell(row, pipe_full(), "capacity", 10)
      .clean(10)
      .measured("pipe buffer", "65536", "bytes")
      .end(EndReason::Trials, 0.5);
}

void add_fixed(RunResult& matrix) {
  Row& row = add_row(matrix, "fixed", "Debian 13, 6.12.57-cloud-amd64", "6.12.57");
  row.accel = "kvm";
  Cell(row, pipe_resize(), "blocked-writer", 50000).clean(50000).end(EndReason::Trials, 5);
  Cell(row, pipe_resize(), "zrepl", 3000).clean(3000).end(EndReason::Trials, 6);
  Cell self(row, fuse_flush(), "self-held", 300);
  spread_hits(self, 300, 300);
  self.end(EndReason::Hits, 3);
  Cell deadlock(row, pipe_full(), "deadlock", 20);
  spread_hits(deadlock, 20, 20);
  deadlock.end(EndReason::Trials, 1);
  Cell(row, pipe_full(), "drain-poll", 3000).clean(3000).end(EndReason::Trials, 1);
}

void add_regressed(RunResult& matrix) {
  Row& row = add_row(matrix, "regressed", "Linux 6.18.44 + debug options", "6.18.44");
  Cell(row, pipe_resize(), "blocked-writer", 49002)
      .clean(21000)
      .hit(std::nullopt)
      .clean(28000)
      .hit()
      .end(EndReason::Trials, 7);
  Cell(row, fuse_flush(), "self-held", 81).clean(80).other_hang().end(EndReason::Trials, 3);
  Cell(row, pipe_full(), "drain-poll", 3000).clean(2000).hit().end(EndReason::Hits, 1);
  row.boots[0].findings = {
      {"kasan",
       {"[   41.002133] BUG: KASAN: slab-use-after-free in pipe_write+0x4f2/0x9c0",
        "[   41.002140] Read of size 8 at addr ffff888104f3a008 by task writer/2236"}}};
}

void add_quiet(RunResult& matrix) {
  Row& row = add_row(matrix, "quiet", "Linux 6.1.50", "6.1.50");
  Cell(row, pipe_resize(), "blocked-writer", 50000).clean(50000).end(EndReason::Trials, 5);
  Cell(row, pipe_resize(), "zrepl", 100)
      .clean(100)
      .ended(Outcome::Inconclusive, "the reader went away", 2)
      .end(EndReason::Budget, 6);
}

void add_failing(RunResult& matrix) {
  Row& row = add_row(matrix, "failing", "Linux 5.4.302 <b>|`x`", "5.4.302");
  Cell(row, pipe_resize(), "blocked-writer", 1000)
      .clean(700)
      .ended(Outcome::LostMachine, "the guest did not survive this trial")
      .clean(299)
      .end(EndReason::Trials, 9);
  Cell(row, pipe_resize(), "zrepl", 100)
      .clean(10)
      .ended(Outcome::Infra, "fork: Resource temporarily unavailable (11)", 40)
      .note("something else, before")
      .end(EndReason::Infra, 2, "fork: Resource temporarily unavailable (11) " + kHostile);
  Cell(row, fuse_flush(), "self-held", 300).skip("needs /dev/fuse: CONFIG_FUSE_FS=y");
  Cell(row, pipe_full(), "drain-poll", 50)
      .ended(Outcome::Inconclusive, "killed before it could be judged", 5)
      .end(EndReason::Interrupted, 1);
  row.boots[0].end = BootEnd::Panic;
  row.boots[0].total_time = 12345 * kMilli;
  row.boots[0].findings = {
      {"panic", {"Kernel panic - not syncing: " + kHostile, kHostile, ""}},
      {"hung-task", {"INFO: task " + kHostile + " blocked for more than 120 s"}}};
  row.boots.push_back({.number = 2,
                       .folder = "raw/failing/boot-2",
                       .boot_time = 2 * kSecond,
                       .total_time = 30 * kSecond,
                       .end = BootEnd::Finished});
  row.boots.push_back({.number = 3,
                       .folder = "raw/failing/boot-3",
                       .total_time = 300 * kMilli,
                       .end = BootEnd::Corrupt,
                       .why = "it sent a line that is no record; " + kHostile});
  row.notes = {"modules that did not load: " + kHostile};
  row.flaws = {"left out from there on: " + kHostile};
}

void add_moody(RunResult& matrix) {
  Row& row = add_row(matrix, "moody", "Linux 6.6.3, three boots", "6.6.3");
  row.boots.clear();
  Cell blocked(row, pipe_resize(), "blocked-writer", 3000);
  spread_hits(blocked, 1000, 2);
  spread_hits(blocked, 1000, 200);
  spread_hits(blocked, 1000, 10);
  blocked.end(EndReason::Trials, 9);
  Cell(row, pipe_resize(), "zrepl", 3000).clean(3000).end(EndReason::Trials, 9);
  const Cluster hits[] = {{1000, 2}, {1000, 200}, {1000, 10}};
  for (int i = 0; i < 3; ++i) {
    row.boots.push_back({.number = i + 1,
                         .folder = "raw/moody/boot-" + std::to_string(i + 1),
                         .boot_time = 2 * kSecond,
                         .total_time = 40 * kSecond,
                         .end = BootEnd::Finished,
                         .clusters = {hits[i], {1000, 0}}});
  }
}

void add_absent(RunResult& matrix) {
  Row& row = add_row(matrix, "absent", "Debian sid", "");
  row.header = RunHeader{};
  row.boots.clear();
  row.trouble = "no such package: linux-image-cloud-amd64 in sid | " + kHostile;
}

}  // namespace

RunResult made_run() {
  RunResult matrix;
  matrix.version = "0.2.0 (c402eba)";
  matrix.started = "2026-11-21T04:20:00Z";
  matrix.argv = {"hangrate", "matrix", "kernels.matrix"};
  add_reverted(matrix);
  add_fixed(matrix);
  add_regressed(matrix);
  add_quiet(matrix);
  add_failing(matrix);
  add_moody(matrix);
  add_absent(matrix);
  summarize_rows(matrix);
  return matrix;
}

const Row& row_of(const RunResult& matrix, const std::string& id) {
  for (const Row& row : matrix.rows) {
    if (row.id == id) return row;
  }
  HR_CHECK(false);
}

const CellSummary& cell_of(const Row& row, const std::string& name) {
  for (const CellSummary& cell : row.summary.cells) {
    if (cell_name(*cell.spec) == name) return cell;
  }
  HR_CHECK(false);
}

TEST(MadeMatrix, HasACellOfEveryVerdict) {
  const RunResult matrix = made_run();
  std::set<std::string> seen;
  for (const Row& row : matrix.rows) {
    for (const CellSummary& cell : row.summary.cells)
      seen.insert(cell_verdict_name(cell.judgement.verdict));
  }
  EXPECT_EQ(seen.size(), 12U);
}

}  // namespace hangrate::testing
