// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/matrix_runner.h"

#include <algorithm>
#include <list>

#include <fmt/format.h>
#include <time.h>

#include "harness/matrix/row_runner.h"

namespace hangrate {

namespace {

constexpr Nanos kRound = 20 * kMilli;
constexpr Nanos kStopLimit = 10 * kSecond;
constexpr Nanos kStatusEvery = 200 * kMilli;

class MatrixRunner {
 public:
  MatrixRunner(MatrixStore& store, const LoadedMatrix& so_far, const MatrixOptions& options)
      : store_(store), options_(options) {
    auto row = so_far.summary.rows.begin();
    for (const MatrixKernel& kernel : so_far.header.plan.kernels) {
      before_.push_back(&*row);
      rows_.emplace_back(store, so_far.header, kernel, *row++, options);
      kernels_.push_back(&kernel);
    }
  }

  Result<void> run() {
    HR_TRY(provide_kernels());
    while (!all_done() && !options_.interrupted()) {
      HR_TRY(round());
      show_status();
      const timespec nap = to_timespec(kRound);
      ::nanosleep(&nap, nullptr);
    }
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

  /// Why a row cannot go on with this kernel: trials of two kernels are no rate of either.
  static std::string difference(const MatrixRow& before, const BootableKernel& kernel,
                                const std::string& accel) {
    if (before.boots.empty()) return "";
    if (!before.identity.empty() && before.identity != kernel.identity) {
      return "not gone on with: its kernel is another one now, " + kernel.label;
    }
    if (!before.accel.empty() && before.accel != accel) {
      return "not gone on with: its guests ran under " + before.accel + " before";
    }
    return "";
  }

  /// All of them first: a kernel that cannot be had is known before hours of trials.
  Result<void> provide_kernels() {
    std::size_t number = 0;
    for (RowRunner& row : rows_) {
      const MatrixRow& before = *before_[number];
      const MatrixKernel& planned = *kernels_[number++];
      const std::string& spec = planned.spec;
      if (!row.needs_kernel() || options_.interrupted()) continue;
      auto kernel = options_.provide(spec);
      if (!kernel) {
        options_.news(row.id() + ": " + kernel.error().what());
        HR_TRY(store_.add(RowRecord{.id = row.id(),
                                    .label = spec,
                                    .accel = "",
                                    .build_note = "",
                                    .reverted = {},
                                    .identity = "",
                                    .trouble = kernel.error().what()}));
        continue;
      }
      const std::string accel = kernel->native      ? "native"
                                : kernel->user_mode ? kUserMode
                                                    : options_.accel(*kernel);
      if (const std::string other = difference(before, *kernel, accel); !other.empty()) {
        options_.news(row.id() + ": " + other);
        HR_TRY(store_.add(RowNote{.id = row.id(), .text = other, .flaw = true}));
        continue;
      }
      if (!planned.cmdline.empty()) kernel->label += ", " + planned.cmdline;
      HR_TRY(store_.add(RowRecord{.id = row.id(),
                                  .label = kernel->label,
                                  .accel = accel,
                                  .build_note = kernel->build_note,
                                  .reverted = kernel->reverted,
                                  .identity = kernel->identity,
                                  .trouble = ""}));
      natives_.push_back(kernel->native ? &row : nullptr);
      row.use(std::move(*kernel), accel);
    }
    // A row without a kernel has nothing to wait for.
    std::erase_if(rows_, [](const RowRunner& row) { return row.needs_kernel(); });
    return {};
  }

  /// Looks at every row that runs and starts the next while there is room.
  Result<void> round() {
    int running = 0;
    for (const RowRunner& row : rows_) running += row.idle() ? 0 : 1;
    for (RowRunner& row : rows_) {
      if (row.done()) continue;
      if (row.idle()) {
        // This machine's own kernel is measured alone: guests beside it would slow it down.
        const bool native = std::find(natives_.begin(), natives_.end(), &row) != natives_.end();
        if (running >= options_.jobs || (native && running > 0) || alone_) continue;
        alone_ = native;
        ++running;
      }
      HR_TRY(row.step(now_ns()));
      if (row.idle() && alone_ &&
          std::find(natives_.begin(), natives_.end(), &row) != natives_.end()) {
        alone_ = false;
      }
    }
    return {};
  }

  void show_status() {
    if (now_ns() < next_status_) return;
    next_status_ = now_ns() + kStatusEvery;
    std::vector<std::string> running;
    std::size_t done = 0;
    for (const RowRunner& row : rows_) {
      if (!row.idle()) running.push_back(row.status());
      done += row.done() ? 1u : 0u;
    }
    options_.status(
        fmt::format("[{}/{} kernels] {}", done, rows_.size(), fmt::join(running, " | ")));
  }

  MatrixStore& store_;
  const MatrixOptions& options_;
  std::list<RowRunner> rows_;
  std::vector<const MatrixKernel*> kernels_;
  std::vector<const MatrixRow*> before_;  ///< what each row has from earlier runs
  std::vector<const RowRunner*> natives_;
  bool alone_ = false;
  Nanos next_status_ = 0;
};

}  // namespace

Result<void> run_matrix(MatrixStore& store, const LoadedMatrix& so_far,
                        const MatrixOptions& options) {
  return MatrixRunner(store, so_far, options).run();
}

}  // namespace hangrate
