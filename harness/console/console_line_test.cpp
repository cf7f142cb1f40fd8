// SPDX-License-Identifier: GPL-2.0-or-later
#include "harness/console/console_line.h"

#include <gtest/gtest.h>

namespace hangrate {
namespace {

TEST(ConsoleLine, TheMarksOfEveryTransportAreTakenOff) {
  const char* const marked[] = {
      "[   12.345678] a b",
      "[   12.345678][    T1] a b",
      "[   12.345678] [    C0] a b",
      "<4>[   12.345678] a b",
      "<6>a b",
      "6,123,12345678,-;a b",
      "6,123,12345678,c,caller=T1;a b",
      "6.12.0-50-cloud-amd64,6,123,12345678,-,ncfrag=0/900;a b",
      "[Fri Nov 27 12:00:00 2026] a b",
      "[Fri Nov  7 12:00:00 2026] a b",
      "[Nov27 12:00] a b",
      "[  +0.000012] a b",
      "[<    0.000012>] a b",
      "Nov 27 12:00:00 host kernel: a b",
      "Nov  7 12:00:00 host kernel: [   12.345678] a b",
      "Nov 27 12:00:00 10.0.2.2 [   12.345678] a b",
      "2026-11-27T12:00:00.123456+00:00 host kernel: a b",
      "2026-11-27T12:00:00,123456+00:00 a b",
      "[   12.345678] host kernel: a b",
      "kern  :alert : [   12.345678] a b",
      "kern  :err   : [Fri Nov 27 12:00:00 2026] a b",
  };
  for (const char* text : marked) {
    const ConsoleLine line = parse_console_line(text);
    EXPECT_EQ(line.message, "a b") << text;
    EXPECT_TRUE(line.marked) << text;
    EXPECT_FALSE(line.foreign) << text;
  }
}

TEST(ConsoleLine, WhatIsNoMarkStays) {
  const char* const bare[] = {
      "a b",
      "[ BUG: Invalid wait context ]",
      "[Hardware Error]: a",
      "[<00000000c1d5b7c1>] pipe_read",
      "[  OK  ] Reached target",
      "[CPU:1] a",
      "[12] a",
      "<a> b",
      "6,7;a",
      "",
      "[",
      "<",
      "[12.3",
      ";",
  };
  for (const char* text : bare) {
    const ConsoleLine line = parse_console_line(text);
    EXPECT_EQ(line.message, text);
    EXPECT_FALSE(line.marked) << text;
  }
}

TEST(ConsoleLine, AProgramsRecordIsForeignInWhateverLog) {
  for (const char* text :
       {"<14>[   12.345678] a", "12,123,12345678,-;a", "Nov 27 12:00:00 host systemd[1]: a",
        "2026-11-27T12:00:00+00:00 host app[41]: a", "user  :notice: [   12.345678] a",
        "daemon:info  : [   12.345678] a"}) {
    EXPECT_TRUE(parse_console_line(text).foreign) << text;
  }
}

TEST(ConsoleLine, TimeAndCallerAreKept) {
  const ConsoleLine line = parse_console_line("[   12.345678][  T412] a");
  EXPECT_EQ(line.stamp, 12'345'678u);
  EXPECT_EQ(line.caller, "T412");
  EXPECT_EQ(parse_console_line("[   12.1] a").stamp, 12'100'000u);
  const ConsoleLine record = parse_console_line("6,123,456,-,caller=C3;a");
  EXPECT_EQ(record.stamp, 456u);
  EXPECT_EQ(record.caller, "C3");
  EXPECT_FALSE(parse_console_line("<6>a").stamp.has_value());
}

TEST(ConsoleLine, ATornLineShowsWhereTheKernelsBegins) {
  EXPECT_EQ(torn_mark("login: [   12.345678] a"), 7u);
  EXPECT_EQ(torn_mark("login: [12345.678901][ T1] a"), 7u);
  EXPECT_EQ(torn_mark("login: [ 12.3] a"), std::string_view::npos);  // not as printk prints it
  EXPECT_EQ(torn_mark("[[[ [   12.34567] a"), std::string_view::npos);
}

TEST(ConsoleLine, ColoursAreTakenOffAndNothingElse) {
  std::string room;
  EXPECT_EQ(without_colours("\x1b[1;31m[   12.3] a\x1b[0m b\x1b[K", room), "[   12.3] a b");
  EXPECT_EQ(without_colours("a [31m b", room), "a [31m b");
  EXPECT_EQ(without_colours("a\x1b", room), "a");
  EXPECT_EQ(without_colours("a\x1b[", room), "a");
}

}  // namespace
}  // namespace hangrate
