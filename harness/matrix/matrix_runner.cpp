// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/matrix_runner.h"

#include <algorithm>
#include <list>

#include <fmt/format.h>
#include <time.h>

#include "harness/base/text.h"
#include "harness/matrix/row_runner.h"

namespace hangrate {

namespace {

constexpr Nanos kRound = 20 * kMilli;
constexpr Nanos kStatusEvery = 200 * kMilli;

class MatrixRunner {
 public:
  MatrixRunner(MatrixStore& store, const LoadedResults& so_far, const MatrixOptions& options,
               KernelSource& kernels)
      : options_(options), kernels_(kernels) {
    auto row = so_far.run.rows.begin();
    for (const MatrixKernel& kernel : so_far.matrix->plan.kernels) {
      rows_.emplace_back(store, *so_far.matrix, kernel, *row++, options);
    }
  }

  Result<void> run() {
    HR_TRY(kernels_.begin(wanted_kernels()));
    while (!all_done() && !options_.interrupted()) {
      HR_TRY(take_kernels());
      HR_TRY(round());
      show_status();
      const timespec nap = to_timespec(kRound);
      ::nanosleep(&nap, nullptr);
    }
    kernels_.stop();
    return interrupt_all();
  }

 private:
  /// A guest is killed and gone at once; the supervisor of a native row frees its victims first.
  Result<void> interrupt_all() {
    for (RowRunner& row : rows_) row.stop();
    const Nanos deadline = now_ns() + kStopLimit;
    for (bool running = true; running && now_ns() < deadline;) {
      running = false;
      for (RowRunner& row : rows_) {
        const auto runs = row.runs_on(now_ns());
        if (!runs) return fail(runs.error());
        running = running || *runs;
      }
      const timespec nap = to_timespec(kRound);
      ::nanosleep(&nap, nullptr);
    }
    for (RowRunner& row : rows_) HR_TRY(row.interrupt(now_ns()));
    return {};
  }

  bool all_done() const {
    return std::all_of(rows_.begin(), rows_.end(), [](const RowRunner& r) { return r.done(); });
  }

  /// Each once, in the order of the rows.
  std::vector<std::string> wanted_kernels() const {
    std::vector<std::string> specs;
    for (const RowRunner& row : rows_) {
      const std::string& spec = row.planned().spec;
      if (row.needs_kernel() && !contains(specs, spec)) specs.push_back(spec);
    }
    return specs;
  }

  Result<void> take_kernels() {
    while (const auto supplied = kernels_.next()) {
      for (RowRunner& row : rows_) {
        if (!row.needs_kernel() || row.planned().spec != supplied->spec) continue;
        HR_TRY(supplied->kernel ? row.use(*supplied->kernel)
                                : row.do_without(supplied->kernel.error().what()));
      }
    }
    return {};
  }

  /// This machine's own kernel is measured alone: a guest or a build beside it would slow it down.
  bool may_start(const RowRunner& row, int running) const {
    if (alone_ || row.needs_kernel() || running >= options_.jobs) return false;
    return !row.native() || (running == 0 && kernels_.done());
  }

  /// Looks at every row that runs and starts the next while there is room.
  Result<void> round() {
    int running = 0;
    for (const RowRunner& row : rows_) running += row.idle() ? 0 : 1;
    for (RowRunner& row : rows_) {
      if (row.done()) continue;
      if (row.idle()) {
        if (!may_start(row, running)) continue;
        alone_ = row.native();
        ++running;
      }
      HR_TRY(row.step(now_ns()));
      if (row.idle() && row.native()) alone_ = false;
    }
    return {};
  }

  void show_status() {
    if (now_ns() < next_status_) return;
    next_status_ = now_ns() + kStatusEvery;
    std::vector<std::string> running;
    if (std::string supply = kernels_.status(); !supply.empty()) running.push_back(supply);
    std::size_t done = 0;
    for (const RowRunner& row : rows_) {
      if (!row.idle()) running.push_back(row.status());
      done += row.done() ? 1u : 0u;
    }
    options_.status(
        fmt::format("[{}/{} kernels] {}", done, rows_.size(), fmt::join(running, " | ")));
  }

  const MatrixOptions& options_;
  KernelSource& kernels_;
  std::list<RowRunner> rows_;
  bool alone_ = false;
  Nanos next_status_ = 0;
};

}  // namespace

Result<void> run_matrix(MatrixStore& store, const LoadedResults& so_far,
                        const MatrixOptions& options, KernelSource& kernels) {
  return MatrixRunner(store, so_far, options, kernels).run();
}

}  // namespace hangrate
