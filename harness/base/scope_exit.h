// SPDX-License-Identifier: GPL-2.0-or-later
//
// ScopeExit: runs a callable when the scope ends. The callable must not block and must not throw.
#pragma once

#include <utility>

namespace hangrate {

template <typename F>
class [[nodiscard]] ScopeExit {
 public:
  explicit ScopeExit(F run) : run_(std::move(run)) {}
  ~ScopeExit() {
    if (armed_) run_();
  }
  ScopeExit(const ScopeExit&) = delete;
  ScopeExit& operator=(const ScopeExit&) = delete;
  ScopeExit(ScopeExit&&) = delete;
  ScopeExit& operator=(ScopeExit&&) = delete;

  void cancel() { armed_ = false; }

 private:
  F run_;
  bool armed_ = true;
};

}  // namespace hangrate
