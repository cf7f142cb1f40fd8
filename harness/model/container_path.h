// SPDX-License-Identifier: GPL-2.0-or-later
//
// Containers as the cgroups of their processes show them: docker, podman, containerd, CRI-O, LXC
// and systemd-nspawn, by cgroup v1 or v2. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"

namespace hangrate {

struct ContainerPath {
  std::string runtime;      ///< "docker", "podman", "containerd", "cri-o", "lxc", "machine", ...
  std::string id;           ///< or its name, where the runtime makes its cgroup of that
  std::string controllers;  ///< of a v1 hierarchy as the line names it, "" = v2
  std::string path;         ///< of its cgroup in that hierarchy
  bool operator==(const ContainerPath&) const = default;
};

/// The containers that a process is inside of by one line of its /proc/PID/cgroup, the outermost
/// first. What watches over one from outside (conmon, lxc.monitor) is not inside.
std::vector<ContainerPath> containers_in(std::string_view line);

/// The one that `wanted` names among the containers of those lines, in each hierarchy: by its whole
/// id or name, or a beginning that no other has. Usage error: none or several, with those there
/// are.
Result<std::vector<ContainerPath>> select_container(const std::vector<std::string>& lines,
                                                    const std::string& wanted);

}  // namespace hangrate
