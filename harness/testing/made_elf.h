// SPDX-License-Identifier: GPL-2.0-or-later
//
// For tests: ELF files made of headers alone.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include <elf.h>

namespace hangrate::testing {

struct MadeElf {
  std::string interpreter;
  std::vector<std::string> needed;
  std::string rpath;
  std::string runpath;
  Elf64_Half machine = EM_X86_64;
  Elf64_Half type = ET_DYN;
};

inline std::string made_elf(const MadeElf& made) {
  constexpr Elf64_Addr kBase = 0x10000;
  std::string texts(1, '\0');
  std::vector<Elf64_Dyn> dynamic;
  const auto add = [&](Elf64_Sxword tag, const std::string& text) {
    dynamic.push_back({tag, {texts.size()}});
    texts += text + '\0';
  };
  for (const std::string& name : made.needed) add(DT_NEEDED, name);
  if (!made.rpath.empty()) add(DT_RPATH, made.rpath);
  if (!made.runpath.empty()) add(DT_RUNPATH, made.runpath);

  const std::string path = made.interpreter + '\0';
  const std::size_t count = made.interpreter.empty() ? 2 : 3;
  const std::size_t at_path = sizeof(Elf64_Ehdr) + count * sizeof(Elf64_Phdr);
  const std::size_t at_texts = at_path + path.size();
  const std::size_t at_dynamic = at_texts + texts.size();
  dynamic.push_back({DT_STRTAB, {kBase + at_texts}});
  dynamic.push_back({DT_NULL, {0}});
  const std::size_t size = at_dynamic + dynamic.size() * sizeof(Elf64_Dyn);

  Elf64_Ehdr head{};
  std::memcpy(head.e_ident, ELFMAG, SELFMAG);
  head.e_ident[EI_CLASS] = ELFCLASS64;
  head.e_ident[EI_DATA] = ELFDATA2LSB;
  head.e_type = made.type;
  head.e_machine = made.machine;
  head.e_phoff = sizeof head;
  head.e_phentsize = sizeof(Elf64_Phdr);
  head.e_phnum = static_cast<Elf64_Half>(count);
  const auto segment = [](Elf64_Word type, std::size_t offset, std::size_t bytes) {
    Elf64_Phdr one{};
    one.p_type = type;
    one.p_offset = offset;
    one.p_vaddr = kBase + offset;
    one.p_filesz = one.p_memsz = bytes;
    return one;
  };
  std::vector<Elf64_Phdr> segments = {
      segment(PT_LOAD, 0, size),
      segment(PT_DYNAMIC, at_dynamic, dynamic.size() * sizeof(Elf64_Dyn))};
  if (count == 3) segments.push_back(segment(PT_INTERP, at_path, path.size()));

  std::string file;
  const auto append = [&](const void* bytes, std::size_t length) {
    file.append(static_cast<const char*>(bytes), length);
  };
  append(&head, sizeof head);
  append(segments.data(), segments.size() * sizeof(Elf64_Phdr));
  file += path + texts;
  append(dynamic.data(), dynamic.size() * sizeof(Elf64_Dyn));
  return file;
}

}  // namespace hangrate::testing
