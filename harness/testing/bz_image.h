// SPDX-License-Identifier: GPL-2.0-or-later
//
// For tests: kernel images that are none, but are taken for some.
#pragma once

#include <cstdint>
#include <string>

namespace hangrate::testing {

/// `value` in `size` bytes, lowest first, at `at`.
inline void put_number(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes[at + i] = static_cast<char>(value >> 8 * i & 0xff);
}

/// As much of a bzImage as tells that it is one, and of which release; behind it, if given, a
/// compressed kernel.
inline std::string bz_image(const std::string& release, const std::string& payload = "") {
  std::string image(0x400, '\0');
  image[0x1f1] = 1;  // one sector of setup behind the first
  image.replace(0x202, 4, "HdrS");
  put_number(image, 0x206, 0x20f, 2);  // protocol
  put_number(image, 0x20e, 0x140, 2);  // 0x200 + 0x140
  image.replace(0x340, release.size() + 6, release + " (me) ");
  image[0x340 + release.size() + 6] = '\0';
  if (payload.empty()) return image;
  put_number(image, 0x248, 0x10, 4);  // behind the setup
  put_number(image, 0x24c, payload.size(), 4);
  image += std::string(0x10, '\x90') + payload;
  image.resize((image.size() + 15) / 16 * 16);
  put_number(image, 0x1f4, (image.size() - 0x400) / 16, 4);
  return image;
}

/// An ELF file with a note that is its build id (20 bytes 0xab) and, behind that, `more`.
inline std::string elf_kernel(const std::string& more = "", unsigned machine = 62) {
  constexpr std::size_t kNotes = 0x3000;
  std::string elf(kNotes, '\0');
  elf.replace(0, 4,
              "\x7f"
              "ELF");
  elf[4] = 2;                       // 64 bits
  elf[5] = 1;                       // lowest byte first
  put_number(elf, 18, machine, 2);  // x86-64
  put_number(elf, 32, 64, 8);       // program headers begin here,
  put_number(elf, 54, 56, 2);       // have this size
  put_number(elf, 56, 2, 2);        // and number
  put_number(elf, 64, 1, 4);        // PT_LOAD
  put_number(elf, 120, 4, 4);       // PT_NOTE
  put_number(elf, 128, kNotes, 8);  // offset
  put_number(elf, 152, 36, 8);      // size in the file
  std::string note(16, '\0');
  put_number(note, 0, 4, 4);
  put_number(note, 4, 20, 4);
  put_number(note, 8, 3, 4);
  note.replace(12, 3, "GNU");
  return elf + note + std::string(20, '\xab') + more;
}

}  // namespace hangrate::testing
