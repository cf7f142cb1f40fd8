// SPDX-License-Identifier: GPL-2.0-or-later
//
// KernelSupply: downloads and builds the kernels of a matrix in a process of its own, while the
// rows whose kernel is there run. A process and not a thread: whoever starts guests stays one
// thread, the programs that build end with it, and it can be told to end at any moment. It runs
// with a lower priority than the guests.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "harness/app/step_log.h"
#include "harness/base/unique_fd.h"
#include "harness/kernel/guest_kernel.h"
#include "harness/matrix/kernel_source.h"

namespace hangrate {

struct SupplyOptions {
  KernelOptions kernel;  ///< without what it is to say
  std::string accel;     ///< kvm, tcg, or auto: finds out by trying
  std::function<void(const std::string&)> news;
  bool steps = false;  ///< each step is news: nobody sees status()
};

class KernelSupply : public KernelSource {
 public:
  explicit KernelSupply(SupplyOptions options) : options_(std::move(options)) {}
  ~KernelSupply() override { end_now(); }
  KernelSupply(const KernelSupply&) = delete;
  KernelSupply& operator=(const KernelSupply&) = delete;

  Result<void> begin(std::vector<std::string> specs) override;
  std::optional<SuppliedKernel> next() override;
  bool done() const override { return missing_.empty(); }
  std::string status() const override { return missing_.empty() ? "" : log_.step(); }
  void stop() override;
  /// Ends the process; what it held may be pruned from now on. Waits for it, for a build that is
  /// being ended 12 s at most.
  void end();

 private:
  void end_now();
  /// A whole line of the process, if one came.
  std::optional<std::string> take_line();
  std::optional<SuppliedKernel> take(const std::string& line);
  SuppliedKernel missing(const std::string& why);

  SupplyOptions options_;
  std::vector<std::string> missing_;  ///< specs that were asked for and not answered
  pid_t pid_ = -1;
  UniqueFd lines_;
  std::string buffer_;
  bool ended_ = false;  ///< it says no more
  StepLog log_;
};

}  // namespace hangrate
