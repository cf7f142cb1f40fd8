// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/sys/environment.h"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include "harness/base/file.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

namespace {

bool enabled(const std::string& config, const std::string& option) {
  return ("\n" + config).find("\n" + option + "=y") != std::string::npos;
}

std::string built_model(const std::string& config) {
  if (enabled(config, "CONFIG_PREEMPT_RT")) return "rt";
  if (enabled(config, "CONFIG_PREEMPT_LAZY")) return "lazy";
  if (enabled(config, "CONFIG_PREEMPT")) return "full";
  if (enabled(config, "CONFIG_PREEMPT_VOLUNTARY")) return "voluntary";
  if (enabled(config, "CONFIG_PREEMPT_NONE")) return "none";
  return "unknown";
}

std::string build_of(const std::string& config, const std::string& version) {
  for (const char* kind : {"PREEMPT_RT", "PREEMPT_DYNAMIC", "PREEMPT"}) {
    if (version.find(kind) != std::string::npos) return kind;
  }
  if (enabled(config, "CONFIG_PREEMPT_VOLUNTARY")) return "PREEMPT_VOLUNTARY";
  if (enabled(config, "CONFIG_PREEMPT_NONE")) return "PREEMPT_NONE";
  return config.empty() ? "none or voluntary" : "unknown";
}

int usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return CPU_COUNT(&set);
}

std::string virtualization_of(const std::string& cpuinfo) {
  const std::string vendor = trimmed(first_line("/sys/hypervisor/type"));
  if (!vendor.empty()) return vendor;
  if (cpuinfo.find("hypervisor") == std::string::npos) return "none";
  return cpuinfo.find("QEMU Virtual CPU") != std::string::npos ||
                 cpuinfo.find("TCG") != std::string::npos
             ? "qemu"
             : "vm";
}

/// What bounds a wait, an object or the evidence: fs/fuse/sysctl.c (v6.15), fs/pipe.c,
/// kernel/hung_task.c, security/yama/yama_lsm.c.
constexpr std::array kSysctls = {
    "fs.fuse.default_request_timeout", "fs.fuse.max_request_timeout", "fs.pipe-max-size",
    "fs.pipe-user-pages-hard",         "fs.pipe-user-pages-soft",     "kernel.hung_task_panic",
    "kernel.hung_task_timeout_secs",   "kernel.yama.ptrace_scope",
};

std::string read_short(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::array<char, 256> text{};
  const ssize_t n = file ? ::read(file.get(), text.data(), text.size()) : -1;
  const bool whole = n > 0 && static_cast<std::size_t>(n) < text.size();
  return whole ? trimmed({text.data(), static_cast<std::size_t>(n)}) : "";
}

}  // namespace

std::map<std::string, std::string> read_sysctls(const std::string& root) {
  std::map<std::string, std::string> found;
  for (const std::string name : kSysctls) {
    std::string path = name;
    std::replace(path.begin(), path.end(), '.', '/');
    const std::string value = read_short(root + "/" + path);
    if (!value.empty()) found[name] = value;
  }
  return found;
}

PreemptModel decide_preempt(const std::string& debugfs, const std::string& cmdline,
                            const std::string& config, const std::string& uname_version) {
  PreemptModel model;
  model.build = build_of(config, uname_version);
  const std::size_t open = debugfs.find('(');
  const std::size_t close = debugfs.find(')');
  if (open != debugfs.npos && close != debugfs.npos && open < close) {
    model.active = debugfs.substr(open + 1, close - open - 1);
    model.source = "/sys/kernel/debug/sched/preempt";
    return model;
  }
  if (model.build == "PREEMPT_DYNAMIC") {
    for (const std::string& word : split(trimmed(cmdline), ' ')) {
      if (word.starts_with("preempt=")) {
        model.active = word.substr(8);
        model.source = "kernel command line";
      }
    }
    if (!model.active.empty()) return model;
  }
  if (uname_version.find("PREEMPT_RT") != std::string::npos) {
    model.active = "rt";
    model.source = "uname -v";
  } else if (!config.empty()) {
    model.active = built_model(config);
    model.source = "kernel configuration";
  } else if (model.build == "PREEMPT") {
    model.active = "full";
    model.source = "uname -v";
  } else {
    model.active = "unknown";
    model.source = "neither debugfs nor the kernel configuration is readable";
  }
  return model;
}

std::string read_kernel_config(const std::string& release) {
  if (gzFile file = ::gzopen("/proc/config.gz", "rb"); file != nullptr) {
    std::string text;
    char chunk[16384];
    int n = 0;
    while ((n = ::gzread(file, chunk, sizeof chunk)) > 0)
      text.append(chunk, static_cast<std::size_t>(n));
    ::gzclose(file);
    if (!text.empty()) return text;
  }
  return read_file("/boot/config-" + release).value_or("");
}

Environment read_environment() {
  Environment e;
  utsname name{};
  ::uname(&name);
  e.release = name.release;
  e.version = name.version;
  e.machine = name.machine;
  e.signature = trimmed(first_line("/proc/version_signature"));
  e.cmdline = trimmed(first_line("/proc/cmdline"));
  e.preempt = decide_preempt(read_file("/sys/kernel/debug/sched/preempt").value_or(""), e.cmdline,
                             read_kernel_config(e.release), e.version);
  e.cpus = usable_cpus();
  e.virtualization = virtualization_of(read_file("/proc/cpuinfo").value_or(""));
  e.root = ::geteuid() == 0;
  e.sysctls = read_sysctls();
  return e;
}

}  // namespace hangrate
