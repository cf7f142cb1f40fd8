// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/programs.h"

#include <algorithm>
#include <cstdarg>
#include <cstring>
#include <optional>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include "bpf/load_log.h"

namespace hangrate {

void LinkCloser::operator()(bpf_link* link) const {
  bpf_link__destroy(link);
}
void ObjectCloser::operator()(bpf_object* object) const {
  bpf_object__close(object);
}

namespace {

constexpr const char* kStacksProgram = "task_stacks";

/// One hook on its way to being attached.
struct Choice {
  HookPlan plan;
  std::map<std::size_t, std::string> refused = {};  ///< ways that were tried, and why not
  std::size_t way = 0;
  std::string target = {};
  std::string why_not = {};  ///< of the ways before
  bool found = false;

  const HookWay& chosen() const { return plan.ways[way]; }
};

NameSet wanted_names(const std::vector<HookPlan>& plans) {
  NameSet names;
  for (const HookPlan& plan : plans) {
    for (const HookWay& way : plan.ways) names.insert(way.targets.begin(), way.targets.end());
  }
  return names;
}

void add_reason(std::string& reasons, const std::string& reason) {
  reasons += (reasons.empty() ? "" : "; ") + reason;
}

class Loader {
 public:
  Loader(const ProgramSetup& setup, std::span<const std::byte> image)
      : setup_(setup), image_(image) {
    for (HookPlan& plan : hook_plans()) choices_.push_back({.plan = std::move(plan)});
  }

  Result<Programs> load() {
    auto names = read_kernel_names(wanted_names(hook_plans()));
    if (!names) return fail(names.error());
    names_ = *names;
    // Every refusal takes one way away, so this ends.
    for (;;) {
      HR_TRY(open());
      choose();
      const LoadLog log;
      const int error = bpf_object__load(programs_.object.get());
      if (error != 0) {
        if (!take_away(log.culprit(), error, log)) return fail(refusal(error, log));
      } else if (attach()) {
        break;
      }
    }
    if (programs_.links.empty()) return fail(Error::infrastructure("no program could be attached"));
    return std::move(programs_);
  }

 private:
  Result<void> open() {
    programs_.detach();  // before their object closes
    programs_ = {};
    attached_.clear();
    bpf_object_open_opts options{};
    options.sz = sizeof options;
    options.object_name = "hangrate";
    programs_.object.reset(bpf_object__open_mem(image_.data(), image_.size(), &options));
    if (!programs_.object) return fail(Error::from_errno("bpf_object__open_mem"));
    bpf_object* object = programs_.object.get();
    const auto resize = [object](const char* name, std::uint32_t entries) {
      bpf_map__set_max_entries(bpf_object__find_map_by_name(object, name), entries);
    };
    resize("rings", setup_.cpus * setup_.stride);
    resize("heads", setup_.cpus * HR_LEVELS);
    resize("tasks", setup_.tasks);
    set_constants();
    return {};
  }

  void set_constants() {
    const auto tracepoint = names_.tracepoints.find("sched_switch");
    const auto end = names_.functions.find("fuse_request_end");
    set_constant("hr_slots", setup_.slots);
    set_constant("hr_stride", setup_.stride);
    set_constant("hr_task_mask", setup_.tasks - 1);
    set_constant("hr_secret", setup_.secret);
    set_constant("hr_may_read", setup_.may_read);
    set_constant("hr_user_stacks", setup_.user_stacks);
    set_constant("hr_switch_has_state",
                 tracepoint != names_.tracepoints.end() && tracepoint->second >= 4);
    set_constant("hr_fuse_end_has_conn", end != names_.functions.end() && end->second >= 2);
  }

  /// The memory of a section of global variables. (Its constness depends on the version of libbpf.)
  void* section(const char* name, std::size_t& size) const {
    const bpf_map* map = bpf_object__find_map_by_name(programs_.object.get(), name);
    const void* data = map ? bpf_map__initial_value(const_cast<bpf_map*>(map), &size) : nullptr;
    return const_cast<void*>(data);
  }

  template <typename T>
  void set_constant(const char* name, T value) {
    std::size_t size = 0;
    void* data = section(".rodata", size);
    const auto offset = variable_offset(bpf_object__btf(programs_.object.get()), ".rodata", name);
    if (data && offset && *offset + sizeof value <= size) {
      std::memcpy(static_cast<std::byte*>(data) + *offset, &value, sizeof value);
    }
  }

  /// The target of a way on this kernel, or why it has none.
  tl::expected<std::string, std::string> target_of(const HookWay& way) const {
    const auto no = [](std::string why) { return tl::unexpected<std::string>(std::move(why)); };
    if (const auto refused = refused_.find(way.how); refused != refused_.end()) {
      return no(refused->second);
    }
    const bool typed = way.how == HookHow::Tracepoint || way.how == HookHow::Fentry;
    if (!typed && !setup_.may_read) return no("kernel memory may not be read");
    if (way.how == HookHow::Kprobe) {
      if (!setup_.has_kprobes) return no("no kprobes: CONFIG_KPROBES");
      if (!way.leave.empty() && !setup_.has_kretprobes) {
        return no("kretprobes would cut the stacks of sleepers before v5.16");
      }
      return way.targets.front();
    }
    const bool function = way.how == HookHow::Fentry;
    const auto& known = function ? names_.functions : names_.tracepoints;
    for (const std::string& target : way.targets) {
      if (known.contains(target)) return target;
    }
    return no(fmt::format("no {} {} in BTF", function ? "function" : "tracepoint",
                          fmt::join(way.targets, " or ")));
  }

  void choose() {
    for (Choice& choice : choices_) {
      choice.found = false;
      choice.why_not.clear();
      const bool wanted = setup_.probes.empty() || setup_.probes.contains(choice.plan.probe);
      if (!wanted || setup_.without.contains(choice.plan.hook)) {
        choice.why_not = "not wanted";
        continue;
      }
      for (std::size_t i = 0; i < choice.plan.ways.size() && !choice.found; ++i) {
        choose_way(choice, i);
      }
    }
    if (use_stacks_) bpf_program__set_autoload(find(kStacksProgram), true);
  }

  void choose_way(Choice& choice, std::size_t index) {
    const HookWay& way = choice.plan.ways[index];
    const auto refused = choice.refused.find(index);
    const auto target = refused == choice.refused.end()
                            ? target_of(way)
                            : tl::unexpected<std::string>(refused->second);
    if (!target) {
      add_reason(choice.why_not, target.error());
      return;
    }
    choice.found = true;
    choice.way = index;
    choice.target = *target;
    want(way.enter, way.how, choice.target);
    if (!way.leave.empty()) want(way.leave, way.how, choice.target);
  }

  bpf_program* find(const std::string& name) const {
    return bpf_object__find_program_by_name(programs_.object.get(), name.c_str());
  }

  void want(const std::string& name, HookHow how, const std::string& target) const {
    bpf_program* program = find(name);
    bpf_program__set_autoload(program, true);
    if (how == HookHow::Fentry) bpf_program__set_attach_target(program, 0, target.c_str());
  }

  /// Drops the way whose program was refused; false if there is no such.
  bool take_away(const std::string& culprit, int error, const LoadLog& log) {
    if (culprit == kStacksProgram && use_stacks_) {
      use_stacks_ = false;
      return true;
    }
    bool taken = false;
    for (Choice& choice : choices_) {
      if (!choice.found) continue;
      const HookWay& way = choice.chosen();
      if (culprit != way.enter && culprit != way.leave) continue;
      const std::string reason = fmt::format("{} refused: {}{}", hook_how_name(way.how),
                                             std::strerror(-error), log.last_words());
      if (error == -EPERM && way.how != HookHow::Tracepoint) refused_[way.how] = reason;
      choice.refused[choice.way] = reason;
      taken = true;
    }
    return taken;
  }

  static Error refusal(int error, const LoadLog& log) {
    return Error::infrastructure(fmt::format("the kernel refuses tracing programs: {}{}",
                                             std::strerror(-error), log.last_words()));
  }

  /// False if a way did not attach and another one has to be loaded for its hook.
  bool attach() {
    bool all = true;
    for (Choice& choice : choices_) {
      HookStatus status{choice.plan.probe, choice.plan.hook, "", choice.why_not};
      if (choice.found && !attach_choice(choice, status)) {
        const std::string why = status.why_not.substr(choice.why_not.size());
        choice.refused[choice.way] = why.starts_with("; ") ? why.substr(2) : why;
        all = all && choice.way + 1 == choice.plan.ways.size();
      }
      programs_.hooks.push_back(std::move(status));
    }
    if (!all) return false;
    if (use_stacks_) {
      programs_.stacks.reset(bpf_program__attach_iter(find(kStacksProgram), nullptr));
    }
    // Not hooks, but as likely to be missing, and with a reason.
    programs_.hooks.push_back({"task_block", "kernel stacks",
                               programs_.stacks ? "task iterator" : "",
                               programs_.stacks ? "" : "the task iterator was refused"});
    programs_.hooks.push_back({"task_block", "kernel memory",
                               setup_.may_read ? "bpf_probe_read_kernel" : "",
                               setup_.may_read ? "" : "refused: pipes at sleep, FUSE numbers"});
    programs_.wanted_root =
        variable_offset(bpf_object__btf(programs_.object.get()), ".bss", "hr_wanted_root");
    return true;
  }

  bool attach_choice(const Choice& choice, HookStatus& status) {
    const HookWay& way = choice.chosen();
    std::vector<std::string> targets = {choice.target};
    if (way.how == HookHow::Kprobe) targets = way.targets;
    int error = 0;
    for (const std::string& target : targets) {
      // The return first: a call that is seen to begin is then seen to end.
      const bool left = way.leave.empty() || attach_one(way, way.leave, target, true, error);
      if (!left || !attach_one(way, way.enter, target, false, error)) continue;
      status.how = fmt::format("{} {}", hook_how_name(way.how), target);
      if (choice.plan.probe == "task_block") {
        programs_.scheduler_fds.push_back(bpf_program__fd(find(way.enter)));
      }
      return true;
    }
    status.why_not +=
        (status.why_not.empty() ? "" : "; ") +
        fmt::format("{} does not attach: {}", hook_how_name(way.how), std::strerror(error));
    return false;
  }

  bool attach_one(const HookWay& way, const std::string& name, const std::string& target,
                  bool at_return, int& error) {
    if (attached_.contains(name)) return true;  // the system call programs serve several hooks
    const LoadLog quiet;
    bpf_program* program = find(name);
    LinkPtr link(way.how == HookHow::Kprobe
                     ? bpf_program__attach_kprobe(program, at_return, target.c_str())
                     : bpf_program__attach(program));
    if (!link) {
      error = errno;
      return false;
    }
    attached_.insert(name);
    programs_.program_fds.push_back(bpf_program__fd(program));
    programs_.links.push_back(std::move(link));
    return true;
  }

  const ProgramSetup& setup_;
  std::span<const std::byte> image_;
  KernelNames names_;
  std::vector<Choice> choices_;
  std::map<HookHow, std::string> refused_;
  std::set<std::string> attached_;
  bool use_stacks_ = true;
  Programs programs_;
};

}  // namespace

Result<Programs> load_programs(const ProgramSetup& setup, std::span<const std::byte> image) {
  return Loader(setup, image).load();
}

}  // namespace hangrate
