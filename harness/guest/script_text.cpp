// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/guest/script_text.h"

#include <set>

#include "harness/base/file.h"
#include "harness/base/text.h"

namespace hangrate {

namespace {

constexpr std::size_t kHead = 256;  // BINPRM_BUF_SIZE
constexpr std::string_view kBlank = " \t";
constexpr std::string_view kOfNames =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+./@%,:";

std::string_view last_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // all of it behind npos
}

/// What env(1) is told to start: the first word that is neither option nor assignment.
std::string started_by_env(const std::string& arguments) {
  for (const std::string& word : split(arguments, ' ')) {
    if (word.empty() || word.starts_with('-') || word.find('=') != word.npos) continue;
    return word;
  }
  return {};
}

}  // namespace

std::optional<ScriptHead> script_head(std::string_view file) {
  if (!take(file, "#!")) return std::nullopt;
  const std::string_view head = file.substr(0, kHead - 2);
  const std::size_t end = head.find('\n');
  const std::string line = trimmed(head.substr(0, end));
  const std::size_t blank = line.find_first_of(kBlank);
  const bool cut = end == head.npos && head.size() == kHead - 2 && blank == line.npos;
  if (line.empty() || cut) return std::nullopt;
  ScriptHead script{.interpreter = line.substr(0, blank), .program = ""};
  if (script.interpreter.find('\0') != script.interpreter.npos) return std::nullopt;
  if (last_name(script.interpreter) == "env" && blank != line.npos) {
    script.program = started_by_env(line.substr(blank + 1));
  }
  return script;
}

bool is_shell(std::string_view path) {
  constexpr std::string_view kShells[] = {"sh", "ash", "bash", "dash", "ksh", "mksh", "zsh"};
  return std::find(std::begin(kShells), std::end(kShells), last_name(path)) != std::end(kShells);
}

std::vector<std::string> names_in_shell(std::string_view text) {
  std::set<std::string> seen;
  std::vector<std::string> names;
  for (const std::string& line : split(text, '\n')) {
    if (trimmed(line).starts_with('#')) continue;
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t begin = line.find_first_of(kOfNames, at);
      if (begin == line.npos) break;
      at = std::min(line.find_first_not_of(kOfNames, begin), line.size());
      const std::string name = line.substr(begin, at - begin);
      if (seen.insert(name).second) names.push_back(name);
    }
  }
  return names;
}

}  // namespace hangrate
