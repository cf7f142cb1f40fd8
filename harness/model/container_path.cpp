// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/container_path.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "harness/base/text.h"

namespace hangrate {

namespace {

constexpr std::size_t kShortestHash = 32;  // digits; what is shorter may be anything
constexpr std::size_t kMostTold = 8;

/// How a runtime wraps an id into the name of a cgroup; the first that fits counts.
struct Wrapping {
  std::string_view before;
  std::string_view after;
  std::string_view runtime;  ///< "" = a watcher, not the container
};

constexpr Wrapping kWrappings[] = {
    {"docker-", ".scope", "docker"},
    {"libpod-conmon-", "", ""},
    {"libpod-payload-", "", "podman"},
    {"libpod-", ".scope", "podman"},
    {"libpod-", "", "podman"},
    {"cri-containerd-", ".scope", "containerd"},
    {"nerdctl-", ".scope", "containerd"},
    {"crio-conmon-", "", ""},
    {"crio-", ".scope", "cri-o"},
    {"crio-", "", "cri-o"},
    {"lxc.payload.", "", "lxc"},
    {"machine-", ".scope", "machine"},  // systemd-machined: nspawn and others
    {"systemd-nspawn@", ".service", "machine"},
};

/// Folders whose children are named by id or name alone. `top`: only at the top of the hierarchy,
/// where containerd puts its namespaces.
struct Parent {
  std::string_view name;
  std::string_view runtime;
  bool top;
};
constexpr Parent kParents[] = {{"docker", "docker", false},
                               {"lxc", "lxc", false},
                               {"default", "containerd", true},
                               {"k8s.io", "containerd", true},
                               {"moby", "containerd", true}};

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool is_hash(std::string_view word) {
  return word.size() >= kShortestHash &&
         std::all_of(word.begin(), word.end(), [](char c) { return hex_value(c) >= 0; });
}

/// systemd writes what a unit's name may not hold as \x2d.
std::string unescaped(std::string_view name) {
  std::string text;
  while (!name.empty()) {
    const bool escape = name.size() >= 4 && name.starts_with("\\x") && hex_value(name[2]) >= 0 &&
                        hex_value(name[3]) >= 0;
    text += escape ? static_cast<char>(hex_value(name[2]) * 16 + hex_value(name[3])) : name[0];
    name.remove_prefix(escape ? 4 : 1);
  }
  return text;
}

/// Runtime and id; both "": no container.
using Named = std::pair<std::string, std::string>;

Named by_parent(std::string_view word, std::string_view parent, bool below_top, bool pods) {
  for (const Parent& one : kParents) {
    if (parent == one.name && (below_top || !one.top)) {
      return {std::string(one.runtime), std::string(word)};
    }
  }
  if (is_hash(word)) return {pods ? "kubernetes" : "container", std::string(word)};
  return {};
}

Named named(std::string_view word, std::string_view parent, bool below_top, bool pods) {
  if (const std::size_t at = word.find(":cri-containerd:"); at != word.npos) {
    return {"containerd", std::string(word.substr(word.rfind(':') + 1))};
  }
  for (const Wrapping& one : kWrappings) {
    if (!word.starts_with(one.before) || !word.ends_with(one.after)) continue;
    if (word.size() <= one.before.size() + one.after.size()) continue;
    if (one.runtime.empty()) return {};
    word.remove_prefix(one.before.size());
    word.remove_suffix(one.after.size());
    return {std::string(one.runtime), unescaped(word)};
  }
  return by_parent(word, parent, below_top, pods);
}

std::string told(const std::vector<ContainerPath>& containers) {
  std::set<std::string> seen;
  std::string text;
  for (const ContainerPath& one : containers) {
    if (!seen.insert(one.runtime + " " + one.id).second) continue;
    if (seen.size() > kMostTold) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", one.runtime, one.id);
  }
  if (seen.size() > kMostTold) text += fmt::format(" and {} more", seen.size() - kMostTold);
  return text;
}

bool same_container(const ContainerPath& a, const ContainerPath& b) {
  return a.runtime == b.runtime && a.id == b.id;
}

}  // namespace

std::vector<ContainerPath> containers_in(std::string_view line) {
  const std::size_t first = line.find(':');
  const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
  if (second == line.npos) return {};
  const std::string controllers(line.substr(first + 1, second - first - 1));
  const std::string_view path = line.substr(second + 1);
  std::vector<ContainerPath> found;
  std::string_view parent;
  bool pods = false;
  for (std::size_t at = 0; at < path.size();) {
    std::size_t end = path.find('/', at);
    if (end == path.npos) end = path.size();
    const std::string_view word = path.substr(at, end - at);
    if (!word.empty()) {
      const bool below_top = !parent.empty() && at == parent.size() + 2;
      auto [runtime, id] = named(word, parent, below_top, pods);
      if (!id.empty()) {
        found.push_back(
            {std::move(runtime), std::move(id), controllers, std::string(path.substr(0, end))});
      }
      pods = pods || word.starts_with("kubepods");
      parent = word;
    }
    at = end + 1;
  }
  return found;
}

Result<std::vector<ContainerPath>> select_container(const std::vector<std::string>& lines,
                                                    const std::string& wanted) {
  std::vector<ContainerPath> all;
  for (const std::string& line : lines) {
    for (ContainerPath& one : containers_in(line)) {
      if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(std::move(one));
    }
  }
  const auto chosen = [&](auto test) {
    std::vector<ContainerPath> some;
    std::copy_if(all.begin(), all.end(), std::back_inserter(some), test);
    return some;
  };
  auto some = chosen([&](const ContainerPath& one) { return one.id == wanted; });
  if (some.empty() && !wanted.empty()) {
    some = chosen([&](const ContainerPath& one) { return one.id.starts_with(wanted); });
  }
  if (some.empty()) {
    return fail(
        Error::usage(fmt::format("no process is in a container {}; {}", wanted,
                                 all.empty() ? "none is seen here" : "there is " + told(all))));
  }
  const bool one = std::all_of(some.begin(), some.end(), [&](const ContainerPath& other) {
    return same_container(other, some.front());
  });
  if (!one) return fail(Error::usage(fmt::format("{} may be {}", wanted, told(some))));
  for (const ContainerPath& other : some) {  // a container may make one of the same name inside
    if (other.controllers != some.front().controllers || other.path == some.front().path) continue;
    return fail(Error::usage(fmt::format("{} may be {} or {}: name one by --cgroup", wanted,
                                         some.front().path, other.path)));
  }
  return some;
}

}  // namespace hangrate
