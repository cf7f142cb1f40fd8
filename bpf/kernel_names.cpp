// SPDX-License-Identifier: GPL-2.0-or-later
#include "bpf/kernel_names.h"

#include <memory>

#include <bpf/btf.h>
#include <unistd.h>

namespace hangrate {

namespace {

constexpr const char* kModules[] = {"fuse", "9pnet"};
constexpr std::string_view kTracepointPrefix = "btf_trace_";

struct BtfCloser {
  void operator()(btf* b) const { btf__free(b); }
};
using BtfPtr = std::unique_ptr<btf, BtfCloser>;

/// Parameters of a FUNC_PROTO, also behind a pointer.
int parameters(const btf* types, __u32 id) {
  const btf_type* type = btf__type_by_id(types, id);
  while (type && btf_is_ptr(type)) type = btf__type_by_id(types, type->type);
  return type && btf_is_func_proto(type) ? btf_vlen(type) : 0;
}

void scan(const btf* types, __u32 first, const NameSet& wanted, KernelNames& names) {
  for (__u32 id = first; id < btf__type_cnt(types); ++id) {
    const btf_type* type = btf__type_by_id(types, id);
    const bool function = btf_is_func(type);
    if (!function && !btf_is_typedef(type)) continue;
    std::string_view name = btf__name_by_offset(types, type->name_off);
    if (!function) {
      if (!name.starts_with(kTracepointPrefix)) continue;
      name.remove_prefix(kTracepointPrefix.size());
    }
    const auto found = wanted.find(name);
    if (found == wanted.end()) continue;
    const int count = parameters(types, type->type);
    // The first parameter of a tracepoint's type is the registered data.
    if (function) names.functions[*found] = count;
    if (!function) names.tracepoints[*found] = count - 1;
  }
}

}  // namespace

Result<KernelNames> read_kernel_names(const NameSet& wanted) {
  const BtfPtr kernel(btf__load_vmlinux_btf());
  if (!kernel) {
    return fail(Error::infrastructure(
        "the kernel has no BTF (/sys/kernel/btf/vmlinux): it needs CONFIG_DEBUG_INFO_BTF"));
  }
  KernelNames names;
  scan(kernel.get(), 1, wanted, names);
  for (const char* module : kModules) {
    // Built in, not loaded, or a kernel before v5.11: modules have no BTF there.
    if (::access((std::string("/sys/kernel/btf/") + module).c_str(), R_OK) != 0) continue;
    const BtfPtr types(btf__load_module_btf(module, kernel.get()));
    if (types) scan(types.get(), btf__type_cnt(kernel.get()), wanted, names);
  }
  return names;
}

}  // namespace hangrate
