// SPDX-License-Identifier: GPL-2.0-or-later
//
// Text of kernels, consoles and processes on its way into a report: it must not be able to steer a
// terminal, close a tag or break a table. Pure, total: any bytes give legal text.
#pragma once

#include <string>
#include <string_view>

namespace hangrate {

/// Valid UTF-8 of printable characters, newlines and tabs. Colour sequences go, other control
/// characters (and those that turn the direction of writing) are spelt out as \x1b or \u202e, what
/// is not UTF-8 becomes U+FFFD.
std::string safe_text(std::string_view text);

/// The same in one line: newlines and tabs become blanks.
std::string safe_line(std::string_view text);

/// safe_text for the content of an HTML or XML element.
std::string markup(std::string_view text);

/// safe_line for an attribute in double quotes, or for a heading.
std::string markup_line(std::string_view text);

/// safe_line for running text and table cells of GitHub-flavoured Markdown.
std::string markdown_line(std::string_view text);

}  // namespace hangrate
