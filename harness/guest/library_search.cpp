// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/guest/library_search.h"

#include <deque>
#include <set>

#include <fmt/format.h>

#include "harness/base/file.h"
#include "harness/base/input.h"
#include "harness/base/text.h"

namespace hangrate {

namespace {

constexpr std::size_t kMostLibraries = 4096;
constexpr int kDeepestInclude = 4;
constexpr std::size_t kLongestConf = 1u << 20;
/// Those of Debian's ld.so and of the one of glibc's authors.
const std::vector<std::string> kBuiltIn = {"/lib/x86_64-linux-gnu",
                                           "/usr/lib/x86_64-linux-gnu",
                                           "/lib64",
                                           "/usr/lib64",
                                           "/lib",
                                           "/usr/lib"};

/// An object that is loaded, with the folders its own DT_RPATH and those of who loaded it name.
struct LoadedObject {
  std::string path;
  ElfProgram elf;
  std::vector<std::string> rpaths;
};

std::string folder_of(const std::string& path) {
  return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
}

void replace_all(std::string& text, std::string_view what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

/// ld.so.conf(5): a folder a line, "include PATTERN", comments.
void read_configuration(const SourceTree& tree, const std::string& path, int depth,
                        std::vector<std::string>& folders) {
  const auto place = tree.find(path);
  if (!place || depth > kDeepestInclude) return;
  const auto text = read_input(tree.on_host(place->path), kLongestConf);
  if (!text) return;
  for (const std::string& raw : split(*text, '\n')) {
    const std::string line = trimmed(raw.substr(0, raw.find('#')));
    std::string_view rest = line;
    if (take(rest, "include ") || take(rest, "include\t")) {
      std::string pattern = trimmed(rest);
      if (!pattern.starts_with('/')) pattern = folder_of(path) + "/" + pattern;
      for (const std::string& file : tree.matching(pattern)) {
        read_configuration(tree, file, depth + 1, folders);
      }
    } else if (line.starts_with('/')) {
      folders.push_back(line);
    }
  }
}

/// A library that is there, and that this program could load.
struct LibraryHit {
  FilePlace place;
  ElfProgram elf;
  std::string asked;  ///< its path as it was looked for
  bool outside = false;
};

/// nullopt: nothing is there, or what ld.so would pass over.
std::optional<LibraryHit> load(const SourceTree& tree, const std::string& path) {
  auto place = tree.find(path);
  if (!place || !place->regular()) return std::nullopt;
  const auto file = read_input(tree.on_host(place->path));
  if (!file) return std::nullopt;
  auto elf = read_elf(*file);
  if (!elf) return std::nullopt;
  return LibraryHit{std::move(*place), std::move(*elf), path};
}

std::optional<LibraryHit> load_from(const SourceTree& tree, const std::string& name,
                                    const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    auto hit = load(tree, folder + "/" + name);
    if (hit) {
      hit->outside = !contains(kBuiltIn, folder);
      return hit;
    }
  }
  return std::nullopt;
}

void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

std::vector<std::string> expand_search_path(const std::string& path, const std::string& origin) {
  std::vector<std::string> folders;
  for (const std::string& entry : split(path, ':')) {
    for (const char* lib : {"lib/x86_64-linux-gnu", "lib64"}) {
      std::string folder = entry;
      for (const char* token : {"$ORIGIN", "${ORIGIN}"}) replace_all(folder, token, origin);
      const std::string before = folder;
      for (const char* token : {"$LIB", "${LIB}"}) replace_all(folder, token, lib);
      if (folder.starts_with('/') && !contains(folder, '$')) folders.push_back(folder);
      if (folder == before) break;
    }
  }
  return folders;
}

LibrarySearch::LibrarySearch(const SourceTree& tree) : tree_(tree) {
  read_configuration(tree, "/etc/ld.so.conf", 0, common_);
  append(common_, kBuiltIn);
}

std::optional<FoundLibrary> LibrarySearch::find_later(const std::string& name) const {
  auto hit = load_from(tree_, name, common_);
  if (!hit) return std::nullopt;
  return FoundLibrary{std::move(hit->place), name, hit->outside};
}

/// Breadth first, and each name once, as ld.so does it.
Result<std::vector<FoundLibrary>> LibrarySearch::libraries_of(const std::string& path,
                                                              const ElfProgram& program) const {
  std::vector<FoundLibrary> all;
  std::set<std::string> names;
  std::deque<LoadedObject> objects = {{path, program, {}}};
  for (; !objects.empty(); objects.pop_front()) {
    const LoadedObject& object = objects.front();
    const std::string origin = folder_of(object.path);
    std::vector<std::string> rpaths = expand_search_path(object.elf.rpath, origin);
    append(rpaths, object.rpaths);
    const auto own =
        object.elf.runpath.empty() ? rpaths : expand_search_path(object.elf.runpath, origin);
    for (const std::string& name : object.elf.needed) {
      if (!names.insert(name).second) continue;
      if (names.size() > kMostLibraries) return fail(Error::usage(path + ": too many libraries"));
      std::optional<LibraryHit> hit;
      if (contains(name, '/')) {
        for (const std::string& file : expand_search_path(name, origin)) {
          if (!hit) hit = load(tree_, file);
        }
      } else {
        hit = load_from(tree_, name, own);
        if (hit) hit->outside = false;
        if (!hit) hit = load_from(tree_, name, common_);
      }
      if (!hit) return missing(path, object.path, name, own);
      all.push_back({std::move(hit->place), name, hit->outside});
      objects.push_back({std::move(hit->asked), std::move(hit->elf), rpaths});
    }
  }
  return all;
}

Failure LibrarySearch::missing(const std::string& program, const std::string& object,
                               const std::string& name, std::vector<std::string> folders) const {
  append(folders, common_);
  const std::string user = object == program ? "it" : object;
  return fail(Error::usage(fmt::format("{}: {} needs the library {}, and none for x86-64 is in {}",
                                       program, user, name, fmt::join(folders, ":"))));
}

}  // namespace hangrate
