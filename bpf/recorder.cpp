// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/recorder.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <filesystem>
#include <map>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bpf/bounded_read.h"
#include "bpf/embedded.h"
#include "bpf/programs.h"
#include "bpf/ring_reader.h"
#include "bpf/trace_maker.h"
#include "harness/base/file.h"
#include "harness/base/unique_fd.h"
#include "harness/sys/lone_cpu.h"
#include "harness/sys/namespaces.h"

namespace hangrate {

namespace {

constexpr std::uint32_t kMaxTasks = 1U << 17;
constexpr std::uint32_t kMinSlots = 1U << 10;
constexpr Nanos kStacksLimit = 100 * kMilli;
constexpr std::size_t kStacksBytes = 4u << 20;  // some 4,000 tasks
constexpr Nanos kTornLimit = 5 * kMilli;        // in all, for writers that lost their CPU
constexpr Nanos kTornNap = 100 * kMicro;

/// Map memory as the kernel programs see it.
class Mapped {
 public:
  Mapped() = default;
  ~Mapped() {
    if (data_) ::munmap(data_, bytes_);
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;

  Result<void> map(bpf_object* object, const char* name, int protection) {
    const bpf_map* map = bpf_object__find_map_by_name(object, name);
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t size = std::size_t{bpf_map__max_entries(map)} * bpf_map__value_size(map);
    bytes_ = (size + page - 1) / page * page;
    void* data = ::mmap(nullptr, bytes_, protection, MAP_SHARED, bpf_map__fd(map), 0);
    if (data == MAP_FAILED) {
      return fail(Error::from_errno(std::string("mmap of the map ") + name +
                                    ", possible since kernel v5.5"));
    }
    data_ = data;
    return {};
  }

  template <typename T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  std::size_t bytes() const { return bytes_; }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

std::uint32_t task_places() {
  const std::uint64_t most =
      std::strtoull(first_line("/proc/sys/kernel/pid_max").c_str(), nullptr, 10);
  return std::min(kMaxTasks,
                  static_cast<std::uint32_t>(std::bit_ceil(std::max<std::uint64_t>(most, 1))));
}

Result<ProgramSetup> plan_setup(const RecorderOptions& options) {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus <= 0) return fail(Error::from_errno("number of CPUs", -cpus));
  ProgramSetup setup;
  setup.cpus = static_cast<std::uint32_t>(cpus);
  const std::size_t bytes = std::min(options.bytes_per_cpu, options.bytes_total / setup.cpus);
  setup.slots =
      std::max(kMinSlots, static_cast<std::uint32_t>(std::bit_floor(bytes / sizeof(hr_slot))));
  setup.has_fetch = kernel_release() >= 5012;
  setup.stride = setup.slots + (setup.has_fetch ? 0 : (HR_LEVELS - 1) * HR_NESTED_SLOTS);
  setup.tasks = task_places();
  if (::getrandom(&setup.secret, sizeof setup.secret, GRND_NONBLOCK) != sizeof setup.secret) {
    setup.secret = static_cast<std::uint64_t>(now_ns()) * 0x9E3779B97F4A7C15ULL;
  }
  setup.secret |= 1;
  setup.may_read = libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, BPF_FUNC_probe_read_kernel,
                                           nullptr) == 1;
  setup.has_kprobes = ::access("/sys/bus/event_source/devices/kprobe/type", R_OK) == 0;
  setup.has_kretprobes = kernel_release() >= 5016;
  setup.user_stacks = options.user_stacks;
  setup.probes.insert(options.probes.begin(), options.probes.end());
  if (!setup.probes.empty()) setup.probes.insert("task_block");  // nothing works without
  setup.without.insert(options.without.begin(), options.without.end());
  return setup;
}

/// How often the kernel did not run a program because it was running on that CPU already.
std::uint64_t missed_by(int program_fd) {
  bpf_prog_info info{};
  __u32 size = sizeof info;
  return bpf_obj_get_info_by_fd(program_fd, &info, &size) == 0 ? info.recursion_misses : 0;
}

struct Thread {
  pid_t tid = 0;
  pid_t pid = 0;
};

/// Appends the threads of `pid` and of every process below it. A worker forks in its setup, before
/// it can be watched. (`children` takes CONFIG_PROC_CHILDREN; without it: what is forked later.)
Result<void> add_threads(pid_t pid, std::vector<Thread>& threads) {
  std::error_code error;
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    threads.push_back({std::atoi(entry.path().filename().c_str()), pid});
    for (const std::string& child :
         split(read_file((entry.path() / "children").string()).value_or(""), ' ')) {
      if (const pid_t below = std::atoi(child.c_str()); below > 0) {
        if (!add_threads(below, threads)) continue;  // it has ended meanwhile
      }
    }
  }
  if (error)
    return fail(Error::infrastructure("cannot watch process " + std::to_string(pid) + ": " +
                                      error.message()));
  return {};
}

/// One watched process.
struct Root {
  std::uint16_t number = 0;
  std::vector<Mapping> layout = {};
  std::vector<Thread> threads = {};  ///< when it began to be watched
  std::uint64_t unseen = 0;          ///< Parts::unseen() when its lease began
  std::uint64_t skipped = 0;         ///< Parts::skipped() then
};

}  // namespace

struct Recorder::Parts {
  ProgramSetup setup;
  Programs programs;
  Mapped rings;
  Mapped heads;
  Mapped tasks;
  Mapped globals;
  std::map<pid_t, Root> roots = {};
  std::uint16_t last_root = 0;
  std::uint64_t dropped_before = 0;

  Parts() = default;
  ~Parts() {
    const LoneCpu alone = LoneCpu::if_wanted();
    programs.detach();
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  std::vector<RingView> views() const {
    std::vector<RingView> all;
    const auto* slots = rings.as<const hr_slot>();
    const auto* head = heads.as<const hr_head>();
    for (std::uint32_t cpu = 0; cpu < setup.cpus; ++cpu) {
      const hr_slot* first = slots + std::size_t{cpu} * setup.stride;
      const hr_head* own = head + std::size_t{cpu} * HR_LEVELS;
      all.push_back({{first, setup.slots}, own, static_cast<int>(cpu)});
      if (setup.has_fetch) continue;
      for (std::size_t level = 1; level < HR_LEVELS; ++level) {
        const hr_slot* nested = first + setup.slots + (level - 1) * HR_NESTED_SLOTS;
        all.push_back({{nested, HR_NESTED_SLOTS}, own + level, static_cast<int>(cpu)});
      }
    }
    return all;
  }

  hr_task& place_of(pid_t tid) const {
    return tasks.as<hr_task>()[static_cast<std::uint32_t>(tid) & (setup.tasks - 1)];
  }

  void free_place(pid_t tid, std::uint16_t root) const {
    hr_task& task = place_of(tid);
    if (task.tid != static_cast<std::uint32_t>(tid) || task.root != root) return;
    __atomic_store_n(&task.tid, 0U, __ATOMIC_RELEASE);
  }

  Result<void> place(pid_t tid, pid_t pid, std::uint16_t root) const {
    hr_task& task = place_of(tid);
    const auto wanted = static_cast<std::uint32_t>(tid);
    if (task.tid != 0 && task.tid != wanted) {
      return fail(Error::infrastructure("the task table has a watched task in the place of " +
                                        std::to_string(tid)));
    }
    task.pid = static_cast<std::uint32_t>(pid);
    task.root = root;
    task.depth = 0;
    __atomic_store_n(&task.tid, wanted, __ATOMIC_RELEASE);
    return {};
  }

  /// "" where no program reads them, nullopt if it did not in time.
  std::optional<std::string> read_stacks(std::uint16_t root) const {
    if (!programs.stacks || !programs.wanted_root) return "";
    // libbpf maps global variables for skeletons only, so this is our own mapping.
    __atomic_store_n(globals.as<std::uint32_t>() + *programs.wanted_root / sizeof(std::uint32_t),
                     std::uint32_t{root}, __ATOMIC_RELEASE);
    const UniqueFd fd(bpf_iter_create(bpf_link__fd(programs.stacks.get())));
    return fd ? read_bounded(fd.get(), kStacksLimit, kStacksBytes) : std::nullopt;
  }

  /// Drops since the last snapshot, if any fell into the window.
  std::uint64_t drops_since(Nanos from) {
    std::uint64_t all = 0;
    bool inside = false;
    const auto* head = heads.as<const hr_head>();
    for (std::size_t i = 0; i < std::size_t{setup.cpus} * HR_LEVELS; ++i) {
      all += head[i].dropped;
      inside = inside || (head[i].dropped > 0 && static_cast<Nanos>(head[i].last_drop) >= from);
    }
    const std::uint64_t since = all - dropped_before;
    dropped_before = all;
    return inside ? std::max<std::uint64_t>(since, 1) : 0;  // another snapshot may have counted it
  }

  std::uint64_t missed(const std::vector<int>& program_fds) const {
    std::uint64_t all = 0;
    for (const int fd : program_fds) all += missed_by(fd);
    return all;
  }

  std::uint64_t skipped() const {
    return missed(programs.program_fds) - missed(programs.scheduler_fds);
  }

  /// Events that have no slot because the kernel did not run a program or a task found no place.
  /// Only of the scheduler's programs: what rests on a pipe or FUSE event that is not there is
  /// checked against the states that other events show, but "nobody woke it" has no second source.
  std::uint64_t unseen() const {
    std::uint64_t all = missed(programs.scheduler_fds);
    const auto* head = heads.as<const hr_head>();
    for (std::size_t i = 0; i < std::size_t{setup.cpus} * HR_LEVELS; ++i) all += head[i].unfollowed;
    return all;
  }
};

Recorder::Recorder(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Recorder::Recorder(Recorder&&) noexcept = default;
Recorder& Recorder::operator=(Recorder&&) noexcept = default;
Recorder::~Recorder() = default;

Result<Recorder> Recorder::start(const RecorderOptions& options) {
  if (!in_initial_pid_namespace()) {
    return fail(Error::infrastructure("no tracing from inside a pid namespace"));
  }
  if (!in_initial_time_namespace()) {
    return fail(Error::infrastructure("no tracing from inside a time namespace"));
  }
  auto setup = plan_setup(options);
  if (!setup) return fail(setup.error());
  LoneCpu alone = LoneCpu::if_wanted();  // a refused hook detaches the others as well
  auto parts = std::make_unique<Parts>();
  parts->setup = *setup;
  auto programs = load_programs(parts->setup, embedded_programs(parts->setup.has_fetch));
  if (!programs) return fail(programs.error());
  parts->programs = std::move(*programs);
  for (const HookStatus& hook : parts->programs.hooks) {
    const bool needed = hook.hook == "sched_switch" || hook.hook == "sched_waking";
    if (!needed || !hook.how.empty() || setup->without.contains(hook.hook)) continue;
    return fail(Error::infrastructure(hook.hook + " cannot be traced: " + hook.why_not));
  }
  bpf_object* object = parts->programs.object.get();
  HR_TRY(parts->rings.map(object, "rings", PROT_READ));
  HR_TRY(parts->heads.map(object, "heads", PROT_READ));
  HR_TRY(parts->tasks.map(object, "tasks", PROT_READ | PROT_WRITE));
  HR_TRY(parts->globals.map(object, ".bss", PROT_READ | PROT_WRITE));
  if (!alone.stayed().empty()) {
    parts->programs.hooks.push_back({"task_block", "other CPUs offline", "", alone.stayed()});
  }
  if (const std::string missing = alone.bring_back(); !missing.empty()) {
    return fail(Error::infrastructure("CPUs that were taken offline do not come back: " + missing));
  }
  return Recorder(std::move(parts));
}

Result<void> Recorder::watch(pid_t pid) {
  if (++parts_->last_root == 0) parts_->last_root = 1;
  Root root{
      .number = parts_->last_root,
      .layout = parse_layout(read_file("/proc/" + std::to_string(pid) + "/maps").value_or(""))};
  HR_TRY(add_threads(pid, root.threads));
  for (const Thread& thread : root.threads) {
    HR_TRY(parts_->place(thread.tid, thread.pid, root.number));
  }
  parts_->roots[pid] = std::move(root);
  return {};
}

void Recorder::begin(pid_t pid) {
  const auto root = parts_->roots.find(pid);
  if (root == parts_->roots.end()) return;
  root->second.unseen = parts_->unseen();
  root->second.skipped = parts_->skipped();
}

void Recorder::forget(pid_t pid) {
  const auto root = parts_->roots.find(pid);
  if (root == parts_->roots.end()) return;
  // What was made since gives its place back with its last switch.
  for (const Thread& thread : root->second.threads) {
    parts_->free_place(thread.tid, root->second.number);
  }
  parts_->roots.erase(root);
}

Trace Recorder::snapshot(const SnapshotRequest& request) {
  TraceParts made{.request = request};
  std::optional<std::string> stacks = "";
  const auto root = parts_->roots.find(request.root);
  if (root != parts_->roots.end()) {
    made.root = root->second.number;
    made.layout = root->second.layout;
    // Before the rings: they tell whether the task has moved since.
    made.stacks_at = now_ns();
    stacks = parts_->read_stacks(made.root);
    made.stacks = parse_task_stacks(stacks.value_or(""));
  }
  if (made.request.until == 0) made.request.until = now_ns();
  for (const RingView& view : parts_->views()) read_ring(view, request.from, made.read);
  // A writer that lost its CPU in the middle comes back, in a guest only when the host lets it.
  const Nanos give_up = now_ns() + kTornLimit;
  while (!read_torn(request.from, made.read) && now_ns() < give_up) {
    const timespec nap = to_timespec(kTornNap);
    ::nanosleep(&nap, nullptr);
  }
  give_up_torn(made.read);
  Trace trace = make_trace(std::move(made));
  trace.lost += parts_->drops_since(request.from);
  if (root != parts_->roots.end()) {
    trace.lost += parts_->unseen() - root->second.unseen;
    trace.skipped = parts_->skipped() - root->second.skipped;
  }
  if (!stacks) trace.absent.emplace_back("stacks of sleepers: not read in time");
  for (const HookStatus& hook : parts_->programs.hooks) {
    if (hook.how.empty()) trace.absent.push_back(hook.hook + ": " + hook.why_not);
  }
  return trace;
}

const std::vector<HookStatus>& Recorder::hooks() const {
  return parts_->programs.hooks;
}

RecorderStats Recorder::stats() const {
  RecorderStats stats;
  for (const RingView& view : parts_->views()) {
    const std::uint64_t written = __atomic_load_n(&view.head->pos, __ATOMIC_RELAXED);
    stats.events += written;
    stats.overwritten += written > view.slots.size() ? written - view.slots.size() : 0;
  }
  const auto* head = parts_->heads.as<const hr_head>();
  for (std::size_t i = 0; i < std::size_t{parts_->setup.cpus} * HR_LEVELS; ++i) {
    stats.dropped += head[i].dropped;
    stats.unfollowed += head[i].unfollowed;
  }
  stats.missed = parts_->missed(parts_->programs.program_fds);
  stats.memory = parts_->rings.bytes() + parts_->heads.bytes() + parts_->tasks.bytes();
  return stats;
}

}  // namespace hangrate
