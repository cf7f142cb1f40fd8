// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/guest/payload_files.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <sys/stat.h>

#include "harness/base/input.h"
#include "harness/base/text.h"
#include "harness/guest/script_text.h"

namespace hangrate {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostBytes = std::uint64_t{2} << 30;
constexpr std::size_t kMostEntries = 200'000;
constexpr const char* kShell = "/bin/sh";
constexpr const char* kLoader = "/lib64/ld-linux-x86-64.so.2";
/// glibc loads it when a thread is cancelled or ends by pthread_exit(3).
constexpr const char* kUnwinder = "libgcc_s.so.1";

std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

std::string last_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

/// Where a guest has its own files, or those of its kernel.
bool taken_by_guest(const std::string& path) {
  for (const std::string place : {"/proc", "/sys", "/dev", "/hangrate", "/init"}) {
    if (path == place || path.starts_with(place + "/")) return true;
  }
  return path == "/";
}

/// Where a guest with a root of its own has memory instead.
bool fresh_in_guest(const std::string& path) {
  for (const std::string place : {"/tmp", "/run", "/var/tmp"}) {
    if (path.starts_with(place + "/")) return true;
  }
  return false;
}

bool has_modules_of_its_own(const std::string& program) {
  constexpr std::string_view kLanguages[] = {"python", "perl", "ruby", "node", "php", "lua"};
  const std::string name = last_name(program);
  return std::any_of(std::begin(kLanguages), std::end(kLanguages),
                     [&](std::string_view language) { return name.starts_with(language); });
}

bool is_text(std::string_view file) {
  return !file.empty() && file.substr(0, 256).find('\0') == file.npos;
}

Error of(const std::string& path, const Error& error) {
  return Error::usage(error.what().starts_with(path) ? error.what() : path + ": " + error.what());
}

}  // namespace

std::string PayloadFiles::absolute(const std::string& path) const {
  return path.starts_with('/') ? path : order_.folder + "/" + path;
}

/// By the links that its folders have here.
std::string PayloadFiles::guest_place(const std::string& path) {
  const std::string whole = fs::path(path).lexically_normal().string();
  for (std::size_t end = whole.rfind('/');; end = whole.rfind('/', end - 1)) {
    const auto parent = tree_.find(whole.substr(0, end));
    if (!parent && end > 0) continue;
    if (!parent) return whole;
    take_links(*parent);
    return (parent->path == "/" ? "" : parent->path) + whole.substr(end);
  }
}

Result<void> PayloadFiles::add(const std::string& path, PayloadEntry entry) {
  if (taken_by_guest(path)) {
    return fail(Error::usage(path + ": a guest has its own files there"));
  }
  if (entries_.contains(path) || came_later(path)) return {};
  if (!entry.host_path.empty()) {
    struct stat info {};
    if (::stat(entry.host_path.c_str(), &info) != 0) {
      return fail(of(path, Error::from_errno("stat")));
    }
    bytes_ += static_cast<std::uint64_t>(info.st_size);
  }
  entries_.emplace(path, std::move(entry));
  if (bytes_ <= kMostBytes && entries_.size() <= kMostEntries) return {};
  return fail(Error::usage(path + ": with it a guest would get more than 2 GiB or 200000 files"));
}

bool PayloadFiles::came_later(const std::string& path) const {
  return order_.only && !order_.only->contains(path);
}

void PayloadFiles::take_links(const FilePlace& place) {
  for (const auto& [path, target] : place.links) {
    if (!taken_by_guest(path) && !came_later(path))
      entries_.emplace(path, PayloadEntry{"", target, S_IFLNK | 0777});
  }
}

/// A file beside the root that was given.
bool PayloadFiles::included(const std::string& name) const {
  if (order_.root.empty() || !contains(name, '/')) return false;
  return included_.contains(fs::path(absolute(name)).lexically_normal().string());
}

Result<void> PayloadFiles::take_command(const std::vector<std::string>& words) {
  const auto taken = take_program(words.front(), Because::Named, Names::IfScript);
  if (!taken) return fail(taken.error().context("--exec"));
  if (!order_.root.empty()) return {};  // the words that are files are there
  const Names of_words = is_shell(words.front()) ? Names::Read : Names::IfScript;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (words[i - 1] == "-c" && is_shell(words.front())) {
      HR_TRY(take_mentioned(names_in_shell(word)));
      continue;
    }
    const auto place = tree_.find(absolute(word));
    if (place && place->regular() && !taken_by_guest(place->path)) {
      HR_TRY(take_place(*place, Because::Named, of_words));
    } else {
      HR_TRY(take_mentioned({word, word.substr(word.find('=') + 1)}));
    }
  }
  return {};
}

Result<void> PayloadFiles::take_named(const std::string& program) {
  const auto taken = take_program(program, Because::Named);
  if (!taken) hints_.insert(taken.error().context("a program that a reproducer starts").what());
  return {};
}

Result<void> PayloadFiles::take_program(const std::string& name, Because because) {
  return take_program(name, because, contains(name, '/') ? Names::IfScript : Names::Unread);
}

Result<void> PayloadFiles::take_program(const std::string& name, Because because, Names names) {
  if (included(name)) return {};
  const auto place =
      contains(name, '/') ? tree_.find(absolute(name)) : tree_.find_program(name, order_.path);
  if (!place) return fail(place.error());
  if (!place->executable()) {
    return fail(Error::usage(absolute(name) + ": it is no file that may be executed"));
  }
  if (order_.root.empty() && has_modules_of_its_own(place->path)) {
    hints_.insert(place->path + ": the modules that it loads come along by --include only");
  }
  return take_place(*place, because, names);
}

/// Programs and files that stand in a text, as far as there are such.
Result<void> PayloadFiles::take_mentioned(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name.empty()) continue;
    const auto file = tree_.find(absolute(name));
    if (file && file->regular() && !taken_by_guest(file->path)) {
      HR_TRY(take_place(*file, Because::Mentioned, Names::IfScript));
    }
    if (contains(name, '/')) continue;
    if (tree_.find_program(name, order_.path)) HR_TRY(take_program(name, Because::Mentioned));
  }
  return {};
}

Result<void> PayloadFiles::take_place(const FilePlace& place, Because because, Names names) {
  take_links(place);
  return take_file(place, place.path, because, names);
}

Result<void> PayloadFiles::take_file(const FilePlace& place, const std::string& guest_path,
                                     Because because, Names names) {
  const bool named = because == Because::Named;
  if (came_later(guest_path)) return {};
  if (!looked_into(place.path, names)) {
    const auto file = read_input(tree_.on_host(place.path));
    if (!file && named) return fail(of(place.path, file.error()));
    if (!file) {
      hints_.insert("left out: " + of(place.path, file.error()).what());
      looked_into_.erase(place.path);
      return {};
    }
    const auto needs = take_needs(place, *file, because, names);
    // What is only read may need what it likes.
    if (!needs && named && place.executable()) return needs;
    if (!needs) hints_.insert(needs.error().what());
  }
  return add(guest_path, {tree_.on_host(place.path), "", place.mode});
}

/// Has it been looked into so far already? It is from now on.
bool PayloadFiles::looked_into(const std::string& path, Names names) {
  const auto [entry, first] = looked_into_.try_emplace(path, names);
  if (!first && entry->second >= names) return true;
  entry->second = names;
  return false;
}

Result<void> PayloadFiles::take_needs(const FilePlace& place, const std::string& file,
                                      Because because, Names names) {
  if (is_elf(file)) return take_needs_of_elf(place, file);
  return take_needs_of_script(place, file, because, names);
}

Result<void> PayloadFiles::take_needs_of_elf(const FilePlace& place, const std::string& file) {
  const auto elf = read_elf(file);
  if (!elf) return fail(of(place.path, elf.error()));
  const std::string loader = elf->interpreter.empty() ? kLoader : elf->interpreter;
  std::string beside = "/usr/lib";
  if (const auto linker = tree_.find(loader)) beside = folder_of(linker->path);
  if (!elf->interpreter.empty()) {
    const auto taken = take_program(elf->interpreter, Because::Named);
    if (!taken) return fail(taken.error().context("the interpreter of " + place.path));
  }
  const auto libraries = libraries_.libraries_of(place.path, *elf);
  if (!libraries) return fail(libraries.error());
  for (const FoundLibrary& library : *libraries) HR_TRY(take_library(library, beside));
  if (elf->interpreter.empty()) return {};
  const auto later = libraries_.find_later(kUnwinder);
  return later ? take_library(*later, beside) : Result<void>();
}

Result<void> PayloadFiles::take_library(const FoundLibrary& library, const std::string& beside) {
  take_links(library.place);
  const std::string& path = library.place.path;
  looked_into(path, Names::Read);  // who asked for it has found all that it needs
  HR_TRY(add(path, {tree_.on_host(path), "", library.place.mode}));
  if (!library.outside) return {};
  return add(beside + "/" + last_name(library.name), {"", path, S_IFLNK | 0777});
}

Result<void> PayloadFiles::take_needs_of_script(const FilePlace& place, const std::string& file,
                                                Because because, Names names) {
  const auto line = script_head(file);
  const bool plain = !line && place.executable() && is_text(file);  // execvp(3) gives it to sh
  const std::string interpreter = line ? line->interpreter : kShell;
  if (line || plain) {
    auto taken = take_program(interpreter, because);
    if (taken && line && !line->program.empty()) taken = take_program(line->program, because);
    if (!taken) return fail(taken.error().context("the interpreter of " + place.path));
  }
  const bool sourced = !line && place.path.ends_with(".sh");  // ". ./lib.sh"
  const bool script =
      plain || sourced || (line && (is_shell(interpreter) || is_shell(line->program)));
  const bool read = names == Names::Read || (names == Names::IfScript && script);
  return read && is_text(file) ? take_mentioned(names_in_shell(file)) : Result<void>();
}

Result<void> PayloadFiles::take_include(const std::string& text) {
  std::string path = text;
  std::string guest;
  auto place = here_.find(absolute(path));
  const std::size_t colon = text.rfind(':');
  if (!place && colon != text.npos) {
    path = text.substr(0, colon);
    guest = text.substr(colon + 1);
    place = here_.find(absolute(path));
    if (!guest.starts_with('/')) {
      return fail(Error::usage("--include " + text + ": " + guest + " is no absolute path"));
    }
  }
  if (!place && !contains(path, '/')) {
    if (auto program = here_.find_program(path, order_.path)) place = std::move(program);
  }
  if (!place) return fail(of("--include", place.error()));
  if (guest.empty() && order_.root.empty()) take_links(*place);
  if (guest.ends_with('/') && guest.size() > 1) {  // into that folder
    guest = place->folder() ? guest.substr(0, guest.size() - 1) : guest + last_name(place->path);
  }
  const bool same = guest.empty() && order_.root.empty();
  const std::string goal = same ? place->path : guest_place(guest.empty() ? place->path : guest);
  Result<void> taken;
  if (!order_.root.empty()) {
    taken = take_beside_root(*place, goal);
  } else if (place->folder()) {
    taken = take_folder(*place, goal);
  } else if (place->regular()) {
    taken = take_file(*place, goal, Because::Named, Names::IfScript);
  } else {
    taken = fail(Error::usage(absolute(path) + ": it is " + kind_of_file(place->mode)));
  }
  return taken ? taken : fail(taken.error().context("--include"));
}

/// With all that is in it; links stay links, and bring the files they lead to.
Result<void> PayloadFiles::take_folder(const FilePlace& place, const std::string& guest_path) {
  HR_TRY(add(guest_path, {"", "", place.mode}));
  std::error_code error;
  const std::string host = tree_.on_host(place.path);
  fs::recursive_directory_iterator files(host, error);
  for (; !error && files != fs::recursive_directory_iterator(); files.increment(error)) {
    const std::string behind = files->path().string().substr(host.size());
    const auto led = tree_.find(place.path + behind);
    if (files->is_symlink(error)) {
      const std::string target = fs::read_symlink(files->path(), error).string();
      HR_TRY(add(guest_path + behind, {"", target, S_IFLNK | 0777}));
      if (led && led->regular() && !taken_by_guest(led->path)) {
        HR_TRY(take_place(*led, Because::Mentioned, Names::IfScript));
      }
    } else if (led && led->folder()) {
      HR_TRY(add(guest_path + behind, {"", "", led->mode}));
    } else if (led && led->regular()) {
      HR_TRY(take_file(*led, guest_path + behind, Because::Mentioned, Names::IfScript));
    }
  }
  if (error) return fail(Error::usage(place.path + ": " + error.message()));
  return {};
}

/// What it needs must be in the root.
Result<void> PayloadFiles::take_beside_root(const FilePlace& place, const std::string& guest_path) {
  if (place.folder()) return take_tree(place.path, guest_path, taken_by_guest);
  if (!place.regular()) {
    return fail(Error::usage(place.path + ": it is " + kind_of_file(place.mode)));
  }
  HR_TRY(add(guest_path, {place.path, "", place.mode}));
  included_.insert(guest_path);
  const auto file = read_input(place.path);
  if (!file) return fail(of(place.path, file.error()));
  const FilePlace there{.path = guest_path, .links = {}, .mode = place.mode};
  const auto needs = take_needs(there, *file, Because::Named, Names::Unread);
  return needs || !place.executable() ? Result<void>() : needs;
}

Result<void> PayloadFiles::take_root() {
  return take_tree(order_.root, "", [](const std::string& path) {
    return taken_by_guest(path) || fresh_in_guest(path);
  });
}

/// As it is; what its files need is in it, or is somebody else's affair.
Result<void> PayloadFiles::take_tree(const std::string& host_path, const std::string& guest_path,
                                     bool (*left_out)(const std::string& path)) {
  std::error_code error;
  fs::recursive_directory_iterator files(host_path, error);
  for (; !error && files != fs::recursive_directory_iterator(); files.increment(error)) {
    const std::string from = files->path().string();
    const std::string to = guest_path + from.substr(host_path.size());
    struct stat info {};
    if (::lstat(from.c_str(), &info) != 0) return fail(of(from, Error::from_errno("lstat")));
    if (left_out(to)) {
      if (S_ISDIR(info.st_mode)) files.disable_recursion_pending();
    } else if (S_ISLNK(info.st_mode)) {
      HR_TRY(add(to, {"", fs::read_symlink(files->path(), error).string(), info.st_mode}));
    } else if (S_ISDIR(info.st_mode)) {
      HR_TRY(add(to, {"", "", info.st_mode}));
    } else if (S_ISREG(info.st_mode)) {
      HR_TRY(add(to, {from, "", info.st_mode}));
    } else {
      hints_.insert("left out: " + from + ": it is " + kind_of_file(info.st_mode));
    }
  }
  if (error) return fail(Error::usage(host_path + ": " + error.message()));
  return {};
}

Result<void> PayloadFiles::take_start_folder() {
  const auto place = tree_.find(order_.folder);
  if (!place) return fail(place.error());
  take_links(*place);
  return place->path == "/" ? Result<void>() : add(place->path, {"", "", place->mode});
}

}  // namespace hangrate
