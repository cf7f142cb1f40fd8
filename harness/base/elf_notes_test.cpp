// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/base/elf_notes.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

std::string number(unsigned value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> 8 * i & 0xff);
  return bytes;
}

std::string note(const std::string& owner, unsigned type, const std::string& content) {
  std::string text = number(static_cast<unsigned>(owner.size() + 1)) +
                     number(static_cast<unsigned>(content.size())) + number(type) + owner + '\0';
  text.resize((text.size() + 3) / 4 * 4);
  text += content;
  text.resize((text.size() + 3) / 4 * 4);
  return text;
}

TEST(ElfNotes, FindsTheBuildIdBehindOtherNotes) {
  const std::string notes = note("Xen", 5, "linux") + note("GNU", 1, "abi") +
                            note("Linux", 3, "x") + note("GNU", 3, "\x01\xff\x20");
  EXPECT_EQ(gnu_build_id(notes), "01ff20");
}

TEST(ElfNotes, WhatIsCutShortOrHugeHasNone) {
  const std::string whole = note("GNU", 3, "\x01\xff\x20");
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    EXPECT_EQ(gnu_build_id(whole.substr(0, size)), "") << size;
  }
  EXPECT_EQ(gnu_build_id(number(0xffffffff) + number(0xffffffff) + number(3) + "GNU"), "");
  EXPECT_EQ(gnu_build_id(note("GNU", 3, std::string(65, 'x'))), "");
  EXPECT_EQ(gnu_build_id(note("GNU", 3, "")), "");
  EXPECT_EQ(gnu_build_id(std::string(4096, '\0')), "");
}

}  // namespace
}  // namespace hangrate
