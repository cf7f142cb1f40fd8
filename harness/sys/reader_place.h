// SPDX-License-Identifier: GPL-2.0-or-later
//
// ReaderPlace: where a reader of /proc is, for the process that waits for it: a read may block for
// good, and then it is told which process to leave out. SharedReaderPlace is one in memory that
// helpers share.
#pragma once

#include <atomic>

namespace hangrate {

struct ReaderPlace {
  std::atomic<int> pid = 0;         ///< whose files are read
  std::atomic<unsigned> steps = 0;  ///< goes on as long as reads come back

  void at(int next) {
    pid.store(next, std::memory_order_relaxed);
    steps.fetch_add(1, std::memory_order_relaxed);
  }
};

class SharedReaderPlace {
 public:
  SharedReaderPlace();
  ~SharedReaderPlace();
  SharedReaderPlace(const SharedReaderPlace&) = delete;
  SharedReaderPlace& operator=(const SharedReaderPlace&) = delete;

  /// nullptr: there is no memory for it.
  ReaderPlace* get() const { return place_; }
  int pid() const { return place_ != nullptr ? place_->pid.load() : 0; }
  unsigned steps() const { return place_ != nullptr ? place_->steps.load() : 0; }

 private:
  ReaderPlace* place_ = nullptr;
};

}  // namespace hangrate
