// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/kernel/recipe_build.h"

#include <algorithm>
#include <filesystem>

#include <unistd.h>

#include "harness/base/file.h"
#include "harness/kernel/archive.h"
#include "harness/kernel/image_identity.h"
#include "harness/kernel/sha256.h"
#include "harness/sys/program.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

constexpr Nanos kStepLimit = 900 * kSecond;
constexpr Nanos kMakeLimit = 3 * 3600 * kSecond;

struct Tool {
  const char* present;  ///< a program, or the path of a header
  const char* package;
};
constexpr Tool kTools[] = {{"make", "make"},
                           {"gcc", "gcc"},
                           {"flex", "flex"},
                           {"bison", "bison"},
                           {"bc", "bc"},
                           {"perl", "perl"},
                           {"spatch", "coccinelle"},
                           {"pahole", "pahole"},
                           {"/usr/include/libelf.h", "libelf-dev"},
                           {"/usr/include/openssl/opensslv.h", "libssl-dev"}};

/// The tarball inside a linux-source package.
std::string tarball_place(const std::string& path) {
  const bool wanted =
      path.starts_with("usr/src/linux-source-") && path.find(".tar", path.rfind('/')) != path.npos;
  return wanted ? "source.tar" : "";
}

std::string without_first_folder(const std::string& path) {
  const std::size_t slash = path.find('/');
  return slash == path.npos ? "" : path.substr(slash + 1);
}

/// The archives are ours, so nothing about them is the user's mistake.
Result<void> unpack_ours(const std::string& file, const std::string& to, const Unpacking& how) {
  const auto done = unpack(file, to, how);
  if (!done) return fail(done.error().as(ErrorKind::Infrastructure));
  return {};
}

Result<void> unpack_source(const std::string& package, const std::string& work,
                           const std::string& source) {
  std::error_code error;
  HR_TRY(unpack_ours(package, work, {.where = tarball_place}));
  fs::remove(package, error);
  const std::string tarball = work + "/source.tar";
  if (!fs::exists(tarball, error)) {
    return fail(Error::infrastructure(fs::path(package).filename().string() +
                                      ": no usr/src/linux-source-*.tar.* in it"));
  }
  fs::create_directory(source, error);
  HR_TRY(unpack_ours(tarball, source, {.where = without_first_folder, .links = true}));
  fs::remove(tarball, error);
  return {};
}

class Kbuild {
 public:
  Kbuild(std::string source, std::string objects, std::string log)
      : source_(std::move(source)), objects_(std::move(objects)), log_(std::move(log)) {}

  Result<void> run(std::vector<std::string> argv, Nanos limit) const {
    // Same names in every build; and options meant for another make stay out.
    return run_program({.argv = std::move(argv),
                        .environment = {{"KBUILD_BUILD_USER", "hangrate"},
                                        {"KBUILD_BUILD_HOST", "hangrate"},
                                        {"MAKEFLAGS", ""},
                                        {"LC_ALL", "C"}},
                        .folder = source_,
                        .log = log_,
                        .limit = limit});
  }
  Result<void> make(const std::string& target, long jobs = 1, Nanos limit = kStepLimit) const {
    return run({"make", "O=" + objects_, "-j" + std::to_string(jobs), target}, limit);
  }
  const std::string& objects() const { return objects_; }
  const std::string& source() const { return source_; }

 private:
  std::string source_;
  std::string objects_;
  std::string log_;
};

/// tinyconfig, the fragment over it, and a look at what became of the fragment.
Result<void> configure(const Recipe& recipe, const Kbuild& kbuild,
                       const std::function<void(const std::string&)>& say) {
  const std::string config = kbuild.objects() + "/.config";
  const std::string fragment = recipe.path_of(recipe.config);
  HR_TRY(kbuild.make("tinyconfig"));
  HR_TRY(kbuild.run({kbuild.source() + "/scripts/kconfig/merge_config.sh", "-O", kbuild.objects(),
                     "-m", config, fragment},
                    kStepLimit));
  HR_TRY(kbuild.make("olddefconfig"));
  std::string lost;
  std::string fatal;
  for (const ConfigMismatch& mismatch :
       config_mismatches(read_file(fragment).value_or(""), read_file(config).value_or(""))) {
    const std::string text =
        " " + mismatch.symbol + "=" + mismatch.got + " (wanted " + mismatch.wanted + ")";
    const bool essential = std::find(recipe.essential.begin(), recipe.essential.end(),
                                     mismatch.symbol) != recipe.essential.end();
    (essential ? fatal : lost) += text;
  }
  if (!lost.empty()) say("this kernel does not do as the fragment says:" + lost);
  if (fatal.empty()) return {};
  return fail(
      Error::infrastructure("the configuration lacks what the recipe calls essential:" + fatal));
}

Result<void> keep(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::copy_file(from, to, error);
  if (error) return fail(Error::infrastructure(from + ": " + error.message()));
  return {};
}

}  // namespace

Result<void> check_build_tools() {
  std::string missing;
  for (const Tool& tool : kTools) {
    const std::string name = tool.present;
    const bool there =
        name.front() == '/' ? ::access(tool.present, R_OK) == 0 : !find_program(name).empty();
    if (!there) missing.append(" ").append(tool.package);
  }
  if (missing.empty()) return {};
  return fail(Error::infrastructure(
      "building a kernel needs: apt-get install --no-install-recommends" + missing));
}

Result<void> apply_patches(const Recipe& recipe, const std::string& source,
                           const std::string& log) {
  const auto sum_of = [&](const std::string& file) { return sha256_of_file(source + "/" + file); };
  for (const RecipePatch& patch : recipe.patches) {
    std::vector<std::string> argv = {"spatch", "--sp-file", recipe.path_of(patch.file),
                                     "--in-place"};
    std::vector<std::string> before;
    for (const std::string& file : patch.changes) {
      const auto sum = sum_of(file);
      if (!sum) return fail(sum.error());
      before.push_back(*sum);
      argv.push_back(file);
    }
    HR_TRY(run_program({.argv = argv, .folder = source, .log = log, .limit = kStepLimit}));
    for (std::size_t i = 0; i < before.size(); ++i) {
      const auto after = sum_of(patch.changes[i]);
      if (!after) return fail(after.error());
      if (*after != before[i]) continue;
      return fail(Error::infrastructure(patch.file + " matches nothing in " + patch.changes[i] +
                                        " of this kernel (log: " + log + ")"));
    }
  }
  return {};
}

Result<GuestKernel> build_recipe(const Recipe& recipe, const std::string& package,
                                 const std::string& work, const std::string& result,
                                 const std::string& log,
                                 const std::function<void(const std::string&)>& say) {
  const Kbuild kbuild(work + "/source", work + "/objects", log);
  say("unpacking");
  HR_TRY(unpack_source(package, work, kbuild.source()));
  say("patching and configuring");
  HR_TRY(apply_patches(recipe, kbuild.source(), log));
  std::error_code error;
  fs::create_directory(kbuild.objects(), error);
  HR_TRY(configure(recipe, kbuild, say));
  const long jobs = std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN));
  say("building with " + std::to_string(jobs) + " jobs (log: " + log + ")");
  HR_TRY(kbuild.make("bzImage", jobs, kMakeLimit));

  GuestKernel kernel;
  kernel.image = result + "/vmlinuz";
  kernel.config = result + "/config";
  HR_TRY(keep(kbuild.objects() + "/arch/x86/boot/bzImage", kernel.image));
  HR_TRY(keep(kbuild.objects() + "/.config", kernel.config));
  HR_TRY(keep(kbuild.objects() + "/System.map", result + "/System.map"));
  const auto identity = identify_image(kernel.image);
  if (!identity) return fail(identity.error().as(ErrorKind::Infrastructure));
  kernel.release = identity->release;
  kernel.build_id = identity->build_id;
  kernel.label = recipe.label_for(kernel.release);
  kernel.build_note = recipe.build_note;
  kernel.reverted = recipe.reverted;
  return kernel;
}

}  // namespace hangrate
