// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/console_file.h"

#include <algorithm>

#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/output.h"

namespace hangrate {

Result<ConsoleFile> ConsoleFile::make(const std::string& path) {
  auto file = create_or_append(path);
  if (!file) return fail(file.error());
  if (::ftruncate(file->get(), 0) != 0) return fail(Error::from_errno("ftruncate(" + path + ")"));
  auto seal = FileSeal::of(file->get(), path);
  if (!seal) return fail(seal.error());
  seal->may_grow = true;  // what a machine left behind may still write
  return ConsoleFile(std::move(*file), std::move(*seal));
}

Result<off_t> ConsoleFile::size() {
  struct stat info {};
  if (::fstat(file_.get(), &info) != 0) {
    return fail(Error::from_errno("fstat(" + seal_.path + ")"));
  }
  if (info.st_size < most_) {
    return fail(Error::infrastructure(seal_.path +
                                      " was cut by somebody else while the machine wrote to it: "
                                      "what its kernel complained of may be gone"));
  }
  most_ = info.st_size;
  return most_;
}

Result<FileSeal> ConsoleFile::finish() {
  if (const auto grown = size(); !grown) return fail(grown.error());
  HR_TRY(seal_.add_contents(file_.get()));
  HR_TRY(seal_.check(file_.get()));
  HR_TRY(sync_and_close(std::move(file_), seal_.path));
  return seal_;
}

}  // namespace hangrate
