// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/compressed_file.h"

#include <algorithm>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "harness/base/input.h"

namespace hangrate {

struct CompressedFile::Source {
  UniqueFd file;
  std::uint64_t at = 0;
  std::uint64_t left = 0;
  std::vector<char> chunk = std::vector<char>(1u << 16);

  static la_ssize_t read(archive* reader, void* self, const void** bytes) {
    auto* source = static_cast<Source*>(self);
    const std::size_t most = std::min<std::uint64_t>(source->left, source->chunk.size());
    const ssize_t n =
        ::pread(source->file.get(), source->chunk.data(), most, static_cast<off_t>(source->at));
    if (n < 0) {
      ::archive_set_error(reader, errno, "%s", std::strerror(errno));
      return ARCHIVE_FATAL;
    }
    *bytes = source->chunk.data();
    source->at += static_cast<std::uint64_t>(n);
    source->left -= static_cast<std::uint64_t>(n);
    return n;
  }
};

void CompressedFile::Closer::operator()(archive* a) const {
  ::archive_read_free(a);
}

void support_compression(archive* reader) {
  ::archive_read_support_filter_gzip(reader);
  ::archive_read_support_filter_xz(reader);
  ::archive_read_support_filter_lzma(reader);
  ::archive_read_support_filter_bzip2(reader);
  ::archive_read_support_filter_zstd(reader);
  ::archive_read_support_filter_lz4(reader);
}

bool compressed_twice(archive* reader) {
  int methods = 0;
  for (int i = 0; i < ::archive_filter_count(reader); ++i) {
    const int code = ::archive_filter_code(reader, i);
    if (code != ARCHIVE_FILTER_NONE && code != ARCHIVE_FILTER_RPM) ++methods;
  }
  return methods > 1;
}

Result<CompressedFile> CompressedFile::open(const std::string& path, std::uint64_t limit,
                                            std::uint64_t at, std::uint64_t size) {
  auto file = open_input(path);
  if (!file) return fail(file.error());
  CompressedFile opened;
  opened.path_ = path;
  opened.limit_ = limit;
  opened.source_ = std::make_shared<Source>();
  opened.source_->file = std::move(*file);
  opened.source_->at = at;
  opened.source_->left = size;
  opened.reader_.reset(::archive_read_new());
  archive* reader = opened.reader_.get();
  support_compression(reader);
  ::archive_read_support_format_raw(reader);
  ::archive_read_support_format_empty(reader);
  archive_entry* entry = nullptr;
  if (::archive_read_open(reader, opened.source_.get(), nullptr, &Source::read, nullptr) !=
      ARCHIVE_OK) {
    return opened.trouble();
  }
  if (compressed_twice(reader)) return fail(Error::usage(path + ": compressed more than once"));
  const int got = ::archive_read_next_header(reader, &entry);
  opened.ended_ = got == ARCHIVE_EOF;  // an empty file
  if (got != ARCHIVE_OK && !opened.ended_) return opened.trouble();
  return opened;
}

Failure CompressedFile::trouble() const {
  const char* why = ::archive_error_string(reader_.get());
  return fail(Error::usage(path_ + ": " + (why != nullptr ? why : "cannot be unpacked")));
}

Result<std::string_view> CompressedFile::next() {
  const void* bytes = nullptr;
  std::size_t size = 0;
  la_int64_t offset = 0;
  while (!ended_ && size == 0) {
    const int got = ::archive_read_data_block(reader_.get(), &bytes, &size, &offset);
    ended_ = got == ARCHIVE_EOF;
    if (got != ARCHIVE_OK && !ended_) return trouble();
  }
  if (ended_) return std::string_view();
  given_ += size;
  if (given_ > limit_) {
    return fail(
        Error::usage(path_ + ": more than " + std::to_string(limit_ >> 20) + " MiB when unpacked"));
  }
  return std::string_view(static_cast<const char*>(bytes), size);
}

Result<std::string> plain_content(const std::string& path, std::uint64_t limit) {
  auto file = CompressedFile::open(path, limit);
  if (!file) return fail(file.error());
  std::string content;
  while (true) {
    const auto bytes = file->next();
    if (!bytes) return fail(bytes.error());
    if (bytes->empty()) return content;
    content += *bytes;
  }
}

}  // namespace hangrate
