// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/diagnose/container.h"

#include <csignal>
#include <set>

#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/model/container_path.h"
#include "harness/sys/cgroup.h"
#include "harness/sys/child.h"
#include "harness/sys/proc_folder.h"

namespace hangrate {

namespace {

constexpr std::size_t kLongestAnswer = std::size_t{16} << 20;

/// Every line of a /proc/PID/cgroup once, one after the other.
std::string all_lines() {
  std::set<std::string> lines;
  each_number("/proc", [&](int pid) {
    std::string text;
    if (!read_proc("/proc/" + std::to_string(pid) + "/cgroup", text)) return;
    for (std::string& line : split(text, '\n')) lines.insert(std::move(line));
  });
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

Result<std::vector<std::string>> lines_of_all(Nanos limit) {
  const UniqueFd answer = make_output_file("hangrate-cgroups", kLongestAnswer);
  const auto helper = fork_helper(
      "hangrate-cgroups", {answer.get()}, true,
      [&] {
        const std::string text = all_lines();
        const auto wanted = static_cast<ssize_t>(text.size());
        return ::write(answer.get(), text.data(), text.size()) == wanted ? 0 : 1;
      },
      HelperRights::All);
  if (!helper) return fail(helper.error());
  const auto status = await_child(*helper, limit);
  if (!status) signal_child(*helper, SIGKILL);
  if (!status || !WIFEXITED(*status) || WEXITSTATUS(*status) != 0) {
    return fail(Error::infrastructure("the cgroups of processes cannot be read in time"));
  }
  return split(output_tail(answer.get(), kLongestAnswer), '\n');
}

/// "" if the hierarchy it is in is not mounted.
std::string folder_of(const ContainerPath& container, const CgroupMounts& mounts) {
  if (container.controllers.empty()) return mounts.v2.empty() ? "" : mounts.v2 + container.path;
  const bool its =
      !mounts.v1.empty() && contains(split(container.controllers, ','), mounts.v1_controller);
  return its ? mounts.v1 + container.path : "";
}

}  // namespace

Result<std::string> find_container(const std::string& wanted, Nanos limit) {
  const auto lines = lines_of_all(limit);
  if (!lines) return fail(lines.error());
  const auto found = select_container(*lines, wanted);
  if (!found) return fail(found.error());
  const CgroupMounts mounts = find_cgroup_mounts(read_file("/proc/self/mountinfo").value_or(""));
  for (const ContainerPath& one : *found) {
    const std::string folder = folder_of(one, mounts);
    if (!folder.empty() && ::access((folder + "/cgroup.procs").c_str(), R_OK) == 0) return folder;
  }
  return fail(Error::infrastructure("the cgroup of " + found->front().runtime + " " +
                                    found->front().id + ", " + found->front().path +
                                    ", is not mounted here"));
}

}  // namespace hangrate
