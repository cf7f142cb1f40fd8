// SPDX-License-Identifier: GPL-2.0-or-later
//
// Terminals: what was typed is not yet what can be read.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>

#include "stage.h"

namespace hangrate::waits {
namespace {

struct Terminal {
  int master = -1, slave = -1;
};
/// `least`: VMIN of a raw terminal; 0: lines.
Terminal make_terminal(unsigned char least) {
  Terminal made;
  termios settings;
  made.master = static_cast<int>(must(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "posix_openpt"));
  must(unlockpt(made.master), "unlockpt");
  made.slave = static_cast<int>(
      must(open(ptsname(made.master), O_RDWR | O_NOCTTY | O_CLOEXEC), "open(slave)"));
  must(tcgetattr(made.slave, &settings), "tcgetattr");
  if (least != 0) {
    cfmakeraw(&settings);
    settings.c_cc[VMIN] = least;
  }
  must(tcsetattr(made.slave, TCSANOW, &settings), "tcsetattr");
  return made;
}
void read_some(int fd) {
  char bytes[64];
  must(read(fd, bytes, sizeof bytes), "read");
}
void typed_too_little(unsigned char least) {
  const Terminal made = make_terminal(least);
  must(write(made.master, "abc", 3), "write");
  start(SYS_read, {made.slave}, [=] { read_some(made.slave); });
  start(SYS_clock_nanosleep, {made.master}, nap);
}
void half_a_line() {
  typed_too_little(0);
}
void below_least() {
  typed_too_little(10);
}
void own_master() {
  const Terminal made = make_terminal(1);
  start(SYS_read, {made.slave, made.master}, [=] { read_some(made.slave); });
}
void full_terminal() {
  start(SYS_wait4, {}, [] {
    const Terminal made = make_terminal(1);
    const pid_t child = start(SYS_write, {made.slave}, [=] {
      for (;;) write_byte(made.slave);
    });
    close(made.slave);
    wait_for(child);
  });
}

const Family kTerminals{
    {"tty-half-a-line", "none|stuck", false, "",
     "reader of lines, half a line came, the master's holder naps", half_a_line},
    {"tty-below-least", "none|stuck", false, "",
     "reader with VMIN 10, 3 bytes came, the master's holder naps", below_least},
    {"tty-own-master", "orphaned|stuck", false, "", "reader of a terminal holds its master itself",
     own_master},
    {"tty-full-waiting-parent", "deadlock|stuck", false, "",
     "parent with the master in wait4, child in write to the full terminal", full_terminal},
};

}  // namespace
}  // namespace hangrate::waits
