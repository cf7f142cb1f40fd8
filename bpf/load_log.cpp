// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/load_log.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "harness/base/file.h"

namespace hangrate {

namespace {

std::string* g_said = nullptr;

[[gnu::format(printf, 2, 0)]] int take(enum libbpf_print_level level, const char* format,
                                       va_list arguments) {
  if (level == LIBBPF_DEBUG || !g_said) return 0;
  char text[16384];
  const int length = std::vsnprintf(text, sizeof text, format, arguments);
  if (length > 0) g_said->append(text);
  return length;
}

std::string& said() {
  static std::string text;
  return text;
}

}  // namespace

LoadLog::LoadLog() {
  said().clear();
  g_said = &said();
  before_ = reinterpret_cast<void*>(libbpf_set_print(take));
}

LoadLog::~LoadLog() {
  if (std::getenv("HANGRATE_BPF_LOG")) std::fputs(said().c_str(), stderr);
  g_said = nullptr;
  libbpf_set_print(reinterpret_cast<libbpf_print_fn_t>(before_));
}

std::string LoadLog::culprit() const {
  // "libbpf: prog 'NAME': failed to load: -1", or "...: failed to find kernel BTF type ID ..."
  const std::string& text = said();
  const std::string before = "prog '";
  auto end = text.find("': failed to ");
  if (end == text.npos) end = text.find("': BPF program load failed");
  if (end == text.npos) return "";
  const auto begin = text.rfind(before, end);
  if (begin == text.npos) return "";
  return text.substr(begin + before.size(), end - begin - before.size());
}

std::string LoadLog::last_words() const {
  std::string last;
  bool verifier = false;
  for (const std::string& line : split(said(), '\n')) {
    if (line.find("BEGIN PROG LOAD LOG") != line.npos) verifier = true;
    if (line.find("END PROG LOAD LOG") != line.npos) verifier = false;
    if (!verifier || line.starts_with("libbpf:") || line.starts_with("processed ")) continue;
    if (!line.empty() && !line.starts_with("--")) last = line;
  }
  return last.empty() ? "" : " (" + trimmed(last) + ")";
}

std::optional<std::uint32_t> variable_offset(const btf* types, const char* section,
                                             const char* name) {
  const int id = btf__find_by_name_kind(types, section, BTF_KIND_DATASEC);
  if (id < 0) return std::nullopt;
  const btf_type* sec = btf__type_by_id(types, static_cast<__u32>(id));
  const btf_var_secinfo* info = btf_var_secinfos(sec);
  for (int i = 0; i < btf_vlen(sec); ++i) {
    const btf_type* variable = btf__type_by_id(types, info[i].type);
    const char* found = btf__name_by_offset(types, variable->name_off);
    if (found && std::strcmp(found, name) == 0) return info[i].offset;
  }
  return std::nullopt;
}

}  // namespace hangrate
