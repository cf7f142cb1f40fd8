// SPDX-License-Identifier: GPL-2.0-or-later
//
// SealedMemory: a mapped memory file of a size that nobody can change. Who it is shared with can
// write anything into it, but cannot shorten it, which would end every process that touches the
// lost part by SIGBUS (memfd_create(2), F_ADD_SEALS: v3.17).
#pragma once

#include <cstddef>
#include <string>

#include "harness/base/error.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

class SealedMemory {
 public:
  static Result<SealedMemory> make(const char* name, std::size_t bytes);
  ~SealedMemory();
  SealedMemory(SealedMemory&& other) noexcept;
  SealedMemory& operator=(SealedMemory&&) = delete;
  SealedMemory(const SealedMemory&) = delete;
  SealedMemory& operator=(const SealedMemory&) = delete;

  int fd() const { return file_.get(); }
  std::byte* data() const { return data_; }

 private:
  SealedMemory() = default;

  UniqueFd file_;
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

/// A memory file of `bytes` that cannot be made shorter or longer; not mapped.
Result<UniqueFd> make_sealed_file(const char* name, std::size_t bytes);

/// Seals a memory file (made with MFD_ALLOW_SEALING) as it is: no write, no other size.
Result<void> seal_whole(int fd);

/// A memory file with what `path` holds, which nobody can change or replace any more, nor needs any
/// right on `path` to read.
Result<UniqueFd> make_sealed_copy(const char* name, const std::string& path);

}  // namespace hangrate
