// SPDX-License-Identifier: GPL-2.0-or-later
//
// RunRecord: what a run may leave on the machine, on record outside its process: the intent before
// a thing is made (every name begins with the run's mark), a FUSE connection's number and inode at
// once after. Who finds a record that nobody holds locked may sweep what it names (sys/sweep.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "harness/base/error.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

/// Where records of this user are: /run/hangrate for root, $XDG_RUNTIME_DIR/hangrate for others,
/// then /tmp/hangrate-UID for either. The first that can be had is used; all of them are swept.
std::vector<std::string> record_folders();

/// Opens such a folder. An error if it is a link, not ours, or open to others: what it holds may
/// have been planted. ENOENT is an error, too, unless `make`.
Result<UniqueFd> open_record_folder(const std::string& path, bool make);

/// The machine's present boot, "" if unknown: connections and cgroups do not outlive it.
std::string boot_id();

class RunRecord {
 public:
  /// In the first folder that can be had. Without any it has a mark and a trouble() only.
  static RunRecord make(const std::vector<std::string>& folders = record_folders());
  /// Deletes the record if the cgroup is gone; else the next run sweeps.
  ~RunRecord();
  RunRecord(RunRecord&& other) noexcept;
  RunRecord& operator=(RunRecord&&) = delete;
  RunRecord(const RunRecord&) = delete;
  RunRecord& operator=(const RunRecord&) = delete;

  /// "hangrate-ID": how every name begins that this run gives away.
  const std::string& mark() const { return mark_; }
  /// The same without "hangrate-".
  std::string id() const;
  /// "" if there is none.
  const std::string& path() const { return path_; }
  const std::string& trouble() const { return trouble_; }
  /// Whoever has this open owns the run: the supervisor and its janitor. Not for workers: one that
  /// is wedged would own it for ever.
  int lock_fd() const { return file_.get(); }

  /// Before the cgroup is made.
  void intend_cgroup(const std::string& path);

 private:
  RunRecord() = default;
  bool make_in(const std::string& folder);

  std::string mark_;
  std::string path_;
  std::string trouble_;
  std::string text_;
  std::vector<std::string> cgroups_;
  UniqueFd folder_;
  UniqueFd file_;
};

/// Whether a record can have this name: "hangrate-PID-" and 16 hexadecimal digits. Anything shorter
/// would be the beginning of other runs' names.
bool is_mark(std::string_view name);

/// A record as it was found.
struct FoundRecord {
  struct Connection {
    int number = 0;
    std::uint64_t instance = 0;  ///< inode of its folder in fusectl
  };
  std::string boot;
  std::vector<std::string> cgroups;
  std::vector<Connection> connections;
};
/// Pure. Lines nobody knows, cut-off ones and cgroups whose last name is not `mark` are left out:
/// no record speaks of anything else's.
FoundRecord parse_record(std::string_view text, const std::string& mark);

}  // namespace hangrate
