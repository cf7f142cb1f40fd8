// SPDX-License-Identifier: GPL-2.0-or-later
//
// A program or script that a user gives to a guest: whatever it holds, what it is said to need is
// no longer than a path, and names are what they are said to be.
#include "harness/base/elf_program.h"
#include "harness/fuzz/input.h"
#include "harness/guest/library_search.h"
#include "harness/guest/script_text.h"

namespace {

using namespace hangrate;

constexpr std::size_t kLongest = 4096;

void check_elf(const std::string& text) {
  const auto elf = read_elf(text);
  if (!elf) return;
  HR_CHECK(is_elf(text));
  HR_CHECK(elf->interpreter.empty() || elf->interpreter.starts_with('/'));
  for (const std::string& name : elf->needed) HR_CHECK(!name.empty() && name.size() < kLongest);
  for (const std::string& path : {elf->rpath, elf->runpath}) {
    for (const std::string& folder : expand_search_path(path, "/origin")) {
      HR_CHECK(folder.starts_with('/'));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = fuzz::text_of(data, size);
  check_elf(text);
  if (const auto head = script_head(text)) {
    HR_CHECK(!head->interpreter.empty() && head->interpreter.find('\0') == std::string::npos);
    (void)is_shell(head->interpreter);
  }
  for (const std::string& name : names_in_shell(text)) {
    HR_CHECK(!name.empty() && name.find_first_of(" \t\n$|;") == std::string::npos);
  }
  return 0;
}
