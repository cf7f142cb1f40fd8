// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/sweep.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/wait.h>
#include <time.h>
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

/// False if it had to be given up.
void wait_for(pid_t helper, Nanos deadline) {
  int status = 0;
  while (::waitpid(helper, &status, WNOHANG) == 0) {
    if (now_ns() >= deadline) {
      signal_child(helper, SIGKILL);
      return;  // it may be wedged itself; init reaps it
    }
    const timespec nap = to_timespec(kMilli);
    ::nanosleep(&nap, nullptr);
  }
}

/// "/mnt/a\040b" (proc_pid_mountinfo(5))
std::string unescaped(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>(std::strtol(text.substr(i + 1, 3).c_str(), nullptr, 8));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
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
  wait_for(*helper, deadline);
  return from_wire(output_tail(answer.get(), kMostText));
}

std::vector<MarkedMount> find_marked_mounts(std::string_view mountinfo, const std::string& mark) {
  std::vector<MarkedMount> found;
  for (const std::string& line : split(mountinfo, '\n')) {
    // "36 35 0:53 / /mnt rw,noatime master:1 - fuse SOURCE rw" (proc_pid_mountinfo(5))
    const std::size_t dash = line.find(" - ");
    if (dash == line.npos) continue;
    const auto before = split(line.substr(0, dash), ' ');
    const auto after = split(line.substr(dash + 3), ' ');
    if (before.size() < 5 || after.size() < 2) continue;
    if (after[1] != mark && !after[1].starts_with(mark + "-")) continue;
    const std::size_t colon = before[2].find(':');
    if (colon == std::string::npos) continue;
    found.push_back({std::atoi(before[2].c_str() + colon + 1), after[0], unescaped(before[4])});
  }
  return found;
}

}  // namespace hangrate
