// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "harness/app/commands.h"
#include "harness/app/drive.h"
#include "harness/app/exit_codes.h"
#include "harness/kernel/guest_kernel.h"
#include "harness/kernel/kernel_cache.h"
#include "harness/kernel/kernel_json.h"
#include "harness/kernel/kernel_spec.h"
#include "harness/report/safe_text.h"

namespace hangrate {

namespace {

struct Options {
  std::string cache = default_kernel_cache();
  std::string mirror;
  bool offline = false;
  bool json = false;
  bool all = false;
  std::string older_than = "30d";
  std::vector<std::string> specs;
  std::function<int()> chosen;
};

void tell(const std::string& line) {
  say(stderr, "{}\n", safe_line(line));
}

KernelOptions kernel_options(const Options& options) {
  return {.cache = options.cache,
          .mirror = options.mirror,
          .offline = options.offline,
          .progress = tell,
          .notice = tell};
}

/// One line per kernel: spec, label and image, with tabs between them for cut(1).
void print_kernels(const std::vector<GuestKernel>& kernels, bool json) {
  if (!json) {
    for (const GuestKernel& k : kernels) {
      say("{}\t{}\t{}\n", safe_line(k.spec), safe_line(k.label), safe_line(k.image));
    }
    return;
  }
  Json all = Json::array();
  for (const GuestKernel& kernel : kernels) all.push_back(to_json_value(kernel));
  say("{}", dump_pretty(all));
}

int fetch(const Options& options) {
  for (const std::string& spec : options.specs) {  // all of them before the first download
    if (const auto known = check_kernel_spec(spec); !known) return complain(known.error());
  }
  std::vector<GuestKernel> kernels;
  int code = kExitAsExpected;
  for (const std::string& spec : options.specs) {
    auto kernel = provide_kernel(spec, kernel_options(options));
    if (kernel) {
      kernels.push_back(std::move(*kernel));
    } else {  // the others are still worth having
      code = std::max(code, complain(kernel.error()));
    }
  }
  print_kernels(kernels, options.json);
  return finish_stdout(code);
}

int build(Options options) {
  for (std::string& name : options.specs) {
    if (!name.starts_with("recipe:")) name.insert(0, "recipe:");
  }
  return fetch(options);
}

int list(const Options& options) {
  print_kernels(cached_kernels(options.cache), options.json);
  return finish_stdout(kExitAsExpected);
}

int show(const Options& options) {
  Options here = options;
  here.offline = true;
  const auto kernel = provide_kernel(options.specs.front(), kernel_options(here));
  if (!kernel) return complain(kernel.error());
  if (options.json) {
    say("{}", dump_pretty(to_json_value(*kernel)));
    return finish_stdout(kExitAsExpected);
  }
  const auto line = [](const char* name, const std::string& value) {
    say("{:<9} {}\n", name, value.empty() ? "-" : safe_line(value));
  };
  line("spec", kernel->spec);
  line("label", kernel->label);
  line("release", kernel->release);
  line("build id", kernel->build_id);
  line("image", kernel->image);
  line("modules", kernel->modules);
  line("config", kernel->config);
  line("note", kernel->build_note);
  line("reverted", fmt::format("{}", fmt::join(kernel->reverted, ", ")));
  return finish_stdout(kExitAsExpected);
}

/// "30d", "12h", "0d".
Result<Nanos> parse_age(const std::string& text) {
  const std::string digits = text.substr(0, text.empty() ? 0 : text.size() - 1);
  const bool number = !digits.empty() && digits.size() <= 5 &&
                      digits.find_first_not_of("0123456789") == std::string::npos;
  if (number && text.back() == 'd') return std::stoll(digits) * 24 * 3600 * kSecond;
  if (number && text.back() == 'h') return std::stoll(digits) * 3600 * kSecond;
  return fail(Error::usage("--older-than '" + text + "': give days or hours, such as 30d or 12h"));
}

int prune(const Options& options) {
  const auto age = options.all ? Result<Nanos>(-1) : parse_age(options.older_than);
  if (!age) return complain(age.error());
  const auto cache = KernelCache::open(options.cache);
  if (!cache) return complain(cache.error());
  const auto pruned = cache->prune(*age);
  if (!pruned) return complain(pruned.error());
  std::vector<GuestKernel> kernels;
  for (const CacheEntry& entry : pruned->kernels) kernels.push_back(entry.kernel);
  print_kernels(kernels, options.json);
  for (const std::string& id : pruned->in_use) tell(id + " stays: it is in use");
  say(stderr, "{} removed, {:.1f} MiB\n", kernels.size(),
      static_cast<double>(pruned->bytes) / (1024.0 * 1024.0));
  return finish_stdout(kExitAsExpected);
}

}  // namespace

CommandBody add_kernel_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("kernel", "Fetch or build kernels for guests");
  command->require_subcommand(1);
  command->footer(
      std::string("A kernel is one of: ") + kKernelSpecForms +
      "\ndir: takes a tree in which a kernel was built, the root of an installed system or a\n"
      "/lib/modules/RELEASE; =RELEASE chooses one of several kernels in it. modules=DIR is a "
      "folder\n"
      "of modules, one above it, or a build tree. The release is what the image says.\n"
      "debian: takes the cloud flavour; flavour=amd64 is the full one, which has what a cloud "
      "kernel\n"
      "is built without (9P, most hardware).");

  const auto add = [&](const char* name, const char* help, int (*body)(const Options&)) {
    CLI::App* sub = command->add_subcommand(name, help);
    sub->add_option("--cache", options->cache, "Where kernels are kept")->capture_default_str();
    sub->add_flag("--json", options->json, "As JSON");
    Options* raw = options.get();
    sub->callback([raw, body] { raw->chosen = [raw, body] { return body(*raw); }; });
    return sub;
  };
  const auto add_network = [&](CLI::App* sub) {
    sub->add_option("--mirror", options->mirror,
                    "Mirror of Debian's archive (default: from this machine's apt)");
    sub->add_flag("--offline", options->offline, "Take what is cached, touch no network");
  };

  CLI::App* fetched = add("fetch", "Make kernels available: download or build what is missing",
                          [](const Options& o) { return fetch(o); });
  fetched->add_option("kernel", options->specs, "e.g. debian:bookworm")->required();
  add_network(fetched);
  CLI::App* built = add("build", "Build kernels from recipes: fetch recipe:NAME",
                        [](const Options& o) { return build(o); });
  built->add_option("recipe", options->specs, "e.g. 6.1-pipe-stall")->required();
  add_network(built);
  add("list", "What is cached: spec, label, image", [](const Options& o) { return list(o); });
  CLI::App* shown =
      add("show", "One kernel, without fetching it", [](const Options& o) { return show(o); });
  shown->add_option("kernel", options->specs, "e.g. debian:bookworm")->required()->expected(1);
  CLI::App* pruned = add("prune", "Remove kernels not used for a while, and leftovers",
                         [](const Options& o) { return prune(o); });
  pruned->add_flag("--all", options->all, "All of them");
  pruned->add_option("--older-than", options->older_than, "Not used for so long: 30d, 12h")
      ->capture_default_str();
  return [options] { return options->chosen(); };
}

}  // namespace hangrate
