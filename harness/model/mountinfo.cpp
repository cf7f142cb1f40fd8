// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/model/mountinfo.h"

#include <cstdio>
#include <cstdlib>

#include "harness/base/file.h"

namespace hangrate {

namespace {

/// "/mnt/a\040b"
std::string unescaped(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>(std::strtol(text.substr(i + 1, 3).c_str(), nullptr, 8));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace

std::vector<Mount> parse_mountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  for (const std::string& line : split(text, '\n')) {
    // "36 35 98:0 / /mnt rw,noatime master:1 - ext4 /dev/root rw": optional fields end with " - "
    const std::size_t dash = line.find(" - ");
    if (dash == line.npos) continue;
    const auto before = split(line.substr(0, dash), ' ');
    const auto after = split(line.substr(dash + 3), ' ');
    Mount mount;
    if (before.size() < 5 || after.size() < 3 ||
        std::sscanf(before[2].c_str(), "%d:%d", &mount.major, &mount.minor) != 2) {
      continue;
    }
    mount.where = unescaped(before[4]);
    mount.type = after[0];
    mount.source = after[1];
    mount.options = after[2];
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

}  // namespace hangrate
