// SPDX-License-Identifier: GPL-2.0-or-later
//
// For the fuzz targets of this folder: the input as text, and a folder for readers that take a
// path. Each NAME_fuzz.cpp is one program of libFuzzer, fuzz_NAME; its seeds lie in corpus/NAME,
// and seeds.cpp reads just those in builds that do not fuzz.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "harness/base/check.h"
#include "harness/base/unique_fd.h"

namespace hangrate::fuzz {

inline std::string text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A temporary folder below TMPDIR. That of a target which crashes stays; scripts/fuzz removes it.
class Scratch {
 public:
  Scratch() {
    const char* base = std::getenv("TMPDIR");
    path_ = std::string(base != nullptr ? base : "/tmp") + "/hangrate-fuzz-XXXXXX";
    HR_CHECK(::mkdtemp(path_.data()) != nullptr);
  }
  ~Scratch() {
    std::error_code failed;
    std::filesystem::remove_all(path_, failed);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

  /// The path of the file `name`, which then holds `text`.
  std::string write(const std::string& name, std::string_view text) const {
    const std::string path = path_ + "/" + name;
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    HR_CHECK(file &&
             ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    return path;
  }

 private:
  std::string path_;
};

/// The parts between lines "%%": several files in one input. Always `count` of them.
inline std::vector<std::string> parts_of(std::string_view text, std::size_t count) {
  constexpr std::string_view kBetween = "%%\n";
  std::vector<std::string> parts;
  while (parts.size() + 1 < count) {
    const std::size_t at = text.find(kBetween);
    parts.emplace_back(text.substr(0, at));
    text.remove_prefix(at == text.npos ? text.size() : at + kBetween.size());
  }
  parts.emplace_back(text);
  return parts;
}

}  // namespace hangrate::fuzz
