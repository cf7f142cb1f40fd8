// SPDX-License-Identifier: GPL-2.0-or-later
//
// LoadLog: what libbpf says while one is alive; names the program a load failed at. One at a time,
// on one thread: libbpf has one print function for the process. Used by programs.cpp only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

struct btf;

namespace hangrate {

class LoadLog {
 public:
  LoadLog();
  ~LoadLog();
  LoadLog(const LoadLog&) = delete;
  LoadLog& operator=(const LoadLog&) = delete;

  /// The program that could not be loaded, "" if none is named.
  std::string culprit() const;
  /// The verifier's last line, as " (...)"; "" if it said nothing. The whole log goes to stderr if
  /// HANGRATE_BPF_LOG is set.
  std::string last_words() const;

 private:
  void* before_ = nullptr;
};

/// Where a global variable lies in its section.
std::optional<std::uint32_t> variable_offset(const btf* types, const char* section,
                                             const char* name);

}  // namespace hangrate
