// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/matrix/qemu_words.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "harness/base/file.h"

namespace hangrate {

namespace {

constexpr const char* kDevice = "-device";
constexpr const char* kShare = "-fsdev";
constexpr const char* kReadOnly = "readonly=on";
/// With no way to a file, a socket, another device or a network of this machine but a share's.
constexpr const char* kDrivers[] = {"virtio-9p-pci", "virtio-rng-pci", "virtio-balloon-pci"};

/// What stands first is the driver, unless a later word says another.
bool names_driver_again(const std::string& value) {
  const std::vector<std::string> parts = split(value, ',');
  return std::any_of(parts.begin(), parts.end(), [](const std::string& part) {
    return part.starts_with("driver=") || part.starts_with("fsdriver=");
  });
}

/// QEMU takes the last of two, and "noreadonly" for "readonly=off". Its other drivers than "local"
/// connect to a socket or share nothing.
bool is_read_only(const std::string& share) {
  const std::vector<std::string> parts = split(share, ',');
  const auto says = [](const std::string& part) { return part.find("readonly") != part.npos; };
  return parts.front() == "local" && std::count_if(parts.begin(), parts.end(), says) == 1 &&
         std::find(parts.begin(), parts.end(), kReadOnly) != parts.end();
}

Result<void> check_option(const std::string& name, const std::string& value) {
  if (name != kDevice && name != kShare) {
    return fail(Error::usage(fmt::format("{} is neither {} nor {}", name, kDevice, kShare)));
  }
  // A device in JSON has no name for reports, and ",," is a comma that separates nothing.
  const bool plain = !value.empty() && value[0] != '-' && value[0] != '{' && value[0] != ',' &&
                     value.find(",,") == value.npos;
  if (!plain) {
    return fail(
        Error::usage(fmt::format("{} \"{}\": expected NAME,PROPERTY=VALUE,... without "
                                 "a comma in a value",
                                 name, value)));
  }
  if (names_driver_again(value)) {
    return fail(Error::usage(fmt::format("{} {}: its driver stands first, and once", name, value)));
  }
  if (name == kDevice) {
    const std::string driver = split(value, ',').front();
    if (std::find(std::begin(kDrivers), std::end(kDrivers), driver) != std::end(kDrivers))
      return {};
    return fail(Error::usage(
        fmt::format("{} {}: a guest may have {}", name, driver, fmt::join(kDrivers, ", "))));
  }
  if (is_read_only(value)) return {};
  return fail(Error::usage(fmt::format(
      "{} {}: expected local,...,{}: a guest may change nothing here", name, value, kReadOnly)));
}

}  // namespace

Result<void> check_qemu_words(const std::vector<std::string>& words) {
  for (std::size_t i = 0; i < words.size(); i += 2) {
    if (i + 1 == words.size()) return fail(Error::usage(words[i] + " has no value"));
    HR_TRY(check_option(words[i], words[i + 1]));
  }
  return {};
}

std::vector<std::string> qemu_devices(const std::vector<std::string>& words) {
  std::vector<std::string> drivers;
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    if (words[i] == kDevice) drivers.push_back(split(words[i + 1], ',').front());
  }
  return drivers;
}

}  // namespace hangrate
