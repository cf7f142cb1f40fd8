// SPDX-License-Identifier: GPL-2.0-or-later
//
// Manifest: what a reproducer says about itself. Compiled into the reproducer, printed by
// `--describe` as JSON, read by the harness. Plain values, no I/O.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/model/evidence.h"
#include "harness/model/proof_kind.h"

namespace hangrate {

/// What a run of a variant is expected to show.
enum class Expect {
  Affected,   ///< hits on affected kernels, none on others: decided by Manifest::affected
  Always,     ///< positive control: every trial is a hit on every kernel
  Never,      ///< negative control: no trial hangs on any kernel
  Lookalike,  ///< negative control that does not end, in a way that is not this bug: 0 matches
  Measure,    ///< measures something, hangs nowhere
};

/// How a victim of this bug looks from outside. An empty list asks nothing of that source.
struct Signature {
  std::string role;                   ///< the party this is about, e.g. "writer"
  std::string states = "SDI";         ///< allowed state letters of proc_pid_stat(5)
  std::vector<std::string> syscalls;  ///< any of these, by name
  /// Kernel stack: of every group at least one function must be present.
  std::vector<std::vector<std::string>> frames;
  std::vector<std::string> wchans;  ///< any of these; used when the stack is not readable
  bool exiting = false;             ///< PF_EXITING must be set
  bool every_thread = false;        ///< all live threads must match, else any one
};

/// The pipe that the victim of a bug waits for.
enum class PipeShape {
  Any,
  RoomInOneSlot,  ///< of one slot, with fewer bytes in it than would leave no room for what is
                  ///< written
  NoRoom,         ///< anything but that
};

/// How this hang shows where nobody evaluates the invariant: by what `hangrate diagnose` tells it
/// from others that sleep in the same place, beside the signatures. The victim is the task of the
/// first signature; of a lost wake-up, who lost it. Nothing here: it is not told there.
struct WaitShape {
  std::vector<ProofKind> proofs;  ///< any of these kinds
  PipeShape pipe = PipeShape::Any;
  bool releasers_exit = false;  ///< all who could release the victim exit themselves
  bool by_place = false;  ///< the first signature is so much its own that it is told, as unproven,
                          ///< of a task that stands still without a proof
};

struct Variant {
  std::string name;
  std::string summary;
  Expect expect = Expect::Affected;
  std::vector<Signature> signatures;  ///< all must match for Hang/Match
  /// A lookalike's own place: where it hangs instead. All must match; empty: it does not say.
  std::vector<Signature> own_place;
  WaitShape shape;
  std::vector<Rung> ladder;     ///< in order, passive first
  std::uint64_t trials = 1000;  ///< default number
  double weight = 1.0;          ///< share of a common time budget
  int tasks = 1;                ///< tasks of one worker that want a CPU at once
  int patience_us = 2000;       ///< how long a trial waits before it parks, idle machine
  /// What the worker itself does, where it is none of the parties; the name of its track in traces.
  std::string worker_role;
  bool needs_root = false;
  bool widens = true;  ///< heeds the parameter "widen", where the reproducer has it
  /// A trial that nothing is proven of is left alone for so long: a healthy one may take that long
  /// on a slow server or a busy machine. Then it is Stuck and is ended. A lookalike needs little.
  int healthy_until_ms = 120'000;
  /// How long a trial may run before it ends or parks, on an idle machine; after that it is looked
  /// at where it is.
  int runs_for_ms = 10'000;
  /// A clean run is a result only if it excludes this rate (per trial).
  double reference_rate = 0.001;
};

struct Param {
  std::string name;
  std::string help;
  std::string fallback;              ///< the default value
  std::vector<std::string> choices;  ///< if empty, an integer in [min, max]
  std::int64_t min = 0;
  std::int64_t max = 0;
};

/// Kernels [from, to) by upstream version, "" = open end; "6.8" begins with 6.8-rc1.
struct AffectedRange {
  std::string from;
  std::string to;
  std::string note;  ///< commit and title, for the reader
  /// They may have the bug or not, and nobody knows: the note says why. It counts before all ranges
  /// without it, and so can lie within one.
  bool unknown = false;
};

/// Kernels of one vendor, told apart by the numbers of its releases. It counts before every
/// AffectedRange for kernels of this vendor, base and flavour, and says nothing of any other:
/// inside [from, to) they have the bug, outside of all such ranges they do not.
struct VendorRange {
  std::string vendor;   ///< one of vendor_names() in judge/kernel_identity.h
  std::string base;     ///< X.Y.Z its releases begin with, "6.5.0"
  std::string flavour;  ///< last word of the release, "laptop"; "" = any
  std::string from;     ///< numbers after the base, "1017.20", compared one by one; "" = open
  std::string to;
  std::string source;  ///< the advisory or change log that says so
};

struct Manifest {
  std::string name;
  /// The words of a command: any program, of which every trial is one execution. Empty: the program
  /// is a reproducer itself.
  std::vector<std::string> exec;
  /// Programs that a reproducer starts, by name or path: guests get them with their libraries.
  std::vector<std::string> programs;
  int time_limit_s = 60;  ///< of a command: what runs longer is Stuck, never a hit
  int hit_exit = 0;    ///< its exit code that says "reproduced"; 0: codes mean what kselftest says
  bool loops = false;  ///< it repeats its work until it is ended: busy at its time limit is clean
  /// Regular expression (ECMAScript). A line of the kernel's log that matches it while the command
  /// runs is a finding. One worker: nobody knows which of two made the kernel say it.
  std::string match;
  std::string title;
  std::string symptom;
  std::string mechanism;
  std::string invariant;
  std::string lever;              ///< what the lever does, e.g. "resize the pipe again"
  std::vector<Variant> variants;  ///< the first is the default
  std::vector<Param> params;
  std::vector<AffectedRange> affected;
  std::vector<VendorRange> vendor_affected;
  std::vector<std::string> history;  ///< introduced, fixed, reverted: commit, title, version
  std::vector<std::string> references;
};

}  // namespace hangrate
