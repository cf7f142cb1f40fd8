// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/stack_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include "harness/base/file.h"

namespace hangrate {

namespace {

template <typename T>
bool take_number(std::string_view& text, T& value, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_char(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool parse_head(std::string_view line, TraceTask& task) {
  constexpr std::string_view kHead = "task ";
  if (!line.starts_with(kHead)) return false;
  line.remove_prefix(kHead.size());
  if (!take_number(line, task.tid, 10) || !take_char(line, ' ')) return false;
  if (!take_number(line, task.pid, 10)) return false;
  std::array<std::uint64_t, 2> comm{};
  for (std::uint64_t& word : comm) {
    if (!take_char(line, ' ') || !take_number(line, word, 16)) return false;
  }
  if (!line.empty()) return false;
  std::array<char, sizeof comm> name{};
  std::memcpy(name.data(), comm.data(), sizeof comm);
  task.comm.assign(name.data(), ::strnlen(name.data(), name.size()));
  return true;
}

bool is_scheduler(std::string_view function) {
  return function == "__schedule" || function == "schedule" ||
         function == "__traceiter_sched_switch";
}

/// "function+0x12/0x34".
std::string_view function_of(std::string_view line) {
  const auto plus = line.find("+0x");
  return plus == line.npos ? std::string_view() : line.substr(0, plus);
}

bool parse_mapping(std::string_view line, Mapping& mapping) {
  if (!take_number(line, mapping.begin, 16) || !take_char(line, '-')) return false;
  if (!take_number(line, mapping.end, 16) || !take_char(line, ' ')) return false;
  if (line.size() < 5 || line[2] != 'x') return false;
  line.remove_prefix(5);
  if (!take_number(line, mapping.offset, 16)) return false;
  const auto path = line.find('/');
  if (path == line.npos) return false;
  mapping.name = line.substr(line.rfind('/') + 1);
  return true;
}

}  // namespace

std::vector<TaskStack> parse_task_stacks(std::string_view text) {
  std::vector<TaskStack> stacks;
  for (const std::string& line : split(text, '\n')) {
    TraceTask task;
    if (parse_head(line, task)) {
      stacks.push_back({.task = std::move(task)});
      continue;
    }
    const std::string_view function = function_of(line);
    if (stacks.empty() || function.empty()) continue;
    auto& frames = stacks.back().frames;
    if (frames.empty() && is_scheduler(function)) continue;
    frames.emplace_back(function);
  }
  return stacks;
}

std::vector<Mapping> parse_layout(std::string_view maps) {
  std::vector<Mapping> layout;
  for (const std::string& line : split(maps, '\n')) {
    Mapping mapping;
    if (parse_mapping(line, mapping)) layout.push_back(std::move(mapping));
  }
  return layout;
}

std::string name_address(const std::vector<Mapping>& layout, std::uint64_t address) {
  const auto found = std::find_if(layout.begin(), layout.end(), [address](const Mapping& m) {
    return address >= m.begin && address < m.end;
  });
  if (found == layout.end()) return fmt::format("{:#x}", address);
  return fmt::format("{}+{:#x}", found->name, address - found->begin + found->offset);
}

}  // namespace hangrate
