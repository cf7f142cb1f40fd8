# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shared by scripts/run and scripts/test: installs packages, checks the compiler, builds a preset.
# Sourced with $program (for messages) and $root (top of the tree) set. Everything it says goes to
# stderr. A machine that cannot be used ends the caller with one message and exit code 3.

: "${program:?}" "${root:?}"

say() { printf '%s: %s\n' "$program" "$*" >&2; }
die() {
  say "error: $*"
  exit 3
}

# Package names are the same on Debian 12, Debian 13 and Ubuntu 24.04.
build_packages="g++ cmake ninja-build libcli11-dev libexpected-dev libfmt-dev nlohmann-json3-dev libboost-dev zlib1g-dev libarchive-dev libmd-dev libpugixml-dev clang llvm libbpf-dev libelf-dev"
test_packages="libgtest-dev libgmock-dev libbenchmark-dev libvalijson-dev python3 shellcheck qemu-system-x86 kmod xz-utils libxml2-utils libclang-rt-dev"

# check_system: sets $system to "debian-12", "ubuntu-24.04", ...; dies where no package names are known.
check_system() {
  # HANGRATE_OS_RELEASE is for scripts_test.py only.
  release=${HANGRATE_OS_RELEASE:-/etc/os-release}
  # shellcheck disable=SC2016  # expanded by the inner shell, where sourcing cannot hurt us
  facts=$(sh -c '. "$1" && printf "%s|%s|%s|%s" "$ID" "${VERSION_ID:-}" "${ID_LIKE:-}" "${PRETTY_NAME:-$ID}"' \
    sh "$release" 2>/dev/null) || facts="||| a system without $release"
  IFS='|' read -r id version like pretty <<EOF
$facts
EOF
  system=$id-$version
  major=${version%%.*}
  fix="Debian 12 or later, or Ubuntu 24.04 or later, is needed; elsewhere install GCC 12 (or Clang 14), \
CMake 3.25, Ninja, CLI11, tl-expected, fmt, nlohmann-json, Boost, zlib, libarchive, libmd and pugixml (and for kernel programs clang, libbpf and libelf) yourself and add --no-install"
  case $id in
    debian) [ "${major:-99}" -ge 12 ] || die "$pretty is too old: $fix" ;;
    ubuntu) [ "${major:-99}" -ge 24 ] || die "$pretty is too old: $fix" ;;
    *)
      case " $like " in
        *" debian "* | *" ubuntu "*) say "note: $pretty is not tested; trying Debian's package names" ;;
        *) die "$pretty is not supported: $fix" ;;
      esac
      ;;
  esac
}

# install_packages NAME...: installs what is missing. No apt call if nothing is.
install_packages() {
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    die "no apt-get here: install these yourself and add --no-install: $*"
  fi
  present=" $(dpkg-query -W -f='${Package}=${db:Status-Status} ' "$@" 2>/dev/null)" || true # fails if one is unknown
  missing=
  for package in "$@"; do
    case $present in
      *" $package=installed "*) ;;
      *) missing="$missing $package" ;;
    esac
  done
  [ -n "$missing" ] || return 0

  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      die "packages are missing and this is neither root nor is there sudo; run as root: apt-get install --no-install-recommends$missing"
    as_root=sudo
    if ! [ -t 0 ]; then # nobody there to type a password
      as_root="sudo -n"
      sudo -n true 2>/dev/null ||
        die "packages are missing and sudo wants a password; run: sudo apt-get install --no-install-recommends$missing"
    fi
  fi

  say "installing:$missing"
  apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300"
  $apt update >&2 || say "warning: apt-get update failed; trying with the package lists at hand"
  unknown=
  for package in $missing; do
    apt-cache show --no-all-versions "$package" >/dev/null 2>&1 || unknown="$unknown $package"
  done
  [ -z "$unknown" ] ||
    die "not in this system's package archives:$unknown (check the network and /etc/apt/sources.list*; on Ubuntu enable \"universe\")"
  # shellcheck disable=SC2086  # lists of words
  $apt install -y --no-install-recommends $missing >&2 ||
    die "apt-get could not install$missing (its own messages are above)"
}

# prepare GROUP: everything a build needs (GROUP "build"), or the tests too (GROUP "test").
prepare() {
  check_system
  packages=$build_packages
  if [ "$1" = test ]; then
    packages="$packages $test_packages"
    # Ubuntu's chromium is a snap, which needs a daemon: there the HTML is tested without a browser.
    case $system in debian-*) packages="$packages chromium" ;; esac
    case $system in debian-12) packages="$packages user-mode-linux" ;; esac
    # The formatter is one fixed version. Where the system has none, lint skips that check and says so.
    case $system in
      debian-12 | ubuntu-24.04) packages="$packages clang-format-14" ;;
    esac
  fi
  # shellcheck disable=SC2086  # a list of words
  install_packages $packages
}

check_compiler() {
  cxx=${CXX:-c++}
  # shellcheck disable=SC2086  # CXX may hold a wrapper, "ccache g++"
  versions=$(printf '__clang_major__ __GNUC__\n' | $cxx -E -P -x c++ - 2>/dev/null) ||
    die "no working C++ compiler '$cxx': install g++ 12 or later, or set CXX"
  clang=${versions%% *}
  gcc=${versions##* }
  if [ "$clang" = __clang_major__ ]; then
    [ "$gcc" -ge 12 ] 2>/dev/null || die "'$cxx' is GCC $gcc, too old for C++20 as used here: install g++-12 or later and set CXX=g++-12"
  else
    [ "$clang" -ge 14 ] || die "'$cxx' is Clang $clang, too old for C++20 as used here: install clang-14 or later and set CXX=clang++-14"
  fi
  cmake=$(cmake --version 2>/dev/null) || die "no cmake: install CMake 3.25 or later"
  cmake=${cmake#cmake version }
  case $cmake in
    [0-2].* | 3.[0-9].* | 3.1[0-9].* | 3.2[0-4].*) die "CMake ${cmake%%[!0-9.]*} is too old: install 3.25 or later" ;;
  esac
}

# build_preset NAME [TARGET]: configures (if the presets changed) and builds build/NAME. One at a time.
build_preset() {
  dir=$root/build/$1
  if ! mkdir -p "$dir" 2>/dev/null || ! [ -w "$dir" ]; then
    die "$dir is not writable (built by root?): run as root, or: sudo chown -R $(id -un) $root/build"
  fi
  exec 9>"$root/build/.$1.lock"
  flock 9
  cache=$dir/CMakeCache.txt
  fresh=
  if [ -e "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then
    fresh=--fresh # the tree was moved or copied
  fi
  if [ -n "$fresh" ] || ! cmp -s "$root/CMakePresets.json" "$dir/.configured"; then
    rm -f "$dir/.configured"
    say "configuring $dir"
    (cd "$root" && cmake --preset "$1" $fresh) >"$dir/configure.log" 2>&1 || {
      cat "$dir/configure.log" >&2
      die "CMake could not configure $dir (its messages are above)"
    }
    cp "$root/CMakePresets.json" "$dir/.configured"
  fi
  cmake --build "$dir" --parallel "$(nproc)" ${2:+--target "$2"} >&2 9>&- || die "the build in $dir failed (compiler messages are above)"
  exec 9>&-
}
