// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/apt.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/file.h"
#include "harness/kernel/file_lock.h"
#include "harness/kernel/sha256.h"
#include "harness/sys/program.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

constexpr Nanos kUpdateLimit = 600 * kSecond;
constexpr Nanos kDownloadLimit = 1800 * kSecond;
constexpr Nanos kQueryLimit = 120 * kSecond;
constexpr time_t kListsStayFresh = 15 * 60;
constexpr int kMostRounds = 5;  // somebody may prune between updating and reading

/// Debian 13 has the keyring under a new name; either serves.
std::string find_keyring() {
  for (const char* suffix : {"gpg", "pgp"}) {
    std::string path = std::string("/usr/share/keyrings/debian-archive-keyring.") + suffix;
    if (::access(path.c_str(), R_OK) == 0) return path;
  }
  return {};
}

bool fresh(const std::string& stamp) {
  struct stat info {};
  return ::stat(stamp.c_str(), &info) == 0 && ::time(nullptr) - info.st_mtime < kListsStayFresh;
}

Result<AptMirrors> find_mirrors(const KernelOptions& options, const std::string& log) {
  if (!options.mirror.empty()) return mirrors_from_base(options.mirror);
  std::string targets;
  HR_TRY(run_program({.argv = {"apt-get", "indextargets", "--format", "$(LABEL) $(REPO_URI)",
                               "Created-By: Packages"},
                      .log = log,
                      .output = &targets,
                      .limit = kQueryLimit}));
  return mirrors_from_targets(targets);
}

/// apt says what went wrong first and what follows from it last.
std::optional<std::string> first_complaint(const std::string& log) {
  for (const std::string& line : split(read_file(log).value_or(""), '\n')) {
    if (line.starts_with("E: ")) return line.substr(3);
  }
  return std::nullopt;
}

}  // namespace

Result<Apt> Apt::open(const std::string& suite, const KernelOptions& options) {
  if (find_program("apt-get").empty() || find_program("apt-cache").empty()) {
    return fail(Error::infrastructure("debian:" + suite +
                                      " needs apt-get, which is not here; deb:FILE works without"));
  }
  const std::string log = options.cache + "/logs/apt-" + suite + ".log";
  ::unlink(log.c_str());
  const auto mirrors = find_mirrors(options, log);
  if (!mirrors) return fail(mirrors.error());
  const std::string keyring = find_keyring();
  if (keyring.empty()) {
    return fail(
        Error::infrastructure("Debian's keys are missing: apt-get install debian-archive-keyring"));
  }
  const auto sources = sources_list(suite, *mirrors, keyring);
  if (!sources) return fail(sources.error());

  const std::string name = suite + "-" + sha256(*sources).substr(0, 8);
  const std::string folder = options.cache + "/apt/" + name;
  Apt apt(suite, folder, log);
  const auto say = [&](const std::string& what) {
    if (options.progress) options.progress("debian:" + suite + ": " + what);
  };
  const std::string lock_file = options.cache + "/locks/apt-" + name + ".lock";
  for (int round = 0; round < kMostRounds; ++round) {
    const auto waiting = [&] { say("waiting for another run's apt-get"); };
    // Shared from the first look at the lists to the last file: prune must not take them away.
    auto reading = FileLock::take(lock_file, 2 * kUpdateLimit, waiting, LockMode::Shared);
    if (!reading) return fail(reading.error());
    if (fresh(folder + "/updated")) {
      apt.lock_.emplace(std::move(*reading));
      return apt;
    }
    reading = fail(Error::infrastructure(""));  // let go, or nobody could update
    const auto updating = FileLock::take(lock_file, 2 * kUpdateLimit, waiting);
    if (!updating) return fail(updating.error());
    if (fresh(folder + "/updated")) continue;
    say("fetching the package lists");
    HR_TRY(apt.prepare(*sources));
    HR_TRY(apt.update());
    HR_TRY(write_file_atomically(folder + "/updated", ""));
  }
  return fail(Error::infrastructure(folder + ": the package lists go as fast as they come"));
}

Result<void> Apt::prepare(const std::string& sources) const {
  std::error_code error;
  fs::create_directories(folder_ + "/state/lists/partial", error);
  fs::create_directories(folder_ + "/cache/archives/partial", error);
  if (error) return fail(Error::infrastructure(folder_ + ": " + error.message()));
  HR_TRY(write_file_atomically(folder_ + "/sources.list", sources));
  HR_TRY(write_file_atomically(folder_ + "/status", ""));
  return write_file_atomically(folder_ + "/apt.conf", private_apt_conf(folder_, ::geteuid() == 0));
}

std::vector<std::string> Apt::command(const char* program) const {
  return {program, "-q", "-c", folder_ + "/apt.conf"};
}

Result<void> Apt::update() const {
  std::vector<std::string> argv = command("apt-get");
  argv.emplace_back("update");
  const auto done = run_program(
      {.argv = argv, .environment = {{"LC_ALL", "C"}}, .log = log_, .limit = kUpdateLimit});
  if (done) return {};
  const std::string why = first_complaint(log_).value_or(done.error().what());
  const std::string text = "package lists of " + suite_ + ": " + why + " (log: " + log_ + ")";
  // What the mirror does not have: more likely a suite spelled wrong than a broken mirror.
  if (why.find("does not have a Release file") != why.npos) return fail(Error::usage(text));
  return fail(Error::infrastructure(text));
}

Result<std::vector<DebPackage>> Apt::show(std::vector<std::string> words) const {
  std::vector<std::string> argv = command("apt-cache");
  argv.emplace_back("show");
  argv.insert(argv.end(), words.begin(), words.end());
  std::string text;
  HR_TRY(run_program({.argv = argv,
                      .environment = {{"LC_ALL", "C"}},
                      .log = log_,
                      .output = &text,
                      .limit = kQueryLimit}));
  return packages_from_show(text);
}

Result<DebPackage> Apt::newest(const std::string& name) const {
  const auto found = show({"--no-all-versions", name});
  if (!found || found->empty()) {
    return fail(Error::usage("debian:" + suite_ + " has no package " + name));
  }
  return found->front();
}

Result<std::vector<DebPackage>> Apt::image_parts(const std::string& version,
                                                 const std::string& flavour) const {
  std::vector<std::string> wanted;
  std::string exact = version;
  if (version.empty()) {
    const auto meta = newest("linux-image-" + flavour);
    if (!meta) return fail(meta.error());
    const auto image = image_of_metapackage(*meta, flavour);
    if (!image) return fail(Error::infrastructure(meta->name + " depends on no kernel"));
    wanted = {image->first};
    exact = image->second.empty() ? release_of_image(image->first) : image->second;
  } else {
    std::vector<std::string> argv = command("apt-cache");
    argv.insert(argv.end(), {"pkgnames", "linux-image-"});
    std::string names;
    HR_TRY(run_program({.argv = argv, .log = log_, .output = &names, .limit = kQueryLimit}));
    wanted = split(names, '\n');
    std::erase_if(wanted, [&](const std::string& name) { return !is_image(name, flavour); });
  }
  const auto known = wanted.empty() ? std::vector<DebPackage>() : show(wanted);
  if (!known) return fail(known.error());
  const auto image = choose_image(*known, exact, suite_, flavour);
  if (!image) return fail(image.error());

  std::vector<DebPackage> seen;
  while (true) {
    std::vector<std::string> missing;
    std::vector<DebPackage> parts = parts_of_image(*image, seen, &missing);
    if (missing.empty()) return parts;
    const auto more = show(missing);
    if (!more) return fail(more.error());
    const std::size_t before = seen.size();
    seen.insert(seen.end(), more->begin(), more->end());
    if (seen.size() == before) {
      return fail(Error::infrastructure("debian:" + suite_ + " lacks " + missing.front()));
    }
  }
}

Result<std::vector<std::string>> Apt::download(const std::vector<DebPackage>& packages,
                                               const std::string& folder,
                                               const std::string& log) const {
  std::vector<std::string> argv = command("apt-get");
  argv.emplace_back("download");
  for (const DebPackage& package : packages) argv.push_back(package.name + "=" + package.version);
  HR_TRY(run_program({.argv = argv,
                      .environment = {{"LC_ALL", "C"}},
                      .folder = folder,
                      .log = log,
                      .limit = kDownloadLimit}));
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".deb") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  if (files.size() == packages.size()) return files;
  return fail(Error::infrastructure("apt-get download brought " + std::to_string(files.size()) +
                                    " of " + std::to_string(packages.size()) +
                                    " files (log: " + log + ")"));
}

}  // namespace hangrate
