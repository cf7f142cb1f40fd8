// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/app/matrix_commands.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "harness/app/drive.h"
#include "harness/app/guest_root.h"
#include "harness/base/file.h"
#include "harness/kernel/sha256.h"
#include "harness/model/manifest_check.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

constexpr const char* kNative = "native";
constexpr const char* kUsualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// MiB of a guest that files from outside must leave free.
constexpr std::uint64_t kOwnMemory = 192;

/// While a guest unpacks its files, it holds them twice.
Result<void> check_room(const MatrixPlan& plan, std::uint64_t bytes) {
  const std::uint64_t needed = 2 * (bytes >> 20) + kOwnMemory;
  for (const MatrixKernel& kernel : plan.kernels) {
    if (kernel.spec == kNative || needed <= static_cast<std::uint64_t>(kernel.memory_mib)) continue;
    return fail(Error::usage(fmt::format(
        "kernel {}: its guest has {} MiB, and {} MiB of files for commands want {}: give it "
        "\"memory_mib\", or include less",
        kernel.id, kernel.memory_mib, bytes >> 20, needed)));
  }
  return {};
}

Result<PlannedPayload> make_planned(const MatrixPlan& plan,
                                    const std::vector<const Manifest*>& users, PayloadFact fact,
                                    std::optional<std::set<std::string>> only = std::nullopt) {
  const auto native = [](const MatrixKernel& kernel) { return kernel.spec == kNative; };
  if (!fact.root.empty() && std::any_of(plan.kernels.begin(), plan.kernels.end(), native)) {
    return fail(Error::usage(
        "--rootfs is for guests, and a native row has the root of this machine: leave out either"));
  }
  if (std::all_of(plan.kernels.begin(), plan.kernels.end(), native)) {
    return PlannedPayload{{}, std::move(fact)};
  }
  PayloadOrder order{.commands = {},
                     .programs = {},
                     .include = fact.include,
                     .folder = fact.folder,
                     .path = fact.path,
                     .root = ""};
  std::optional<GuestRoot> root;
  if (!fact.root.empty()) {
    auto opened = GuestRoot::open(fact.root);
    if (!opened) return fail(opened.error().context("--rootfs"));
    root.emplace(std::move(*opened));
    order.root = root->folder();
  }
  for (const Manifest* each : users) {
    if (!each->exec.empty()) order.commands.push_back(each->exec);
    order.programs.insert(order.programs.end(), each->programs.begin(), each->programs.end());
  }
  order.only = std::move(only);
  auto payload = make_payload(order);
  if (!payload) return fail(payload.error());
  HR_TRY(check_room(plan, payload->bytes));
  auto sum = sha256_of_file("/proc/self/fd/" + std::to_string(payload->archive.get()));
  if (!sum) return fail(sum.error());
  fact.sha256 = std::move(*sum);
  return PlannedPayload{std::move(*payload), std::move(fact)};
}

/// PATH or PATH:GUEST_PATH, from here; a name without a folder may be that of a program.
std::vector<std::string> absolute(std::vector<std::string> includes) {
  for (std::string& path : includes) {
    const bool program = path.find('/') == path.npos && !is_there(path);
    if (!path.starts_with('/') && !program) path = fs::current_path().string() + "/" + path;
  }
  return includes;
}

/// Those of the catalog that the plan runs, and that are wanted.
template <typename Wanted>
std::vector<const Manifest*> running(const MatrixPlan& plan,
                                     const std::vector<CatalogEntry>& catalog, Wanted wanted) {
  std::vector<const Manifest*> found;
  for (const CatalogEntry& entry : catalog) {
    const auto runs = [&](const MatrixCell& cell) { return cell.repro == entry.manifest.name; };
    if (!wanted(entry.manifest)) continue;
    if (std::any_of(plan.cells.begin(), plan.cells.end(), runs)) found.push_back(&entry.manifest);
  }
  return found;
}

/// Those that need files of a user.
std::vector<const Manifest*> users_of_files(const MatrixPlan& plan,
                                            const std::vector<CatalogEntry>& catalog) {
  return running(plan, catalog, [](const Manifest& manifest) {
    return !manifest.exec.empty() || !manifest.programs.empty();
  });
}

void replace_in(std::vector<CatalogEntry>& catalog, CatalogEntry entry) {
  std::erase_if(catalog, [&](const CatalogEntry& other) {
    return other.manifest.name == entry.manifest.name;
  });
  catalog.push_back(std::move(entry));
}

}  // namespace

void add_matrix_command_options(CLI::App& app, MatrixCommandOptions& options) {
  add_exec_options(app, options.exec);
  app.add_option("--include", options.include,
                 "A file, program or folder that a command needs in a guest, with the libraries of "
                 "its programs: PATH, or PATH:GUEST_PATH (repeatable). A program of --exec, its "
                 "libraries, interpreter and words that are files come along without, and so do "
                 "programs that stand in a shell script")
      ->allow_extra_args(false);
  app.add_option("--rootfs", options.rootfs,
                 "What guests have as their root instead of files of this machine: a folder "
                 "(debootstrap), or a tar file (a container's export). Commands are looked for in "
                 "it and start in /; it cannot be written, but for /tmp, /run and /var/tmp. "
                 "--include adds to it");
}

std::vector<std::string> command_words(const MatrixCommandOptions& options) {
  std::vector<std::string> words;
  if (options.exec.given()) words = options.exec.words();
  for (const std::string& path : options.include) words.insert(words.end(), {"--include", path});
  if (!options.rootfs.empty()) words.insert(words.end(), {"--rootfs", options.rootfs});
  return words;
}

std::string MatrixCommandOptions::folder() const {
  return rootfs.empty() ? fs::current_path().string() : "/";
}

Result<Manifest> adopt_command(const ExecOptions& options, const std::string& folder,
                               std::vector<CatalogEntry>& catalog) {
  auto manifest = options.manifest(catalog);
  if (!manifest) return manifest;
  complete_command(*manifest, folder);
  // Guests and native rows read it as a file.
  const auto sound = read_manifest(command_file_text(*manifest));
  if (!sound) return fail(sound.error().context("--exec"));
  replace_in(catalog, {command_runner(), *manifest});
  return manifest;
}

Result<void> adopt_kept_commands(const std::string& results, std::vector<CatalogEntry>& catalog) {
  const std::string folder = command_folder(results);
  if (!is_there(folder)) return {};
  std::vector<std::string> complaints;
  auto kept = load_catalog(folder, &complaints);
  if (!kept) return fail(kept.error());
  if (!complaints.empty()) return fail(Error::usage(complaints.front()));
  for (CatalogEntry& entry : *kept) replace_in(catalog, std::move(entry));
  return {};
}

std::vector<const Manifest*> commands_of(const MatrixPlan& plan,
                                         const std::vector<CatalogEntry>& catalog) {
  return running(plan, catalog, [](const Manifest& manifest) { return !manifest.exec.empty(); });
}

Result<PlannedPayload> plan_payload(const MatrixPlan& plan,
                                    const std::vector<CatalogEntry>& catalog,
                                    const MatrixCommandOptions& options) {
  const auto users = users_of_files(plan, catalog);
  if (users.empty() && (!options.include.empty() || !options.rootfs.empty())) {
    return fail(Error::usage(std::string(options.rootfs.empty() ? "--include" : "--rootfs") +
                             ": no command runs that could use it"));
  }
  if (users.empty()) return PlannedPayload{};
  if (!options.rootfs.empty()) {
    return make_planned(plan, users,
                        {.folder = options.folder(),
                         .path = kUsualPath,
                         .include = absolute(options.include),
                         .root = fs::absolute(options.rootfs).lexically_normal().string(),
                         .sha256 = ""});
  }
  const char* path = std::getenv("PATH");
  return make_planned(plan, users,
                      {.folder = commands_of(plan, catalog).empty() ? "/" : options.folder(),
                       .path = path != nullptr ? path : kUsualPath,
                       .include = absolute(options.include),
                       .root = "",
                       .sha256 = ""});
}

Result<PlannedPayload> repeat_payload(const std::string& results, const MatrixHeader& header,
                                      const std::vector<CatalogEntry>& catalog) {
  const PayloadFact& fact = header.payload;
  if (fact.folder.empty()) return PlannedPayload{};
  if (fact.root.empty() && fact.folder != "/" && fs::current_path().string() != fact.folder) {
    return fail(Error::usage("its command was started in " + fact.folder + ": go on there"));
  }
  auto only = payload_paths_of(results);
  if (!only) return fail(only.error());
  if (!*only && !fact.sha256.empty()) {
    return fail(Error::usage("it was cut short when it began, before any guest: start a new run"));
  }
  auto again =
      make_planned(header.plan, users_of_files(header.plan, catalog), fact, std::move(*only));
  if (again && again->fact.sha256 != fact.sha256) {
    return fail(Error::usage(
        "the command or a file that it needs is another one than when the run began: start a new "
        "run"));
  }
  return again;
}

void tell_payload(const Payload& payload) {
  if (!payload.archive) return;
  say(stderr, "guests get {} files for commands, {:.1f} MiB\n", payload.files,
      static_cast<double>(payload.bytes) / (1 << 20));
  for (const std::string& hint : payload.hints) say(stderr, "hangrate: {}\n", hint);
}

std::string guest_system(const std::string& programs) {
  return is_file(programs + "/hangrate-init") ? programs : own_programs() + "/guest";
}

}  // namespace hangrate
