// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/guest/initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/input.h"
#include "harness/base/scope_exit.h"
#include "harness/kernel/compressed_file.h"
#include "harness/sys/sealed_memory.h"

namespace hangrate {

namespace {

Failure archive_failure(archive* a, const std::string& doing) {
  const char* why = archive_error_string(a);
  return fail(Error::infrastructure(doing + ": " + (why != nullptr ? why : "libarchive failed")));
}

constexpr std::uint64_t kMostModule = 512u << 20;
constexpr off_t kBetween = 512;  // bytes; a kernel wants archives in a row at multiples of 4

/// Adds all of `from` to the end of `to`.
Result<void> append_file(int to, int from) {
  struct stat info {};
  if (::fstat(from, &info) != 0) return fail(Error::from_errno("fstat"));
  const off_t end = ::lseek(to, 0, SEEK_END);
  const off_t begin = (end + kBetween - 1) / kBetween * kBetween;
  if (end < 0 || ::ftruncate(to, begin) != 0 || ::lseek(to, begin, SEEK_SET) != begin) {
    return fail(Error::from_errno("ftruncate"));
  }
  for (off_t at = 0; at < info.st_size;) {
    const ssize_t sent = ::sendfile(to, from, &at, static_cast<std::size_t>(info.st_size - at));
    if (sent > 0 || (sent < 0 && errno == EINTR)) continue;
    return fail(Error::from_errno("adding to the initramfs"));
  }
  return {};
}

}  // namespace

void Initramfs::Closer::operator()(archive* a) const {
  archive_write_free(a);
}

Result<Initramfs> Initramfs::make() {
  Initramfs made;
  made.memory_.reset(::memfd_create("hangrate-initramfs", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!made.memory_) return fail(Error::from_errno("memfd_create"));
  made.archive_.reset(archive_write_new());
  archive_write_set_format_cpio_newc(made.archive_.get());
  if (archive_write_open_fd(made.archive_.get(), made.memory_.get()) != ARCHIVE_OK) {
    return archive_failure(made.archive_.get(), "making the initramfs");
  }
  return made;
}

Result<void> Initramfs::add_entry(const std::string& path, const Head& head,
                                  std::string_view bytes) {
  archive_entry* entry = archive_entry_new();
  const ScopeExit freeing([&] { archive_entry_free(entry); });
  archive_entry_set_pathname(entry, path.c_str() + 1);  // relative to the root
  archive_entry_set_filetype(entry, head.kind);
  archive_entry_set_perm(entry, static_cast<mode_t>(head.mode));
  if (head.changed != 0) archive_entry_set_mtime(entry, head.changed, 0);
  if (!head.target.empty()) archive_entry_set_symlink(entry, head.target.c_str());
  archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
  archive_entry_set_nlink(entry, 1);
  archive* a = archive_.get();
  if (archive_write_header(a, entry) != ARCHIVE_OK) return archive_failure(a, "adding " + path);
  if (!bytes.empty() && archive_write_data(a, bytes.data(), bytes.size()) < 0) {
    return archive_failure(a, "adding " + path);
  }
  return {};
}

Result<void> Initramfs::add_folder(const std::string& path) {
  if (path.size() <= 1 || folders_.find("|" + path + "|") != folders_.npos) return {};
  HR_TRY(add_parents(path));
  folders_ += path + "|";
  return add_entry(path, {.kind = AE_IFDIR, .mode = 0755}, {});
}

Result<void> Initramfs::add_parents(const std::string& path) {
  return add_folder(path.substr(0, path.rfind('/')));
}

Result<void> Initramfs::add_text(const std::string& path, std::string_view text, int mode) {
  HR_TRY(add_parents(path));
  return add_entry(path, {.kind = AE_IFREG, .mode = mode}, text);
}

Result<void> Initramfs::add_file(const std::string& path, const std::string& host_path, int mode) {
  const auto content = read_input(host_path);
  if (!content) return fail(content.error().as(ErrorKind::Infrastructure));
  return add_text(path, *content, mode);
}

Result<void> Initramfs::add_copy(const std::string& path, const std::string& host_path, int mode) {
  const auto content = read_input(host_path);
  if (!content) return fail(content.error());
  struct stat info {};
  ::stat(host_path.c_str(), &info);
  HR_TRY(add_parents(path));
  return add_entry(path, {.kind = AE_IFREG, .mode = mode, .changed = info.st_mtime}, *content);
}

Result<void> Initramfs::add_link(const std::string& path, const std::string& target) {
  HR_TRY(add_parents(path));
  return add_entry(path, {.kind = AE_IFLNK, .mode = 0777, .target = target}, {});
}

Result<void> Initramfs::add_module(const std::string& path, const std::string& host_path) {
  const auto content = plain_content(host_path, kMostModule);
  if (!content) return fail(content.error());
  return add_text(path, *content, 0644);
}

Result<UniqueFd> Initramfs::finish(int more) {
  if (archive_write_close(archive_.get()) != ARCHIVE_OK) {
    return archive_failure(archive_.get(), "finishing the initramfs");
  }
  if (more >= 0) HR_TRY(append_file(memory_.get(), more));
  ::lseek(memory_.get(), 0, SEEK_SET);
  HR_TRY(seal_whole(memory_.get()));
  return std::move(memory_);
}

}  // namespace hangrate
