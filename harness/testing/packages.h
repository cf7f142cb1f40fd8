// SPDX-License-Identifier: GPL-2.0-or-later
//
// For tests: small kernel packages, made with libarchive.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include "harness/base/file.h"
#include "harness/testing/bz_image.h"
#include "harness/testing/command.h"

namespace hangrate::testing {

using Files = std::map<std::string, std::string>;

inline void write_file(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

inline void add_entry(archive* a, const std::string& name, const std::string& text,
                      mode_t type = AE_IFREG) {
  archive_entry* entry = ::archive_entry_new();
  ::archive_entry_set_pathname(entry, name.c_str());
  ::archive_entry_set_filetype(entry, type);
  ::archive_entry_set_perm(entry, 0600);
  if (type == AE_IFLNK) {
    ::archive_entry_set_symlink(entry, text.c_str());
  } else {
    ::archive_entry_set_size(entry, static_cast<la_int64_t>(text.size()));
  }
  ASSERT_EQ(::archive_write_header(a, entry), ARCHIVE_OK) << ::archive_error_string(a);
  if (type == AE_IFREG) ::archive_write_data(a, text.data(), text.size());
  ::archive_entry_free(entry);
}

enum class Format { Tar, Ar, Cpio };

/// "" for no compression. Links: path -> target.
inline std::string packed(const Files& files, Format format, const std::string& filter,
                          const Files& links = {}) {
  const TempFolder folder;
  const std::string path = folder / "packed";
  archive* a = ::archive_write_new();
  if (format == Format::Tar) ::archive_write_set_format_pax_restricted(a);
  if (format == Format::Ar) ::archive_write_set_format_ar_svr4(a);
  if (format == Format::Cpio) ::archive_write_set_format_cpio_newc(a);
  if (!filter.empty()) ::archive_write_add_filter_by_name(a, filter.c_str());
  ::archive_write_open_filename(a, path.c_str());
  for (const auto& [name, target] : links) add_entry(a, name, target, AE_IFLNK);
  for (const auto& [name, text] : files) add_entry(a, name, text);
  EXPECT_EQ(::archive_write_close(a), ARCHIVE_OK) << ::archive_error_string(a);
  ::archive_write_free(a);
  return read_file(path).value_or("");
}

/// `bytes` alone, compressed.
inline std::string compressed(const std::string& bytes, const std::string& filter) {
  const TempFolder folder;
  const std::string path = folder / "compressed";
  archive* a = ::archive_write_new();
  ::archive_write_set_format_raw(a);
  ::archive_write_add_filter_by_name(a, filter.c_str());
  ::archive_write_open_filename(a, path.c_str());
  add_entry(a, "x", bytes);
  EXPECT_EQ(::archive_write_close(a), ARCHIVE_OK) << ::archive_error_string(a);
  ::archive_write_free(a);
  return read_file(path).value_or("");
}

inline std::string deb(const Files& files, const std::string& filter = "xz",
                       const std::string& suffix = ".xz") {
  return packed({{"control.tar.xz", packed({{"./control", "x"}}, Format::Tar, "xz")},
                 {"data.tar" + suffix, packed(files, Format::Tar, filter)},
                 {"debian-binary", "2.0\n"}},
                Format::Ar, "");
}

/// An rpm is a lead, two headers without entries (here) and a compressed cpio archive.
inline std::string rpm(const Files& files) {
  std::string lead(96, '\0');
  lead.replace(0, 4, "\xed\xab\xee\xdb");
  lead[4] = 3;
  lead[78] = 0;
  lead[79] = 5;
  const std::string header("\x8e\xad\xe8\x01\0\0\0\0\0\0\0\0\0\0\0\0", 16);
  return lead + header + header + packed(files, Format::Cpio, "gzip");
}

inline Files old_layout(const std::string& release) {
  return {{"./boot/vmlinuz-" + release, bz_image(release)},
          {"./boot/config-" + release, "CONFIG_FUSE_FS=m\n"},
          {"./lib/modules/" + release + "/modules.dep", "kernel/fs/fuse/fuse.ko:\n"},
          {"./lib/modules/" + release + "/modules.builtin", ""},
          {"./lib/modules/" + release + "/kernel/fs/fuse/fuse.ko", "module"},
          {"./usr/share/doc/linux/copyright", "GPL"}};
}

}  // namespace hangrate::testing
