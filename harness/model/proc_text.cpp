// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/proc_text.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "harness/base/text.h"

namespace hangrate {

namespace {

/// The function a compiler's clone was made from: "put_files_struct.part.0", "x.isra.0", "x.cold".
std::string_view function_of(std::string_view symbol) {
  return symbol.substr(0, symbol.find('.', 1));
}

// proc_pid_stat(5), counted from 1; the state is field 3
constexpr int kParentField = 4;
constexpr int kFlagsField = 9;
constexpr int kMinorFaultsField = 10;
constexpr int kMajorFaultsField = 12;
constexpr int kUserField = 14;
constexpr int kKernelField = 15;
constexpr int kStartedField = 22;

template <typename Number>
std::optional<Number> number(std::string_view text, int base = 10) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return value;
}

/// From field `wanted` on, of a text that begins with the state; "" if there are not so many.
std::string_view field_of(std::string_view text, int wanted) {
  for (int field = 3; field < wanted; ++field) {
    const std::size_t space = text.find(' ');
    if (space == text.npos) return {};
    text.remove_prefix(space + 1);
  }
  return text;
}

/// The rest of the line "key:..." of a status file, nullopt if there is none.
std::optional<std::string_view> value_of(std::string_view text, std::string_view key) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    const std::string_view line = text.substr(at, end == text.npos ? text.npos : end - at);
    if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == ':') {
      return line.substr(key.size() + 1);
    }
    if (end == text.npos) break;
    at = end + 1;
  }
  return std::nullopt;
}

std::string_view behind_tab(std::string_view value) {
  return value.starts_with('\t') ? value.substr(1) : value;
}

}  // namespace

void parse_stat(std::string_view text, TaskSample& sample) {
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == text.npos || close == text.npos || close < open || close + 2 >= text.size()) {
    sample.absent.push_back({"stat", "malformed"});
    return;
  }
  sample.comm = std::string(text.substr(open + 1, close - open - 1));
  const std::string_view rest = text.substr(close + 2);
  sample.state = rest.front();
  if (const auto flags = number<std::uint64_t>(field_of(rest, kFlagsField))) {
    sample.flags = *flags;
    sample.started = number<std::uint64_t>(field_of(rest, kStartedField));
  } else {
    sample.absent.push_back({"stat", "too short"});
  }
}

std::optional<int> parent_of(std::string_view stat) {
  const std::size_t close = stat.rfind(')');
  if (close == stat.npos || close + 2 >= stat.size()) return std::nullopt;
  return number<int>(field_of(stat.substr(close + 2), kParentField));
}

void parse_status(std::string_view text, TaskSample& sample) {
  const auto voluntary = value_of(text, "voluntary_ctxt_switches");
  const auto involuntary = value_of(text, "nonvoluntary_ctxt_switches");
  if (voluntary && involuntary) {
    const auto a = number<std::uint64_t>(*voluntary);
    const auto b = number<std::uint64_t>(*involuntary);
    if (a && b) sample.switches = *a + *b;
  }
  if (!sample.switches) sample.absent.push_back({"status", "no context switch counters"});
  if (const auto set = value_of(text, "SigPnd")) {
    sample.pending = number<std::uint64_t>(*set, 16).value_or(0);
  }
  if (const auto set = value_of(text, "ShdPnd")) {
    sample.shared_pending = number<std::uint64_t>(*set, 16).value_or(0);
  }
  if (const auto tracer = value_of(text, "TracerPid")) {
    sample.tracer = number<int>(*tracer).value_or(0);
  }
}

void parse_name_and_state(std::string_view status, TaskSample& sample) {
  sample.comm = std::string(behind_tab(value_of(status, "Name").value_or("")));
  const std::string_view state = behind_tab(value_of(status, "State").value_or(""));
  if (state.empty()) {
    sample.absent.push_back({"status", "no state"});
  } else {
    sample.state = state.front();
  }
}

void parse_wchan(std::string_view text, TaskSample& sample) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\0')) text.remove_suffix(1);
  if (text.empty() || text == "0") {
    sample.absent.push_back({"wchan", "the kernel gives no name (not asleep, or not permitted)"});
    return;
  }
  sample.wchan = std::string(function_of(text));
}

void parse_syscall(std::string_view text, TaskSample& sample) {
  const std::size_t end = text.find('\n');
  sample.syscall = std::string(text.substr(0, end));
}

void parse_stack(std::string_view text, TaskSample& sample) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    std::string_view line = text.substr(at, end == text.npos ? text.npos : end - at);
    at = end == text.npos ? text.size() : end + 1;
    // "[<0>] pipe_write+0x4b1/0x680 [module]"
    if (const std::size_t bracket = line.find("] ");
        bracket != line.npos && line.starts_with('[')) {
      line.remove_prefix(bracket + 2);
    }
    while (line.starts_with("? ")) line.remove_prefix(2);
    const std::string_view name = line.substr(0, line.find('+'));
    if (!name.empty() && name.find(' ') == name.npos) sample.stack.emplace_back(function_of(name));
  }
  if (sample.stack.empty()) sample.absent.push_back({"stack", "empty"});
}

long syscall_number(const TaskSample& sample) {
  return number<long>(sample.syscall).value_or(-1);
}

std::optional<std::uint64_t> syscall_argument(const TaskSample& sample, std::size_t index) {
  std::string_view text = sample.syscall;
  for (std::size_t i = 0; i <= index; ++i) {
    const std::size_t space = text.find(' ');
    if (space == text.npos) return std::nullopt;
    text.remove_prefix(space + 1);
  }
  if (!take(text, "0x")) return std::nullopt;
  return number<std::uint64_t>(text, 16);
}

void parse_stat(std::string_view text, SeenTask& task) {
  parse_stat(text, task.sample);
  const std::size_t close = text.rfind(')');
  if (close == text.npos || close + 2 >= text.size()) return;
  const std::string_view rest = text.substr(close + 2);
  task.parent = number<int>(field_of(rest, kParentField)).value_or(0);
}

void parse_status(std::string_view text, SeenTask& task) {
  parse_status(text, task.sample);
  const auto mask = [&](std::string_view key) {
    const auto set = value_of(text, key);
    return set ? number<std::uint64_t>(*set, 16).value_or(0) : 0;
  };
  task.blocked = mask("SigBlk");
  task.caught = mask("SigCgt");
  std::string_view ids = value_of(text, "NSpid").value_or("");
  while (const auto id = number<int>(ids)) {
    task.numbers.push_back(*id);
    ids.remove_prefix(std::min(ids.find_first_of("0123456789"), ids.size()));
    ids.remove_prefix(std::min(ids.find_first_not_of("0123456789"), ids.size()));
  }
}

bool parse_stat(std::string_view text, CpuSample& sample) {
  TaskSample task;
  parse_stat(text, task);
  if (!task.started) return false;
  sample.comm = task.comm;
  sample.state = task.state;
  sample.flags = task.flags;
  sample.started = *task.started;
  const std::string_view rest = text.substr(text.rfind(')') + 2);
  const auto field = [&](int which) { return number<std::uint64_t>(field_of(rest, which)); };
  sample.user = field(kUserField).value_or(0);
  sample.kernel = field(kKernelField).value_or(0);
  sample.faults = field(kMinorFaultsField).value_or(0) + field(kMajorFaultsField).value_or(0);
  return true;
}

void parse_status(std::string_view text, CpuSample& sample) {
  const auto switches = value_of(text, "voluntary_ctxt_switches");
  if (switches) sample.voluntary = number<std::uint64_t>(*switches);
}

std::optional<TaskMotion> parse_schedstat(std::string_view text) {
  const auto ran = number<Nanos>(text);
  const std::size_t last = text.rfind(' ');
  if (!ran || last == text.npos) return std::nullopt;
  const auto times = number<std::uint64_t>(text.substr(last));
  if (!times || *times == 0) return std::nullopt;
  return TaskMotion{.times = *times, .ran = *ran};
}

}  // namespace hangrate
