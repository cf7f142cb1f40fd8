// SPDX-License-Identifier: GPL-2.0-or-later
//
// The options about widened races: none at all (--natural), how long to look for the best aim
// (--search), and what to begin with (--warm).
#pragma once

#include <string>
#include <vector>

#include "harness/app/run_options.h"

namespace hangrate {

inline constexpr std::uint64_t kMostSearch = 1'000'000;

extern const char* const kNaturalHelp;
extern const char* const kSearchHelp;
extern const char* const kWarmHelp;

void add_search_options(CLI::App& app, RunOptions& options);

/// --natural: takes the help away if the reproducer has one. Refused where `given` (NAME=VALUE)
/// asks for help.
Result<void> take_natural(bool natural, const Manifest& manifest,
                          const std::vector<std::string>& given,
                          std::map<std::string, std::string>& params);

/// Arms of every cell of an earlier run: a journal, a results folder, or the folder of a matrix run
/// with the journals of all its kernels.
Result<std::vector<WarmSource>> read_warm(const std::string& path);

/// Sets how long each cell of `header` searches and with what it begins.
Result<void> plan_search(const RunOptions& options, RunHeader& header);

}  // namespace hangrate
