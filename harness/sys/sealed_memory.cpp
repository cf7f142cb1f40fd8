// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/sealed_memory.h"

#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/input.h"
#include "harness/base/refused.h"

namespace hangrate {

Result<UniqueFd> make_sealed_file(const char* name, std::size_t bytes) {
  UniqueFd file(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return fail(refused("memfd_create"));
  if (::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) {
    return fail(Error::from_errno("ftruncate of a memory file"));
  }
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return fail(Error::from_errno("fcntl(F_ADD_SEALS)"));
  }
  return file;
}

Result<UniqueFd> make_sealed_copy(const char* name, const std::string& path) {
  const auto from = open_input(path);
  if (!from) return fail(from.error().as(ErrorKind::Infrastructure));
  struct stat info {};
  if (::fstat(from->get(), &info) != 0) return fail(Error::from_errno("fstat(" + path + ")"));
  UniqueFd file(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return fail(refused("memfd_create"));
  for (off_t left = info.st_size; left > 0;) {
    const ssize_t n = ::sendfile(file.get(), from->get(), nullptr, static_cast<std::size_t>(left));
    if (n < 0) return fail(Error::from_errno("read(" + path + ")"));
    if (n == 0) return fail(Error::infrastructure(path + " became shorter while it was read"));
    left -= n;
  }
  HR_TRY(seal_whole(file.get()));
  return file;
}

Result<void> seal_whole(int fd) {
  constexpr int kAll = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (::fcntl(fd, F_ADD_SEALS, kAll) == 0) return {};
  return fail(Error::from_errno("fcntl(F_ADD_SEALS)"));
}

Result<SealedMemory> SealedMemory::make(const char* name, std::size_t bytes) {
  auto file = make_sealed_file(name, bytes);
  if (!file) return fail(file.error());
  void* data = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file->get(), 0);
  if (data == MAP_FAILED) return fail(Error::from_errno("mmap of a memory file"));
  SealedMemory memory;
  memory.file_ = std::move(*file);
  memory.data_ = static_cast<std::byte*>(data);
  memory.bytes_ = bytes;
  return memory;
}

SealedMemory::~SealedMemory() {
  if (data_ != nullptr) ::munmap(data_, bytes_);
}

SealedMemory::SealedMemory(SealedMemory&& other) noexcept
    : file_(std::move(other.file_)),
      data_(std::exchange(other.data_, nullptr)),
      bytes_(other.bytes_) {}

}  // namespace hangrate
