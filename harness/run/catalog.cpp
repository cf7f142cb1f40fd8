// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/run/catalog.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/refused.h"
#include "harness/model/json.h"
#include "harness/sys/child.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

constexpr Nanos kDescribeLimit = 10 * kSecond;
constexpr std::size_t kLongestManifest = 1u << 20;

/// A usage error is about this program; any other is the machine's, and then no program answers.
Result<Manifest> ask_manifest(const std::string& executable) {
  const UniqueFd output = make_output_file("hangrate-describe", kLongestManifest);
  if (!output) return fail(refused("memfd_create"));
  auto pid = spawn({.argv = {executable, "--describe"},
                    .inherits = Inherits::Plain,
                    .reproducer = true,
                    .stdout_fd = output.get()});
  if (!pid) return fail(pid.error());
  const Nanos deadline = now_ns() + kDescribeLimit;
  int status = 0;
  while (::waitpid(*pid, &status, WNOHANG) == 0) {
    if (now_ns() > deadline) {
      signal_child(*pid, SIGKILL);  // reaped with the other children, if it dies
      return fail(Error::usage("no answer to --describe within 10 s"));
    }
    const timespec nap = to_timespec(kMilli / 4);
    ::nanosleep(&nap, nullptr);
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return fail(Error::usage("--describe failed"));
  }
  return manifest_from_json(output_tail(output.get(), kLongestManifest));
}

}  // namespace

Result<std::vector<CatalogEntry>> load_catalog(const std::string& folder,
                                               std::vector<std::string>* complaints) {
  std::error_code error;
  fs::directory_iterator files(folder, error);
  if (error) {
    return fail(Error::usage("no reproducers in " + folder + " (" + error.message() +
                             "): give --repro-dir DIR or set HANGRATE_REPRO_DIR"));
  }
  std::vector<CatalogEntry> entries;
  for (const fs::directory_entry& file : files) {
    const std::string path = fs::absolute(file.path()).string();
    if (!file.is_regular_file(error) || ::access(path.c_str(), X_OK) != 0) continue;
    auto manifest = ask_manifest(path);
    std::string complaint;
    if (!manifest && manifest.error().kind() == ErrorKind::Infrastructure) {
      return fail(manifest.error().context("asking " + path + " what it is"));
    }
    if (!manifest) {
      complaint = manifest.error().what();
    } else if (manifest->name != file.path().filename().string() || manifest->variants.empty()) {
      complaint = "its manifest calls it " + manifest->name;
    } else {
      entries.push_back({path, std::move(*manifest)});
    }
    if (!complaint.empty() && complaints != nullptr) complaints->push_back(path + ": " + complaint);
  }
  std::sort(entries.begin(), entries.end(), [](const CatalogEntry& a, const CatalogEntry& b) {
    return a.manifest.name < b.manifest.name;
  });
  return entries;
}

std::string catalog_folder(const std::string& override_path) {
  if (!override_path.empty()) return override_path;
  if (const char* folder = std::getenv("HANGRATE_REPRO_DIR"); folder != nullptr) return folder;
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return (self.parent_path().parent_path() / "libexec" / "hangrate").string();
}

}  // namespace hangrate
