// SPDX-License-Identifier: GPL-2.0-or-later
//
// Place: a name in a folder that was walked to step by step, so that whoever writes there writes
// where he was told to. hangrate runs as root in folders of others: a symbolic link that somebody
// else could have planted is not followed, as fs.protected_symlinks has it, and for root in every
// folder. Never creates or changes anything.
#pragma once

#include <optional>
#include <string>

#include <sys/stat.h>

#include "harness/base/error.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

/// Whether a symbolic link in the last place of a path is followed, if its maker may be trusted.
enum class LastLink { Followed, Kept };

class Place {
 public:
  /// Usage error for a link of somebody else and for a path that leads nowhere. The file itself
  /// need not be there.
  static Result<Place> of(const std::string& path, LastLink last);

  int folder() const { return folder_.get(); }  ///< opened with O_PATH
  const std::string& name() const { return name_; }
  const std::string& path() const { return path_; }  ///< as it was given, for messages
  /// What lies there now, not following it; nullopt: nothing.
  Result<std::optional<struct stat>> look() const;
  /// Usage error where somebody else may have put `file` there to have us write into it: in a
  /// folder that all may write to, a file of another user or of several names; for root, a file of
  /// several names in somebody else's folder.
  Result<void> check_writable(const struct stat& file) const;
  /// Usage error if all may write to the folder and `file` is of another user.
  Result<void> check_replaceable(const struct stat& file) const;
  /// Puts the names in the folder on disk.
  Result<void> sync_folder() const;

 private:
  Place(UniqueFd folder, std::string name, std::string path)
      : folder_(std::move(folder)), name_(std::move(name)), path_(std::move(path)) {}
  Result<struct stat> folder_facts() const;

  UniqueFd folder_;
  std::string name_;
  std::string path_;
};

}  // namespace hangrate
