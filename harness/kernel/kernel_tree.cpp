// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/kernel_tree.h"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "harness/sys/program.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

struct VersionOrder {
  bool operator()(const std::string& a, const std::string& b) const {
    const int order = ::strverscmp(a.c_str(), b.c_str());
    return order != 0 ? order < 0 : a < b;
  }
};

constexpr const char* kModuleFolders[] = {"lib/modules", "usr/lib/modules"};

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

std::map<std::string, std::string, VersionOrder> images_below(const fs::path& root) {
  std::map<std::string, std::string, VersionOrder> images;
  std::error_code error;
  for (const char* folder : kModuleFolders) {
    for (const auto& entry : fs::directory_iterator(root / folder, error)) {
      if (is_file(entry.path() / "vmlinuz")) {
        images.emplace(entry.path().filename().string(), (entry.path() / "vmlinuz").string());
      }
    }
  }
  const std::string prefix = "vmlinuz-";
  for (const auto& entry : fs::directory_iterator(root / "boot", error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && is_file(entry.path())) {
      images.insert_or_assign(name.substr(prefix.size()), entry.path().string());
    }
  }
  return images;
}

/// A release goes into paths, into lines with tabs and to the terminal.
Result<void> check_release(const std::string& release, const std::string& path) {
  constexpr const char* kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+~_-";
  if (release.find_first_not_of(kLetters) == std::string::npos) return {};
  return fail(
      Error::usage(path + ": its release '" + release + "' has characters that no release has"));
}

/// Documentation/arch/x86/boot.rst: sectors of 512 bytes, one and setup_sects (0 means 4) of them
/// before the kernel, of which there are syssize times 16 bytes. A signature may follow.
std::uint64_t least_size(const std::string& head) {
  const auto byte = [&](std::size_t at) {
    return static_cast<std::uint64_t>(static_cast<unsigned char>(head[at]));
  };
  const std::uint64_t sectors = byte(0x1f1) != 0 ? byte(0x1f1) : 4;
  const std::uint64_t paragraphs =
      byte(0x1f4) | byte(0x1f5) << 8 | byte(0x1f6) << 16 | byte(0x1f7) << 24;
  return (sectors + 1) * 512 + paragraphs * 16;
}

bool holds_modules(const fs::path& folder) {
  std::error_code error;
  return fs::exists(folder / "modules.dep", error) || fs::is_directory(folder / "kernel", error) ||
         is_file(folder / "modules.builtin");
}

}  // namespace

Result<GuestKernel> find_kernel(const std::string& root) {
  std::error_code error;
  if (!fs::is_directory(root, error)) return fail(Error::usage(root + ": no such folder"));
  const auto images = images_below(root);
  if (images.empty()) {
    return fail(Error::usage(
        root + ": no kernel in it (neither boot/vmlinuz-* nor [usr/]lib/modules/*/vmlinuz)"));
  }
  GuestKernel kernel;
  kernel.release = images.rbegin()->first;
  kernel.image = images.rbegin()->second;
  HR_TRY(check_release(kernel.release, kernel.image));
  for (const char* folder : kModuleFolders) {
    const fs::path modules = fs::path(root) / folder / kernel.release;
    if (kernel.modules.empty() && holds_modules(modules)) kernel.modules = modules.string();
    if (is_file(modules / "config")) kernel.config = (modules / "config").string();
  }
  const fs::path config = fs::path(root) / "boot" / ("config-" + kernel.release);
  if (is_file(config)) kernel.config = config.string();
  return kernel;
}

Result<std::string> image_release(const std::string& path) {
  if (!is_file(path)) return fail(Error::usage(path + ": no such file"));
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Error::from_errno("open(" + path + ")").as(ErrorKind::Usage));
  // Documentation/arch/x86/boot.rst: "HdrS" at 0x202; at 0x20e, if not 0, where the version lies,
  // counted from 0x200.
  std::string head(0x10000, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  if (head.starts_with("\x7f"
                       "ELF"))
    return std::string();
  if (head.size() < 0x210 || head.compare(0x202, 4, "HdrS") != 0) {
    return fail(Error::usage(path + ": neither a bzImage nor a vmlinux"));
  }
  std::error_code error;
  const std::uint64_t size = fs::file_size(path, error);
  if (!error && size < least_size(head)) {
    return fail(Error::usage(path + ": cut short: " + std::to_string(size) + " bytes of " +
                             std::to_string(least_size(head))));
  }
  const auto low = static_cast<unsigned char>(head[0x20e]);
  const auto high = static_cast<unsigned char>(head[0x20f]);
  const std::size_t at = 0x200u + low + 256u * high;
  if (at == 0x200 || at >= head.size()) return std::string();
  std::string version = head.substr(at, head.find('\0', at) - at);
  version = version.substr(0, version.find(' '));
  HR_TRY(check_release(version, path));
  return version;
}

Result<void> make_modules_dep(const GuestKernel& kernel, const std::string& root,
                              const std::string& log) {
  if (kernel.modules.empty() || is_file(fs::path(kernel.modules) / "modules.dep")) return {};
  if (find_program("depmod").empty()) {
    return fail(Error::infrastructure("depmod is missing: apt-get install kmod"));
  }
  // Which of the two folders depmod looks into was decided when it was compiled.
  std::error_code error;
  fs::create_directories(fs::path(root) / "usr", error);
  if (!fs::exists(fs::path(root) / "usr/lib", error)) {
    fs::create_directory_symlink("../lib", fs::path(root) / "usr/lib", error);
  }
  HR_TRY(run_program({.argv = {"depmod", "-b", root, kernel.release}, .log = log}));
  if (is_file(fs::path(kernel.modules) / "modules.dep")) return {};
  return fail(Error::infrastructure("depmod made no modules.dep in " + kernel.modules));
}

Result<GuestKernel> borrow_modules(const GuestKernel& kernel, const std::string& folder,
                                   const std::string& log) {
  const fs::path own = fs::path(folder) / "lib/modules" / kernel.release;
  std::error_code error;
  fs::create_directories(own, error);
  for (const auto& entry : fs::directory_iterator(kernel.modules, error)) {
    const fs::path name = entry.path().filename();
    if (name == "build" || name == "source") continue;
    fs::create_symlink(fs::absolute(entry.path()), own / name, error);
  }
  if (error) return fail(Error::infrastructure(own.string() + ": " + error.message()));
  GuestKernel borrowed = kernel;
  borrowed.modules = own.string();
  HR_TRY(make_modules_dep(borrowed, folder, log));
  return borrowed;
}

}  // namespace hangrate
