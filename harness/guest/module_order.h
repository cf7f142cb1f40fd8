// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which module files of a kernel a guest must load, and in which order. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hangrate {

/// Paths as in modules.dep (relative to its folder), dependencies first, each once. What is built
/// in or not there at all is left out. `modules_dep` is depmod(8)'s text: "a.ko: b.ko c.ko", with
/// the dependencies in reverse order of loading.
std::vector<std::string> module_order(std::string_view modules_dep,
                                      const std::vector<std::string>& wanted);

/// "kernel/fs/fuse/fuse.ko.xz" -> "fuse"; '-' and '_' are the same to the kernel.
std::string module_name(std::string_view path);

}  // namespace hangrate
