// SPDX-License-Identifier: GPL-2.0-or-later
//
// CompressedFile: the plain bytes of a file, or of a part of it, that may be compressed (gzip, xz,
// lzma, bzip2, zstd, lz4), unpacked as they are asked for and never beyond a limit. Regular files
// only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "harness/base/error.h"
#include "harness/base/unique_fd.h"

struct archive;

namespace hangrate {

/// The methods of compression that kernels, their modules and packages come in; none that starts a
/// program.
void support_compression(archive* reader);

/// Is the opened `reader` of something compressed more than once? Nothing of a kernel is, and
/// layers of compression can cost hours for a few bytes in the end.
bool compressed_twice(archive* reader);

class CompressedFile {
 public:
  /// Of `size` bytes at `at`; `limit` plain bytes are too many.
  static Result<CompressedFile> open(const std::string& path, std::uint64_t limit,
                                     std::uint64_t at = 0, std::uint64_t size = UINT64_MAX);

  /// The next plain bytes, valid until the next call; "" at the end.
  Result<std::string_view> next();
  std::uint64_t given() const { return given_; }  ///< plain bytes so far

 private:
  struct Source;
  struct Closer {
    void operator()(archive* a) const;
  };
  CompressedFile() = default;
  Failure trouble() const;

  std::string path_;
  std::uint64_t limit_ = 0;
  std::uint64_t given_ = 0;
  bool ended_ = false;
  std::shared_ptr<Source> source_;
  std::unique_ptr<archive, Closer> reader_;
};

/// All plain bytes of a file.
Result<std::string> plain_content(const std::string& path, std::uint64_t limit);

}  // namespace hangrate
