// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/base/elf_program.h"

#include <optional>

#include <elf.h>

#include "harness/base/bytes.h"

namespace hangrate {

namespace {

constexpr std::size_t kMostNeeded = 1024;
constexpr std::size_t kLongestText = 4096;  // PATH_MAX

Failure wrong(const std::string& what) {
  return fail(Error::usage(what));
}

/// Elf64_Phdr, as far as it matters.
struct Segment {
  std::uint64_t type = 0;
  std::uint64_t offset = 0;
  std::uint64_t address = 0;
  std::uint64_t size = 0;  ///< in the file
};

std::string machine_name(std::uint64_t machine) {
  switch (machine) {
    case EM_386:
      return "i386";
    case EM_AARCH64:
      return "aarch64";
    case EM_ARM:
      return "arm";
    case EM_RISCV:
      return "riscv";
    case EM_PPC64:
      return "ppc64";
    case EM_S390:
      return "s390";
    default:
      return "machine " + std::to_string(machine) + " of <elf.h>";
  }
}

Result<void> check_kind(std::string_view file) {
  const auto machine = little_endian(file, offsetof(Elf64_Ehdr, e_machine), 2);
  const auto type = little_endian(file, offsetof(Elf64_Ehdr, e_type), 2);
  if (!machine || !type) return wrong("it is an ELF file that is cut short");
  if (file[EI_DATA] != ELFDATA2LSB) return wrong("it is for a big-endian machine, not x86-64");
  if (*machine != EM_X86_64) return wrong("it is for " + machine_name(*machine) + ", not x86-64");
  if (file[EI_CLASS] != ELFCLASS64) return wrong("it is for x32, not x86-64");
  if (*type != ET_EXEC && *type != ET_DYN) return wrong("it is an ELF file, and no program");
  return {};
}

Result<std::vector<Segment>> segments_of(std::string_view file) {
  const auto table = little_endian(file, offsetof(Elf64_Ehdr, e_phoff), 8);
  const auto size = little_endian(file, offsetof(Elf64_Ehdr, e_phentsize), 2);
  const auto count = little_endian(file, offsetof(Elf64_Ehdr, e_phnum), 2);
  if (!table || !size || !count) return wrong("it is an ELF file that is cut short");
  if (*size != sizeof(Elf64_Phdr)) return wrong("its ELF program headers are malformed");
  std::vector<Segment> segments;
  for (std::uint64_t i = 0; i < *count; ++i) {
    if (*table > file.size()) return wrong("its ELF program headers are cut short");
    const std::uint64_t at = *table + i * sizeof(Elf64_Phdr);
    const auto type = little_endian(file, at + offsetof(Elf64_Phdr, p_type), 4);
    const auto offset = little_endian(file, at + offsetof(Elf64_Phdr, p_offset), 8);
    const auto address = little_endian(file, at + offsetof(Elf64_Phdr, p_vaddr), 8);
    const auto bytes = little_endian(file, at + offsetof(Elf64_Phdr, p_filesz), 8);
    if (!type || !offset || !address || !bytes) {
      return wrong("its ELF program headers are cut short");
    }
    segments.push_back({*type, *offset, *address, *bytes});
  }
  return segments;
}

/// nullopt: not all of it is in the file.
std::optional<std::string_view> content(std::string_view file, const Segment& segment) {
  if (segment.offset > file.size() || file.size() - segment.offset < segment.size) {
    return std::nullopt;
  }
  return file.substr(segment.offset, segment.size);
}

const Segment* first_of(const std::vector<Segment>& segments, std::uint64_t type) {
  for (const Segment& segment : segments) {
    if (segment.type == type) return &segment;
  }
  return nullptr;
}

/// The text at `at`, up to its zero; nullopt: it has none, or is longer than any path.
std::optional<std::string> text_at(std::string_view bytes, std::uint64_t at) {
  if (at >= bytes.size()) return std::nullopt;
  const std::string_view rest = bytes.substr(at, kLongestText);
  const std::size_t end = rest.find('\0');
  if (end == rest.npos) return std::nullopt;
  return std::string(rest.substr(0, end));
}

/// What of the file is loaded at `address` and behind it.
std::optional<std::string_view> loaded_at(std::string_view file,
                                          const std::vector<Segment>& segments,
                                          std::uint64_t address) {
  for (const Segment& segment : segments) {
    const bool here = segment.type == PT_LOAD && address >= segment.address &&
                      address - segment.address < segment.size;
    if (!here) continue;
    const auto bytes = content(file, segment);
    if (bytes) return bytes->substr(address - segment.address);
  }
  return std::nullopt;
}

/// PT_DYNAMIC, as far as it matters: where texts are, and offsets into them.
struct Dynamic {
  std::uint64_t texts = 0;
  std::vector<std::uint64_t> needed;
  std::optional<std::uint64_t> rpath;
  std::optional<std::uint64_t> runpath;
};

Result<Dynamic> dynamic_of(std::string_view table) {
  Dynamic dynamic;
  for (std::uint64_t at = 0; at < table.size(); at += sizeof(Elf64_Dyn)) {
    const auto tag = little_endian(table, at, 8);
    const auto value = little_endian(table, at + 8, 8);
    if (!tag || !value) return wrong("its ELF dynamic section is cut short");
    if (*tag == DT_NULL) break;
    if (*tag == DT_STRTAB) dynamic.texts = *value;
    if (*tag == DT_RPATH) dynamic.rpath = *value;
    if (*tag == DT_RUNPATH) dynamic.runpath = *value;
    if (*tag != DT_NEEDED) continue;
    if (dynamic.needed.size() == kMostNeeded) return wrong("it needs more than 1024 libraries");
    dynamic.needed.push_back(*value);
  }
  return dynamic;
}

Result<void> take_texts(std::string_view file, const std::vector<Segment>& segments,
                        const Dynamic& dynamic, ElfProgram& program) {
  if (dynamic.needed.empty() && !dynamic.rpath && !dynamic.runpath) return {};
  const auto texts = loaded_at(file, segments, dynamic.texts);
  if (!texts) return wrong("its ELF string table is not in the file");
  const auto take = [&](std::uint64_t at, std::string& text) {
    const auto found = text_at(*texts, at);
    if (found) text = *found;
    return found.has_value();
  };
  bool whole = true;
  for (const std::uint64_t at : dynamic.needed) {
    whole = take(at, program.needed.emplace_back()) && !program.needed.back().empty() && whole;
  }
  if (dynamic.rpath) whole = take(*dynamic.rpath, program.rpath) && whole;
  if (dynamic.runpath) whole = take(*dynamic.runpath, program.runpath) && whole;
  return whole ? Result<void>() : wrong("a name in its ELF string table is cut short");
}

}  // namespace

bool is_elf(std::string_view file) {
  return file.starts_with(std::string_view(ELFMAG, SELFMAG));
}

Result<ElfProgram> read_elf(std::string_view file) {
  if (!is_elf(file)) return wrong("it is no ELF file");
  HR_TRY(check_kind(file));
  const auto segments = segments_of(file);
  if (!segments) return fail(segments.error());
  ElfProgram program;
  if (const Segment* segment = first_of(*segments, PT_INTERP)) {
    const auto bytes = content(file, *segment);
    const auto path = bytes ? text_at(*bytes, 0) : std::nullopt;
    if (!path || !path->starts_with('/')) return wrong("its ELF interpreter is no path");
    program.interpreter = *path;
  }
  const Segment* segment = first_of(*segments, PT_DYNAMIC);
  if (segment == nullptr) return program;
  const auto table = content(file, *segment);
  if (!table) return wrong("its ELF dynamic section is cut short");
  const auto dynamic = dynamic_of(*table);
  if (!dynamic) return fail(dynamic.error());
  HR_TRY(take_texts(file, *segments, *dynamic, program));
  return program;
}

}  // namespace hangrate
