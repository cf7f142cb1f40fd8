// SPDX-License-Identifier: GPL-2.0-or-later
//
// ConsoleLog: finds in a guest's console what its kernel complained of. A guest is not believed to
// be kind: whatever it prints costs time linear in its length and no more memory than
// kMostFindings * kMostLines * kMostBytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"
#include "harness/console/console_line.h"
#include "harness/model/console.h"

namespace hangrate {

inline constexpr std::size_t kMostLines = 40;
inline constexpr std::size_t kMostFindings = 16;
/// What is kept and looked at of a line; printk's own lines end before (LOG_LINE_MAX, 1024 bytes).
inline constexpr std::size_t kMostBytes = 2048;

class ConsoleLog {
 public:
  /// The next bytes, cut anywhere.
  void take(std::string_view bytes);
  /// Of all that was taken, in the order printed, each with up to kMostLines lines; at most
  /// kMostFindings, of which a graver one takes the place of the last of the least grave.
  std::vector<ConsoleFinding> findings();

 private:
  struct Report {
    ConsoleFinding finding;
    std::string caller;
    bool open = true;        ///< what follows belongs to it
    bool announced = false;  ///< began with "cut here": a WARN's text has a line of its own
  };
  /// What was printed since "cut here", until a line says what it is.
  struct Announcement {
    std::vector<std::string> lines;
    bool open = false;
  };

  void take_line(std::string_view raw);
  ConsoleLine line_of(std::string_view text);
  void complain(std::string_view kind, const ConsoleLine& line);
  void go_on(const ConsoleLine& line);
  void begin(std::string_view kind, std::string_view caller);
  Report* make_room(Gravity gravity);
  Report* open_report(std::string_view caller);
  bool joins(const Report* report, std::string_view kind) const;

  std::string cut_;           ///< a line whose end has not come
  std::string room_;          ///< of a line without its colours
  bool marked_ = false;       ///< this console's kernel marks its lines
  std::uint64_t newest_ = 0;  ///< the latest time of a mark
  std::vector<Report> reports_;
  Announcement announcement_;
};

/// The findings in a text.
std::vector<ConsoleFinding> findings_in(std::string_view console);
/// In a file, read piece by piece. An error if it is no regular file or cannot be read.
Result<std::vector<ConsoleFinding>> findings_in_file(const std::string& path);

}  // namespace hangrate
