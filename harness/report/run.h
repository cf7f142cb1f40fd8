// SPDX-License-Identifier: GPL-2.0-or-later
//
// RunResult: the rows of a run, their boots and their cells, worked out once; every reporter only
// formats them. What `hangrate run` makes is one row with one boot. Pure: the same records give the
// same text on any machine.
#pragma once

#include <list>
#include <string>
#include <vector>

#include "harness/model/console.h"
#include "harness/report/summary.h"
#include "harness/stats/cluster.h"

namespace hangrate {

/// One start of a guest.
struct Boot {
  int number = 1;
  std::string folder;   ///< relative to the results folder; holds console.log, REPRO.VARIANT.jsonl
  Nanos boot_time = 0;  ///< from the start of QEMU to the first word of our init
  Nanos total_time = 0;
  LoadFact load;                       ///< of the host meanwhile
  BootEnd end = BootEnd::Interrupted;  ///< until its end is told
  std::string why;                     ///< what the machine said of its end, "" if it finished
  std::vector<ConsoleFinding> findings;
  /// Per cell of the row: what this boot recorded. Rates are tested for dispersion across these.
  std::vector<Cluster> clusters;
};

/// Something that counts against a kernel beside its cells: a guest that was lost, what the kernel
/// said of itself, or results that are not whole. Each is a test of its own in the reports for
/// machines.
struct RowAlarm {
  std::string name;  ///< unique in its row: "boot-001", "boot-001-kasan", "results-001"
  std::string text;  ///< one sentence
  int exit_code = 3;
};

/// One kernel with its axes; its cells are reproducer variants.
struct Row {
  std::string id;                 ///< folder and test name, e.g. "bookworm-preempt-full"
  std::string spec;               ///< as in the matrix file, e.g. "debian:bookworm"
  std::string label;              ///< what it is, e.g. "Debian 6.1.0-50-cloud-amd64, preempt=full"
  std::string cmdline;            ///< added to the guest's command line
  std::vector<std::string> qemu;  ///< added to the words for QEMU
  std::string accel;              ///< kvm, tcg, native
  int cpus = 0;
  int memory_mib = 0;
  std::vector<Boot> boots;
  std::string trouble;   ///< why there are no results (could not be fetched, ...); "" if there are
  std::string identity;  ///< what tells this very kernel from another of its name
  std::vector<std::string> notes;  ///< what a reader of the results should know
  /// Notes that take the word of the results: some were left out, not gone on with, or are of
  /// another kernel. Each becomes an alarm.
  std::vector<std::string> flaws;
  std::string repeat;  ///< the command that runs this row again
  RunHeader header;    ///< of the guest: its environment, its cells
  std::vector<CellResult> cells;
  Summary summary;               ///< of header and cells
  std::vector<RowAlarm> alarms;  ///< worked out with the summary
};

struct RunResult {
  std::string version;  ///< of hangrate
  std::string started;  ///< UTC, ISO 8601
  std::vector<std::string> argv;
  double confidence = 0.95;
  std::list<Row> rows;  ///< a list: summaries point into their row
  int exit_code = 0;
};

/// Fills in every row's summary, its alarms and the exit code: rows with trouble, and rows with a
/// machine that died, count as 3 at least, however clean their cells are.
void summarize_rows(RunResult& run);

/// Only this kernel was run: reports tell its cells without a frame of kernels around them.
bool only_native(const RunResult& run);

/// What was run on this kernel without a machine around it: one row, one boot.
RunResult native_run(RunHeader header, std::vector<CellResult> cells);

/// The reporters. All give finished text; none prints.
struct TextStyle {
  bool colour = false;
  bool proofs = true;
};
std::string text_report(const RunResult& run, const TextStyle& style);
std::string markdown_report(const RunResult& run);
std::string json_report(const RunResult& run);
std::string ktap_report(const RunResult& run);
std::string junit_report(const RunResult& run);
/// One self-contained file: no script is needed to read it, nothing is loaded.
std::string html_report(const RunResult& run);

}  // namespace hangrate
