// SPDX-License-Identifier: GPL-2.0-or-later
//
// Everything hangrate writes for its user is made, opened and synced here: by a Place, so that root
// is not led astray, with every result checked, so that no success is told of what is not on disk.
// An fsync that failed is never tried again: the kernel reports a lost page once (fs/sync.c).
#pragma once

#include <string>
#include <string_view>

#include "harness/base/error.h"
#include "harness/base/unique_fd.h"

namespace hangrate {

/// Makes a folder, its parent must be there; one that is there already is as good, unless somebody
/// else put it into a folder that all may write to.
Result<void> make_folder(const std::string& path);

/// A new file to append to and read back, and its name on disk. Usage error `if_there` if there is
/// one.
Result<UniqueFd> create_file(const std::string& path, const std::string& if_there);

/// A file that is there, to append to and read back. Usage error if another user may have put it
/// there, or if it is a symbolic link.
Result<UniqueFd> open_to_append(const std::string& path);

/// Either of them.
Result<UniqueFd> create_or_append(const std::string& path);

/// All of `text`. `path` is for messages.
Result<void> write_all(int fd, std::string_view text, const std::string& path);

/// To the disk, closed, and both without complaint.
Result<void> sync_and_close(UniqueFd file, const std::string& path);

/// Writes `text` so that `path` holds either all of it or what it held before: a file of a random
/// name beside it, synced and renamed. Mode and owner of what it replaces are kept. A terminal, a
/// pipe, another character device and the descriptors in /dev/fd are written to instead.
Result<void> write_file_atomically(const std::string& path, std::string_view text);

/// Would it let us? As far as can be known before; Usage error if not.
Result<void> check_output(const std::string& path);

}  // namespace hangrate
