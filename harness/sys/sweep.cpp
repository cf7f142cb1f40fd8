// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/sweep.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/sys/child.h"
#include "harness/sys/fusectl.h"
#include "harness/sys/sweep_helper.h"

namespace hangrate {

namespace {

struct Count {
  const char* name;
  int SweepReport::*value;
};
constexpr Count kCounts[] = {
    {"record", &SweepReport::records},         {"owned", &SweepReport::owned},
    {"connection", &SweepReport::connections}, {"task", &SweepReport::processes},
    {"cgroup", &SweepReport::cgroups},         {"mount", &SweepReport::mounts},
    {"folder", &SweepReport::folders},
};

/// One line per count or thing left, for the process that waits for us.
std::string wire_text(const SweepReport& report) {
  std::string text;
  for (const Count& c : kCounts) text += fmt::format("{} {}\n", c.name, report.*c.value);
  for (const std::string& left : report.left) text += "left " + left + "\n";
  return text + "end\n";
}

SweepReport from_wire(const std::string& text) {
  SweepReport report;
  bool ended = false;
  for (const std::string& line : split(text, '\n')) {
    if (line == "end") ended = true;
    if (line.starts_with("left ")) report.left.push_back(line.substr(5));
    for (const Count& c : kCounts) {
      const std::string begin = std::string(c.name) + " ";
      if (line.starts_with(begin)) report.*c.value = std::atoi(line.c_str() + begin.size());
    }
  }
  if (!ended)
    report.left.emplace_back("the sweep did not end in time; what it removed is not known");
  return report;
}

/// In the helper.
int sweep_here(const std::vector<std::string>& folders, Nanos deadline, int answer) {
  SweepReport report;
  const UniqueFd home(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
  std::vector<Orphan> orphans;
  for (const std::string& folder : folders) {
    for (Orphan& orphan : take_orphans(folder, report)) orphans.push_back(std::move(orphan));
  }
  if (!orphans.empty()) prepare_fusectl_here();
  std::vector<bool> freed;
  for (const Orphan& orphan : orphans) {
    const std::size_t before = report.left.size();
    free_tasks(orphan, deadline, report);
    freed.push_back(report.left.size() == before);
  }
  if (home) ::setns(home.get(), CLONE_NEWNS);  // may fail only if we could not leave it
  for (std::size_t i = 0; i < orphans.size(); ++i) {
    const std::size_t before = report.left.size();
    remove_files(orphans[i], "/tmp", report);
    if (freed[i] && report.left.size() == before) ::unlink(orphans[i].path.c_str());
  }
  const std::string text = wire_text(report);
  return ::write(answer, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
}

}  // namespace

std::string SweepReport::text() const {
  std::string text;
  for (const Count& c : kCounts) {
    const int value = this->*c.value;
    if (value == 0 || c.value == &SweepReport::owned) continue;
    text +=
        fmt::format("{}{} {}{}", text.empty() ? "" : ", ", value, c.name, value == 1 ? "" : "s");
  }
  return text.empty() ? "nothing" : text;
}

SweepReport sweep_leftovers(const std::vector<std::string>& folders, Nanos limit) {
  constexpr std::size_t kMostText = 64 * 1024;
  const UniqueFd answer = make_output_file("hangrate-sweep");
  const Nanos deadline = now_ns() + limit;
  // The helper stops trying early enough to tell what it did.
  const auto helper = fork_helper("hangrate-sweep", {answer.get()}, true, [&] {
    return sweep_here(folders, deadline - limit / 4, answer.get());
  });
  SweepReport report;
  if (!helper) {
    report.left.push_back(helper.error().what());
    return report;
  }
  // It may be wedged itself; init reaps it then.
  if (!await_child(*helper, deadline - now_ns())) signal_child(*helper, SIGKILL);
  return from_wire(output_tail(answer.get(), kMostText));
}

std::vector<Mount> find_marked_mounts(std::string_view mountinfo, const std::string& mark) {
  std::vector<Mount> mounts = parse_mountinfo(mountinfo);
  std::erase_if(mounts, [&](const Mount& mount) {
    return mount.source != mark && !mount.source.starts_with(mark + "-");
  });
  return mounts;
}

}  // namespace hangrate
