// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/archive.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/input.h"
#include "harness/kernel/compressed_file.h"

namespace hangrate {

std::string kernel_file_place(const std::string& path) {
  std::string_view rest = path;
  if (rest.starts_with("usr/lib/modules/")) rest.remove_prefix(4);
  if (rest.starts_with("boot/")) {
    const std::string_view name = rest.substr(5);
    const bool wanted = name.starts_with("vmlinuz-") || name.starts_with("config-") ||
                        name.starts_with("System.map-");
    return wanted && name.find('/') == name.npos ? std::string(rest) : "";
  }
  constexpr std::string_view kModules = "lib/modules/";
  if (!rest.starts_with(kModules)) return {};
  const std::size_t slash = rest.find('/', kModules.size());
  if (slash == rest.npos) return {};
  const std::string_view below = rest.substr(slash + 1);
  if (below.empty() || below == "build" || below == "source") return {};  // the headers' place
  return std::string(rest);
}

bool leads_out(const std::string& path) {
  return ("/" + path + "/").find("/../") != std::string::npos;
}

namespace {

struct ReadFree {
  void operator()(archive* a) const { ::archive_read_free(a); }
};
struct WriteFree {
  void operator()(archive* a) const { ::archive_write_free(a); }
};
using Reader = std::unique_ptr<archive, ReadFree>;
using Writer = std::unique_ptr<archive, WriteFree>;

constexpr std::size_t kChunk = 1u << 18;

/// What an archive has brought so far, held against its limits.
class Budget {
 public:
  Budget(std::string file, std::uint64_t size, const UnpackLimits& limits)
      : file_(std::move(file)), limits_(limits) {
    const std::uint64_t most = limits.bytes - std::min(limits.bytes, limits.allowance);
    const bool large = size > most / std::max<std::uint64_t>(limits.expansion, 1);
    bytes_ = large ? limits.bytes : limits.allowance + size * limits.expansion;
  }

  const std::string& file() const { return file_; }

  /// One more member, that says it has `size` bytes.
  Result<void> add_member(std::uint64_t size) {
    member_ = 0;
    if (++members_ > limits_.members) return over(limits_.members, "members");
    if (size > limits_.member_bytes) return over(limits_.member_bytes, "bytes in one member");
    return {};
  }

  /// `size` bytes of the member that end at `end` of it: a hole counts, too.
  Result<void> add(std::uint64_t size, std::uint64_t end) {
    total_ += size;
    if (std::max(member_ += size, end) > limits_.member_bytes) {
      return over(limits_.member_bytes, "bytes in one member");
    }
    if (total_ > bytes_) return over(bytes_, "bytes when unpacked");
    return {};
  }

 private:
  Failure over(std::uint64_t most, const char* what) const {
    return fail(Error::usage(file_ + ": more than " + std::to_string(most) + " " + what + ": no " +
                             limits_.subject + " is like that"));
  }

  std::string file_;
  UnpackLimits limits_;
  std::uint64_t bytes_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t member_ = 0;
  std::uint64_t members_ = 0;
};

/// An archive inside an entry of another: the reader of the inner one pulls from the outer one.
struct Nested {
  archive* outer = nullptr;
  std::vector<char> chunk = std::vector<char>(kChunk);

  static la_ssize_t read(archive* inner, void* self, const void** bytes) {
    auto* nested = static_cast<Nested*>(self);
    *bytes = nested->chunk.data();
    const la_ssize_t n =
        ::archive_read_data(nested->outer, nested->chunk.data(), nested->chunk.size());
    if (n < 0) {
      const char* why = ::archive_error_string(nested->outer);
      ::archive_set_error(inner, EIO, "%s", why != nullptr ? why : "unreadable");
      return ARCHIVE_FATAL;
    }
    return n;
  }
};

std::string text_of(const std::string& file, archive* a) {
  const char* text = ::archive_error_string(a);
  return file + ": " + (text != nullptr ? text : "cannot be unpacked");
}

/// The archive cannot be read: it is not what the user thinks.
Error unreadable(const std::string& file, archive* a) {
  return Error::usage(text_of(file, a));
}

/// What is in it cannot be written: the disk, unless it is a path no disk would take.
Error unwritable(const std::string& file, archive* a) {
  for (const int path_error : {ENAMETOOLONG, ENOTDIR, EISDIR, ELOOP}) {
    if (::archive_errno(a) == path_error) return Error::usage(text_of(file, a));
  }
  return Error::infrastructure(text_of(file, a));
}

/// 0 if it does not tell.
std::uint64_t size_of(archive_entry* entry) {
  const la_int64_t size = ::archive_entry_size(entry);
  return size > 0 ? static_cast<std::uint64_t>(size) : 0;
}

/// Without "/" and "./" in front and "/" behind.
std::string plain_path(const char* path) {
  std::string_view text = path != nullptr ? path : "";
  while (true) {
    if (text.starts_with("/")) {
      text.remove_prefix(1);
    } else if (text.starts_with("./")) {
      text.remove_prefix(2);
    } else {
      break;
    }
  }
  while (text.ends_with("/")) text.remove_suffix(1);
  return text == "." ? "" : std::string(text);
}

/// Puts the entry's path, link and mode in order; false: not to be written.
Result<bool> place_entry(const std::string& file, archive_entry* entry, const std::string& root,
                         const Unpacking& unpacking) {
  for (const char* path : {::archive_entry_pathname(entry), ::archive_entry_hardlink(entry)}) {
    if (path == nullptr || !leads_out(path)) continue;
    return fail(Error::usage(file + ": a path that leads out of the archive: " + path));
  }
  const std::string to = unpacking.where(plain_path(::archive_entry_pathname(entry)));
  if (to.empty()) return false;
  if (const char* hard = ::archive_entry_hardlink(entry); hard != nullptr) {
    const std::string target = unpacking.where(plain_path(hard));
    if (target.empty()) return false;
    ::archive_entry_set_hardlink(entry, (root + "/" + target).c_str());
  } else {
    const auto type = ::archive_entry_filetype(entry);
    const bool link = type == AE_IFLNK;
    if (type != AE_IFREG && type != AE_IFDIR && !(link && unpacking.links)) return false;
    const bool run = type == AE_IFDIR || (::archive_entry_perm(entry) & 0111) != 0;
    if (!link) ::archive_entry_set_perm(entry, run ? 0755 : 0644);
  }
  ::archive_entry_set_pathname(entry, (root + "/" + to).c_str());
  return true;
}

/// `to`: nullptr for a member that is left out, whose bytes are counted all the same.
Result<void> copy_data(Budget& budget, archive* from, archive* to) {
  while (true) {
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int got = ::archive_read_data_block(from, &bytes, &size, &offset);
    if (got == ARCHIVE_EOF) return {};
    if (got != ARCHIVE_OK) return fail(unreadable(budget.file(), from));
    HR_TRY(budget.add(size, static_cast<std::uint64_t>(offset) + size));
    if (to != nullptr && ::archive_write_data_block(to, bytes, size, offset) < ARCHIVE_OK) {
      return fail(unwritable(budget.file(), to));
    }
  }
}

Result<void> write_entry(Budget& budget, archive* from, archive_entry* entry, archive* disk) {
  if (::archive_write_header(disk, entry) != ARCHIVE_OK) {
    return fail(unwritable(budget.file(), disk));
  }
  HR_TRY(copy_data(budget, from, disk));
  if (::archive_write_finish_entry(disk) == ARCHIVE_OK) return {};
  return fail(unwritable(budget.file(), disk));
}

Result<void> write_entries(Budget& budget, archive* from, const std::string& root,
                           const Unpacking& unpacking) {
  const Writer disk(::archive_write_disk_new());
  // No path of the archive may lead out, neither by ".." nor through a link it brought along.
  const int safely = ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
                     ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_UNLINK;
  ::archive_write_disk_set_options(disk.get(),
                                   unpacking.times ? safely | ARCHIVE_EXTRACT_TIME : safely);
  while (true) {
    archive_entry* entry = nullptr;
    const int got = ::archive_read_next_header(from, &entry);
    if (got == ARCHIVE_EOF) return {};
    if (got != ARCHIVE_OK && got != ARCHIVE_WARN) return fail(unreadable(budget.file(), from));
    HR_TRY(budget.add_member(size_of(entry)));
    const auto placed = place_entry(budget.file(), entry, root, unpacking);
    if (!placed) return fail(placed.error());
    HR_TRY(*placed ? write_entry(budget, from, entry, disk.get())
                   : copy_data(budget, from, nullptr));
  }
}

Reader make_reader() {
  Reader reader(::archive_read_new());
  support_compression(reader.get());
  ::archive_read_support_filter_rpm(reader.get());
  ::archive_read_support_format_tar(reader.get());
  ::archive_read_support_format_cpio(reader.get());
  return reader;
}

/// Looks for data.tar.* in the ar file of a deb; `first` is the entry already read.
Result<void> unpack_deb(Budget& budget, archive* outer, archive_entry* first,
                        const std::string& root, const Unpacking& unpacking) {
  for (archive_entry* entry = first;;) {
    HR_TRY(budget.add_member(size_of(entry)));
    if (plain_path(::archive_entry_pathname(entry)).starts_with("data.tar")) break;
    HR_TRY(copy_data(budget, outer, nullptr));
    const int got = ::archive_read_next_header(outer, &entry);
    if (got == ARCHIVE_EOF) return fail(Error::usage(budget.file() + ": no data.tar in it"));
    if (got != ARCHIVE_OK) return fail(unreadable(budget.file(), outer));
  }
  Nested nested{.outer = outer};
  const Reader inner = make_reader();
  if (::archive_read_open(inner.get(), &nested, nullptr, &Nested::read, nullptr) != ARCHIVE_OK) {
    return fail(unreadable(budget.file(), inner.get()));
  }
  if (compressed_twice(inner.get())) {
    return fail(Error::usage(budget.file() + ": compressed more than once"));
  }
  return write_entries(budget, inner.get(), root, unpacking);
}

/// Opened anew by libarchive, so that it can be read a second time from its beginning.
Result<void> open_archive(archive* reader, const std::string& file, int descriptor) {
  ::lseek(descriptor, 0, SEEK_SET);
  if (::archive_read_open_fd(reader, descriptor, kChunk) != ARCHIVE_OK) {
    return fail(unreadable(file, reader));
  }
  if (!compressed_twice(reader)) return {};
  return fail(Error::usage(file + ": compressed more than once"));
}

}  // namespace

Result<void> unpack(const std::string& file, const std::string& destination,
                    const Unpacking& unpacking) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(destination.c_str(), nullptr),
                                                         &std::free);
  if (real == nullptr) return fail(Error::from_errno("realpath(" + destination + ")"));
  const auto opened = open_input(file);
  if (!opened) return fail(opened.error());
  struct stat info {};
  if (::fstat(opened->get(), &info) != 0) return fail(Error::from_errno("fstat(" + file + ")"));
  Budget budget(file, static_cast<std::uint64_t>(info.st_size), unpacking.limits);
  const Reader reader = make_reader();
  ::archive_read_support_format_ar(reader.get());
  HR_TRY(open_archive(reader.get(), file, opened->get()));
  archive_entry* first = nullptr;
  const int got = ::archive_read_next_header(reader.get(), &first);
  if (got != ARCHIVE_OK && got != ARCHIVE_WARN) return fail(unreadable(file, reader.get()));
  if ((::archive_format(reader.get()) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_AR) {
    return unpack_deb(budget, reader.get(), first, real.get(), unpacking);
  }
  // Only the format was of interest: read from the beginning.
  const Reader again = make_reader();
  HR_TRY(open_archive(again.get(), file, opened->get()));
  return write_entries(budget, again.get(), real.get(), unpacking);
}

}  // namespace hangrate
