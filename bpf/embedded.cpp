// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/embedded.h"

asm(".section .rodata\n"
    ".balign 16\n"
    "hangrate_bpf_fetch: .incbin \"" HANGRATE_BPF_FETCH
    "\"\n"
    "hangrate_bpf_fetch_end:\n"
    ".balign 16\n"
    "hangrate_bpf_nested: .incbin \"" HANGRATE_BPF_NESTED
    "\"\n"
    "hangrate_bpf_nested_end:\n"
    ".previous\n");

extern "C" {
extern const std::byte hangrate_bpf_fetch[];
extern const std::byte hangrate_bpf_fetch_end[];
extern const std::byte hangrate_bpf_nested[];
extern const std::byte hangrate_bpf_nested_end[];
}

namespace hangrate {

std::span<const std::byte> embedded_programs(bool has_fetch) {
  if (has_fetch) return {hangrate_bpf_fetch, hangrate_bpf_fetch_end};
  return {hangrate_bpf_nested, hangrate_bpf_nested_end};
}

}  // namespace hangrate
