// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/host_load.h"

#include <cstdlib>
#include <string>

#include <unistd.h>

#include "harness/base/file.h"

namespace hangrate {

namespace {

CpuTimes cpu_times() {
  return parse_cpu_times(read_file("/proc/stat").value_or(""));
}

}  // namespace

CpuTimes parse_cpu_times(std::string_view stat) {
  CpuTimes times;
  if (!stat.starts_with("cpu ")) return times;
  const std::string line(stat.substr(4, stat.find('\n') - 4));
  const char* at = line.c_str();
  // user nice system idle iowait irq softirq steal; guest times are in user and nice already
  // (proc_stat(5)).
  constexpr int kFields = 8;
  for (int field = 0; field < kFields; ++field) {
    char* end = nullptr;
    const double ticks = std::strtod(at, &end);
    if (end == at) return {};
    at = end;
    times.all += ticks;
    if (field == 3 || field == 4) times.idle += ticks;
    if (field == 7) times.steal = ticks;
  }
  times.known = true;
  return times;
}

LoadFact load_between(const CpuTimes& before, const CpuTimes& after, double queue) {
  LoadFact load;
  load.queue = queue;
  const double all = after.all - before.all;
  if (!before.known || !after.known || all <= 0) return load;
  load.steal = (after.steal - before.steal) / all;
  load.busy = 1.0 - (after.idle - before.idle) / all - load.steal;
  return load;
}

LoadMeter::LoadMeter() : before_(cpu_times()) {
  const std::string text = read_file("/proc/loadavg").value_or("");
  const long cpus = ::sysconf(_SC_NPROCESSORS_ONLN);
  if (!text.empty() && cpus > 0) {
    queue_ = std::strtod(text.c_str(), nullptr) / static_cast<double>(cpus);
  }
}

LoadFact LoadMeter::read() const {
  return load_between(before_, cpu_times(), queue_);
}

}  // namespace hangrate
