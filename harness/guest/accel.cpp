// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/guest/accel.h"

#include <filesystem>

#include "harness/base/file.h"
#include "harness/sys/capabilities.h"

namespace hangrate {

namespace {

std::string memo_path(const std::string& cache) {
  return cache + "/accel";
}

std::string this_start() {
  return first_line("/proc/sys/kernel/random/boot_id");
}

}  // namespace

std::optional<Capability> remembered_kvm(const std::string& cache) {
  const auto lines = split(read_file(memo_path(cache)).value_or(""), '\n');
  if (lines.size() < 3 || lines[0] != this_start()) return std::nullopt;
  if (lines[1] != "kvm" && lines[1] != "tcg") return std::nullopt;
  Capability kvm = untried_kvm();
  kvm.works = lines[1] == "kvm";
  kvm.detail = lines[2];
  if (kvm.works) kvm.remedy.clear();
  return kvm;
}

Capability try_kvm(const std::string& cache, const std::string& image) {
  const KvmProbe probe = probe_kvm(image);
  if (!probe.conclusive) return probe.capability;
  std::error_code error;
  std::filesystem::create_directories(cache, error);
  const auto kept = write_file_atomically(
      memo_path(cache), this_start() + "\n" + (probe.capability.works ? "kvm" : "tcg") + "\n" +
                            probe.capability.detail + "\n");
  static_cast<void>(kept);
  return probe.capability;
}

}  // namespace hangrate
