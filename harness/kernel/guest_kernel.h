// SPDX-License-Identifier: GPL-2.0-or-later
//
// Kernels for guests: from what a user names ("debian:bookworm", "recipe:6.1-pipe-stall", a file)
// to an image, modules and a configuration on this machine. Downloads and builds as needed, keeps
// the result in a cache. May be used by whatever prepares a run; takes minutes, so never inside
// one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/base/error.h"

namespace hangrate {

struct GuestKernel {
  std::string spec;   ///< as asked, e.g. "debian:bookworm"
  std::string label;  ///< "Debian 6.1.0-50-cloud-amd64 (bookworm)", "6.1.192 + revert e95aada4cb93"
  std::string release;   ///< uname -r, as the image says, "" = it does not tell
  std::string build_id;  ///< of the kernel in the image, in hex; "" = unknown
  std::string image;     ///< path of a bootable bzImage/vmlinuz
  std::string modules;   ///< folder with modules.dep, modules.builtin and the .ko files, "" = none
  std::string config;    ///< path, "" = none
  std::string build_note;             ///< "+ revert e95aada4cb93" for recipes, else ""
  std::vector<std::string> reverted;  ///< reproducers whose fix the build took out
  bool native = false;                ///< spec "native": no guest
  bool user_mode = false;             ///< spec "uml:": the image is a program
  /// As long as this lives, nobody prunes or replaces the files in the cache.
  std::shared_ptr<const void> hold;
};

struct KernelOptions {
  std::string cache;   ///< folder, see default_kernel_cache()
  std::string mirror;  ///< of Debian's archive; "" = this machine's apt configuration
  bool offline = false;
  std::function<void(const std::string&)> progress;  ///< one line, without newline
  std::function<void(const std::string&)> notice;    ///< likewise, and worth keeping
};

/// $HANGRATE_CACHE, else $XDG_CACHE_HOME/hangrate, else ~/.cache/hangrate.
std::string default_kernel_cache();

/// Syntax only: a usage error that names the forms.
Result<void> check_kernel_spec(const std::string& spec);

/// Makes the kernel of `spec` available (downloads or builds what is missing). Idempotent, safe to
/// run concurrently. Call from the main thread, or from one that outlives the call.
Result<GuestKernel> provide_kernel(const std::string& spec, const KernelOptions& options);

/// What lies complete in the cache, by spec.
std::vector<GuestKernel> cached_kernels(const std::string& cache);

}  // namespace hangrate
