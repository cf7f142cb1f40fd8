// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/kernel_candidates.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "harness/base/file.h"
#include "harness/kernel/image_identity.h"
#include "harness/kernel/sha256.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

using Paths = std::vector<std::string>;

void add_if_file(Paths& paths, const fs::path& path) {
  if (is_file(path)) paths.push_back(path.string());
}

void add_from_boot(Paths& paths, const fs::path& boot) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(boot, error)) {
    const std::string name = entry.path().filename().string();
    for (const char* begin : {"vmlinuz", "bzImage", "kernel-"}) {
      if (name.starts_with(begin)) add_if_file(paths, entry.path());
    }
  }
}

/// ENTRY/RELEASE/linux, uapi-group.org's Boot Loader Specification, type 1.
void add_from_entries(Paths& paths, const fs::path& boot) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(boot, error)) {
    std::error_code inner;
    for (const auto& release : fs::directory_iterator(entry.path(), inner)) {
      add_if_file(paths, release.path() / "linux");
    }
  }
}

void add_from_modules(Paths& paths, const fs::path& modules) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(modules, error)) {
    add_if_file(paths, entry.path() / "vmlinuz");
  }
}

/// Those of boot/ first: of two copies of a kernel that one is what boots.
Paths image_paths(const fs::path& root) {
  Paths paths;
  add_from_boot(paths, root / "boot");
  for (const char* boot : {"boot", "efi", "boot/efi"}) add_from_entries(paths, root / boot);
  for (const char* lib : {"lib/modules", "usr/lib/modules"}) add_from_modules(paths, root / lib);
  add_if_file(paths, root / "vmlinuz");
  return paths;
}

/// The same file, or the same kernel: signing one of two copies changes its bytes.
bool same_kernel(const KernelCandidate& a, const KernelCandidate& b) {
  std::error_code error;
  if (a.release != b.release) return false;
  if (fs::equivalent(a.image, b.image, error)) return true;
  const auto one = identify_image(a.image);
  const auto other = identify_image(b.image);
  if (!one || !other) return false;
  if (!one->build_id.empty()) return one->build_id == other->build_id;
  const auto sum = sha256_of_file(a.image);
  const auto other_sum = sha256_of_file(b.image);
  return sum && other_sum && *sum == *other_sum;
}

void take(KernelCandidates& found, const std::string& path) {
  const auto header = image_header_of(path);
  if (!header) {
    found.damaged.push_back(header.error().what());
    return;
  }
  if (!*header) {
    found.others.push_back(path);
    return;
  }
  const KernelCandidate candidate{.release = (*header)->release, .image = path};
  const auto known = [&](const KernelCandidate& other) { return same_kernel(other, candidate); };
  if (std::any_of(found.kernels.begin(), found.kernels.end(), known)) return;
  found.kernels.push_back(candidate);
}

std::string listed(const std::vector<KernelCandidate>& kernels) {
  std::vector<std::string> lines;
  lines.reserve(kernels.size());
  for (const KernelCandidate& kernel : kernels) {
    lines.push_back(fmt::format(
        "{} ({})", kernel.release.empty() ? "release unknown" : kernel.release, kernel.image));
  }
  return fmt::format("{}", fmt::join(lines, ", "));
}

Failure none_in(const KernelCandidates& found, const std::string& root) {
  if (!found.damaged.empty()) return fail(Error::usage(found.damaged.front()));
  if (!found.others.empty()) {
    return fail(Error::usage(found.others.front() + ": neither a bzImage nor a vmlinux"));
  }
  return fail(Error::usage(
      root +
      ": no kernel in it (neither boot/vmlinuz*, boot/bzImage*, boot/kernel-*, "
      "boot/ENTRY/RELEASE/linux, "
      "[usr/]lib/modules/*/vmlinuz, vmlinuz nor arch/x86/boot/bzImage); one that lies elsewhere: "
      "image:PATH,modules=" +
      root));
}

}  // namespace

KernelCandidates kernels_below(const std::string& root) {
  KernelCandidates found;
  for (const std::string& path : image_paths(root)) take(found, path);
  std::stable_sort(found.kernels.begin(), found.kernels.end(),
                   [](const auto& a, const auto& b) { return a.release < b.release; });
  return found;
}

Result<KernelCandidate> choose_kernel(const KernelCandidates& found, const std::string& root,
                                      const std::string& release, const std::string& how) {
  if (found.kernels.empty()) return none_in(found, root);
  std::vector<KernelCandidate> meant;
  for (const KernelCandidate& kernel : found.kernels) {
    if (release.empty() || kernel.release == release) meant.push_back(kernel);
  }
  if (meant.empty()) {
    return fail(Error::usage(
        fmt::format("{}: no kernel {} in it; there is: {}", root, release, listed(found.kernels))));
  }
  if (meant.size() > 1) {
    return fail(
        Error::usage(fmt::format("{}: several kernels in it: {}; {}", root, listed(meant), how)));
  }
  // Whether it was the damaged one that was meant, nobody knows.
  if (release.empty() && !found.damaged.empty()) {
    return fail(Error::usage(
        fmt::format("{}; besides there is: {}; {}", found.damaged.front(), listed(meant), how)));
  }
  return meant.front();
}

}  // namespace hangrate
