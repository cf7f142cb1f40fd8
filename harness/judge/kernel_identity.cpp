// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/judge/kernel_identity.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "harness/base/text.h"

namespace hangrate {
namespace {

constexpr std::string_view kSpace = " \t\n";
constexpr std::string_view kBetweenWords = "-.+_~";
constexpr std::size_t kShortestHash = 7;
constexpr std::size_t kDateDigits = 8;
constexpr int kLeastSuse = 100'000;  // 150600.23.7: service pack 15.6

/// Names that uname(2) shows; Alpine and Arch share "-N-lts" and are not told apart there.
constexpr std::array<std::string_view, 22> kVendors = {
    "alibaba", "alpine", "amazon",          "android", "arch",    "azurelinux",
    "debian",  "elrepo", "fedora",          "kali",    "manjaro", "openeuler",
    "oracle",  "photon", "proxmox",         "rhel",    "suse",    "raspberrypi",
    "tencent", "ubuntu", "ubuntu-mainline", "wsl"};

/// A word of the release that gives its vendor away.
struct Mark {
  std::string_view word;
  bool digits;  ///< must follow it: "amzn2023"
  std::string_view vendor;
  Certainty certainty;
};

constexpr Mark kMarks[] = {
    {"arch", true, "arch", Certainty::Exact},
    {"zen", true, "arch", Certainty::Exact},
    {"hardened", true, "arch", Certainty::Exact},
    {"MANJARO", false, "manjaro", Certainty::Exact},
    {"amzn", true, "amazon", Certainty::Exact},
    {"microsoft", false, "wsl", Certainty::Exact},
    {"elrepo", false, "elrepo", Certainty::Exact},
    // Built from Ubuntu's tree, whose fixes the version does not tell (README of pve-kernel).
    {"pve", false, "proxmox", Certainty::AtLeast},
    {"android", true, "android", Certainty::AtLeast},
    {"oe", true, "openeuler", Certainty::AtLeast},
    {"al", true, "alibaba", Certainty::AtLeast},
    {"tlinux", true, "tencent", Certainty::AtLeast},
    {"cm", true, "azurelinux", Certainty::AtLeast},
    {"azl", true, "azurelinux", Certainty::AtLeast},
    {"ph", true, "photon", Certainty::AtLeast},
    {"el", true, "rhel", Certainty::AtLeast},
    // Packaged as Debian's are, the version frozen, and `uname -v` not at hand.
    {"kali", true, "kali", Certainty::AtLeast},
    {"rpi", true, "raspberrypi", Certainty::AtLeast},
};

/// X.Y.Z-N-WORD of those who package plain releases.
struct Plain {
  std::string_view flavour;
  std::string_view vendor;
};
constexpr Plain kPlain[] = {
    {"lts", ""}, {"virt", "alpine"}, {"edge", "alpine"}, {"rpi", "alpine"}, {"mainline", "arch"}};

/// The base every kernel of Red Hat Enterprise Linux N has.
struct FrozenBase {
  int major;
  KernelVersion base;
};
const FrozenBase kFrozen[] = {{6, {2, 6, 32, {}}},
                              {7, {3, 10, 0, {}}},
                              {8, {4, 18, 0, {}}},
                              {9, {5, 14, 0, {}}},
                              {10, {6, 12, 0, {}}}};

/// A release in its parts.
struct Release {
  KernelVersion base;
  std::string_view rest;                ///< behind the base
  std::vector<std::string_view> words;  ///< of the rest
  std::vector<int> numbers;             ///< it begins with
  std::string_view flavour;

  /// A package's number follows the version, not a word.
  bool numbered() const {
    std::string_view text = rest;
    if (take(text, ".")) {
      while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
    }
    return text.size() > 1 && text[0] == '-' && is_digit(text[1]);
  }
};

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find_first_of(kBetweenWords));
    if (!word.empty()) words.push_back(word);
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return words;
}

/// "-1017.20-laptop" begins with 1017 and 20, "-0.rc8.61" with 0.
std::vector<int> numbers_of(std::string_view text) {
  std::vector<int> numbers;
  while (text.size() > 1 && (text[0] == '-' || text[0] == '.')) {
    text.remove_prefix(1);
    const std::optional<int> number = take_number(text);
    const bool whole = text.empty() || kBetweenWords.find(text.front()) != kBetweenWords.npos;
    if (!number || !whole) break;
    numbers.push_back(*number);
  }
  return numbers;
}

/// "laptop" of "-1017-laptop"; none in "-427.el9.x86_64".
std::string_view flavour_of(std::string_view rest) {
  const std::size_t dash = rest.rfind('-');
  if (dash == rest.npos) return "";
  const std::string_view word = rest.substr(dash + 1);
  return word.empty() || is_digit(word.front()) ? "" : word;
}

/// "rc8" as a word of its own: X.Y.0-0.rc8... sorts before X.Y.0.
std::optional<int> candidate_among(const std::vector<std::string_view>& words) {
  for (std::string_view word : words) {
    if (!take(word, "rc") || !all_digits(word)) continue;
    return take_number(word);
  }
  return std::nullopt;
}

std::optional<Release> parse_release(std::string_view text) {
  Release release;
  release.rest = text;
  const std::optional<KernelVersion> base = take_kernel_version(release.rest);
  if (!base) return std::nullopt;
  release.base = *base;
  const std::string_view rest = release.rest;
  if (!rest.empty() && kBetweenWords.find(rest.front()) == kBetweenWords.npos) return std::nullopt;
  if (rest.starts_with('.') && (rest.size() < 2 || !is_digit(rest[1]))) return std::nullopt;
  release.words = words_of(rest);
  release.numbers = numbers_of(rest);
  release.flavour = flavour_of(rest);
  if (!release.base.candidate) release.base.candidate = candidate_among(release.words);
  return release;
}

bool is_hash(std::string_view word) {
  if (!take(word, "g") || word.size() < kShortestHash) return false;
  return word.find_first_not_of("0123456789abcdef") == word.npos;
}

/// What scripts/setlocalversion appends (-00012-g1234abcd, -dirty, +), and linux-next.
bool between_tags(const Release& release) {
  const auto& words = release.words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (is_hash(words[i]) || words[i] == "dirty") return true;
    if (words[i] == "next" && i + 1 < words.size() && all_digits(words[i + 1])) return true;
  }
  return release.rest.ends_with('+');
}

bool is_marked(std::string_view word, const Mark& mark) {
  if (!take(word, mark.word)) return false;
  return mark.digits ? !word.empty() && is_digit(word.front()) : word.empty();
}

const Mark* mark_of(const Release& release) {
  for (const Mark& mark : kMarks) {
    for (const std::string_view word : release.words) {
      if (is_marked(word, mark)) return &mark;
    }
  }
  return nullptr;
}

std::string hint_of(const KernelIdentity& identity, bool tags) {
  constexpr const char* kHow =
      "say what is expected with --expect REPRO=fixed:REASON, or \"expect\" in a matrix file";
  if (identity.certainty == Certainty::Exact) return "";
  if (!identity.base) return fmt::format("the kernel's version cannot be read; {}", kHow);
  return fmt::format("this {}kernel has {} and more that its version does not tell ({}); {}",
                     identity.vendor.empty() ? "" : identity.vendor + " ",
                     to_string(*identity.base), tags ? "built between two tags" : "a vendor's tree",
                     kHow);
}

KernelIdentity made(const Release& release, const KernelVersion& base, Certainty certainty,
                    std::string_view vendor) {
  KernelIdentity identity{.base = base,
                          .certainty = certainty,
                          .vendor = std::string(vendor),
                          .series = std::nullopt,
                          .numbers = release.numbers,
                          .flavour = std::string(release.flavour),
                          .hint = ""};
  if (release.base != KernelVersion()) identity.series = release.base;
  identity.hint = hint_of(identity, between_tags(release));
  return identity;
}

/// "Ubuntu 6.8.0-111.111-generic 6.8.12": the last word is the stable release merged last.
std::optional<KernelIdentity> from_signature(std::string_view signature) {
  const std::size_t last = signature.find_last_not_of(kSpace);
  if (last == std::string_view::npos) return std::nullopt;
  signature = signature.substr(0, last + 1);
  const std::size_t space = signature.find_last_of(kSpace);
  if (space == std::string_view::npos) return std::nullopt;
  const auto base = parse_kernel_version(signature.substr(space + 1));
  if (!base) return std::nullopt;
  signature = signature.substr(0, space);
  const bool ubuntu = take(signature, "Ubuntu ");
  const auto release = parse_release(signature);
  return made(release.value_or(Release()), *base, Certainty::AtLeast, ubuntu ? "ubuntu" : "");
}

/// "#1 SMP PREEMPT_DYNAMIC Debian 6.1.176-1 (2026-07-01)"; Raspberry Pi has an epoch: "Debian
/// 1:6.6".
std::optional<KernelIdentity> from_package(std::string_view version, const Release& release) {
  for (const std::string_view name : {"Debian ", "Kali "}) {
    const std::size_t at = version.find(name);
    if (at == std::string_view::npos) continue;
    std::string_view text = version.substr(at + name.size());
    std::string_view without_epoch = text;
    const bool epoch = take_number(without_epoch) && take(without_epoch, ":");
    if (epoch) text = without_epoch;
    const auto base = take_kernel_version(text);
    if (!base) continue;
    return made(release, *base, Certainty::Exact,
                epoch            ? "raspberrypi"
                : name[0] == 'K' ? "kali"
                                 : "debian");
  }
  return std::nullopt;
}

/// 6.8.0-0.rc1.20240125git6098d87eaf31.16.fc40: a snapshot behind that candidate. git0 is the
/// candidate itself, rc0 the merge window.
bool is_snapshot(const Release& release) {
  if (release.base.candidate == 0) return true;
  return std::any_of(release.words.begin(), release.words.end(), [](std::string_view word) {
    const bool git = word.find("git") != word.npos && word != "git0";
    return git || (all_digits(word) && word.size() >= kDateDigits);
  });
}

std::optional<KernelIdentity> from_fedora(const Release& release) {
  constexpr Mark kFedora = {"fc", true, "fedora", Certainty::Exact};
  constexpr Mark kEln = {"eln", true, "fedora", Certainty::Exact};
  for (const std::string_view word : release.words) {
    if (!is_marked(word, kFedora) && !is_marked(word, kEln)) continue;
    const bool later = release.base.candidate && is_snapshot(release);
    return made(release, release.base, later ? Certainty::AtLeast : Certainty::Exact, "fedora");
  }
  return std::nullopt;
}

/// 5.15.0-206.153.7.el9uek is 5.15.153; 5.4.17-2136.330.7.5.el8uek does not say.
std::optional<KernelIdentity> from_oracle(const Release& release) {
  const bool uek = std::any_of(release.words.begin(), release.words.end(),
                               [](std::string_view word) { return word.ends_with("uek"); });
  if (!uek) return std::nullopt;
  KernelVersion base = release.base;
  const bool told = base.patch == 0 && !base.candidate && release.numbers.size() >= 3;
  if (!told) return made(release, base, Certainty::AtLeast, "oracle");
  base.patch = release.numbers[1];
  return made(release, base, Certainty::Exact, "oracle");
}

/// Ubuntu's builds of mainline: 6.7.3-060703-generic, 6.8.0-060800rc1-generic. One of a day says
/// more: 6.8.0-060800daily20240115-generic.
std::optional<KernelIdentity> from_ubuntu_mainline(const Release& release) {
  const KernelVersion& v = release.base;
  std::string_view rest = release.rest;
  if (!take(rest, fmt::format("-{:02}{:02}{:02}", v.major, v.minor, v.patch))) return std::nullopt;
  KernelVersion base = v;
  if (take(rest, "rc")) base.candidate = take_number(rest);
  const bool whole = rest.empty() || rest.front() == '-';
  return made(release, base, whole ? Certainty::Exact : Certainty::AtLeast, "ubuntu-mainline");
}

/// 6.7.0-1.el9: a single number behind a base that no kernel of Red Hat's release 9 has. Somebody
/// built a plain release for it, as ELRepo does.
bool built_for_rhel(const Release& release) {
  if (release.numbers.size() != 1 || release.words.size() < 2) return false;
  std::string_view word = release.words[1];
  if (!take(word, "el") || !all_digits(word)) return false;
  const std::optional<int> major = take_number(word);
  return std::any_of(std::begin(kFrozen), std::end(kFrozen), [&](const FrozenBase& frozen) {
    return frozen.major == major && frozen.base != release.base;
  });
}

std::optional<KernelIdentity> from_mark(const Release& release) {
  const Mark* mark = mark_of(release);
  if (mark == nullptr) return std::nullopt;
  if (mark->vendor == "rhel" && built_for_rhel(release)) {
    return made(release, release.base, Certainty::Exact, "");
  }
  return made(release, release.base, mark->certainty, mark->vendor);
}

std::optional<KernelIdentity> from_plain(const Release& release) {
  if (release.numbers.size() != 1 || release.words.size() != 2) return std::nullopt;
  for (const Plain& plain : kPlain) {
    if (release.words[1] != plain.flavour) continue;
    // Alpine counts its packages from 0, Arch from 1.
    const bool alpine = plain.vendor.empty() && release.numbers[0] == 0;
    return made(release, release.base, Certainty::Exact, alpine ? "alpine" : plain.vendor);
  }
  return std::nullopt;
}

KernelIdentity from_release(const Release& release, std::string_view version) {
  if (between_tags(release)) {
    const Mark* mark = mark_of(release);
    return made(release, release.base, Certainty::AtLeast, mark != nullptr ? mark->vendor : "");
  }
  if (const auto found = from_fedora(release)) return *found;
  if (const auto found = from_oracle(release)) return *found;
  if (const auto found = from_ubuntu_mainline(release)) return *found;
  if (const auto found = from_mark(release)) return *found;
  if (const auto found = from_plain(release)) return *found;
  const bool debian = release.rest.starts_with("+deb") || release.rest.starts_with("+bpo");
  if (!release.numbered()) {
    return made(release, release.base, Certainty::Exact, debian ? "debian" : "");
  }
  const bool ubuntu = version.find("-Ubuntu") != version.npos;
  const bool suse = release.flavour == "default" ||
                    (!release.numbers.empty() && release.numbers[0] >= kLeastSuse);
  return made(release, release.base, Certainty::AtLeast, ubuntu ? "ubuntu" : suse ? "suse" : "");
}

}  // namespace

KernelIdentity identify_kernel(std::string_view release, std::string_view version,
                               std::string_view signature) {
  if (const auto found = from_signature(signature)) return *found;
  const auto parts = parse_release(release);
  if (const auto found = from_package(version, parts.value_or(Release()))) return *found;
  // The first WSL answers system calls itself and only names a version: 4.4.0-19041-Microsoft.
  if (parts && parts->flavour != "Microsoft") return from_release(*parts, version);
  KernelIdentity unknown;
  unknown.hint = hint_of(unknown, false);
  return unknown;
}

std::span<const std::string_view> vendor_names() {
  return kVendors;
}

const char* certainty_name(Certainty certainty) {
  switch (certainty) {
    case Certainty::None:
      return "none";
    case Certainty::AtLeast:
      return "at-least";
    case Certainty::Exact:
      return "exact";
  }
  return "?";
}

std::string to_string(const KernelIdentity& identity) {
  if (!identity.base) return "";
  const bool exact = identity.certainty == Certainty::Exact;
  return to_string(*identity.base) + (exact ? "" : " or later");
}

}  // namespace hangrate
