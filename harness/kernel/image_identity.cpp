// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/image_identity.h"

#include <algorithm>
#include <fstream>

#include <sys/stat.h>

#include "harness/base/elf_notes.h"
#include "harness/base/input.h"
#include "harness/kernel/compressed_file.h"

namespace hangrate {

namespace {

constexpr std::uint64_t kMostKernel = 1u << 30;
constexpr std::uint64_t kMostModule = 512u << 20;  // amdgpu with debug information: 0.4 GB
constexpr std::size_t kBanner = 256;  // a banner is found whole though it crosses chunks

Result<std::string> head_of(const std::string& path, std::uint64_t& size) {
  const auto file = open_input(path);
  if (!file) return fail(file.error());
  struct stat info {};
  if (::fstat(file->get(), &info) != 0) return fail(Error::from_errno("fstat(" + path + ")"));
  size = static_cast<std::uint64_t>(info.st_size);
  std::string head(std::min<std::uint64_t>(size, kImageHead), '\0');
  const ssize_t n = ::pread(file->get(), head.data(), head.size(), 0);
  if (n < 0) return fail(Error::from_errno("read(" + path + ")").as(ErrorKind::Usage));
  head.resize(static_cast<std::size_t>(n));
  return head;
}

/// The kernel itself: the payload of a bzImage, else the whole file.
Result<CompressedFile> kernel_of(const std::string& path, const ImageHeader& header) {
  if (header.payload.size == 0) return CompressedFile::open(path, kMostKernel);
  return CompressedFile::open(path, kMostKernel, header.payload.at, header.payload.size);
}

Result<std::string> release_by_banner(const std::string& path, const ImageHeader& header) {
  auto kernel = kernel_of(path, header);
  if (!kernel) return fail(kernel.error());
  std::string tail;
  while (true) {
    const auto bytes = kernel->next();
    if (!bytes) return fail(bytes.error());
    if (bytes->empty()) return std::string();
    tail += *bytes;
    if (std::string release = release_in_banner(tail); !release.empty()) return release;
    tail.erase(0, tail.size() - std::min(tail.size(), kBanner));
  }
}

/// `size` plain bytes at `at`, of a file that can only be read forward; fewer if it ends.
Result<std::string> plain_range(CompressedFile& file, std::string seen, const ByteRange& range) {
  std::uint64_t before = file.given() - seen.size();  // how many bytes lie before `seen`
  while (before + seen.size() < range.at + range.size) {
    const auto bytes = file.next();
    if (!bytes) return fail(bytes.error());
    if (bytes->empty()) break;
    if (before + seen.size() <= range.at) {
      before += seen.size();
      seen.clear();
    }
    seen += *bytes;
  }
  if (range.at < before || range.at - before > seen.size()) return std::string();
  return seen.substr(range.at - before, range.size);
}

/// "" for a kernel that cannot be unpacked to its notes: unknown, and not the image's fault.
std::string build_id_of(const std::string& path, const ImageHeader& header) {
  auto kernel = kernel_of(path, header);
  if (!kernel) return {};
  auto head = plain_range(*kernel, "", {.at = 0, .size = 0x1000});
  if (!head) return {};
  for (const ByteRange& notes : elf_notes(*head)) {
    auto again = kernel_of(path, header);
    const auto bytes = again ? plain_range(*again, "", notes) : Result<std::string>();
    if (!again || !bytes) continue;
    if (std::string id = gnu_build_id(*bytes); !id.empty()) return id;
  }
  return {};
}

}  // namespace

Result<std::optional<ImageHeader>> image_header_of(const std::string& path) {
  std::uint64_t size = 0;
  const auto head = head_of(path, size);
  if (!head) return fail(head.error());
  auto header = read_image_header(*head, size);
  if (!header) return fail(Error(header.error().kind(), path + ": " + header.error().what()));
  if (!*header || !(*header)->release.empty()) return header;
  if (auto release = release_by_banner(path, **header)) (*header)->release = std::move(*release);
  return header;
}

Result<ImageIdentity> identify_image(const std::string& path) {
  const auto header = image_header_of(path);
  if (!header) return fail(header.error());
  if (!*header) return fail(Error::usage(path + ": neither a bzImage nor a vmlinux"));
  if (!(*header)->x86) {
    const std::string kind = (*header)->kind == ImageKind::Arm64 ? "for arm64" : "for no x86";
    return fail(Error::usage(path + ": a kernel " + kind + " (release '" + (*header)->release +
                             "'); guests are x86 machines"));
  }
  return ImageIdentity{.release = (*header)->release, .build_id = build_id_of(path, **header)};
}

Result<std::string> module_release(const std::string& path) {
  const auto module = plain_content(path, kMostModule);
  if (!module) return fail(module.error());
  constexpr std::string_view kField("\0vermagic=", 10);
  const std::size_t at = module->find(kField);
  if (at == module->npos) return std::string();
  const std::string_view text = std::string_view(*module).substr(at + kField.size(), 80);
  const std::string release(text.substr(0, text.find_first_of(std::string_view(" \0", 2))));
  return plausible_release(release) ? release : std::string();
}

}  // namespace hangrate
