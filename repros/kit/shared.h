// SPDX-License-Identifier: GPL-2.0-or-later
//
// Shared: one object in memory that a process shares with what it forks.
#pragma once

#include <new>

#include <sys/mman.h>

namespace hangrate::kit {

/// A T in memory that forked processes share with us. Empty if the memory could not be had.
template <typename T>
class Shared {
 public:
  Shared() {
    void* memory =
        ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) value_ = new (memory) T{};
  }
  ~Shared() {
    if (value_ != nullptr) ::munmap(value_, sizeof(T));
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  /// Starts afresh; nobody else may be using it.
  void renew() { new (value_) T{}; }

  explicit operator bool() const { return value_ != nullptr; }
  T& operator*() const { return *value_; }
  T* operator->() const { return value_; }

 private:
  T* value_ = nullptr;
};

}  // namespace hangrate::kit
