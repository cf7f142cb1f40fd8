// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/image_header.h"

#include <algorithm>

#include <elf.h>

#include "harness/base/bytes.h"
#include "harness/base/text.h"

namespace hangrate {

namespace {

constexpr std::size_t kLongestRelease = 64;  // __NEW_UTS_LEN of include/uapi/linux/utsname.h
constexpr std::uint64_t kMostNotes = 1u << 20;

Failure cut_short(std::uint64_t size, std::uint64_t least) {
  return fail(
      Error::usage("cut short: " + std::to_string(size) + " bytes of " + std::to_string(least)));
}

/// Documentation/arch/x86/boot.rst: sectors of 512 bytes, one and setup_sects (0 means 4) of them
/// before the kernel.
std::uint64_t setup_size(std::string_view head) {
  const std::uint64_t sectors = *little_endian(head, 0x1f1, 1);
  return ((sectors != 0 ? sectors : 4) + 1) * 512;
}

/// boot.rst: at 0x20e, if not 0, where the version lies, counted from 0x200 and within the setup.
Result<std::string> bz_release(std::string_view head) {
  const std::uint64_t at = 0x200 + *little_endian(head, 0x20e, 2);
  if (at == 0x200) return std::string();
  if (at >= std::min<std::uint64_t>(head.size(), setup_size(head))) {
    return fail(Error::usage("its version lies outside its header"));
  }
  const std::string_view text = head.substr(at, kLongestRelease + 1);
  const std::string release(text.substr(0, text.find_first_of(std::string_view(" \0", 2))));
  if (plausible_release(release)) return release;
  return fail(Error::usage("what stands where its release should be is none"));
}

/// boot.rst, protocol 2.08: payload_offset at 0x248, counted from the kernel; payload_length.
Result<ByteRange> bz_payload(std::string_view head, std::uint64_t size) {
  const auto at = little_endian(head, 0x248, 4);
  const auto length = little_endian(head, 0x24c, 4);
  if (*little_endian(head, 0x206, 2) < 0x208 || !at || !length || *length == 0) return ByteRange{};
  const ByteRange payload{.at = setup_size(head) + *at, .size = *length};
  if (payload.at + payload.size <= size) return payload;
  return fail(Error::usage("its compressed kernel lies outside of it"));
}

/// The kernel has syssize (at 0x1f4) times 16 bytes. A signature may follow.
Result<std::optional<ImageHeader>> bz_image(std::string_view head, std::uint64_t size) {
  if (head.size() < 0x210) return cut_short(size, 0x210);
  const std::uint64_t least = setup_size(head) + *little_endian(head, 0x1f4, 4) * 16;
  if (size < least) return cut_short(size, least);
  const auto release = bz_release(head);
  if (!release) return fail(release.error());
  const auto payload = bz_payload(head, size);
  if (!payload) return fail(payload.error());
  return ImageHeader{.kind = ImageKind::BzImage, .release = *release, .payload = *payload};
}

/// Documentation/arch/arm64/booting.rst; image_size at 0x10 counts what is cleared, too, so that
/// the file may be smaller.
Result<std::optional<ImageHeader>> arm64_image(std::string_view head, std::uint64_t size) {
  if (head.size() < 64) return cut_short(size, 64);
  return ImageHeader{.kind = ImageKind::Arm64, .release = "", .payload = {}, .x86 = false};
}

/// Fields of an ELF header and of a program header that differ in place between the classes.
struct ElfLayout {
  std::size_t header, phoff, phentsize, phnum, entry, offset, filesz, word;
};
constexpr ElfLayout kElf64 = {sizeof(Elf64_Ehdr), 32, 54, 56, sizeof(Elf64_Phdr), 8, 32, 8};
constexpr ElfLayout kElf32 = {sizeof(Elf32_Ehdr), 28, 42, 44, sizeof(Elf32_Phdr), 4, 16, 4};

std::optional<ElfLayout> elf_layout(std::string_view head) {
  if (!head.starts_with(ELFMAG) || head.size() < sizeof(Elf32_Ehdr)) return std::nullopt;
  if (head[EI_DATA] != ELFDATA2LSB) return std::nullopt;
  if (head[EI_CLASS] == ELFCLASS64 && head.size() >= sizeof(Elf64_Ehdr)) return kElf64;
  if (head[EI_CLASS] == ELFCLASS32) return kElf32;
  return std::nullopt;
}

Result<std::optional<ImageHeader>> elf_image(std::string_view head, std::uint64_t size) {
  if (!elf_layout(head))
    return fail(Error::usage("an ELF file cut short, or of a foreign machine"));
  const std::uint64_t machine = *little_endian(head, 18, 2);
  const std::uint64_t headers =
      *little_endian(head, elf_layout(head)->phoff, elf_layout(head)->word);
  if (headers > size) return fail(Error::usage("its program headers lie outside of it"));
  return ImageHeader{.kind = ImageKind::Elf,
                     .release = "",
                     .payload = {},
                     .x86 = machine == EM_X86_64 || machine == EM_386};
}

}  // namespace

Result<std::optional<ImageHeader>> read_image_header(std::string_view head, std::uint64_t size) {
  if (head.starts_with(ELFMAG)) return elf_image(head, size);
  if (head.size() >= 0x206 && head.substr(0x202, 4) == "HdrS") return bz_image(head, size);
  if (head.size() >= 0x3c && head.substr(0x38, 4) == "ARM\x64") return arm64_image(head, size);
  return std::optional<ImageHeader>();
}

std::vector<ByteRange> elf_notes(std::string_view head) {
  std::vector<ByteRange> notes;
  const auto layout = elf_layout(head);
  if (!layout) return notes;
  const std::uint64_t table = *little_endian(head, layout->phoff, layout->word);
  const std::uint64_t step = *little_endian(head, layout->phentsize, 2);
  const std::uint64_t count = *little_endian(head, layout->phnum, 2);
  for (std::uint64_t i = 0; i < count && table <= head.size(); ++i) {
    const std::uint64_t at = table + i * step;
    if (step < layout->entry || !little_endian(head, at, 4)) break;
    const auto offset = little_endian(head, at + layout->offset, layout->word);
    const auto size = little_endian(head, at + layout->filesz, layout->word);
    if (*little_endian(head, at, 4) != PT_NOTE || !offset || !size) continue;
    if (*size > 0 && *size <= kMostNotes) notes.push_back({*offset, *size});
  }
  return notes;
}

std::string release_in_banner(std::string_view bytes) {
  constexpr std::string_view kBanner = "Linux version ";
  for (std::size_t at = bytes.find(kBanner); at != bytes.npos; at = bytes.find(kBanner, at + 1)) {
    const std::string_view text = bytes.substr(at + kBanner.size(), kLongestRelease + 2);
    const std::string_view release = text.substr(0, text.find(" ("));
    if (release.size() == text.size() || release.empty() || !is_digit(release[0])) continue;
    if (plausible_release(release)) return std::string(release);
  }
  return {};
}

bool plausible_release(std::string_view release) {
  constexpr const char* kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+~_-";
  return !release.empty() && release.size() <= kLongestRelease && release != "." &&
         release != ".." && release.find_first_not_of(kLetters) == release.npos;
}

}  // namespace hangrate
