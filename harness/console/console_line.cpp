// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/console/console_line.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace hangrate {

namespace {

constexpr std::string_view kDigits = "0123456789";
/// Of a log line a kernel's message is never behind more marks than these.
constexpr int kMostMarks = 8;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of(kDigits) == text.npos;
}

/// Whether `text` begins as `pattern` says: 9 a digit or a space, A a letter, all else itself.
bool fits(std::string_view text, std::string_view pattern) {
  if (text.size() < pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool ok = pattern[i] == '9'   ? is_digit(text[i]) || text[i] == ' '
                    : pattern[i] == 'A' ? std::isalpha(static_cast<unsigned char>(text[i])) != 0
                                        : text[i] == pattern[i];
    if (!ok) return false;
  }
  return true;
}

std::uint64_t number(std::string_view digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

void skip_space(std::string_view& text) {
  if (text.starts_with(' ')) text.remove_prefix(1);
}

/// What is between `open` and the next `close`, which is at most `most` away; both are taken.
std::optional<std::string_view> take_enclosed(std::string_view& text, char open, char close,
                                              std::size_t most) {
  if (!text.starts_with(open)) return std::nullopt;
  const std::size_t end = text.substr(0, most).find(close);
  if (end == text.npos) return std::nullopt;
  const std::string_view inside = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  return inside;
}

/// The facility of a level that has one: a program's record in the kernel's log has facility 1 or
/// more (devkmsg_write() in kernel/printk/printk.c).
void take_priority(std::uint64_t priority, ConsoleLine& line) {
  line.marked = true;
  line.foreign |= priority >= 8;
}

bool take_level(std::string_view& text, ConsoleLine& line) {
  std::string_view rest = text;
  const auto level = take_enclosed(rest, '<', '>', 6);
  if (!level || !all_digits(*level)) return false;
  take_priority(number(*level), line);
  text = rest;
  return true;
}

/// "12.345678" to microseconds.
std::optional<std::uint64_t> printk_time(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::size_t dot = text.find('.');
  if (dot == text.npos || dot > 10) return std::nullopt;
  std::string fraction(text.substr(dot + 1));
  if (!all_digits(text.substr(0, dot)) || !all_digits(fraction) || fraction.size() > 9) {
    return std::nullopt;
  }
  fraction.resize(6, '0');
  return number(text.substr(0, dot)) * 1'000'000 + number(fraction);
}

bool is_caller(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return (text.starts_with('T') || text.starts_with('C')) && all_digits(text.substr(1));
}

/// "Wed Dec 19 03:36:07 2018" of dmesg -T, "Dec19 03:36" and "  +0.000012" of dmesg -H.
bool is_dmesg_time(std::string_view text) {
  if (fits(text, "AAA AAA 99 99:99:99 9999") || fits(text, "AAA99 99:99")) return true;
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return (text.starts_with('+') || text.starts_with('<')) && text.find('.') != text.npos &&
         text.find_first_not_of("+<> .0123456789") == text.npos;
}

/// A time, a caller: what printk and dmesg put into brackets.
bool take_bracket(std::string_view& text, ConsoleLine& line) {
  std::string_view rest = text;
  const auto inside = take_enclosed(rest, '[', ']', 40);
  if (!inside) return false;
  if (const auto stamp = printk_time(*inside)) {
    line.stamp = stamp;
  } else if (is_caller(*inside)) {
    line.caller = inside->substr(std::min(inside->find_first_not_of(' '), inside->size()));
  } else if (!is_dmesg_time(*inside)) {
    return false;
  }
  line.marked = true;
  skip_space(rest);
  text = rest;
  return true;
}

std::string_view take_field(std::string_view& text) {
  const std::size_t comma = text.find(',');
  const std::string_view field = text.substr(0, comma);
  text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
  return field;
}

/// "6,123,456,-,caller=T1;", with the release before it if netconsole was told to send it.
bool take_record(std::string_view& text, ConsoleLine& line) {
  const std::size_t end = text.substr(0, 200).find(';');
  if (end == text.npos) return false;
  std::string_view head = text.substr(0, end);
  std::string_view level = take_field(head);
  if (!all_digits(level) && is_digit(text.front())) level = take_field(head);
  const std::string_view sequence = take_field(head);
  const std::string_view time = take_field(head);
  if (!all_digits(level) || !all_digits(sequence) || !all_digits(time)) return false;
  take_priority(number(level), line);
  line.stamp = number(time);
  const std::size_t caller = head.find("caller=");
  if (caller != head.npos) {
    head.remove_prefix(caller + 7);
    line.caller = take_field(head);
  }
  text.remove_prefix(end + 1);
  return true;
}

/// "Nov 27 12:00:00 " or "2026-11-27T12:00:00.123456+00:00 ".
bool take_calendar(std::string_view& text) {
  constexpr std::string_view kSyslog = "AAA 99 99:99:99 ";
  if (fits(text, kSyslog)) {
    text.remove_prefix(kSyslog.size());
    return true;
  }
  if (!fits(text, "9999-99-99T99:99:99")) return false;
  const std::size_t end = text.substr(0, 40).find(' ');
  if (end == text.npos) return false;
  text.remove_prefix(end + 1);
  return true;
}

/// "kernel: " with the host's name before it.
bool take_identifier(std::string_view& text) {
  const std::size_t host = text.substr(0, 256).find(' ');
  std::string_view rest = host == text.npos ? text : text.substr(host + 1);
  if (text.starts_with("kernel: ")) rest = text;
  if (!rest.starts_with("kernel: ")) return false;
  rest.remove_prefix(8);
  text = rest;
  return true;
}

/// A log's line is a kernel's if it says so, or if behind the host is a mark of printk; dmesg puts
/// its message right behind a time in the ISO form.
bool take_log(std::string_view& text, ConsoleLine& line) {
  std::string_view rest = text;
  if (!take_calendar(rest)) return false;
  const bool iso_of_dmesg = text.substr(0, 32).find(',') != text.npos;
  if (!take_identifier(rest) && !iso_of_dmesg) {
    const std::size_t host = std::min(rest.find(' '), rest.size() - 1);
    std::string_view behind = rest.substr(host + 1);
    ConsoleLine probe;
    line.foreign |= !take_bracket(behind, probe) || !probe.stamp;
    if (!line.foreign) rest.remove_prefix(host + 1);
  }
  line.marked = true;
  text = rest;
  return true;
}

/// "kern  :alert : " of dmesg -x.
bool take_decoded(std::string_view& text, ConsoleLine& line) {
  if (!fits(text, "AAAA  :") && !fits(text, "AAAAA :") && !fits(text, "AAAAAA:")) return false;
  const std::size_t end = text.substr(7, 8).find(": ");
  if (end == text.npos) return false;
  line.marked = true;
  line.foreign |= !text.starts_with("kern  :");
  text.remove_prefix(7 + end + 2);
  return true;
}

/// "host kernel: " behind a time: journalctl -o short-monotonic.
bool take_late_identifier(std::string_view& text, const ConsoleLine& line) {
  return line.stamp && line.marked && text.substr(0, 256).find(" kernel: ") != text.npos &&
         take_identifier(text);
}

bool take_mark(std::string_view& text, ConsoleLine& line) {
  return take_bracket(text, line) || take_level(text, line) || take_record(text, line) ||
         take_log(text, line) || take_decoded(text, line) || take_late_identifier(text, line);
}

/// printk's "%5lu.%06lu" and the bracket behind it.
bool is_printk_width(std::string_view text) {
  const std::size_t close = text.substr(0, 20).find(']');
  if (close == text.npos || close < 13 || text[close - 7] != '.') return false;
  return printk_time(text.substr(1, close - 1)).has_value();
}

}  // namespace

ConsoleLine parse_console_line(std::string_view line) {
  ConsoleLine parsed;
  for (int marks = 0; marks < kMostMarks && take_mark(line, parsed); ++marks) continue;
  parsed.message = line;
  return parsed;
}

std::optional<ConsoleLine> parse_log_record(std::string_view record) {
  ConsoleLine parsed;
  if (!take_record(record, parsed)) return std::nullopt;
  parsed.message = record.substr(0, record.find('\n'));
  return parsed;
}

std::size_t torn_mark(std::string_view line) {
  for (std::size_t at = line.find('['); at != line.npos; at = line.find('[', at + 1)) {
    if (is_printk_width(line.substr(at))) return at;
  }
  return line.npos;
}

std::string_view without_colours(std::string_view line, std::string& room) {
  if (line.find('\x1b') == line.npos) return line;
  room.clear();
  while (!line.empty()) {
    const std::size_t escape = std::min(line.find('\x1b'), line.size());
    room += line.substr(0, escape);
    line.remove_prefix(std::min(escape + 1, line.size()));
    if (!line.starts_with('[')) continue;
    const std::size_t last = line.find_first_not_of("[0123456789;:?<=> ");
    line.remove_prefix(last == line.npos ? line.size() : last + 1);
  }
  return room;
}

}  // namespace hangrate
